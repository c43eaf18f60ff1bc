"""Words that stand side by side in the query and in a title.

1. Neighbours count in the query's order, across stop words, or inside one compound.
2. Of two titles with the same words, the one that has them as the query does comes first.
3. Nothing is found or lost by it, no R passes 1, and a list of compounds edited live counts.
"""

import numpy as np
import pytest

from search.index.build import build_snapshot
from search.index.live import with_lists
from search.index.snapshot import load_snapshot
from search.index.titles import adjacency, places, title_words
from search.lists.files import Lists
from search.pipeline import Pipeline
from search.relax import Asked
from search.retrieval import Retrieval
from search.settings import Settings
from search.types import Product
from search.words.analysis import Analyzer
from search.words.compounds import Splitter

GERMAN = Analyzer("de", Splitter({"lauf": 9, "schuh": 40, "schuhe": 40}))
OFF, ON = (Settings().but(fusion={"adjacent": weight}, kinds={"enabled": False}) for weight in (0.0, 0.1))
TITLES = ("Kissen Hund rot Bett", "rot Bett Kissen Hund", "Hund Bett Kissen rot", "Hund Kissen", "Bett")


@pytest.mark.parametrize(
    ("title", "share"),
    [
        ("Laufschuhe rot", 1.0),
        ("rot: Lauf mit den Schuhen", 0.5),
        ("Lauf, Schuhe in Rot", 1.0),
        ("rote Schuhe, Lauf", 0.0),
        ("Laufschuhe", 0.5),
        ("", 0.0),
    ],
)
def test_neighbours_of_the_query_are_neighbours_in_the_title_in_its_order_or_one_compound(title, share):
    assert adjacency(title_words(title, GERMAN), places([{"lauf"}, {"schuh"}, {"rot"}]), 3) == share


def test_a_query_of_one_word_has_no_neighbours():
    assert adjacency(title_words("Laufschuhe", GERMAN), places([{"schuh"}]), 1) == 0


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    home = tmp_path_factory.mktemp("shelf")
    products = [Product(id=str(at), title={"de": title}) for at, title in enumerate(TITLES)]
    build_snapshot(products, home, Settings().but(analysis={"languages": ["de"]}), None)
    return load_snapshot(home)


def retrieval(snapshot, text, settings):
    pipeline = Pipeline(snapshot, None, settings)
    return Retrieval(snapshot, pipeline.read(Asked(text, "de")), None, settings)


@pytest.mark.parametrize(("text", "together"), [("rot Bett", [0, 1]), ("Kissen Hund", [0, 1]), ("Hund Bett", [2])])
def test_of_titles_with_the_same_words_the_one_that_has_them_side_by_side_comes_first(shelf, text, together):
    on, off = (retrieval(shelf, text, settings).relevance_of(np.arange(3)) for settings in (ON, OFF))
    others = [row for row in range(3) if row not in together]
    assert off[0] == off[1] == off[2]
    assert min(on[together]) > max(on[others])


@pytest.mark.parametrize("text", ["Hund Kissen", "rot Bett Kissen", "Bett", "Kissen Bett"])
def test_nothing_is_found_or_lost_by_it_and_no_score_passes_one(shelf, text):
    on, off = (retrieval(shelf, text, settings) for settings in (ON, OFF))
    assert on.found.rows.tolist() == off.found.rows.tolist()
    assert on.confidence == off.confidence
    assert on.lexical.max() <= 1
    assert (on.found.scores >= off.found.scores).all()


def test_a_compound_that_is_edited_live_is_read_so(tmp_path):
    products = [
        Product(id=id, title={"de": title}) for id, title in {"a": "Hundekissen", "b": "Hund", "c": "Kissen"}.items()
    ]
    build_snapshot(products, tmp_path, Settings().but(analysis={"languages": ["de"]}), None)
    snapshot = load_snapshot(tmp_path)
    assert retrieval(snapshot, "Hund Kissen", ON).adjacent == {0: 1.0}
    edited = with_lists(snapshot, Lists(splits={"hundekissen": ()}))
    assert retrieval(edited, "Hund Kissen", ON).adjacent == {}

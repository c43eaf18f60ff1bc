"""Umlauts in three tiers: as written, transcribed, folded; all are found."""

import pytest

from search.index.build import build_snapshot
from search.index.snapshot import load_snapshot
from search.messages import SearchRequest
from search.pipeline import Pipeline
from search.settings import Settings
from search.types import Product

TITLES = {
    "a-folded": "Buch Eins",
    "b-transcribed": "Buecher Eins",
    "c-exact": "Bücher Eins",
    "d-street": "Strasse Eins",
    "e-street": "Straße Eins",
    "f-other": "Rock Eins",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    home = tmp_path_factory.mktemp("umlauts")
    build_snapshot([Product(id=id, title={"de": title}) for id, title in TITLES.items()], home, Settings(), None)
    return Pipeline(load_snapshot(home), None, Settings())


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("Bücher", ["c-exact", "b-transcribed", "a-folded"]),
        ("Büch", ["c-exact", "b-transcribed", "a-folded"]),
        ("Bu\u0308cher", ["c-exact", "b-transcribed", "a-folded"]),
        ("Buecher", ["b-transcribed", "c-exact", "a-folded"]),
        ("Straße", ["e-street", "d-street"]),
    ],
)
def test_as_written_comes_before_transcribed_before_folded(index, text, order):
    assert [hit.id for hit in index.search(SearchRequest(q=text)).hits] == order


def test_all_three_are_found_without_an_umlaut(index):
    assert {hit.id for hit in index.search(SearchRequest(q="Bucher")).hits} == {"a-folded", "b-transcribed", "c-exact"}

"""An edited list of compounds counts at once: for products indexed before, exactly as if they were indexed anew.

1. A live split makes a part find the compound; a live "never split" stops a part from finding it.
2. Scores and counts are those of an index made with the list.
3. Compounds made of the word change with it; what is edited back is as before.
"""

from dataclasses import replace

import numpy as np
import pytest

from search.index.build import build_snapshot
from search.index.live import with_lists
from search.index.snapshot import load_snapshot
from search.lists.files import Lists
from search.messages import SearchRequest
from search.pipeline import Pipeline
from search.settings import Settings
from search.types import Product

TITLES = {
    "terrace": "Terrassenschrauben 100 Stück",
    "steel": "Edelstahlterrassenschrauben 50 Stück",
    "screw": "Schraube aus Stahl",
    "terrasse": "Leuchte für die Terrasse",
    "noble": "Edelstahl Topf",
    "wool": "Baumwolle Shirt",
    "tree": "Baum Schmuck Holz",
    "sheep": "Wolle vom Schaf",
    "friday": "Freitagstasche grau",
    "lamp": "Lampe Eva",
}
OFF = Settings().but(spelling={"enabled": False}, fusion={"floor": 0.0})


def build(home, compounds=None):
    home.mkdir(exist_ok=True)
    if compounds is not None:
        (home / "compounds.txt").write_text(compounds, encoding="utf-8")
    products = [Product(id=id, title={"de": title}, description={"de": title[:20]}) for id, title in TITLES.items()]
    build_snapshot(products, home, OFF, None)
    return Pipeline(load_snapshot(home), None, OFF)


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return build(tmp_path_factory.mktemp("live"))


def found(pipeline, text):
    return [hit.id for hit in pipeline.search(SearchRequest(q=text)).hits]


def edited(pipeline, **splits):
    return pipeline.edited(Lists(splits={word: tuple(parts.split()) for word, parts in splits.items()}))


def test_a_live_never_split_stops_a_part_from_finding_the_compound(index):
    assert found(index, "wolle") == ["sheep", "wool"]
    assert found(edited(index, baumwolle=""), "wolle") == ["sheep"]
    assert found(edited(index, baumwolle=""), "baumwolle") == ["wool"]


def test_a_live_split_makes_a_part_find_the_compound(index):
    assert found(index, "tasche") == []
    assert found(edited(index, freitagstasche="freitag tasche"), "tasche") == ["friday"]


def test_a_split_holds_for_other_forms_of_the_word(index):
    assert found(edited(index, freitagstaschen="freitag tasche"), "tasche") == ["friday"]
    assert "terrace" not in found(edited(index, terrassenschraube=""), "schraube")


def test_compounds_made_of_the_word_change_with_it(index):
    assert "steel" in found(index, "terrasse")
    changed = edited(index, terrassenschrauben="", edelstahlterrassenschrauben="edelstahl terrassenschrauben")
    assert "steel" not in found(changed, "terrasse")
    assert "steel" in found(changed, "edelstahl")


def test_what_is_edited_back_is_as_before(index):
    back = edited(index, baumwolle="").edited(Lists())
    assert found(back, "wolle") == found(index, "wolle")
    assert not back.snapshot.postings["de"].patched


LISTS = {
    "never": "Baumwolle =",
    "split": "Freitagstasche = Freitag Tasche",
    "otherwise": "Terrassenschrauben = Terrasse Lampe",
    "several": "Baumwolle =\nTerrassenschrauben =\nFreitagstasche = Freitag Tasche\nSchmuck = Holz Lampe",
}


@pytest.mark.parametrize("name", LISTS)
def test_the_live_list_scores_as_an_index_made_with_it(name, index, tmp_path):
    fresh = build(tmp_path / name, LISTS[name])
    live = index.edited(replace(Lists(), splits_of_file=fresh.lists.splits_of_file))
    one, other = live.snapshot.postings["de"], fresh.snapshot.postings["de"]
    terms = {*one.terms, *one.patched, *other.terms}
    for term in sorted(terms):
        np.testing.assert_array_equal(one.matching(term), other.matching(term), err_msg=term)
        mine = one.score(live.snapshot.analyzers["de"].sought(term)).bm25
        np.testing.assert_allclose(mine, other.score(fresh.snapshot.analyzers["de"].sought(term)).bm25, rtol=1e-5)


def test_the_next_index_needs_no_patch(tmp_path):
    first = build(tmp_path)
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "compounds.txt").write_text("baumwolle =\n", encoding="utf-8")
    patched = Pipeline(load_snapshot(tmp_path), None, OFF)
    assert patched.snapshot.postings["de"].patched
    second = build(tmp_path)
    assert second.snapshot.number == first.snapshot.number + 1
    assert not second.snapshot.postings["de"].patched
    assert found(second, "wolle") == found(patched, "wolle") == ["sheep"]


def test_an_index_keeps_the_list_that_it_was_made_with(tmp_path):
    build(tmp_path, "Baumwolle =")
    (tmp_path / "compounds.txt").unlink()
    assert found(Pipeline(load_snapshot(tmp_path), None, OFF), "wolle") == ["sheep"]


def test_without_edits_the_snapshot_stays_as_it_is(index):
    same = with_lists(index.snapshot, Lists())
    assert same.postings["de"] is index.snapshot.postings["de"]

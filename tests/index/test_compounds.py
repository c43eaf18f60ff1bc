"""Compounds on both sides: in the index, in the query, and between them.

1. A part finds the compound, after the products that have the part as a word; the whole finds its parts in a product.
2. The head is mandatory; a word that the catalogue has asks for all of its parts.
3. A split is no n-gram. Other languages are left alone. The shop's list holds for both sides.
4. Taken off (`lexical.parts` 0, no splitter), nothing of this happens.
"""

import msgspec
import pytest

from search.errors import BadInput
from search.index.build import build_snapshot
from search.index.snapshot import load_snapshot
from search.messages import SearchRequest
from search.pipeline import Pipeline
from search.settings import Settings
from search.types import Product

TITLES = {
    "terrace": "Terrassenschrauben 100 Stück",
    "screw": "Schraube aus Stahl",
    "terrasse": "Leuchte für die Terrasse",
    "women-run": "Damen Laufschuhe Pegasus",
    "men-run": "Herren Laufschuhe Pegasus",
    "women-jacket": "Damen Jacke",
    "straps": "Riemchenpumps Gala",
    "strap": "Riemchen aus Leder",
    "pumps": "Pumps Eva",
    "accessoire": "Accessoire fürs Haar",
}


def product(id, title):
    return Product(id=id, title={"de": title}, description={})


def open_index(home, settings=None):
    settings = settings or Settings().but(spelling={"enabled": False})
    build_snapshot([product(*item) for item in TITLES.items()], home, settings, None)
    return Pipeline(load_snapshot(home), None, settings)


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return open_index(tmp_path_factory.mktemp("compounds"))


def found(pipeline, text, **options):
    return [hit.id for hit in pipeline.search(SearchRequest(q=text, **options)).hits]


def test_a_part_finds_the_compound_after_the_word_itself(index):
    assert found(index, "schraube") == ["screw", "terrace"]
    assert found(index, "pumps") == ["pumps", "straps"]


def test_a_hyphen_makes_no_difference(index):
    assert found(index, "riemchen-pumps")[0] == "straps"


def test_a_compound_in_the_query_finds_its_parts(index):
    assert found(index, "damenlaufschuhe")[0] == "women-run"
    assert found(index, "laufschuhe damen")[0] == "women-run"


def test_the_head_is_mandatory(index):
    assert "women-jacket" not in found(index, "damenlaufschuhe")
    assert set(found(index, "damenlaufschuhe")) == {"women-run", "men-run"}


def test_a_word_that_the_catalogue_has_asks_for_all_of_its_parts(index):
    assert found(index, "terrassenschrauben") == ["terrace"]


def test_a_split_is_no_n_gram(index):
    assert found(index, "armoire") == []


def test_the_found_compound_is_highlighted(index):
    [hit] = index.search(SearchRequest(q="terrassenschraube")).hits
    assert hit.highlights == {"title": [(0, 18)]}
    women = index.search(SearchRequest(q="damenlaufschuhe")).hits[0]
    assert women.highlights == {"title": [(0, 5), (6, 16)]}


def test_a_compound_of_the_catalogues_words_is_not_corrected(tmp_path):
    pipeline = open_index(tmp_path, Settings().but(spelling={"sure": 0.0, "margin": 0.0}))
    assert pipeline.search(SearchRequest(q="damenschraube")).query.corrected is None


def test_without_parts_only_the_word_itself_is_found(tmp_path):
    settings = Settings().but(spelling={"enabled": False}, lexical={"parts": 0.0})
    pipeline = open_index(tmp_path, settings)
    assert found(pipeline, "schraube") == ["screw"]


def test_other_languages_have_no_compounds(tmp_path):
    settings = Settings().but(analysis={"languages": ("en",)})
    build_snapshot(
        [Product(id="a", title={"en": "teapot"}), Product(id="b", title={"en": "tea pot"})], tmp_path, settings, None
    )
    assert found(Pipeline(load_snapshot(tmp_path), None, settings), "pot") == ["b"]


def test_the_shops_list_lies_in_the_index_directory_or_where_the_setting_says(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "compounds.txt").write_text("terrassenschrauben =\n")
    assert found(open_index(tmp_path / "a"), "schraube") == ["screw"]
    own = tmp_path / "own.txt"
    own.write_text("accessoire = Access Oire\n")
    settings = Settings().but(analysis={"compounds_file": str(own)})
    assert found(open_index(tmp_path / "b", settings), "oire") == ["accessoire"]


def test_a_list_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "compounds.txt").write_text("terrassenschrauben\n")
    with pytest.raises(BadInput, match="Line 1"):
        open_index(tmp_path)
    with pytest.raises(BadInput, match="gone.txt"):
        open_index(tmp_path, Settings().but(analysis={"compounds_file": str(tmp_path / "gone.txt")}))


def test_the_list_outlives_the_file(tmp_path):
    (tmp_path / "compounds.txt").write_text("terrassenschrauben =\n")
    open_index(tmp_path)
    (tmp_path / "compounds.txt").unlink()
    snapshot = load_snapshot(tmp_path)
    assert snapshot.analyzer("de").parts("terrassenschrauben") == ()
    assert msgspec.json.decode((snapshot.folder / "compounds-de.json").read_bytes())["listed"] == {
        "terrassenschrauben": []
    }

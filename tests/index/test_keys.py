"""Keys on disk find what a dictionary finds."""

import shutil

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from search.index.build import build_snapshot
from search.index.documents import load_documents
from search.index.keys import KeyRows, load_keys, save_keys
from search.index.snapshot import load_snapshot
from search.settings import Settings
from search.types import Product, Variant


@given(st.lists(st.tuples(st.text(max_size=6), st.integers(0, 99)), max_size=60), st.text(max_size=6))
def test_rows_are_those_of_a_dictionary(pairs, other):
    keys, expected = KeyRows.of(pairs), {}
    for key, row in pairs:
        expected.setdefault(key, []).append(row)
    for key in (*expected, other):
        assert keys.rows_of(key) == expected.get(key, [])
        assert (key in keys) == (key in expected)
    assert len(keys) == len(pairs)


def test_saved_keys_are_read_as_they_were(tmp_path):
    pairs = [(f"key {n}", n % 7) for n in range(500)]
    save_keys(KeyRows.of(pairs), tmp_path, "some")
    loaded = load_keys(tmp_path, "some")
    assert all(loaded.rows_of(key) == [row] for key, row in pairs)
    assert loaded.rows_of("key 500") == []


def test_ids_of_products_and_variants_lead_to_their_rows(snapshot):
    documents = snapshot.documents
    for row, product in enumerate(documents):
        assert documents.row_of(product.id) == row
        assert all(documents.row_of(variant.id) == row for variant in product.variants)
    assert documents.row_of("nobody's") is None


def test_an_id_is_its_products_before_any_variants(tmp_path):
    mine = Product(id="b", title={"de": "Hose"})
    other = Product(id="a", title={"de": "Rock"}, variants=(Variant(id="b"), Variant(id="c")))
    last = Product(id="d", title={"de": "Hemd"}, variants=(Variant(id="c"),))
    build_snapshot([last, other, mine], tmp_path, Settings(), None)
    documents = load_snapshot(tmp_path).documents
    assert [documents.row_of(id) for id in "abcd"] == [0, 1, 2, 2]


def test_a_snapshot_that_has_its_keys_as_json_is_read_as_before(snapshot, tmp_path):
    for name in ("products.jsonb", "products-offsets.npy"):
        shutil.copy(snapshot.folder / name, tmp_path)
    ids = {product.id: row for row, product in enumerate(snapshot.documents)}
    (tmp_path / "ids.json").write_bytes(msgspec.json.encode(ids))
    documents = load_documents(tmp_path)
    assert [documents.row_of(id) for id in ids] == list(ids.values())
    assert load_snapshot(snapshot.folder.parents[1]).exact.rows_of("nobody's") == []

"""Keys on disk find what a dictionary finds."""

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from search.index.documents import load_documents, save_documents
from search.index.keys import KeyRows, load_keys, save_keys
from search.index.snapshot import load_snapshot
from tests.stand_ins import shop_products


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


def test_ids_of_products_and_variants_lead_to_their_rows(tmp_path):
    products = list(shop_products())
    save_documents(products, tmp_path)
    documents = load_documents(tmp_path)
    for row, product in enumerate(products):
        assert documents.row_of(product.id) == row
        assert all(documents.row_of(variant.id) is not None for variant in product.variants)
    assert documents.row_of("nobody's") is None


def test_a_snapshot_that_has_its_keys_as_json_is_read_as_before(snapshot, tmp_path):
    products = list(snapshot.documents)
    save_documents(products, tmp_path)
    for name in ("ids-hashes.npy", "ids-rows.npy"):
        (tmp_path / name).unlink()
    (tmp_path / "ids.json").write_bytes(msgspec.json.encode({product.id: n for n, product in enumerate(products)}))
    documents = load_documents(tmp_path)
    assert [documents.row_of(product.id) for product in products] == np.arange(len(products)).tolist()
    assert load_snapshot(snapshot.folder.parents[1]).exact.rows_of("nobody's") == []

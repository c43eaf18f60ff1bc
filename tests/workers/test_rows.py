"""Which product has which row depends on the changes, not on how many of them are looked at together: a search process
that is told many changes at once has the rows of the serving one, which had them one by one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from search.index.build import build_snapshot
from search.index.snapshot import load_snapshot
from search.live import caught_up
from search.types import Changed, Product, Variant
from tests.stand_ins import PATIENT, StubEncoder

IDS = ("a", "b", "c", "d", "e")


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    home = tmp_path_factory.mktemp("rows")
    products = [Product(id=id, title={"de": f"Hemd {id}"}, variants=(Variant(id=f"{id}/1"),)) for id in ("a", "c")]
    build_snapshot(products, home, PATIENT, StubEncoder())
    return load_snapshot(home)


@st.composite
def histories(draw):
    changes = []
    for number in range(1, draw(st.integers(2, 14)) + 1):
        id, kind = draw(st.sampled_from(IDS)), draw(st.sampled_from(["put", "put", "delete"]))
        product = Product(id=id, title={"de": f"Hose {number}"}, variants=(Variant(id=f"{id}/1"),))
        changes.append(Changed(kind=kind, id=id, number=number, product=product if kind == "put" else None))
    return changes, sorted(draw(st.sets(st.integers(1, len(changes) - 1))))


def rows_of(snapshot):
    """Each row's product, and where each id leads."""
    documents = snapshot.documents
    held = [(documents.id_of(row), documents.product(row).title) for row in range(len(documents))]
    return held, [documents.row_of(id) for id in (*IDS, *(f"{id}/1" for id in IDS))]


@given(histories())
@examples(max_examples=60)
def test_rows_are_the_same_in_groups_of_any_size(snapshot, history):
    changes, cuts = history
    encode, together, apart = StubEncoder().encode_document, None, snapshot
    together = caught_up(snapshot, changes, len(changes), encode)
    for first, last in zip([0, *cuts], [*cuts, len(changes)], strict=True):
        apart = caught_up(apart, changes[first:last], last, encode)
    assert rows_of(together) == rows_of(apart)
    assert together.changes == apart.changes

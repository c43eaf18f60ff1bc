"""Terms in blocks are what a sorted list of them would be."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.index import terms as module
from search.index.terms import Terms

TERM = st.text(st.sampled_from("abßü~#=1\U0001f600"), max_size=4)


@pytest.fixture(params=[1, 3, 64], autouse=True)
def block(request, monkeypatch):
    monkeypatch.setattr(module, "BLOCK", request.param)


@given(st.sets(TERM), st.lists(TERM, max_size=5), st.integers(0, 4))
def test_terms_are_found_by_their_text_and_by_how_they_begin(held, others, most):
    ordered = sorted(held)
    terms = Terms.of(ordered)
    assert list(terms) == ordered and len(terms) == len(ordered)
    for term in [*ordered, *others]:
        assert terms.get(term) == (ordered.index(term) if term in held else None)
        begun = [other for other in ordered if other.startswith(term[:2])]
        assert list(terms.all_starting_with(term[:2])) == begun
        assert list(terms.starting_with(term[:2], most)) == list(islice(begun, most))


def test_a_line_break_in_a_term_is_refused():
    with pytest.raises(ValueError, match="holds a line break"):
        Terms.of(["rot", "rot\nblau"])

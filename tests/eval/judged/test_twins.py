"""Twins have the same words in their titles, whatever their order, capitals and units."""

import pytest

from eval.judged.twins import title_key, twins_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Balea Duschgel Aloe Vera, 300 ml", "BALEA Aloe Vera Duschgel 0,3 l"),
        ("Tee, 2 x 500 g", "2x0,5 kg Tee"),
        ("Windeln Gr. 4", "Windeln, Gr. 4"),
    ],
)
def test_order_case_and_units_do_not_matter(one, other):
    assert title_key(one) == title_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Duschgel 300 ml", "Duschgel 250 ml"), ("Tee, 2 x 500 g", "Tee, 500 g"), ("Zahnpasta", "Zahncreme")],
)
def test_another_size_or_word_is_another_product(one, other):
    assert title_key(one) != title_key(other)


def test_a_product_that_is_not_in_the_index_is_only_its_own_twin(snapshot):
    documents = snapshot.documents
    twin = twins_of(documents)
    assert twin("nobody") == "nobody"
    assert twin(documents.product(0).id) == title_key(next(iter(documents.product(0).title.values())))

"""Which kind of product a query wants, over hand-written kinds with vectors of three dimensions."""

import numpy as np
import pytest

from search.index.kinds import Kinds
from search.text import stem
from search.understand.kinds import wanted_kinds

NOTEBOOK, BAG, TOP = np.eye(3, dtype=np.float32)


def kinds(labels, language, vectors=None, **more):
    terms = [stem(label, language) for label in labels]
    vectors = np.empty((len(terms), 0), np.float32) if vectors is None else np.array(vectors)
    return Kinds(list(labels), terms, np.zeros(1, np.int64), np.empty(0, np.int32), vectors, vectors, **more)


def wanted(text, language, lexicon, **more):
    weights = wanted_kinds(text, language, lexicon, **more).weights
    return {label for label, weight in zip(lexicon.labels, weights, strict=True) if weight > 0}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("laptop", {"laptop"}),
        ("laptop bags", {"bag"}),
        ("bag for laptop", {"bag"}),
        ("cheap red laptop with bag", {"laptop"}),
        ("samsung", set()),
    ],
)
def test_an_english_query_wants_its_last_kind_that_is_not_what_it_is_for(text, kind):
    assert wanted(text, "en", kinds(["laptop", "bag"], "en")) == kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Laptoptasche", {"tasche", "notebooktasche"}),
        ("Damenlaufschuhe", {"laufschuhe"}),
        ("Schuhe für die Hochzeit", {"laufschuhe"}),
        ("Pumps für Laptop", set()),
        ("Laptop Tasche", set()),  # which of them, nobody knows
    ],
)
def test_a_german_compound_is_of_the_kind_of_its_last_part(text, kind):
    lexicon = kinds(["laptop", "tasche", "notebooktasche", "laufschuhe"], "de")
    assert wanted(text, "de", lexicon) == kind


def test_a_long_query_names_a_product_and_its_kind_decides_nothing():
    assert wanted("acme royal business travel laptop", "en", kinds(["laptop"], "en"), most_words=4) == set()


def test_a_word_that_no_product_uses_finds_its_kind_by_meaning():
    lexicon = kinds(["notebook", "bag"], "en", [NOTEBOOK, BAG])
    assert wanted("laptop", "en", lexicon, vector=NOTEBOOK) == {"notebook"}
    assert wanted("laptop", "en", lexicon, vector=TOP) == set()
    assert wanted("laptop", "en", lexicon) == set()


def test_a_word_that_only_begins_alike_does_not_mean_the_same():
    lexicon = kinds(["officejet"], "en", [NOTEBOOK])
    assert wanted("microsoft office", "en", lexicon, vector=NOTEBOOK) == set()


def test_what_a_query_names_beside_its_kind_is_not_meant_by_meaning():
    lexicon = kinds(["notebook", "bag"], "en", [NOTEBOOK, BAG])
    assert wanted("notebook bag", "en", lexicon, vector=NOTEBOOK) == {"bag"}


def test_a_correction_is_read_in_queries_too():
    lexicon = kinds(["notebook", "bag"], "en", corrected={"laptop": 0, "bag": -1})
    assert wanted("laptop", "en", lexicon) == {"notebook"}
    assert wanted("bag", "en", lexicon) == set()

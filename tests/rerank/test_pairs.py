"""Lifts of what the candidates hold: the same as those of every value, and kept while a profile stays as it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from search.rerank import pairs as module
from search.rerank.lifts import UNSEEN, lifts, taste_scores
from search.rerank.pairs import pairs_of
from search.rerank.personal import tastes_of
from search.rerank.said import opinions
from search.rerank.segments import start_of
from tests.rerank.random_shops import random_case


@pytest.mark.parametrize("seed", range(60))
def test_what_candidates_hold_has_the_lifts_that_the_profile_page_shows(seed):
    case = random_case(seed, 1 + seed % 40)
    known, rows = case.affinities, case.base.rows
    names, x = tastes_of(known, case.catalogue, case.settings, rows, 0.7)
    for name, of_one in zip(names, x, strict=True):
        attribute = case.catalogue.attributes[name]
        prior = start_of(attribute, known)
        taste = known.tastes.get(name, UNSEEN)
        found = lifts(taste, attribute, case.catalogue, case.settings, known.long_term, None, prior)
        found = replace(found, proven=0.7, stated=opinions(attribute, known.stated))
        np.testing.assert_allclose(of_one, taste_scores(found, attribute, case.catalogue, rows), atol=1e-12)


@pytest.mark.parametrize("seed", range(60))
def test_counters_and_the_tastes_read_from_them_say_the_same(seed):
    case = random_case(seed, 1 + seed % 40)
    if not case.affinities.sources:
        pytest.skip("this shopper also knew what is sold no more: no counters stand behind that")
    told = replace(case.affinities, past=(), visit=(), tastes=dict(case.affinities.tastes))
    args = case.catalogue, case.settings, case.base.rows, 1.0
    (names, x), (same_names, same) = tastes_of(case.affinities, *args), tastes_of(told, *args)
    assert names == same_names
    np.testing.assert_allclose(x, same, atol=1e-12)


@pytest.mark.parametrize("seed", range(60))
def test_the_whole_shops_counts_are_those_that_lifts_would_count(seed):
    case = random_case(seed, 1 + seed % 40)
    pairs, catalogue = pairs_of(case.catalogue), case.catalogue
    counts = pairs.shop_counts(case.affinities)
    assert (counts is None) == (not case.affinities.sources)
    for place, (name, attribute) in enumerate(catalogue.attributes.items()) if counts else ():
        of_values = slice(*pairs.bases[place : place + 2])
        args = case.affinities.tastes.get(name, UNSEEN), attribute, catalogue, case.settings, 1.0
        counted, given = lifts(*args), lifts(*args, shop_counts=(counts[0][of_values], counts[1][of_values]))
        np.testing.assert_allclose(given.shop, counted.shop, atol=1e-12)
        assert given.by_type.keys() == counted.by_type.keys() == given.type_counts.keys()
        for code in counted.by_type:
            np.testing.assert_allclose(given.by_type[code], counted.by_type[code], atol=1e-12)
        assert given.by_type.get(-1) is None


def test_counts_are_laid_out_once_while_they_stay_as_they_are(monkeypatch):
    case = next(case for case in (random_case(seed, 20) for seed in range(50)) if case.affinities.sources)
    laid, found = [], module._laid
    monkeypatch.setattr(module, "_laid", lambda *args: laid.append(args) or found(*args))
    for _ in range(3):
        pairs_of(case.catalogue).sources(case.affinities)
    assert len(laid) <= len(case.affinities.sources)

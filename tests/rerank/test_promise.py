"""What personal ranking promises, proven over random catalogues, shoppers and queries.

1. The set of results is unchanged.
2. No product passes one of a better tier.
3. Within a tier, if A_i − A_j > 2·s·(B + B_r), j never passes i; what is not to be had in the shopper's size has
   2·s less A.
4. Nothing climbs more than `places` above its anonymous rank.
5. |p| ≤ s·(B + B_r), and repeat purchase alone at most s·B_r.
6. At strength 0, and for a shopper of whom nothing is known, the answer is the anonymous one in all that is shown.
7. The same input gives the same output, and stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

import msgspec
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from search.rerank.lifts import lifts, taste_scores
from search.rerank.personal import personalize
from search.rerank.place import depth
from search.rerank.policies import anonymous
from search.rerank.said import SAID, opinions
from search.rerank.style import prior_lifts
from search.rerank.weights import weights_of
from search.settings import Personal
from search.types import Affinities, Mask, Ranking, StatedTastes, Taste
from tests.rerank.random_shops import Case, random_affinities, random_case, random_ranking

#: An order rounds scores to this, so a promise about scores holds down to it.
ROUNDING = 1e-6

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 60)


def ranked(case: Case, **changed):
    """`personalize` with all that a case holds, some of it changed."""
    given = {
        name: getattr(case, name) for name in ("affinities", "blocked", "settings", "strength", "window", "repeats")
    }
    given.update(changed)
    given.setdefault("wrong_size", sizes_of(case, given["window"], given["settings"]))
    return personalize(case.base, catalogue=case.catalogue, **given)


def sizes_of(case: Case, window: int | None = None, settings: Personal | None = None) -> Mask | None:
    """What is not to be had in the shopper's size, of the products that are ordered anew."""
    if case.wrong_size is None:
        return None
    return case.wrong_size[: depth(len(case.base), window or case.window, settings or case.settings)]


def violations(
    base: Ranking, personal: Ranking, settings: Personal, strength: float, wrong_size: Mask | None = None
) -> Iterator[str]:
    """Every broken promise of an order, a sentence each. Written without the code under test."""
    if sorted(base.rows.tolist()) != sorted(personal.rows.tolist()):
        yield "the set of results changed"
        return
    before = {row: place for place, row in enumerate(base.rows.tolist())}
    after = {row: place for place, row in enumerate(personal.rows.tolist())}
    tier = dict(zip(base.rows.tolist(), base.features["tier"].tolist(), strict=True))
    lost = np.zeros(len(base))
    if wrong_size is not None:
        lost[: len(wrong_size)] = strength * settings.wrong_size * wrong_size
    score = dict(zip(base.rows.tolist(), (base.features["A"] - lost).tolist(), strict=True))
    reach = 2 * strength * (settings.bound + settings.repeat_bound) + ROUNDING
    for j in before:
        if before[j] - after[j] > settings.places:
            yield f"{j} climbed {before[j] - after[j]} places"
        for i in before:
            if before[i] < before[j] and after[j] < after[i]:  # j passed i
                if tier[j] > tier[i]:
                    yield f"{j} passed {i} of a better tier"
                elif tier[j] == tier[i] and score[i] - score[j] > reach:
                    yield f"{j} passed {i}, which was better by {score[i] - score[j]}"
    if (np.abs(personal.features["p"]) > strength * (settings.bound + settings.repeat_bound) + 1e-12).any():
        yield "tastes count for more than their bound"
    if (np.abs(personal.features["repeat"]) > strength * settings.repeat_bound + 1e-12).any():
        yield "repeat purchase counts for more than its bound"


@given(seeds, sizes)
@example(0, 60)
@hypothesis_settings(max_examples=400)
def test_no_promise_is_ever_broken(seed: int, size: int):
    case = random_case(seed, size)
    personal = ranked(case).ranking
    assert list(violations(case.base, personal, case.settings, case.strength, sizes_of(case))) == []


def test_the_random_cases_do_move_products():
    moved = held = capped = tiers = stated = missing = again = both = 0
    for seed in range(200):
        case = random_case(seed, 40)
        ranking = ranked(case).ranking
        moved += ranking.rows.tolist() != case.base.rows.tolist()
        held += bool(ranking.features["held"].any())
        capped += bool((ranking.features["scaled_by"] < 1).any())
        again += bool(ranking.features["repeat"].any())
        both += bool((np.abs(ranking.features["p"]) > case.strength * case.settings.bound + 1e-9).any())
        tiers += len(set(ranking.features["tier"].tolist())) > 1
        stated += not case.affinities.stated.is_empty
        missing += bool(ranking.features["size"].any())
    assert min(moved, held, capped, tiers, stated, missing, again, both) > 10


@given(seeds, sizes)
def test_at_strength_0_the_answer_is_the_anonymous_one_in_all_that_is_shown(seed: int, size: int):
    case = random_case(seed, size)
    off, nobody = ranked(case, strength=0.0), ranked(case, affinities=Affinities({}, 0.0))
    for result in (off, nobody):
        assert result.ranking.rows.tolist() == case.base.rows.tolist()
        assert result.lifts == {}
        for name, column in case.base.features.items():
            assert result.ranking.features[name].tolist() == column.tolist()
        assert not result.ranking.features["p"].any()
        assert not result.ranking.features["held"].any()
    assert off.gate == nobody.gate
    assert off.ranking.scores.tolist() == nobody.ranking.scores.tolist() == case.base.scores.tolist()
    assert {n: c.tolist() for n, c in off.ranking.features.items()} == {
        n: c.tolist() for n, c in nobody.ranking.features.items()
    }


@given(seeds, sizes)
def test_with_every_taste_switched_off_the_order_is_the_anonymous_one(seed: int, size: int):
    case = random_case(seed, size)
    names = [*case.catalogue.attributes, "repeat"]
    off = ranked(case, blocked=dict.fromkeys(names, "switched off"), wrong_size=None)
    assert off.ranking.rows.tolist() == case.base.rows.tolist()


@given(seeds, sizes)
def test_the_same_input_gives_the_same_output(seed: int, size: int):
    once, again = (ranked(random_case(seed, size)).ranking for _ in range(2))
    assert once.rows.tolist() == again.rows.tolist()
    assert once.scores.tolist() == again.scores.tolist()


@given(seeds, sizes)
def test_the_input_stays_as_it_was(seed: int, size: int):
    case = random_case(seed, size)  # its arrays are read-only
    copies = {name: column.copy() for name, column in case.base.features.items()}
    tastes = {name: (dict(taste.observed), dict(taste.events)) for name, taste in case.affinities.tastes.items()}
    ranked(case)
    assert set(case.base.features) == set(copies)
    assert all((case.base.features[name] == column).all() for name, column in copies.items())
    assert {name: (taste.observed, taste.events) for name, taste in case.affinities.tastes.items()} == tastes


@given(seeds, st.sampled_from([30, 150, 300]))
@hypothesis_settings(max_examples=40)
def test_a_later_page_continues_an_earlier_one(seed: int, size: int):
    case = random_case(seed, size)
    all_at_once = ranked(case, window=1000).ranking
    for window in (1, 20, 105, 120):
        page = ranked(case, window=window).ranking
        assert page.rows[:window].tolist() == all_at_once.rows[:window].tolist()
        assert page.scores[:window].tolist() == all_at_once.scores[:window].tolist()
        assert page.features["held"][:window].tolist() == all_at_once.features["held"][:window].tolist()
        assert list(violations(case.base, page, case.settings, case.strength, sizes_of(case, window))) == []


@given(seeds, sizes)
def test_a_product_is_held_exactly_where_one_that_it_beats_stands_above_it(seed: int, size: int):
    case = random_case(seed, size)
    ranking = ranked(case, window=1000).ranking
    keys = list(
        zip(ranking.features["tier"], -np.round(ranking.scores, 6), ranking.rows, strict=True)  # smaller is better
    )
    beaten = [any(above > key for above in keys[:place]) for place, key in enumerate(keys)]
    assert ranking.features["held"].tolist() == [float(held) for held in beaten]


@given(seeds, sizes)
def test_what_tastes_add_are_the_weighted_lifts_centred_over_what_the_query_shows(seed: int, size: int):
    """p_i − p_j = s · g · Σ w_a · (x_a(i) − x_a(j)) as long as no bound bites, and around 0 over what is shown."""
    case = random_case(seed, size)
    free = msgspec.structs.replace(case.settings, bound=1e9, places=0)
    result = ranked(case, settings=free, window=1000, blocked={}, repeats=None)
    raw = np.zeros(len(case.base))
    for name, attribute in case.catalogue.attributes.items():
        taste, said = case.affinities.tastes.get(name), opinions(attribute, case.affinities.stated)
        prior = prior_lifts(name, attribute.values, case.affinities.stated.leanings)
        for start in (case.affinities.start.get(name), case.affinities.crm.get(name)):
            prior = start if prior is None else prior if start is None else prior * start
        if taste or said is not None or prior is not None:
            known, far = taste or Taste({}, {}), case.affinities.long_term
            found = lifts(known, attribute, case.catalogue, free, far, prior=prior)
            found = replace(found, stated=said)
            raw += weights_of(free)[name] * taste_scores(found, attribute, case.catalogue, result.ranking.rows)
    p, wanted = result.ranking.features["p"], case.strength * result.gate * raw
    if len(p):
        assert np.ptp(p - wanted) < 1e-9
        softmax = np.exp((result.ranking.features["R"] - 1) / free.temperature)
        assert abs(p @ softmax) < 1e-9


@given(seeds, sizes)
def test_a_liked_value_stands_as_if_chosen_twice_as_often_and_a_disliked_one_half_whatever_was_observed(seed, size):
    case = random_case(seed, size)
    for brand, sign in (("Adidas", 1), ("Nike", -1)):
        said = replace(case.affinities, stated=StatedTastes().with_opinion("brand", brand, sign))
        result = ranked(case, affinities=said, window=1000, blocked={}, wrong_size=None)
        if "brand" not in result.lifts:
            continue
        x = result.ranking.features["x_brand"] + result.shown["brand"]
        attribute = case.catalogue.attributes["brand"]
        for row, told in zip(result.ranking.rows.tolist(), x.tolist(), strict=True):
            if [attribute.values[code] for code in attribute.entries(np.array([row]))[1]] == [brand]:
                assert told == pytest.approx(sign * SAID, abs=1e-12)


@given(seeds, sizes)
def test_what_is_not_to_be_had_in_the_shoppers_size_loses_the_same_everywhere_and_stays(seed: int, size: int):
    case = random_case(seed, size)
    if case.wrong_size is None or case.affinities.is_empty:
        return
    result = ranked(case, window=1000).ranking
    lost = result.features["size"] + case.strength * case.settings.wrong_size * result.features["wrong_size"]
    assert np.abs(lost).max(initial=0.0) == 0.0
    assert sorted(result.rows.tolist()) == sorted(case.base.rows.tolist())
    assert int(result.features["wrong_size"].sum()) == int(case.wrong_size[: len(result)].sum())


def test_nothing_in_gives_nothing_out():
    case = random_case(1, 10)
    empty = np.empty(0)
    base = anonymous(Ranking(np.empty(0, np.int32), empty, {"R": empty}), empty.astype(bool), {}, case.settings)
    result = personalize(base, case.affinities, case.catalogue, {}, case.settings, 1.0, 20)
    assert len(result.ranking) == 0
    assert result.gate == 0.0
    assert all(len(column) == 0 for column in result.ranking.features.values())


# --- the checker itself ---


def planted(order: list[int], p: float = 0.0, again: float = 0.0) -> list[str]:
    """What the checker says of four products with A 9, 8, 2, 1, the last one of a worse tier, in another order."""
    settings = Personal(bound=0.5, repeat_bound=2.0, places=1)
    a = np.array([9.0, 8.0, 2.0, 1.0])
    features = {"A": a, "tier": np.array([1.0, 1.0, 1.0, 2.0]), "p": np.full(4, p), "repeat": np.full(4, again)}
    base = Ranking(np.arange(4, dtype=np.int32), a, features)
    return list(violations(base, base.take(np.array(order, np.intp)), settings, 1.0))


def test_the_checker_says_nothing_about_an_order_that_keeps_every_promise():
    assert planted([0, 1, 2, 3]) == []
    assert planted([1, 0, 2, 3], p=0.5) == []


@pytest.mark.parametrize(
    ("order", "p", "sentence"),
    [
        ([0, 1, 2], 0.0, "the set of results changed"),
        ([0, 1, 3, 2], 0.0, "3 passed 2 of a better tier"),
        ([0, 2, 1, 3], 0.0, "2 passed 1, which was better by 6.0"),
        ([2, 0, 1, 3], 0.0, "2 climbed 2 places"),
        ([0, 1, 2, 3], 2.51, "tastes count for more than their bound"),
    ],
)
def test_the_checker_catches_a_planted_violation(order: list[int], p: float, sentence: str):
    assert sentence in planted(order, p)


def test_the_checker_catches_a_repeat_purchase_beyond_its_bound():
    assert planted([0, 1, 2, 3], 0.5, again=2.01) == ["repeat purchase counts for more than its bound"]


def test_the_checker_catches_an_order_without_the_limit_on_places():
    found = 0
    for seed in range(40):
        case = random_case(seed, 40)
        loose = Personal(bound=2.0, places=1000, close=0.0, temperature=0.5)
        base = random_ranking(Random(seed), case.catalogue, loose)
        known = random_affinities(Random(seed), case.catalogue)
        free = personalize(base, known, case.catalogue, {}, loose, 1.0, 1000).ranking
        strict = Personal(bound=2.0, places=3)
        found += any("climbed" in told for told in violations(base, free, strict, 1.0))
    assert found > 5


@given(seeds, sizes)
def test_where_no_bound_bites_a_centre_moves_all_products_alike(seed: int, size: int):
    case = random_case(seed, size)
    finals = []
    for centred in (True, False):
        loose = msgspec.structs.replace(case.settings, bound=100.0, centred=centred)
        result = ranked(case, settings=loose, window=1000)
        assert centred or set(result.shown.values()) <= {0.0}
        finals.append(result.ranking.scores[np.argsort(result.ranking.rows)])
    np.testing.assert_allclose(finals[0] - finals[1], (finals[0] - finals[1])[:1].repeat(len(finals[0])), atol=1e-9)

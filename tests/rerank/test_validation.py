"""What a profile is worth: gains where it tells a choice, losses where it does not, and what follows from them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from search.profiles.statistics import combine, kinds_of
from search.rerank.personal import personalize, tastes_of
from search.rerank.policies import anonymous
from search.rerank.validation import WHOLE, gains
from search.settings import Personal
from search.types import Ranking, StatedTastes, Traits
from tests.rerank.random_shops import catalogue_of, random_case

NOW = 1_000_000.0
SETTINGS = Personal()
KINDS = kinds_of(SETTINGS)
GOODS = [
    {"type": "Schuhe", "brand": [brand], "gender": [], "color": [], "category": [], "price_band": []}
    for brand in ("Adidas", "Nike", "Puma", "Esprit") * 6
]
CATALOGUE = catalogue_of(GOODS)
ROWS = np.arange(len(GOODS), dtype=np.int32)
EVEN = np.zeros(len(GOODS))


def traits(brand: str, **more) -> Traits:
    return Traits("Schuhe", {"brand": {brand: 1.0}}, **more)


def fan(brand: str, times: int = 10):
    """The profile of somebody who bought one brand."""
    return KINDS["shopper"].fold_all(None, [("purchase", traits(brand), NOW)] * times)


def worth(profile, brand: str) -> dict[str, float]:
    """What the profile is worth where a product of the brand is chosen among all."""
    chosen = np.array([next(row for row, goods in enumerate(GOODS) if goods["brand"] == [brand])])
    return gains(combine(KINDS, profile, None, NOW), CATALOGUE, SETTINGS, ROWS, EVEN, chosen)


def test_a_profile_gains_where_the_choice_goes_its_way_and_loses_where_not():
    assert worth(fan("Adidas"), "Adidas")["brand"] > 0.3
    assert worth(fan("Adidas"), "Puma")["brand"] < -0.2
    assert worth(fan("Adidas"), "Puma").keys() == {"brand", WHOLE}


def test_no_profile_gains_on_average_from_what_a_stranger_would_choose():
    """Σ_y q(y) · s(y) ≤ 0: chance proves nothing (Gibbs' inequality)."""
    for seed in range(40):
        case = random_case(seed, 25)
        known = replace(case.affinities, stated=StatedTastes())
        log_odds = case.base.features["A"]
        shares = np.exp(log_odds - log_odds.max())
        shares /= shares.sum()
        args = known, case.catalogue, SETTINGS, case.base.rows, log_odds
        total: dict[str, float] = {}
        for place, share in enumerate(shares):
            for name, gain in gains(*args, np.array([place]), case.repeats).items():
                total[name] = total.get(name, 0.0) + share * gain
        assert all(value <= 1e-12 for value in total.values()), seed


def test_a_profile_that_says_the_same_of_all_is_worth_nothing():
    assert gains(combine(KINDS, fan("Gone"), None, NOW), CATALOGUE, SETTINGS, ROWS, EVEN, np.array([0])) == {}


def ranked(profile, visit=None):
    relevance = np.full(len(ROWS), 0.8)
    base = anonymous(Ranking(ROWS, relevance, {"R": relevance}), np.zeros(len(ROWS), bool), {}, SETTINGS)
    known = combine(KINDS, profile, visit, NOW)
    return personalize(base, known, CATALOGUE, {}, SETTINGS, 1.0, 24), known


def test_wrong_choices_silence_a_profile_and_right_ones_give_it_its_voice_back():
    profile = fan("Adidas")
    loud = np.ptp(ranked(profile)[0].ranking.features["p"])
    for _ in range(8):
        profile = KINDS["shopper"].validated(profile, worth(profile, "Puma"), NOW)
    silent, known = ranked(profile)
    assert known.gate("brand") == 0.0
    assert not silent.ranking.features["p"].any()
    assert silent.ranking.rows.tolist() == ROWS.tolist()
    for _ in range(20):
        profile = KINDS["shopper"].validated(profile, worth(profile, "Adidas"), NOW)
    assert np.ptp(ranked(profile)[0].ranking.features["p"]) == pytest.approx(loud)


def test_a_long_time_of_being_right_earns_no_more_than_the_credit():
    profile = fan("Adidas")
    for _ in range(100):
        profile = KINDS["shopper"].validated(profile, worth(profile, "Adidas"), NOW)
    assert profile.gains["brand"][0] == SETTINGS.credit
    assert profile.gains[WHOLE][0] == SETTINGS.whole_credit


def test_where_the_past_may_not_speak_this_visit_does():
    """x = γ · x(past and visit) + (1 − γ) · x(visit)."""
    profile, visit = fan("Adidas"), KINDS["session"].fold(None, "view", traits("Puma"), NOW)
    for _ in range(8):
        profile = KINDS["shopper"].validated(profile, worth(profile, "Puma"), NOW)
    rest = combine(KINDS, None, visit, NOW)
    gated, alone = (
        tastes_of(known, CATALOGUE, SETTINGS, ROWS, 1.0)[1] for known in (combine(KINDS, profile, visit, NOW), rest)
    )
    np.testing.assert_allclose(gated, alone, atol=1e-12)


def test_what_is_stated_is_never_silenced():
    profile = fan("Adidas")
    for _ in range(8):
        profile = KINDS["shopper"].validated(profile, worth(profile, "Puma"), NOW)
    stated = StatedTastes().with_opinion("brand", "Adidas", 1)
    known = replace(combine(KINDS, profile, None, NOW), stated=stated)
    x = tastes_of(known, CATALOGUE, SETTINGS, ROWS, 1.0)[1][0]
    assert x.max() == pytest.approx(np.log(2))


def test_old_losses_are_forgotten():
    profile = KINDS["shopper"].validated(fan("Adidas"), {"brand": -1.0}, NOW)
    gates = [KINDS["shopper"].credit.gates(profile.gains, NOW + years * 180 * 86_400) for years in (0, 1, 2)]
    assert [found.get("brand") for found in gates] == [pytest.approx(value) for value in (0.0, 0.5, 0.75)]


def test_what_departs_is_set_aside_and_counts_once_it_is_confirmed():
    kind = KINDS["shopper"]
    profile = kind.fold(fan("Adidas"), "purchase", traits("Puma", trust={"brand": 0.25}), NOW)
    assert profile.observed["brand"]["Puma"]["Schuhe"] == pytest.approx(0.25 * 3)
    assert profile.aside.observed["brand"]["Puma"]["Schuhe"] == pytest.approx(0.75 * 3)
    assert profile.count == 11
    for told, share in ((0.0, 0.0), (0.4, 0.4), (2.0, 1.0)):
        seen = kind.validated(profile, {"aside": told}, NOW) if told else profile
        puma = combine(KINDS, seen, None, NOW).tastes["brand"].observed["Puma"]["Schuhe"]
        assert puma == pytest.approx(0.75 + share * 2.25)


def test_a_visit_counts_wholly_for_itself():
    visit = KINDS["session"].fold(None, "purchase", traits("Puma", trust={"brand": 0.0}), NOW)
    assert visit.aside is None
    assert visit.observed["brand"]["Puma"] == {"Schuhe": 3.0}


def test_folding_one_by_one_and_all_at_once_is_the_same_to_the_bit():
    rng = np.random.default_rng(3)
    told = [
        (
            "click" if rng.random() < 0.7 else "purchase",
            traits(
                ["Adidas", "Puma"][rng.integers(2)],
                gains={"brand": float(rng.normal()), "": float(rng.normal()), "aside": float(rng.normal())},
                trust={"brand": float(rng.random())},
                spared={"brand": float(rng.random())},
            ),
            NOW + float(rng.uniform(-1e6, 1e8)),
        )
        for _ in range(60)
    ]
    one = None
    for event in told:
        one = KINDS["shopper"].fold(one, *event)
    assert one == KINDS["shopper"].fold_all(None, told)
    assert one == KINDS["shopper"].fold_all(KINDS["shopper"].fold_all(None, told[:30]), told[30:])

"""Where the lifts of somebody start of whom little is known, against the definition."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from search.personal.levels import at_level, level_told, with_groups
from search.rerank.lifts import lifts
from search.rerank.segments import CRM, SEGMENT, carried_by, cohorts_of, posterior, segment_lifts, start_of
from search.rerank.weights import weights_of
from search.settings import Personal
from search.types import Affinities, StatedTastes, Taste
from search.types.segments import Segment, Segments

SETTINGS = Personal()
SPORTY = Segment(60, 0.6, {"brand": {"Nike": 2.0, "Puma": 1.6, "Gone": 3.0}, "shape": {"x": 2.0}}, {}, 0.4)
ELEGANT = Segment(40, 0.4, {"brand": {"Nike": 0.4, "Esprit": 2.0}, "color": {"beige": 1.5}}, {}, 0.4)
GROUPS = Segments([SPORTY, ELEGANT], 100, {2: 0.1}, 1.0)


def known(**counts):
    """A shopper who chose so many things of these brands, all of one type."""
    observed = {value: {"Shorts": float(count)} for value, count in counts.items()}
    return Affinities({"brand": Taste(observed, {"Shorts": float(sum(counts.values()))})}, 1.0)


@pytest.fixture
def catalogue(pipeline):
    return pipeline.catalogue


@pytest.fixture
def cohorts(catalogue):
    return cohorts_of(GROUPS, catalogue)


def test_the_posterior_is_shares_times_lifts_to_the_power_of_what_was_chosen(cohorts, catalogue):
    told = posterior(cohorts, known(Nike=3, Puma=1, Unknown=7).tastes, catalogue, weights_of(SETTINGS))
    sporty = 0.6 * (2.0**3 * 1.6) ** SETTINGS.brand
    elegant = 0.4 * (0.4**3) ** SETTINGS.brand
    assert told == pytest.approx(np.array([sporty, elegant]) / (sporty + elegant))


def test_of_whom_nothing_is_known_every_lift_starts_at_one(cohorts, catalogue):
    told = posterior(cohorts, {}, catalogue, weights_of(SETTINGS))
    assert told == pytest.approx(cohorts.shares)
    for start in segment_lifts(cohorts, told).values():
        assert start == pytest.approx(np.ones(len(start)))
    nobody = Affinities({})
    assert with_groups(nobody, catalogue, cohorts, SETTINGS) is nobody


def test_the_start_is_the_mixture_of_the_groups_against_everybody(cohorts, catalogue):
    likely = np.array([0.9, 0.1])
    start = segment_lifts(cohorts, likely)["brand"]
    code_of = catalogue.attributes["brand"].code_of
    assert start[code_of["Nike"]] == pytest.approx((0.9 * 2.0 + 0.1 * 0.4) / (0.6 * 2.0 + 0.4 * 0.4))
    assert start[code_of["Esprit"]] == pytest.approx((0.9 * 1.0 + 0.1 * 2.0) / (0.6 * 1.0 + 0.4 * 2.0))
    assert start[code_of["Lenovo"]] == pytest.approx(1.0)


def test_what_the_catalogue_does_not_have_says_nothing(cohorts):
    assert set(cohorts.log_lifts) == {"brand", "color"}
    assert cohorts_of(Segments(), None) is None  # type: ignore[arg-type]


def test_observation_takes_over_from_the_start(cohorts, catalogue):
    attribute, code = catalogue.attributes["brand"], catalogue.attributes["brand"].code_of["Puma"]
    found = []
    for count in (1, 10, 100):
        of = with_groups(known(Nike=count), catalogue, cohorts, SETTINGS)
        found.append(lifts(of.tastes["brand"], attribute, catalogue, SETTINGS, 1.0, prior=of.start["brand"]).shop[code])
    assert found[0] > 1 > found[1] > found[2]  # the group's word, then their own


def test_it_is_off_by_the_setting_and_without_groups(cohorts, catalogue):
    one = known(Nike=1)
    assert with_groups(one, catalogue, None, SETTINGS) is one
    assert with_groups(one, catalogue, cohorts, Personal(segments=False)) is one
    assert with_groups(one, catalogue, cohorts, SETTINGS).start


def test_the_starts_of_groups_style_test_and_customer_system_are_multiplied(catalogue):
    attribute = catalogue.attributes["brand"]
    ones = np.ones(len(attribute.values))
    said = StatedTastes(leanings={"brand": {"Nike": -1.0}})
    both = Affinities({}, stated=said, start={"brand": 3 * ones}, crm={"brand": 2 * ones})
    code = attribute.code_of["Nike"]
    assert start_of(attribute, both)[code] == pytest.approx(3.0)
    assert start_of(attribute, replace(both, crm={}))[code] == pytest.approx(1.5)
    assert start_of(attribute, Affinities({})) is None


@pytest.mark.parametrize(
    ("lift", "counts", "shop", "level"),
    [
        (1.5, (0.0, 0.0), (0.0, 0.0), SEGMENT),
        (1.5, (0.0, 1.0), (0.0, 1.0), SEGMENT),  # not chosen, though it was to be expected
        (1.5, (2.0, 1.0), (2.0, 1.0), None),  # chosen more than expected: their own
        (1.5, (0.0, 1.0), (4.0, 1.0), None),  # not in this type, but in the shop
        (0.5, (0.0, 1.0), (0.0, 1.0), None),
        (1.0, (0.0, 0.0), (0.0, 0.0), None),
    ],
)
def test_a_lift_is_the_groups_where_own_evidence_does_not_point_there(lift, counts, shop, level):
    start = {SEGMENT: np.array([1.4])}
    of_shop = np.array([shop[0]]), np.array([shop[1]])
    assert carried_by(lift, start, 0, counts, of_shop) == level
    assert carried_by(lift, {CRM: np.array([1.2]), **start}, 0, counts, of_shop) == (CRM if level else None)


def test_levels_keep_what_they_may(cohorts, catalogue):
    said = StatedTastes(likes={"brand": ["Nike"]}, off=["color"], revision=3)
    one = with_groups(replace(known(Nike=2), stated=said), catalogue, cohorts, SETTINGS)
    assert at_level(one, "individual") is one and level_told(one) == "individual"
    grouped = at_level(one, "segment")
    assert grouped.start is one.start and not grouped.tastes and grouped.purchases is None
    assert grouped.stated == StatedTastes(off=["color"], revision=3)
    assert level_told(grouped) == "segment"
    assert at_level(one, "all").is_empty and level_told(at_level(one, "all")) == "all"

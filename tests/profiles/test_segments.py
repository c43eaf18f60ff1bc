"""Groups of shoppers with like tastes: found where there are some, none where there are none, and never of a few.

1 the planted groups are found          4 nobody's evidence is a group, and nobody is in a group of fewer than 20
2 people without tastes make no groups  5 the same people make the same groups, to the bit
3 of k-means each point is with the nearest centre, and the gain is what its definition says
"""

from __future__ import annotations

import numpy as np
import pytest

from search.profiles.segments import (
    CHOICE,
    COLD,
    LEAST_DISTINCT,
    SEED,
    People,
    distinctness,
    gains,
    group_lifts,
    kmeans,
    learn_segments,
    read_segments,
    settled,
    vectors,
    write_segments,
)
from search.types.segments import LEAST_PEOPLE, Segments

COLUMNS = [("brand", name) for name in "abcdef"] + [("color", name) for name in "rgb"]
WEIGHTS = np.array([0.5] * 6 + [0.3] * 3)


def people(sizes, tilt=4.0, seed=0, purchases=10):
    """Groups of those sizes; the people of each choose one brand and one colour `tilt` times as often as others."""
    rng, observed = np.random.default_rng(seed), []
    for group, size in enumerate(sizes):
        for _ in range(size):
            brand, color = np.ones(6), np.ones(3)
            brand[group % 6], color[group % 3] = tilt, tilt
            counts = [rng.multinomial(purchases, share / share.sum()) for share in (brand, color)]
            observed.append(CHOICE * np.concatenate(counts))
    expected = np.tile(CHOICE * purchases / np.array([6.0] * 6 + [3.0] * 3), (len(observed), 1))
    return People([f"p{at}" for at in range(len(observed))], COLUMNS, WEIGHTS, np.array(observed, float), expected)


def test_planted_groups_are_found_told_by_their_traits_and_of_use_for_others():
    found = learn_segments(people([60, 60, 60]), 3.0)
    assert found.people == 180 and len(found.found) >= 3
    assert max(found.gain.values()) > 0.02
    for brand in "abc":
        best = max(found.found, key=lambda segment: segment.lifts["brand"][brand])
        assert best.lifts["brand"][brand] > 1.5
        assert all(best.lifts["brand"][other] < 1 for other in set("abc") - {brand})
    assert sum(segment.people for segment in found.found) == 180
    assert sum(segment.share for segment in found.found) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("purchases", [5, 10, 40])
def test_people_without_tastes_make_no_groups(purchases):
    for seed in range(5):
        found = learn_segments(people([300], tilt=1.0, seed=seed, purchases=purchases), 3.0)
        assert found.found == [], found.gain


def test_no_group_has_fewer_than_twenty_people_and_none_is_vague():
    for seed in range(5):
        found = learn_segments(people([100, 60, 12, 9], tilt=12.0, seed=seed), 3.0)
        assert found.found
        for segment in found.found:
            assert segment.people >= LEAST_PEOPLE
            assert segment.distinct >= LEAST_DISTINCT
            assert all(count >= LEAST_PEOPLE for values in segment.chosen.values() for count in values.values())
    assert learn_segments(people([19, 15]), 3.0).found == []
    assert learn_segments(people([1]), 3.0).found == []


def test_who_is_left_over_goes_to_the_next_group_and_all_are_numbered_by_size():
    points = np.concatenate([np.full(50, 0.0), np.full(30, 10.0), np.full(5, 11.0)])[:, None]
    labels = np.repeat([2, 0, 1], [50, 30, 5]).astype(np.intp)
    after, distinct = settled(points, labels, 3)
    assert after.tolist() == [0] * 50 + [1] * 35
    assert (distinct > 0.9).all()


def test_a_group_that_is_like_the_next_one_is_given_to_it():
    rng = np.random.default_rng(0)
    points = np.concatenate([np.repeat(rng.normal(0, 1, (60, 2)), 2, axis=0), rng.normal(30, 1, (40, 2))])
    labels = np.concatenate([np.tile([0, 1], 60), np.full(40, 2)]).astype(np.intp)  # one cloud of twins, cut in two
    after, distinct = settled(points, labels, 3)
    assert np.bincount(after).tolist() == [120, 40]
    assert (distinct >= LEAST_DISTINCT).all()


def test_each_point_is_with_its_nearest_centre_and_no_worse_start_is_taken():
    points = np.random.default_rng(1).normal(size=(200, 4))
    labels = kmeans(points, 5)
    centres = np.array([points[labels == group].mean(0) for group in range(5)])
    away = ((points[:, None] - centres) ** 2).sum(2)
    assert (np.bincount(labels) > 0).all()
    assert (away.argmin(1) == labels).mean() > 0.97  # it ends when nearly nothing is left to gain
    assert kmeans(points, 5).tolist() == labels.tolist()


def test_distinctness_is_the_simplified_silhouette():
    points, labels = np.array([[0.0], [1.0], [10.0], [12.0]]), np.array([0, 0, 1, 1], np.intp)
    expected = [np.mean([(11 - 0.5) / 11, (10 - 0.5) / 10]), np.mean([(9.5 - 1) / 9.5, (11.5 - 1) / 11.5])]
    assert distinctness(points, labels, 2) == pytest.approx(expected)


def test_the_gain_is_what_its_definition_says():
    known = people([30, 30])
    labels = np.repeat([0, 1], 30).astype(np.intp)
    lifts, everybody = group_lifts(known, labels, 2)
    shares = np.array([0.5, 0.5])
    drawn, rest, due = known.parted(COLD, SEED)
    for person, gain in enumerate(gains(known, shares, lifts, everybody).tolist()):
        told = np.log(shares) + [sum(WEIGHTS * drawn[person] * np.log(lifts[s])) for s in (0, 1)]
        likely = np.exp(told) / np.exp(told).sum()
        start = (likely[0] * lifts[0] + likely[1] * lifts[1]) / (lifts[0] / 2 + lifts[1] / 2)
        each = WEIGHTS * (rest[person] * np.log(start) - due[person] * everybody * (start - 1))
        assert gain == pytest.approx(each.sum() / (due[person].sum() / 2))


def test_what_is_drawn_and_the_rest_are_all_that_was_chosen():
    known = people([40], purchases=6)
    drawn, rest, due = known.parted(COLD, 0)
    assert (drawn >= 0).all() and (rest >= 0).all()
    assert drawn + rest == pytest.approx(known.observed)
    brands = slice(0, 6)
    assert drawn[:, brands].sum(1) == pytest.approx(np.full(40, COLD * CHOICE))
    assert due[:, brands].sum(1) == pytest.approx(known.expected[:, brands].sum(1) * (1 - COLD / 6))


def test_a_single_person_with_a_long_past_is_not_the_group():
    known = people([40])
    heavy = known.observed.copy()
    heavy[0] = 0
    heavy[0, 5] = heavy[0, 8] = 300_000.0
    expected = known.expected.copy()
    expected[0] *= 300_000 / known.observed[0, :6].sum()
    labels = np.zeros(40, np.intp)
    with_heavy = People(known.ids, COLUMNS, WEIGHTS, heavy, expected)
    one_of_many = group_lifts(with_heavy, labels, 1)[1]
    assert one_of_many[5] < 2.5  # its share of 300 events in 1,500, not of 300,000


def test_how_much_is_known_of_somebody_does_not_change_the_direction_much():
    one = people([1], purchases=300)
    more = People(one.ids, one.columns, one.weights, 3 * one.observed, 3 * one.expected)
    assert float((vectors(one, 3.0) @ vectors(more, 3.0).T)[0, 0]) > 0.98


def test_the_same_people_make_the_same_groups():
    known = people([50, 50])
    again = learn_segments(people([50, 50]), 3.0)
    assert learn_segments(known, 3.0) == again


def test_it_is_kept_and_a_damaged_file_is_learned_anew(tmp_path):
    found, path = learn_segments(people([50, 50]), 3.0), tmp_path / "segments.json"
    write_segments(path, found)
    assert read_segments(path) == found
    for damaged in (b"", b"{", b'{"found": 3}', b"[]"):
        path.write_bytes(damaged)
        assert read_segments(path) == Segments()
    assert read_segments(tmp_path / "missing.json") == Segments()

"""Planted tastes are found again, by an honest protocol: same seed, same figures; nothing where nothing was planted."""

import json
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from eval.cli import app
from eval.documents import Simulate, read_document
from eval.personal.planted import (
    KINDS,
    Shopper,
    Size,
    click_probability,
    oracle,
    plant_person,
    plant_shop,
    plant_shopper,
)
from eval.personal.simulate import (
    COUNTS,
    SERVED,
    Protocol,
    live,
    rank_correlation,
    recovered,
    simulate,
    tables,
    tastes,
    visits,
)
from search.errors import BadInput
from search.settings import Personal

TINY = Protocol(sessions=(2, 20), queries=4, size=Size(types=3, products=300, brands=12, per_type=8))


@pytest.fixture(scope="module")
def lived():
    return simulate(TINY, shoppers=12)


def figures(lived):
    return [
        (one.kind, one.sessions, one.clicks, one.correlation, {name: v.tolist() for name, v in one.values.items()})
        for one in lived
    ]


def row_of(rows, name, sessions):
    return next(row for row in rows if (row.name, row.sessions) == (name, sessions))


def test_the_same_seed_gives_the_same_figures():
    assert figures(live(TINY, 0)) == figures(live(TINY, 0))
    assert figures(live(TINY, 0)) != figures(live(replace(TINY, seed=2), 0))


def test_the_number_of_processes_changes_nothing():
    short = replace(TINY, sessions=(2,), queries=2)
    assert figures(simulate(short, 5, jobs=2)) == figures(simulate(short, 5, jobs=1))


def test_more_sessions_go_on_where_fewer_ended():
    shop = plant_shop(TINY.seed, TINY.size)
    shopper = plant_shopper(shop, "plain", TINY.seed, 0)
    few, many = (visits(TINY, shop, shopper, 0, sessions) for sessions in (3, 4))
    assert 0 < few.count <= many.count
    earlier, later = few.observed["brand"], many.observed["brand"]
    assert all(later[value][kind] >= count - 1e-9 for value, kinds in earlier.items() for kind, count in kinds.items())


# --- what is planted ---


def test_who_has_no_taste_is_served_best_by_popularity_alone():
    shop = plant_shop(TINY.seed, TINY.size)
    rows = shop.of_type(0)
    best = rows[np.lexsort((rows, -shop.popularity[rows]))].tolist()  # the best that any anonymous ranker can do
    for number in range(3):
        (person,) = plant_shopper(shop, "taste-free", TINY.seed, number).people
        assert not person.taste.any()
        assert oracle(shop, person, rows).tolist() == best
        (other,) = plant_shopper(shop, "plain", TINY.seed, number).people
        assert oracle(shop, other, rows).tolist() != best


def test_nobody_beats_the_oracle(lived):
    for one in lived:
        for values in one.values.values():
            assert (values[:, 2] >= values[:, :2].max(1) - 1e-12).all()
            assert np.allclose(values[:, 2], 1.0)


def test_prices_are_liked_in_a_bell():
    shop = plant_shop(TINY.seed, TINY.size)
    person = plant_person(shop, np.random.default_rng(3))
    rows = np.flatnonzero((shop.types == 0) & (shop.genders == 0)).astype(np.int32)
    rest = person.taste[rows] - person.brands[0][shop.brands[rows]]
    fit = np.polyfit(shop.price[rows], rest, 2)
    assert fit[0] < -0.05  # both dearer and cheaper than what suits best are liked less


def test_brands_are_liked_alike_but_not_the_same_in_every_type():
    shop = plant_shop(1, Size(types=2, products=200, brands=400, per_type=20))
    shared = [np.corrcoef(*plant_person(shop, np.random.default_rng(seed)).brands)[0, 1] for seed in range(10)]
    assert 0.5 < np.mean(shared) < 0.8  # 0.8² of the variance is shared


def test_the_people_behind_a_profile():
    shop = plant_shop(TINY.seed, TINY.size)
    first = plant_shopper(shop, "plain", TINY.seed, 4).people[0]
    household, drift = (plant_shopper(shop, kind, TINY.seed, 4) for kind in ("household", "drift"))
    assert np.array_equal(household.people[0].taste, first.taste)
    assert np.array_equal(drift.people[0].taste, first.taste)
    rng = np.random.default_rng(0)
    assert [drift.people.index(drift.who(session, 4, rng)) for session in range(5)] == [0, 0, 1, 1, 1]
    assert {household.people.index(household.who(0, 4, rng)) for _ in range(20)} == {0, 1}
    assert np.array_equal(drift.people[0].favourites, drift.people[1].favourites)


def test_clicks_come_from_the_first_page_and_the_first_places_most():
    shop = plant_shop(TINY.seed, TINY.size)
    shopper = plant_shopper(shop, "taste-free", TINY.seed, 0)
    near, far = (visits(replace(TINY, eta=eta), shop, shopper, 0, 20).count for eta in (2.0, 0.0))
    assert 0 < near < far


# --- what is found ---


def test_a_strong_taste_for_brands_is_found_after_many_clicks():
    protocol = replace(TINY, size=Size(types=2, products=400, brands=12, per_type=8))
    shop = plant_shop(protocol.seed, protocol.size)
    found = []
    for number in range(6):
        person = plant_person(shop, np.random.default_rng(number))
        loving = replace(person, taste=2 * person.brands[shop.types, shop.brands])  # brands are all that counts
        shopper = Shopper("plain", (loving,))
        known = tastes(protocol, visits(protocol, shop, shopper, number, 60), 0.0)
        found.append(recovered(shop, shopper, known, Personal()))
    assert np.mean(found) > 0.3


def test_nothing_is_recovered_before_anything_was_clicked():
    shop = plant_shop(TINY.seed, TINY.size)
    shopper = plant_shopper(shop, "plain", TINY.seed, 0)
    assert recovered(shop, shopper, tastes(TINY, visits(TINY, shop, shopper, 0, 0), 0.0), Personal()) is None


def test_two_people_behind_one_profile_are_served_worse_than_one(lived):
    kinds, _ = tables(lived, seed=1)
    assert row_of(kinds, "household", 20).headroom.mean < row_of(kinds, "plain", 20).headroom.mean
    assert row_of(kinds, "plain", 20).headroom.low > 0


def test_more_clicks_find_more(lived):
    kinds, _ = tables(lived, seed=1)
    few, many = (row_of(kinds, "plain", sessions) for sessions in (2, 20))
    assert few.clicks < many.clicks
    assert few.headroom.mean < many.headroom.mean


def test_counts_hurt_who_has_no_taste_and_lifts_hardly(lived):
    _, placebo = tables(lived, seed=1)
    served, counts = (row_of(placebo, name, 20) for name in ("taste-free", "taste-free, counts"))
    assert counts.difference.high < 0
    assert served.difference.mean > counts.difference.mean / 3
    assert served.correlation is None


def test_a_ranker_that_is_switched_off_changes_nothing():
    off = replace(TINY, personal=Personal(bound=0.0), sessions=(5,))
    for one in simulate(off, 2):
        values = one.values[SERVED]
        assert np.array_equal(values[:, 0], values[:, 1])
        assert not np.array_equal(one.values[COUNTS][:, 0], one.values[COUNTS][:, 1])


def test_the_tables_have_every_kind_and_horizon(lived):
    kinds, placebo = tables(lived, seed=1)
    assert {row.name for row in kinds} == {"plain", "plain, counts", "household", "drift"}
    assert {row.name for row in placebo} == {"taste-free", "taste-free, counts"}
    assert {row.sessions for row in [*kinds, *placebo]} == {2, 20}
    for row in kinds:
        assert row.n == 12
        assert row.regret == pytest.approx(row.oracle - row.personal)
        assert row.difference.mean == pytest.approx(row.personal - row.anonymous)
        assert row.headroom.low <= row.headroom.mean <= row.headroom.high
        won = (row.personal - row.anonymous) / (row.oracle - row.anonymous)
        assert row.headroom.mean == pytest.approx(won)
    assert {one.kind for one in lived} == set(KINDS)


def test_clicks_are_likelier_on_what_is_liked():
    shop = plant_shop(TINY.seed, TINY.size)
    person = plant_person(shop, np.random.default_rng(0))
    probability = click_probability(shop, person, np.arange(300, dtype=np.int32))
    assert ((probability > 0) & (probability < 1)).all()
    assert rank_correlation(probability, person.taste + shop.popularity) == 1.0


def test_equal_values_share_their_rank():
    assert rank_correlation(np.array([1.0, 1, 2, 2]), np.array([5.0, 5, 9, 9])) == 1.0
    assert rank_correlation(np.array([1.0, 2, 3, 4]), np.array([4.0, 3, 2, 1])) == -1.0


# --- the command ---


def run(*arguments):
    return CliRunner().invoke(app, ["simulate", *map(str, arguments)], env={"COLUMNS": "220"})


def test_the_document_says_what_was_simulated(tmp_path):
    answered = run("--shoppers", 2, "--sessions", "2", "--jobs", 1, "--json", "--out", tmp_path / "simulate.json")
    assert answered.exit_code == 0, answered.output
    document = read_document(tmp_path / "simulate.json")
    assert isinstance(document, Simulate)
    assert (document.shoppers, document.made.seed) == (2, 1)
    assert json.loads(answered.stdout)["kinds"][0]["name"] == "plain"
    assert not any("tuning" in note for note in document.notes)


def test_the_tuning_seed_is_never_to_be_reported():
    answered = run("--shoppers", 2, "--sessions", "1", "--jobs", 1, "--seed", 0)
    assert "must not be reported" in answered.stderr
    assert "must not be reported" in answered.stdout


def test_settings_are_those_of_the_server(tmp_path):
    (tmp_path / "off.toml").write_text("[personal]\nbound = 0.0\n")
    answered = run("--shoppers", 2, "--sessions", 2, "--jobs", 1, "--settings", tmp_path / "off.toml", "--json")
    document = json.loads(answered.stdout)
    assert document["made"]["settings"] == {"personal.bound": 0.0}
    assert all(row["difference"]["mean"] == 0 for row in document["kinds"] if "counts" not in row["name"])


@pytest.mark.parametrize("text", ["", "0", "3;10", "1,5000", "many"])
def test_sessions_that_are_no_numbers_are_refused(text):
    assert isinstance(run("--sessions", text).exception, BadInput)

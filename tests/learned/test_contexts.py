"""What people of one context choose: from 30 people on a gain of 14 % and more where contexts differ, else a loss of at
most 1.6 %."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from search.learned.contexts import ContextChoices, column_of
from search.profiles.choices import learn_choices, learn_contexts
from search.rerank.clicked import clicked_degrees
from search.types import Choices, Event, Slice, Traits

PRODUCTS, KAPPA, NOW = 20, 20.0, 1_000_000.0
CATALOGUE = SimpleNamespace(types=np.zeros(PRODUCTS, np.int64), type_names=["Shorts"], type_code={"Shorts": 0})
ROWS = np.arange(PRODUCTS, dtype=np.int32)


def log(people: int, tastes: dict[str, np.ndarray], rng) -> list[tuple[Event, Traits]]:
    """People of each device buy one product each, by the device's tastes."""
    told = []
    for device, shares in tastes.items():
        for number, product in enumerate(rng.choice(PRODUCTS, people, p=shares)):
            event = Event(
                event_id="e", type="cart", product_id=f"{product}", time=NOW, query="shorts",
                shopper=f"{device}{number}", context={"device": device},
            )  # fmt: skip
            told.append((event, Traits("Shorts", {}, f"{product}")))
    return told


def gain(people: int, differ: bool, seed: int) -> float:
    """How much sooner (mean reciprocal rank) visitors find what they choose where their device counts."""
    rng = np.random.default_rng(seed)
    common = rng.dirichlet(np.full(PRODUCTS, 0.7))
    tastes = {device: rng.dirichlet(np.full(PRODUCTS, 0.7)) if differ else common for device in ("mobile", "desktop")}
    events = log(people, tastes, rng)
    known = str.lower, NOW, 30.0, 5
    (queries, _), contexts = learn_choices(events, *known), learn_contexts(events, *known, ("device",))
    items = queries.get("shorts", {})
    best = max((one.count for one in items.values()), default=0.0)
    counts, _ = column_of(items, int).at(ROWS)
    everybody = clicked_degrees(counts, best, np.zeros(PRODUCTS), KAPPA)
    found = []
    for device, shares in tastes.items():
        own = ContextChoices("", contexts.get(f"device={device}", Slice()), int, CATALOGUE, KAPPA)
        found.append(reciprocal(own.of_query("shorts", ROWS, everybody), shares) / reciprocal(everybody, shares) - 1)
    return float(np.mean(found))


def reciprocal(degrees, shares) -> float:
    order = np.lexsort((ROWS, -np.round(degrees, 6)))
    return float((shares[order] / np.arange(1, PRODUCTS + 1)).sum())


@pytest.mark.parametrize(("people", "least"), [(30, 0.05), (100, 0.15), (300, 0.2)])
def test_where_contexts_differ_their_people_find_what_they_choose_sooner(people, least):
    assert np.mean([gain(people, True, seed) for seed in range(40)]) > least


@pytest.mark.parametrize("people", [10, 30, 100, 300])
def test_where_they_do_not_differ_hardly_anything_is_lost(people):
    assert np.mean([gain(people, False, seed) for seed in range(40)]) > -0.02


def test_a_context_that_says_nothing_changes_nothing():
    degrees = np.linspace(0, 1, PRODUCTS)
    nothing = ContextChoices("", Slice(), int, CATALOGUE, KAPPA)
    assert nothing.of_query("shorts", ROWS, degrees) is degrees
    assert np.allclose(nothing.of_types(ROWS, degrees), degrees, atol=1e-15)


def test_what_is_not_sold_any_more_is_left_out_and_variants_are_summed():
    rows = {"a": 3, "a-red": 3, "b": 1, "gone": None}
    column = column_of({item: Choices(2.0, 5) for item in rows}, rows.get)
    counts, people = column.at(np.array([0, 1, 3]))
    assert counts.tolist() == [0.0, 2.0, 4.0] and people.tolist() == [0.0, 5.0, 10.0]

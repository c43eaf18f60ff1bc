"""A durable falls just after it was bought; a consumable rises when it is due; and nobody knows more than they may."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from search.messages import ExplainRepeat
from search.rerank.personal import personalize
from search.rerank.policies import anonymous
from search.rerank.repeat import SENTENCES, repeat_reason
from search.settings import Personal
from search.types import Affinities, Hazards, Purchases, Ranking, Repeats, TypeRepeats
from search.types.repeats import DAY_SECONDS, REPEAT_EDGES
from tests.rerank.random_shops import catalogue_of

NOW, HALF_LIFE = 1e9, 180 * DAY_SECONDS
TYPES = ("Gartenhaus", "Gartenhaus", "Kaffee", "Kaffee", "Kaffee", "Tee")
SETTINGS = Personal()


def goods(kind: str) -> dict:
    return {"type": kind, "brand": [], "gender": [], "color": [], "category": [], "price_band": []}


CATALOGUE = catalogue_of([goods(kind) for kind in TYPES])


def ratios(*by_days: tuple[float, float]) -> list[float]:
    """(from so many days, ratio), …; 1 before the first."""
    found = [1.0] * (len(REPEAT_EDGES) - 1)
    for start, ratio in by_days:
        found = [ratio if edge >= start else old for edge, old in zip(REPEAT_EDGES, found, strict=False)]
    return found


#: Sheds are bought once; coffee every month.
LEARNED = Hazards(
    {
        "Gartenhaus": TypeRepeats(ratios((0, 0.1)), ratios(), 0.01, 0.0),
        "Kaffee": TypeRepeats(ratios((0, 0.3), (22, 3.0), (90, 0.5)), ratios((0, 0.5), (22, 2.0)), 0.9, 30.0),
    }
)


def bought(*purchases: tuple[int, float, float]) -> Affinities:
    """(row, how often, days ago), …"""
    counts: dict[str, dict[str, tuple[float, float]]] = {}
    for row, count, days in purchases:
        counts.setdefault(TYPES[row], {})[str(row)] = (count, NOW - days * DAY_SECONDS)
    return Affinities({}, 1.0, purchases=Purchases(counts, 1.0, HALF_LIFE, NOW))


def ranked(known: Affinities, hazards: Hazards = LEARNED, settings: Personal = SETTINGS, **more):
    rows = np.arange(len(TYPES), dtype=np.int32)
    relevance = np.full(len(rows), 0.9)
    exact = np.array([more.pop("exact", False), *[False] * (len(rows) - 1)])
    base = anonymous(Ranking(rows, relevance, {"R": relevance}), exact, {}, settings)
    repeats = Repeats(hazards, lambda item: int(item) if item.isdigit() else None)
    blocked, strength = more.pop("blocked", {}), more.pop("strength", 1.0)
    return personalize(base, known, CATALOGUE, blocked, settings, strength, 20, repeats=repeats)


def repeat(known: Affinities, **more) -> list[float]:
    """What repeat purchase adds to each product, by row."""
    ranking = ranked(known, **more).ranking
    return ranking.features["repeat"][np.argsort(ranking.rows)].tolist()


def test_after_a_durable_it_and_its_alternatives_fall():
    found = repeat(bought((0, 1, 1)))
    assert max(found[:2]) < 0 < min(found[2:])
    order = ranked(bought((0, 1, 1))).ranking.rows.tolist()
    assert set(order[-2:]) == {0, 1}


def test_a_consumable_falls_at_first_and_rises_when_it_is_due():
    yesterday, due = repeat(bought((2, 1, 1))), repeat(bought((2, 1, 30)))
    assert yesterday[3] < 0 < due[3]
    assert due[2] > due[3] > yesterday[2]


def test_what_was_bought_often_stands_before_what_was_bought_once():
    found = repeat(bought((2, 5, 30), (3, 1, 30)))
    assert found[2] > found[3]


def test_what_was_sent_back_was_not_bought():
    assert not any(repeat(bought((0, 0.2, 1))))


def test_in_a_list_of_one_type_only_items_count():
    known = bought((2, 1, 30))
    rows = np.array([2, 3, 4], np.int32)
    relevance = np.full(3, 0.9)
    base = anonymous(Ranking(rows, relevance, {"R": relevance}), np.zeros(3, bool), {}, SETTINGS)
    result = personalize(base, known, CATALOGUE, {}, SETTINGS, 1.0, 20, repeats=Repeats(LEARNED, int))
    found = dict(zip(result.ranking.rows.tolist(), result.ranking.features["repeat"].tolist(), strict=True))
    assert found[2] > 0
    assert found[3] == found[4] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    "more",
    [
        {"hazards": Hazards()},
        {"strength": 0.0},
        {"blocked": {"repeat": "switched off"}},
        {"exact": True},
        {"settings": msgspec.structs.replace(SETTINGS, repeat_bound=0.0)},
    ],
    ids=["a shop without purchases", "the dial at 0", "switched off", "an exact product", "the bound at 0"],
)
def test_nothing_is_added_for(more):
    assert not any(repeat(bought((2, 5, 30), (0, 1, 1)), **more))


def test_the_dial_scales_it_and_the_bound_holds_it():
    tight = msgspec.structs.replace(SETTINGS, repeat_bound=0.3)
    full, half = (np.array(repeat(bought((2, 9, 30), (0, 1, 1)), settings=tight, strength=s)) for s in (1.0, 0.5))
    assert np.abs(full).max() == pytest.approx(0.3)
    assert half.tolist() == pytest.approx((full / 2).tolist())


def told(level: str, days: float, interval: float | None) -> ExplainRepeat:
    return ExplainRepeat(level, "2026-01-01", days, interval, 1.0, 0.0, 0.0)


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize(
    ("source", "repeat", "moved", "sentence"),
    [
        (told("item", 28, 30), 0.5, 3, "due"),
        (told("item", 8, 30), 0.5, 3, "often"),
        (told("item", 8, 30), -0.5, -3, "item"),
        (told("type", 8, None), -0.5, -3, "type"),
        (told("type", 8, 30), 0.5, 3, None),
        (told("other", 8, 30), 0.5, 3, None),
        (told("item", 28, 30), -0.5, 3, None),
        (told("item", 28, 30), 0.5, 0, None),
    ],
)
def test_a_sentence_tells_what_was_bought_and_is_silent_where_that_is_not_why(
    language, source, repeat, moved, sentence
):
    found = repeat_reason(source, repeat, moved, language)
    assert (found and found.text) == (sentence and SENTENCES[language][sentence])
    assert found is None or (found.switch_off, found.moved) == ("repeat", moved)

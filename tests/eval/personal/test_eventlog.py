"""A shop's own log: how it is read, what a choice is, and that nothing later than its beginning is known."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from eval.personal.eventlog import Log, read_log, read_server, runs
from eval.personal.logreplay import LogReplay
from search.errors import BadInput
from search.profiles.store import SqliteStore
from search.settings import Personal
from search.types import Event
from tests.stand_ins import NOW

MINUTE, DAY = 60.0, 86_400.0
CHOICES = ("purchase", "cart", "click")


def line(number: int, **changed) -> str:
    usual = {"event_id": f"e{number}", "type": "click", "product_id": "shorts-men-blue", "shopper": "anna"}
    return json.dumps({**usual, "time": f"2026-06-0{number}T12:00:00Z", **changed})


def events(*told: tuple) -> Log:
    """A log from (days before now, shopper, type, product[, session])."""
    listed = [
        Event(
            event_id=f"e{number}",
            type=type,
            product_id=product,
            time=NOW.timestamp() - days * DAY,
            shopper=shopper,
            session=session[0] if session else None,
        )
        for number, (days, shopper, type, product, *session) in enumerate(told)
    ]
    return Log(sorted(listed, key=lambda event: event.time))


def replay(pipeline, log: Log, choices: Sequence = CHOICES) -> LogReplay:
    return LogReplay(pipeline, log, choices, "de", 0)


# --- reading ---


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("{not json", "no event"),
        (line(2, type="bought"), "no event"),
        (line(2, colour="red"), "no event"),
        (line(2, time="yesterday"), "no time"),
        (line(2, time="2026-06-02T12:00:00"), "zone"),
        (line(2, time=None), "needs a time"),
    ],
)
def test_a_bad_line_is_told_with_its_place(tmp_path, bad, why):
    path = tmp_path / "events.jsonl"
    path.write_text("\n".join([line(1), "", bad, line(3)]), encoding="utf-8")
    with pytest.raises(BadInput, match=why) as told:
        read_log(path)
    assert told.value.place == f"{path}:3"


def test_events_come_by_time_and_once(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_text("\n".join([line(3), line(1), line(3, product_id="heater")]), encoding="utf-8")
    log = read_log(path)
    assert [(event.event_id, event.product_id) for event in log.events] == [
        ("e1", "shorts-men-blue"),
        ("e3", "shorts-men-blue"),
    ]
    assert log.left_out == {"repeated event_ids": 1}


def test_an_index_s_own_state_is_the_same_log(tmp_path):
    wanted = events((3, "anna", "view", "heater"), (1, "anna", "click", "heater"))
    with SqliteStore(tmp_path / "state" / "tresen.db", Personal()) as store:
        store.append([(event, None) for event in reversed(wanted.events)])
    before = (tmp_path / "state" / "tresen.db").read_bytes()
    assert read_server(tmp_path).events == wanted.events
    assert (tmp_path / "state" / "tresen.db").read_bytes() == before


def test_without_a_state_the_option_is_named(tmp_path):
    with pytest.raises(BadInput, match="--log"):
        read_server(tmp_path)


# --- what a choice is ---


def test_events_about_one_product_that_follow_each_other_are_one_choice():
    minutes = [0, 10, 35, 64]  # each within half an hour of the one before
    log = events(
        *(
            (1 - at * MINUTE / DAY, "anna", type, "heater")
            for at, type in zip(minutes, ("view", "click", "cart", "purchase"), strict=True)
        )
    )
    (run,) = runs(log, CHOICES)
    assert (run.start, len(run.at)) == (log.events[0].time, 4)


def test_what_comes_later_is_a_choice_of_its_own():
    log = events((2, "anna", "click", "heater"), (2 - 31 * MINUTE / DAY, "anna", "click", "heater"))
    assert len(runs(log, CHOICES)) == 2


def test_looking_is_no_choice_and_people_are_kept_apart():
    log = events(
        (2, "anna", "view", "heater"),
        (2, "bernd", "click", "heater"),
        (2, None, "click", "heater"),
        (1, None, "cart", "shed", "s1"),
    )
    assert [(run.person, run.product_id) for run in runs(log, CHOICES)] == [("bernd", "heater"), ("s1", "shed")]
    assert log.left_out == {"events of nobody known": 1}


# --- predicting ---

NIKE = [(40 - at, "cem", "purchase", "shoes-men-blue") for at in range(10)]


def test_a_taste_that_was_learned_is_found_again(pipeline):
    (*_, outcome) = replay(pipeline, events(*NIKE, (1, "cem", "click", "shorts-men-black"))).outcomes()
    before, after = outcome.values["served, new"]
    assert outcome.events == 10 and outcome.kind_events == 0
    assert after > before
    assert "latest 10" in outcome.values and "latest 20" not in outcome.values


def test_what_led_to_a_choice_does_not_predict_it(pipeline):
    log = events(
        *(
            (1 - at * MINUTE / DAY, "cem", type, "shorts-women-blue")
            for at, type in enumerate(("view", "cart", "purchase"))
        )
    )
    (outcome,) = replay(pipeline, log).outcomes()
    assert outcome.events == 0
    assert outcome.values["served"][0] == outcome.values["served"][1]


def test_looking_at_a_product_and_buying_it_in_a_size_is_one_choice(pipeline):
    variant = next(one.id for one in pipeline.snapshot.documents if one.id == "shorts-women-blue")
    log = events(
        (1, "cem", "view", variant),
        (1 - MINUTE / DAY, "cem", "cart", f"{variant}/S"),
        (1 - 2 * MINUTE / DAY, "cem", "purchase", f"{variant}/S"),
    )
    assert pipeline.traits(f"{variant}/S") == pipeline.traits(variant) is not None
    (outcome,) = replay(pipeline, log).outcomes()
    assert outcome.events == 0


def test_who_logs_in_to_buy_goes_on_with_the_same_choice(pipeline):
    looked, bought = (1, None, "view", "shorts-women-blue", "s1"), (1 - MINUTE / DAY, "cem", "purchase")
    work = replay(pipeline, events(*NIKE, looked, (*bought, "shorts-women-blue", "s1")))
    (run,) = [run for run in work.runs if run.product_id == "shorts-women-blue"]
    assert (run.person, len(run.at)) == ("s1", 2)
    assert work.outcomes()[-1].events == 0  # the shop did not know yet that it was cem


def test_the_future_changes_nothing(pipeline):
    told = [*NIKE, (20, "dora", "click", "shorts-men-green"), (5, "cem", "click", "shorts-women-blue")]
    before = replay(pipeline, events(*told)).outcomes()
    after = replay(pipeline, events(*told, (4, "cem", "click", "shirt-men-white"))).outcomes()
    pairs = zip(before, after, strict=False)
    assert len(after) == len(before) + 1
    for one, other in pairs:
        assert {name: one.values[name] for name in ("served", "counts")} == {
            name: other.values[name] for name in ("served", "counts")
        }


def test_this_visit_counts_before_somebody_logs_in(pipeline):
    log = events((0.02, None, "view", "shoes-women-red", "s1"), (0.01, "cem", "click", "shorts-women-blue", "s1"))
    (outcome,) = replay(pipeline, log).outcomes()
    assert outcome.events == 1


def test_somebody_else_had_events_by_then(pipeline):
    log = events((9, "anna", "click", "shorts-women-red"), *NIKE[:3])
    first, *_, last = replay(pipeline, log).outcomes()
    assert "shuffled" not in first.values  # nobody was known yet
    assert "shuffled" in last.values


def test_a_placebo_is_about_what_others_chose_or_else_about_anything_of_the_type(pipeline):
    told = [(20 - at, "cem", "click", "shorts-men-black") for at in range(8)]
    alone = replay(pipeline, events(*told))._drawn
    assert {traits.product_type for traits in alone.values()} == {"Shorts"}
    assert len({str(traits.values) for traits in alone.values()}) > 2
    work = replay(pipeline, events(*told, (30, "anna", "click", "shorts-women-red")))
    cems = [at for at, event in enumerate(work.log.events) if event.shopper == "cem"]
    assert {work._drawn[at] == pipeline.traits("shorts-women-red") for at in cems} == {True}


def test_what_cannot_be_asked_is_counted(pipeline):
    work = replay(
        pipeline, events(*((9, "anna", "click", product) for product in ("no-such-thing", "heater", "shirt-men-blue")))
    )
    assert len(work.outcomes()) == 1
    assert work.log.left_out["events about unknown products"] == 1
    assert sum(work.log.left_out.values()) == 2  # and the heater's type does not find it


def test_only_the_asked_kinds_of_events_are_choices(pipeline):
    log = events((9, "anna", "click", "heater"), (8, "anna", "purchase", "shed"))
    assert [run.product_id for run in replay(pipeline, log, ["purchase"]).runs] == ["shed"]

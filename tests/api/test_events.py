"""POST /v1/events over HTTP: any known format, each event once, nothing from before its time, never a 5xx."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from search.app import create_app
from tests.formats.test_formats import FORMATS, JSON, of_ga4, of_segment, of_ubi
from tests.stand_ins import Clock

PRODUCT = "shorts-women-blue"


@pytest.fixture
def client(open_shop):
    service = open_shop(now=Clock())
    with TestClient(create_app(lambda: service), base_url="http://127.0.0.1") as entered:
        yield entered


def bodies() -> dict[str, dict]:
    return {
        "ga4": of_ga4(items=[{"item_id": PRODUCT}]),
        "segment": of_segment(product_id=PRODUCT),
        "ubi": of_ubi(attributes={"object": {"object_id": PRODUCT}}),
    }


def post(client, body, **parameters):
    return client.post("/v1/events", content=json.dumps(body), params=parameters)


@pytest.mark.parametrize("format", FORMATS)
def test_another_tools_events_count_in_the_next_search_and_only_once(client, format):
    body = bodies()[format]
    answer = post(client, body)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "duplicates": 0, "unknown_products": 0})
    session = "c.1.77" if format == "ga4" else "77"
    assert client.get(f"/v1/profiles/{session}").json()["events"] == 1
    assert post(client, body, format=format).json()["duplicates"] == 1
    assert post(client, [body, body]).json()["duplicates"] == 2


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_consent_holds_for_another_tools_events(client, format):
    answer = post(client, bodies()[format], consent="none").json()
    assert answer == {"accepted": 0, "duplicates": 0, "unknown_products": 0, "without_consent": 1}
    assert post(client, bodies()[format], consent="full").json()["accepted"] == 1
    assert client.get("/v1/profiles/anna" if format != "ga4" else "/v1/profiles/c.1").json()["events"] == 1


def test_what_is_set_aside_is_told_and_counted(client):
    body = of_ga4("scroll")
    body["events"] *= 150
    answer = post(client, body).json()
    assert answer["accepted"] == 0 and answer["set_aside"] == 150 and len(answer["aside"]) == 100
    assert answer["aside"][7]["place"] == "events[7].name" and answer["aside"][7]["name"] == "scroll"
    assert 'tresen_events_total{outcome="set_aside"} 150.0' in client.get("/metrics").text


def test_an_unknown_product_of_another_tool_is_kept_aside_like_any_other(client):
    assert post(client, of_ubi()).json() == {"accepted": 1, "duplicates": 0, "unknown_products": 1}


def test_events_from_before_their_time_are_counted_and_dropped_and_the_future_is_now(client):
    def at(id, time):
        return {"event_id": id, "type": "view", "product_id": PRODUCT, "session": "s", "time": time}

    answer = post(client, [at("old", "2025-01-01T00:00:00Z"), at("late", "2026-04-20T00:00:00Z"), at("soon", "2099-01-01T00:00:00Z")])  # fmt: skip # noqa: E501
    assert answer.json() == {"accepted": 2, "duplicates": 0, "unknown_products": 0, "too_late": 1}
    profile = client.get("/v1/profiles/s").json()
    assert profile["events"] == 2
    assert all(taste["last_seen"] < "2027" for taste in profile["tastes"])


def test_a_format_that_is_said_is_the_one_that_is_read(client):
    refused = post(client, bodies()["ubi"], format="tresen")
    assert refused.status_code == 400 and refused.json()["place"] == "action_name"
    unknown = post(client, bodies()["ubi"], format="matomo")
    assert unknown.status_code == 400 and unknown.json()["place"] == "format"
    assert post(client, bodies()["ubi"], format="ga4").json()["accepted"] == 0


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("body", ["null", "1", '"x"', "[1]", "[null, {}]", "[[]]"])
def test_what_is_no_object_is_refused(client, format, body):
    answer = client.post("/v1/events", content=body, params={"format": format})
    assert answer.status_code == 400, answer.text
    assert answer.json()["place"]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), format=st.sampled_from(sorted(FORMATS)))
def test_nothing_that_can_be_sent_is_a_5xx(client, data, format):
    body = bodies()[format]
    at = body
    for _ in range(data.draw(st.integers(0, 4))):
        children = [child for child in (at.values() if isinstance(at, dict) else at) if isinstance(child, dict | list) and child]  # fmt: skip # noqa: E501
        if not children:
            break
        at = data.draw(st.sampled_from(children))
    at[data.draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))] = data.draw(JSON)
    sent = client.post(
        "/v1/events", content=json.dumps(body), params=data.draw(st.sampled_from([{}, {"format": format}]))
    )
    assert sent.status_code in (202, 400), sent.text

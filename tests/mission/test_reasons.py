"""Reasons with buttons, and leave-one-out, through HTTP: what stands beside a reason works at once, and is undone."""

from __future__ import annotations

import itertools

import pytest
from starlette.testclient import TestClient

from search.app import create_app
from tests.mission.test_stated_tastes import buy, ids, search, state, term, value

LESS, OFF = {"de": "weniger davon", "en": "less of this"}, {"de": "aus", "en": "off"}
QUERIES = ("", "shorts", "shirt", "schuhe")


@pytest.fixture
def known(client):
    """A client at which "nina" bought Nike and women's things."""
    buy(client, "nina", "shirt-men-black", "shoes-men-blue", "shoes-women-red")
    buy(client, "nina", "shorts-women-blue", "skirt-women-green")
    return client


def reasons(answer):
    return [(hit, reason) for hit in answer["hits"] for reason in hit["reasons"]]


def press(client, action):
    answer = client.post(action["path"], json=action["body"])
    assert answer.status_code == 200, answer.text
    return answer.json()


def action(answer, do, attribute):
    found = (
        act
        for _, reason in reasons(answer)
        for act in reason.get("actions", [])
        if act["do"] == do and act["body"]["attribute"] == attribute
    )
    return next(found)


def undo(client, who, done):
    for body in done["undo"]:
        press(client, {"path": f"/v1/profiles/{who}/tastes", "body": body})


def test_m101_every_reason_about_a_taste_has_its_buttons(known):
    for q, language in itertools.product(QUERIES, ("de", "en")):
        for _, reason in reasons(search(known, q, shopper="nina", lang=language)):
            texts = {act["do"]: act["text"] for act in reason.get("actions", [])}
            if "switch_off" not in reason:
                assert texts == {}
            elif reason["moved"] > 0:
                assert texts == {"less": LESS[language], "off": OFF[language]}
            else:
                assert list(texts) == ["off"]


def test_m101_less_of_a_value_works_at_once_and_is_undone(known):
    before = search(known, "", shopper="nina")
    done = press(known, action(before, "less", "brand"))
    named = done["stated"]["dislikes"][0]["value"]
    after = search(known, "", shopper="nina")
    assert {term(hit, "brand")["level"] for hit in after["hits"] if hit["product"].get("brand") == named} == {"stated"}
    assert sum(hit["rank"] for hit in after["hits"] if hit["product"].get("brand") == named) > sum(
        hit["rank"] for hit in before["hits"] if hit["product"].get("brand") == named
    )
    assert sorted(ids(after)) == sorted(ids(before))
    undo(known, "nina", done)
    assert ids(search(known, "", shopper="nina")) == ids(before)


@pytest.mark.parametrize("attribute", ["brand", "gender"])
def test_m101_off_holds_until_it_is_switched_on(known, attribute):
    before = search(known, "", shopper="nina")
    done = press(known, action(before, "off", attribute))
    after = search(known, "", shopper="nina")
    assert ids(after) == ids(search(known, "", shopper="nina", without_tastes=attribute)) != ids(before)
    assert not any(reason.get("switch_off") == attribute for _, reason in reasons(after))
    undo(known, "nina", done)
    assert ids(search(known, "", shopper="nina")) == ids(before)


def test_m40_a_gender_is_lessened_and_switched_off_without_being_named(known):
    before = search(known, "shorts", shopper="nina")
    for do in ("less", "off"):
        act = action(before, do, "gender")
        assert not any(word in str(act).casefold() for word in ("damen", "herren", "'value'"))
    done = press(known, action(before, "less", "gender"))
    assert "damen" not in str(done["undo"])
    after = search(known, "shorts", shopper="nina")
    places = [
        sum(hit["rank"] for hit in answer["hits"] if hit["product"]["attributes"]["gender"] == ["damen"])
        for answer in (before, after)
    ]
    assert places[0] < places[1]
    undo(known, "nina", done)
    assert ids(search(known, "shorts", shopper="nina")) == ids(before)


def test_without_a_shopper_the_visit_keeps_it_and_a_kiosk_in_memory(client, service):
    for touchpoint in ("web", "kiosk"):
        for number, product in enumerate(("shorts-women-blue", "pumps-women-black", "skirt-women-green")):
            event = {"event_id": f"{touchpoint}{number}", "type": "view", "product_id": product, "session": touchpoint}
            client.post("/v1/events", json={**event, "touchpoint": touchpoint})
        there = {"session": touchpoint, "touchpoint": touchpoint}
        press(client, action(search(client, "shorts", **there), "off", "gender"))
        terms = [term(hit, "gender") for hit in search(client, "shorts", **there)["hits"]]
        assert {one["blocked"] for one in terms} == {"switched off"}
    assert service.store.stated.of("web").off == ["gender"]
    assert service.store.stated.of("kiosk").is_empty


def test_undo_restores_whatever_was_stated_before(client):
    path = "/v1/profiles/eva/tastes"
    for before in ({}, {"likes": [value("brand", "Nike")]}, {"dislikes": [value("brand", "Nike")]}, {"off": ["brand"]}):
        stated = state(client, "eva", **before)
        for do in ("more", "less", "neutral", "off", "on"):
            body = {"do": do, "attribute": "brand", **({"value": "Nike"} if do not in ("off", "on") else {})}
            undo(client, "eva", press(client, {"path": path, "body": body}))
            assert client.get("/v1/profiles/eva").json()["stated"] == stated, (before, do)


@pytest.mark.parametrize(
    ("body", "status", "place"),
    [
        ({"do": "less", "attribute": "brand"}, 400, "value"),
        ({"do": "less", "attribute": "brand", "value": "Nike", "product_id": "shirt-men-black"}, 400, "value"),
        ({"do": "less", "attribute": "brand", "value": "Nikee"}, 400, "value"),
        ({"do": "less", "attribute": "brand", "product_id": "nothing"}, 404, "product_id"),
        ({"do": "hide", "attribute": "brand"}, 400, "do"),
        ({"do": "off", "attribute": "mood"}, 400, "attribute"),
        ([], 400, "body"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(client, body, status, place):
    answer = client.post("/v1/profiles/eva/tastes", json=body)
    assert (answer.status_code, answer.json()["place"]) == (status, place)


# --- leave one out ---


@pytest.mark.parametrize("q", QUERIES)
@pytest.mark.parametrize("per_page", [3, 100])
def test_the_rank_without_a_taste_is_the_rank_of_a_search_without_it(known, q, per_page):
    answer = search(known, q, shopper="nina", per_page=per_page)
    others = {}
    for hit in answer["hits"]:
        for one in hit["explain"]["personal"]["terms"]:
            name = one["attribute"]
            if name not in others:
                others[name] = ids(search(known, q, shopper="nina", without_tastes=name))
            assert one["rank_without"] == others[name].index(hit["id"]) + 1
    assert others


def test_it_is_exact_with_stated_tastes_and_sizes_too(known):
    state(known, "nina", likes=[value("brand", "Adidas")], dislikes=[value("color", "rot")], sizes=[{"size": "M"}])
    answer = search(known, "shorts", shopper="nina", branch="west", per_page=4)
    for hit in answer["hits"]:
        for one in hit["explain"]["personal"]["terms"]:
            without = search(known, "shorts", shopper="nina", branch="west", without_tastes=one["attribute"])
            assert one["rank_without"] == ids(without).index(hit["id"]) + 1


def test_the_sentence_says_so_in_german_and_english(known):
    sentences = {
        "de": "Ohne deine Marken (Nike) wäre es Platz {n}",
        "en": "Without your brands (Nike) this would be {n}",
    }
    for language, sentence in sentences.items():
        hits = search(known, "", shopper="nina", lang=language)["hits"]
        told = [(hit["rank"], term(hit, "brand")) for hit in hits if hit["product"].get("brand") == "Nike"]
        moved = [one for rank, one in told if one["rank_without"] != rank]
        assert moved
        assert all(one["without"].startswith(sentence.format(n=one["rank_without"])) for one in moved)


def test_a_blocked_taste_has_no_rank_without(known):
    hits = search(known, "nike shirt", shopper="nina")["hits"]
    assert all("rank_without" not in term(hit, "brand") for hit in hits)


def test_strangers_see_no_buttons(open_shop):
    with TestClient(create_app(open_shop), base_url="http://127.0.0.1") as client:
        assert reasons(search(client, "shorts")) == []

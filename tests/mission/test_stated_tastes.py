"""Stated tastes and sizes through HTTP, on the hand-written shop: M40, M50, and what a statement may and may not do."""

from __future__ import annotations

import uuid

import pytest
from starlette.testclient import TestClient

from search.app import create_app
from tests.stand_ins import shop_products

ALL = {"per_page": 100, "explain": "true"}


def search(client, q="", **more):
    answer = client.get("/v1/search", params={**ALL, "q": q, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(answer):
    return [hit["id"] for hit in answer["hits"]]


def state(client, who, **statement):
    answer = client.put(f"/v1/profiles/{who}", json=statement)
    assert answer.status_code == 200, answer.text
    return answer.json()


def value(attribute, value):
    return {"attribute": attribute, "value": value}


def buy(client, who, *products, type="purchase"):
    for product in products:
        event = {"event_id": uuid.uuid4().hex, "type": type, "product_id": product, "shopper": who}
        assert client.post("/v1/events", json=event).status_code == 202


def brand_of(answer):
    return {hit["id"]: hit["product"].get("brand") for hit in answer["hits"]}


def mean_place(answer, brand):
    places = [place for place, hit in enumerate(answer["hits"], 1) if hit["product"].get("brand") == brand]
    return sum(places) / len(places)


def term(hit, attribute):
    return next(one for one in hit["explain"]["personal"]["terms"] if one["attribute"] == attribute)


def test_m40_stated_beats_inferred(client):
    """Whoever bought Nike again and again and says "no Nike" sees less of it, and nothing is hidden."""
    buy(client, "nina", "shirt-men-black", "shoes-men-blue", "shoes-women-red")
    anonymous, before = search(client, ""), search(client, "", shopper="nina")
    assert mean_place(before, "Nike") < mean_place(anonymous, "Nike")
    state(client, "nina", dislikes=[value("brand", "Nike")])
    after = search(client, "", shopper="nina")
    neutral = search(client, "", shopper="nina", without_tastes="brand")
    assert mean_place(before, "Nike") < mean_place(neutral, "Nike") < mean_place(after, "Nike")
    assert sorted(ids(after)) == sorted(ids(anonymous))
    told = [term(hit, "brand") for hit in after["hits"] if hit["product"].get("brand") == "Nike"]
    assert {(one["level"], round(one["lift"], 9), one["evidence"]) for one in told} == {("stated", 0.5, "stated")}


def test_m40_a_like_counts_without_any_event_and_until_it_is_taken_back(client):
    anonymous = search(client, "")
    state(client, "lea", likes=[value("brand", "Nike")])
    liked = search(client, "", shopper="lea")
    assert mean_place(liked, "Nike") < mean_place(anonymous, "Nike")
    moved = [
        hit for hit in liked["hits"] if hit["product"].get("brand") == "Nike" and hit["rank"] < hit["rank_anonymous"]
    ]
    assert {hit["reasons"][0]["text"] for hit in moved} == {"Du magst Nike"}
    state(client, "lea")
    assert ids(search(client, "", shopper="lea")) == ids(anonymous)


@pytest.mark.parametrize("language", ["de", "en"])
def test_m40_no_sentence_names_a_gender_not_even_a_stated_one(client, language):
    buy(client, "ina", "shorts-women-blue", "pumps-women-black", "skirt-women-green")
    for statement in ({}, {"likes": [value("gender", "damen")]}, {"dislikes": [value("gender", "herren")]}):
        state(client, "ina", **statement)
        answer = search(client, "shorts", shopper="ina", lang=language)
        texts = [reason["text"] for hit in answer["hits"] for reason in hit["reasons"]]
        assert texts
        assert not any(word in text.casefold() for text in texts for word in ("damen", "herren", "women", "men's"))


def test_m40_what_is_switched_off_is_off_until_it_is_switched_on(client):
    buy(client, "ute", "shorts-women-blue", "pumps-women-black", "skirt-women-green")
    assert any(term(hit, "gender")["contribution"] for hit in search(client, "shorts", shopper="ute")["hits"])
    state(client, "ute", off=["gender"])
    for _ in range(2):
        terms = [term(hit, "gender") for hit in search(client, "shorts", shopper="ute")["hits"]]
        assert {(one["contribution"], one["blocked"]) for one in terms} == {(0.0, "switched off")}
    state(client, "ute", off=[])
    assert any(term(hit, "gender")["contribution"] for hit in search(client, "shorts", shopper="ute")["hits"])


def test_what_the_query_states_wins_over_what_the_shopper_states(client):
    state(client, "kim", likes=[value("brand", "Adidas")], off=[])
    assert ids(search(client, "nike shirt", shopper="kim"))[0] == ids(search(client, "nike shirt"))[0]


def test_a_like_of_a_product_counts_as_strong_evidence_and_states_nothing(client):
    buy(client, "pia", "shirt-men-black", "shoes-men-blue", type="like")
    profile = client.get("/v1/profiles/pia").json()
    assert profile["stated"]["likes"] == []
    nike = next(taste for taste in profile["tastes"] if taste["value"] == "Nike")
    assert nike["lift"] > 1
    buy(client, "pia", "shirt-men-black", type="dislike")
    less = next(taste for taste in client.get("/v1/profiles/pia").json()["tastes"] if taste["value"] == "Nike")
    assert less["lift"] < nike["lift"]


# --- sizes ---


def in_stock(product, size, branch=None):
    return any(
        variant.size == size and (variant.stock.get(branch, 1) if branch else sum(variant.stock.values())) > 0
        for variant in product.variants
    )


def test_m50_what_is_not_in_stock_in_the_stated_size_is_lower_labelled_and_still_there(client):
    products = {product.id: product for product in shop_products()}
    anonymous = search(client, "shorts")
    state(client, "tom", sizes=[{"size": "M"}])
    mine = search(client, "shorts", shopper="tom", branch="west")
    stranger = search(client, "shorts", branch="west")
    missing = {
        id
        for id in ids(mine)
        if not in_stock(products[id], "M", "west") and any(v.size == "M" for v in products[id].variants)
    }
    assert missing and missing != set(ids(mine))
    labelled = {hit["id"]: hit["wrong_size"] for hit in mine["hits"] if "wrong_size" in hit}
    assert labelled.keys() >= missing and set(labelled.values()) == {"Nicht in deiner Größe verfügbar"}
    assert sorted(ids(mine)) == sorted(ids(stranger))
    for hit in mine["hits"]:
        account = hit["explain"]
        assert account["size"] == (-2.0 if hit["id"] in labelled else 0.0)
        declared = sum(one["contribution"] for one in (*account["stated"], *account["business"]))
        parts = account["relevance"]["log_odds"] + declared + account["size"] + account["personal"]["sum"]
        assert account["final"] == pytest.approx(parts, abs=1e-9)
        assert hit["rank_anonymous"] == ids(stranger).index(hit["id"]) + 1
        assert hit["rank"] >= hit["rank_anonymous"] - 10
    lower = [hit for hit in mine["hits"] if hit["id"] in labelled and hit["rank"] > hit["rank_anonymous"]]
    assert lower and {hit["reasons"][0]["text"] for hit in lower} == {"Nicht in deiner Größe verfügbar"}
    assert ids(search(client, "shorts")) == ids(anonymous), "others see what they saw"
    english = search(client, "shorts", shopper="tom", branch="west", lang="en")
    assert {hit["wrong_size"] for hit in english["hits"] if "wrong_size" in hit} == {"Not available in your size"}


def test_m50_the_dial_and_the_query_overrule_the_size(client):
    state(client, "tom", sizes=[{"size": "M"}])
    assert any("wrong_size" in hit for hit in search(client, "shorts", shopper="tom", branch="west")["hits"])
    half = search(client, "shorts", shopper="tom", branch="west", strength=50)
    assert {hit["explain"]["size"] for hit in half["hits"]} == {0.0, -1.0}
    for quiet in ({"strength": 0}, {"personalize": "off"}, {"q": "shorts größe S"}, {"q": "Geschenk shorts"}):
        answer = search(client, **{"q": "shorts", "shopper": "tom", "branch": "west", **quiet})
        assert not any("wrong_size" in hit for hit in answer["hits"]), quiet


def test_m50_a_size_says_nothing_about_types_that_are_not_sold_in_it(client):
    state(client, "tom", sizes=[{"size": "M"}, {"size": "42", "product_type": "Schuhe"}])
    answer = search(client, "", shopper="tom", branch="west")
    products = {product.id: product for product in shop_products()}
    for hit in answer["hits"]:
        product = products[hit["id"]]
        wanted = "42" if product.product_type == "Schuhe" else "M"
        sizes = {variant.size for variant in product.variants if variant.size}
        is_missing = wanted in sizes and not in_stock(product, wanted, "west")
        assert ("wrong_size" in hit) == is_missing, hit["id"]


def test_m50_a_size_that_costs_nothing_moves_nothing(open_shop):
    with TestClient(create_app(lambda: open_shop(personal={"wrong_size": 0.0})), base_url="http://127.0.0.1") as client:
        anonymous = search(client, "shorts", branch="west")
        state(client, "tom", sizes=[{"size": "M"}])
        assert ids(search(client, "shorts", shopper="tom", branch="west")) == ids(anonymous)


# --- the statement itself ---


def test_a_statement_comes_back_as_it_may_be_sent_again(client):
    sent = {
        "likes": [value("brand", "Nike"), value("price_band", "2")],
        "dislikes": [value("color", "rot")],
        "sizes": [{"size": "M"}, {"size": "42", "product_type": "Schuhe"}],
        "off": ["gender"],
    }
    state(client, "eva", **sent)
    read = client.get("/v1/profiles/eva", params={"lang": "en"}).json()["stated"]
    assert [(one["value"], one["label"]) for one in read["dislikes"]] == [("rot", "red")]
    assert state(client, "eva", **read) == client.get("/v1/profiles/eva").json()["stated"]


def test_a_statement_is_erased_with_the_person_and_the_receipt_counts_it(client):
    state(client, "max", likes=[value("brand", "Nike")], sizes=[{"size": "M"}, {"size": "L"}], off=["color"])
    receipt = client.delete("/v1/profiles/max").json()
    assert (receipt["events"], receipt["stated"]) == (0, 4)
    assert client.get("/v1/profiles/max").json()["stated"] == {"likes": [], "dislikes": [], "sizes": [], "off": []}
    assert client.delete("/v1/profiles/max").json()["stated"] == 0


@pytest.mark.parametrize(
    ("statement", "place", "told"),
    [
        ({"likes": [value("brand", "Nikee")]}, "likes[0].value", "Nike"),
        ({"likes": [value("fit", "slim")]}, "likes[0].attribute", "brand"),
        ({"dislikes": [value("color", "")]}, "dislikes[0].value", ""),
        ({"likes": [value("brand", "Nike")], "dislikes": [value("brand", "Nike")]}, "dislikes", "one list"),
        ({"sizes": [{"size": "99"}]}, "sizes[0].size", "size"),
        ({"sizes": [{"size": "M", "product_type": "Schue"}]}, "sizes[0].product_type", "Schuhe"),
        ({"off": ["everything"]}, "off[0]", "brand"),
        ({"love": []}, "love", "likes"),
    ],
)
def test_what_cannot_be_stated_is_refused_by_name(client, statement, place, told):
    answer = client.put("/v1/profiles/eva", json=statement)
    assert (answer.status_code, answer.json()["place"]) == (400, place)
    assert told in answer.json()["detail"]


def test_a_value_that_is_no_longer_sold_can_be_sent_back(client, service):
    service.state("eva", lambda before: before.with_opinion("brand", "Grundig", 1))
    read = client.get("/v1/profiles/eva").json()["stated"]
    assert state(client, "eva", **read)["likes"][0]["value"] == "Grundig"
    assert ids(search(client, "shorts", shopper="eva")) == ids(search(client, "shorts"))


def test_a_kiosk_states_in_memory_only(client, service):
    there = {"touchpoint": "kiosk"}
    client.put("/v1/profiles/visit", params=there, json={"likes": [value("brand", "Nike")]})
    mine = search(client, "", session="visit", touchpoint="kiosk")
    assert mean_place(mine, "Nike") < mean_place(search(client, ""), "Nike")
    assert service.store.stated.of("visit").is_empty
    assert client.delete("/v1/sessions/visit").json()["stated"] == 1
    assert ids(search(client, "", session="visit", touchpoint="kiosk")) == ids(search(client, ""))


def test_what_is_stated_between_two_pages_is_told(client):
    state(client, "eva", likes=[value("brand", "Nike")])
    first = search(client, "", shopper="eva", per_page=3)
    assert search(client, "", shopper="eva", per_page=3, cursor=first["cursor"])["degraded"] == []
    state(client, "eva", dislikes=[value("brand", "Nike")])
    second = search(client, "", shopper="eva", per_page=3, cursor=first["cursor"])
    assert second["degraded"] == ["profile_changed"]

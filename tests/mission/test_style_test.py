"""M90, M91: the style test through HTTP. Informative pairs, hearts and crosses, and searches that know of them."""

from __future__ import annotations

import httpx
import pytest
from starlette.testclient import TestClient

from search.app import create_app
from tests.mission.test_stated_tastes import buy, ids, mean_place, search, state, term, value


def asked(client, **whose):
    answer = client.get("/v1/style-test", params=whose)
    assert answer.status_code == 200, answer.text
    return answer.json()


def answer(client, answers, **whose):
    sent = [{"product_id": id, "heart": heart} for id, heart in answers]
    told = client.post("/v1/style-test", json={"answers": sent, **whose})
    assert told.status_code == 200, told.text
    return told.json()


def take(client, likes, pairs=10, **whose):
    """Answer pairs: a heart where `likes(product)`."""
    test = asked(client, **whose)
    while test["pair"] and test["answered"] < 2 * pairs:
        test = answer(client, [(product["id"], likes(product)) for product in test["pair"]], **whose)
    return test


def is_nike(product):
    return product.get("brand") == "Nike"


def test_m90_after_the_test_the_searches_know_of_it(client):
    anonymous = search(client, "")
    test = take(client, is_nike, shopper="mia")
    assert 0 < test["answered"] <= 20 and test["pair"] == []
    nike = next(one for one in test["leanings"] if one["value"] == "Nike")
    assert 0 < nike["leaning"] <= 1
    mine = search(client, "", shopper="mia")
    assert mean_place(mine, "Nike") < mean_place(anonymous, "Nike")
    assert sorted(ids(mine)) == sorted(ids(anonymous))
    levels = {term(hit, "brand")["level"] for hit in mine["hits"] if is_nike(hit["product"])}
    assert levels == {"style test"}
    texts = {reason["text"] for hit in mine["hits"] for reason in hit["reasons"] if hit["rank"] < hit["rank_anonymous"]}
    assert "Passt zu deinem Stiltest" in texts


def test_m90_crosses_lower_and_hide_nothing(client):
    take(client, lambda product: not is_nike(product), shopper="mia")
    anonymous, mine = search(client, ""), search(client, "", shopper="mia")
    assert mean_place(mine, "Nike") > mean_place(anonymous, "Nike")
    assert sorted(ids(mine)) == sorted(ids(anonymous))


def test_m91_the_test_is_soft_what_is_bought_and_what_is_stated_outweigh_it(client):
    take(client, lambda product: not is_nike(product), shopper="mia")

    def lift():
        hits = search(client, "", shopper="mia")["hits"]
        return next(term(hit, "brand")["lift"] for hit in hits if hit["id"] == "shirt-men-black")

    tested = lift()
    assert tested < 1
    buy(client, "mia", "shirt-men-black", "shoes-men-blue", "shoes-women-red")
    assert lift() > 1
    state(client, "mia", dislikes=[value("brand", "Nike")])
    assert lift() == pytest.approx(0.5)


def test_m90_it_is_left_and_gone_on_with(client, service, open_shop):
    first = asked(client, shopper="mia")["pair"]
    assert len(first) == 2 and first[0]["id"] != first[1]["id"]
    then = answer(client, [(first[0]["id"], True), (first[1]["id"], None)], shopper="mia")
    assert not {one["id"] for one in then["pair"]} & {one["id"] for one in first}
    assert asked(client, shopper="mia") == then and then["answered"] == 2
    then = take(client, is_nike, pairs=4, shopper="mia")
    assert client.get("/v1/profiles/mia").json()["leanings"] == then["leanings"]
    changed = answer(client, [(first[0]["id"], False)], shopper="mia")
    assert changed["answered"] == 8 and changed["leanings"] != then["leanings"]
    again = client.delete("/v1/style-test", params={"shopper": "mia"}).json()
    assert (again["answered"], again["leanings"], again["pair"]) == (0, [], first)
    assert ids(search(client, "", shopper="mia")) == ids(search(client, ""))


def test_m90_each_pair_is_worth_asking_about(client):
    test, told = asked(client, session="s"), []
    while test["pair"]:
        told.append(test["gain"])
        test = answer(client, [(product["id"], is_nike(product)) for product in test["pair"]], session="s")
    assert len(told) == 10 and min(told) > 0.02 and told[0] == max(told)


def test_m90_it_speaks_german_and_english(client):
    german, english = (asked(client, session="s", lang=language)["pair"] for language in ("de", "en"))
    assert [one["id"] for one in german] == [one["id"] for one in english]
    assert [one["title"] for one in german] != [one["title"] for one in english]


def test_m90_a_kiosks_test_lives_in_memory_and_the_shoppers_is_erased_with_them(client, service):
    there = {"session": "k", "touchpoint": "kiosk"}
    take(client, is_nike, **there)
    assert service.store.stated.of("k").is_empty
    assert mean_place(search(client, "", **there), "Nike") < mean_place(search(client, ""), "Nike")
    assert client.delete("/v1/sessions/k").json()["stated"] == 20
    assert asked(client, **there)["answered"] == 0
    take(client, is_nike, shopper="mia", pairs=2)
    assert client.delete("/v1/profiles/mia").json()["stated"] == 4
    assert asked(client, shopper="mia")["answered"] == 0


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"answers": [{"product_id": "shirt-men-black", "heart": True}]}, "session"),
        ({"answers": [], "session": "s"}, "answers"),
        ({"answers": [{"product_id": "nothing", "heart": True}], "session": "s"}, "answers[0].product_id"),
        ({"answers": [{"product_id": "nothing"}], "session": "s"}, "answers[0]"),
        ({"answers": [{"product_id": "x", "heart": "yes"}], "session": "s"}, "answers[0].heart"),
        ({"answers": [{"product_id": "x", "heart": True}], "session": "s", "lang": "xx"}, "lang"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_name(client, body, place):
    told = client.post("/v1/style-test", json=body)
    assert (told.status_code, told.json()["place"]) == (400, place)


def test_a_catalogue_without_articles_to_ask_about_asks_nothing(open_shop):
    with TestClient(create_app(open_shop), base_url="http://127.0.0.1") as client:
        assert client.get("/v1/style-test").json()["place"] == "session"
        assert asked(client, session="s")["leanings"] == []


LIKES = {
    "women's things": lambda product: "damen" in product["attributes"].get("gender", []),
    "two brands": lambda product: product.get("brand") in ("Nordkai", "Adidas"),
    "cheap things": lambda product: product["price"] < 40,
}


@pytest.mark.model
@pytest.mark.parametrize("name", LIKES)
def test_m91_in_the_demo_shop_ten_pairs_bring_what_is_liked_to_the_front(demo_server, name):
    likes = LIKES[name]
    with httpx.Client(base_url=demo_server.url, timeout=60) as client:
        test = take(client, likes, shopper="quiz")
        assert test["answered"] == 20

        def liked(**whose):
            return sum(likes(hit["product"]) for hit in search(client, "Shorts", **whose)["hits"][:10])

        assert liked(shopper="quiz") >= liked() + 3
        client.delete("/v1/profiles/quiz")
        assert liked(shopper="quiz") == liked()

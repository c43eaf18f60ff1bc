"""M36, M37: what led to the shop, on what and from where: told, kept with leave, learned from for who comes so."""

from __future__ import annotations

import uuid

import msgspec
import pytest
from starlette.testclient import TestClient

from search.app import create_app
from search.types import Trends
from tests.mission.checks import ids, search
from tests.mission.test_m34_everybodys_clicks import comparable, place_of, terms
from tests.mission.test_m93_consent import everywhere

HERE, ABROAD = "shorts-girls-red", "shorts-men-blue"
ALL = ("source", "device", "country")


@pytest.fixture
def opened(open_shop):
    """opened(contexts) -> a client of a shop of its own, in which everybody's choices count much."""
    entered = []

    def enter(*contexts: str) -> TestClient:
        business = {"clicked": 2.0, "kappa_clicked": 5.0, "contexts": contexts}
        service = open_shop(server={"deadline_ms": 60_000.0}, business=business)
        entered.append(TestClient(create_app(lambda: service), base_url="http://127.0.0.1").__enter__())
        return entered[-1]

    yield enter
    for client in entered:
        client.__exit__(None, None, None)


@pytest.fixture
def products(opened):
    """Two pairs of shorts: the last two that a stranger sees."""
    return ids(search(opened(), q="Shorts"))[-2:]


def choose(client, product: str, people: int, q: str = "Shorts", by_search: bool = False, context=None, **more) -> None:
    """People who come so search, and buy a product."""
    for _ in range(people):
        who = {"shopper": uuid.uuid4().hex, **more}
        asked = {f"context.{name}": value for name, value in (context or {}).items()} if by_search else {}
        answer = search(client, q=q, **who, **asked)
        event = {"event_id": uuid.uuid4().hex, "type": "purchase", "product_id": product, **who}
        event |= {"query_id": answer["query_id"]} | ({} if by_search or context is None else {"context": context})
        told = client.post("/v1/events", json=event)
        assert told.status_code == 202, told.text
    client.app.state.service.learn_repeats()


def came(**context: str) -> dict:
    return {f"context.{name}": value for name, value in context.items()}


@pytest.mark.parametrize(
    ("context", "same"),
    [
        ({"source": "social"}, {"referrer": "https://l.instagram.com/?u=https://shop.example"}),
        ({"device": "mobile"}, {"device": "mobile"}),
        ({"country": "AT"}, {"country": "at"}),
    ],
)
def test_m36_m37_what_others_who_come_so_choose_comes_forward_for_all_of_them(opened, products, context, same):
    client, (here, there) = opened(*ALL), products
    choose(client, here, 12)
    choose(client, there, 12, context=context)
    everybody, so = search(client, q="Shorts"), search(client, q="Shorts", explain="true", **came(**same))
    assert place_of(so, there) < place_of(so, here)
    assert place_of(so, there) < place_of(everybody, there) or place_of(everybody, there) == 1
    assert set(ids(so)) == set(ids(everybody))
    name, value = next(iter(context.items()))
    assert f"by 12 people with {name}={value}" in terms(so, there)["clicked"]["evidence"]
    assert "people with" not in terms(search(client, q="Shorts", explain="true"), there)["clicked"]["evidence"]
    stranger, known = search(client, q="Shorts", **came(**context)), {"shopper": "new", "session": "s"}
    assert ids(search(client, q="Shorts", **came(**context), **known)) == ids(stranger) == ids(so)


def test_m37_mobile_from_abroad_is_both(opened, products):
    client, (here, there) = opened(*ALL), products
    choose(client, here, 12, context={"device": "mobile", "country": "DE"})
    choose(client, there, 12, context={"device": "desktop", "country": "CH"})
    at_home = search(client, q="Shorts", **came(device="mobile", country="DE"))
    abroad = search(client, q="Shorts", **came(device="desktop", country="CH"))
    assert place_of(at_home, here) < place_of(at_home, there)
    assert place_of(abroad, there) < place_of(abroad, here)
    other = search(client, q="Shorts", **came(device="tablet", country="FR"))
    assert ids(other) == ids(search(client, q="Shorts")), "nothing is known of these: everybody's order"


def test_m36_the_search_tells_it_for_the_events_that_follow(opened, products):
    client, (here, there) = opened("source"), products
    choose(client, here, 12)
    choose(client, there, 12, by_search=True, context={"referrer": "https://www.google.de/"})
    assert list(client.app.state.service.trending.trends.contexts) == ["source=search"]
    assert place_of(search(client, q="Shorts", **came(source="search")), there) == 1


def test_m36_m37_the_accounts_add_up_and_the_term_keeps_its_bound(opened, products):
    client = opened(*ALL)
    choose(client, products[1], 30, context={"device": "mobile"})
    for hit in search(client, q="Shorts", explain="true", **came(device="mobile"))["hits"]:
        account = hit["explain"]
        parts = [account["relevance"]["log_odds"], *(part["contribution"] for part in account["business"])]
        parts += [part["contribution"] for part in account["stated"]]
        assert abs(sum(parts) - account["final"]) < 1e-9
        assert all(part["contribution"] <= 2.0 for part in account["business"] if part["name"] == "clicked")


def test_m36_m37_four_people_of_a_context_change_nothing(opened, products):
    client = opened(*ALL)
    choose(client, products[0], 12)
    choose(client, products[1], 4, context={"device": "mobile"})
    assert client.app.state.service.trending.trends.contexts == {}
    mobile, everybody = (search(client, q="Shorts", explain="true", **c) for c in (came(device="mobile"), {}))
    assert comparable(mobile) == comparable(everybody)


@pytest.mark.parametrize("contexts", [(), ("source",)])
def test_m36_m37_what_the_shop_does_not_want_is_neither_kept_nor_counted(opened, products, contexts):
    client = opened(*contexts)
    choose(client, products[1], 12, context={"device": "mobile", "country": "LI"})
    assert comparable(search(client, q="Shorts", **came(device="mobile", country="LI"))) == comparable(
        search(client, q="Shorts")
    )
    id = client.post("/v1/events", json={"event_id": "e", "type": "view", "product_id": products[0], "shopper": "anna",
                                         "context": {"device": "mobile", "source": "mail"}}) and "anna"  # fmt: skip
    kept = client.get(f"/v1/profiles/{id}/export").json()["events"][0]["event"].get("context", {})
    assert kept == dict.fromkeys(contexts, "mail")


@pytest.mark.parametrize("more", [{"consent": "none"}, {"touchpoint": "kiosk", "session": "k"}])
def test_m36_m37_nothing_is_kept_without_leave_or_at_a_kiosk(opened, products, more):
    client = opened(*ALL)
    choose(client, products[1], 6, context={"country": "LI"}, **more)
    assert client.app.state.service.trending.trends.contexts == {}
    assert b"country" not in everywhere(client.app.state.service.home / "state")


def test_m36_m37_what_is_kept_names_nobody_and_forgets_who_is_erased(opened, products):
    client = opened(*ALL)
    choose(client, products[1], 4, context={"country": "LI"})
    choose(client, products[1], 1, context={"country": "LI"}, shopper="canary")
    service = client.app.state.service
    kept = (service.home / "state" / "trends.json").read_bytes()
    assert b"canary" not in kept and list(msgspec.json.decode(kept, type=Trends).contexts) == ["country=LI"]
    client.delete("/v1/profiles/canary")
    service.learn_repeats()
    assert service.trending.trends.contexts == {}


@pytest.mark.parametrize(
    ("parameters", "place"),
    [
        ({"context.source": "billboard"}, "context.source"),
        ({"context.device": "fridge"}, "context.device"),
        ({"context.country": "ZZ"}, "context.country"),
        ({"context.country": "Germany"}, "context.country"),
    ],
)
def test_m36_m37_what_cannot_be_is_refused_by_name_in_searches_and_events(opened, parameters, place):
    client = opened(*ALL)
    answer = client.get("/v1/search", params=parameters)
    assert (answer.status_code, answer.json()["place"]) == (400, place)
    context = {name.removeprefix("context."): value for name, value in parameters.items()}
    event = {"event_id": "e", "type": "view", "product_id": HERE, "session": "s", "context": context}
    answer = client.post("/v1/events", json=event)
    assert (answer.status_code, answer.json()["place"]) == (400, place)


def test_m36_m37_they_fail_when_it_is_switched_off(opened, products):
    with pytest.raises((AssertionError, StopIteration)):
        test_m36_m37_what_others_who_come_so_choose_comes_forward_for_all_of_them(
            lambda *_: opened(), products, {"device": "mobile"}, {"device": "mobile"}
        )

"""M51: no bathing suits on top in winter, by the feed or by what was chosen when; a bikini for who asks for one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from search.app import create_app
from search.index.build import build_snapshot
from search.settings import Settings
from search.types import Product
from tests.mission.checks import ids, search
from tests.stand_ins import Clock, StubEncoder, open_service

JANUARY, JULY = datetime(2026, 1, 15, 12, tzinfo=UTC), datetime(2026, 7, 15, 12, tzinfo=UTC)
SOLD = [("Bikini", "sommer"), ("Stiefel", "winter"), ("Jeans", "ganzjährig"), ("Bluse", "")]


def declared_shop() -> list[Product]:
    """Three of each kind, with the season that the feed names; the bikinis sell best."""
    return [
        Product(
            id=f"{kind}-{number}".lower(),
            title={"de": f"{kind} Modell {number}"},
            brand="Nordkai",
            product_type=kind,
            categories=(("Damen", kind),),
            popularity=100.0 - 10 * at - number,
            attributes={"gender": ["damen"], **({"season": [season]} if season else {})},
        )
        for at, (kind, season) in enumerate(SOLD)
        for number in range(3)
    ]


@pytest.fixture
def asked(tmp_path):
    """asked(day, business settings) -> a client of the shop on that day."""
    entered = []

    def enter(day: datetime, **business) -> TestClient:
        home = tmp_path / f"shop-{len(entered)}"
        settings = Settings().but(server={"deadline_ms": 60_000.0}, business=business)
        build_snapshot(declared_shop(), home, settings, StubEncoder())
        service = open_service(home, settings, now=Clock(day.timestamp()))
        client = TestClient(create_app(lambda: service), base_url="http://127.0.0.1")
        entered.append(client.__enter__())
        return client

    yield enter
    for client in entered:
        client.__exit__(None, None, None)


def season_of(answer: dict, id: str) -> dict:
    hit = next(hit for hit in answer["hits"] if hit["id"] == id)
    return next((term for term in hit["explain"]["business"] if term["name"] == "season"), {})


def test_m51_no_bathing_suits_on_top_in_winter_and_no_boots_in_summer(asked):
    winter, summer = search(asked(JANUARY)), search(asked(JULY))
    assert all(id.startswith("bikini") for id in ids(winter)[-3:])
    assert all(id.startswith("stiefel") for id in ids(summer)[-3:])
    assert ids(summer)[0] == "bikini-0"
    assert set(ids(winter)) == set(ids(summer))


def test_m51_it_says_why_and_stays_within_its_bound(asked):
    answer = search(asked(JANUARY), explain="true")
    told = season_of(answer, "bikini-0")
    assert told["contribution"] == pytest.approx(-0.3, abs=0.01)
    assert told["evidence"] == "its season fits the day by -1.00"
    assert season_of(answer, "stiefel-0") == season_of(answer, "bluse-0") == {}
    for hit in answer["hits"]:
        account = hit["explain"]
        business = sum(term["contribution"] for term in account["business"])
        assert abs(account["relevance"]["log_odds"] + business - account["final"]) < 1e-9


@pytest.mark.parametrize(("lang", "down"), [("de", "Gerade nicht die Jahreszeit dafür"), ("en", "Out of season now")])
def test_m51_a_sentence_tells_what_the_season_moved_for_strangers_too(asked, lang, down):
    client = asked(JANUARY)
    for who in ({}, {"shopper": "anna", "consent": "none"}):
        hits = search(client, lang=lang, **who)["hits"]
        told = {hit["id"]: [(reason["text"], reason["moved"]) for reason in hit["reasons"]] for hit in hits}
        assert told["bikini-0"] == [(down, -9)]
        assert told["stiefel-0"] == told["jeans-0"] == told["bluse-0"] == []
    without = search(asked(JANUARY, season=0.0))
    for hit in search(client, lang=lang)["hits"]:
        moved = next((reason["moved"] for reason in hit["reasons"]), None)
        assert moved in (None, ids(without).index(hit["id"]) + 1 - hit["rank_anonymous"])


def test_m51_nothing_is_said_where_the_query_or_the_sort_knows_better(asked):
    client = asked(JANUARY)
    for more in ({"q": "Bikini"}, {"sort": "popularity"}):
        assert not any(hit["reasons"] for hit in search(client, **more)["hits"])


@pytest.mark.parametrize("q", ["Bikini", "Damen Bikini", "Sommer"])
def test_m51_who_asks_for_it_gets_it_in_winter_too_in_the_same_order(asked, q):
    winter, summer = search(asked(JANUARY), q=q, explain="true"), search(asked(JULY), q=q, explain="true")
    assert ids(winter)[0].startswith("bikini")
    assert [(hit["id"], hit["explain"]["final"]) for hit in winter["hits"]] == [
        (hit["id"], hit["explain"]["final"]) for hit in summer["hits"]
    ]


def test_m51_it_fails_when_it_is_switched_off(asked):
    with pytest.raises(AssertionError):
        test_m51_no_bathing_suits_on_top_in_winter_and_no_boots_in_summer(lambda day: asked(day, season=0.0))


def test_m51_it_is_learned_from_what_people_chose_when_and_outlives_the_log(open_shop):
    clock = Clock(datetime(2026, 8, 1, 12, tzinfo=UTC).timestamp())
    service = open_shop(now=clock, server={"deadline_ms": 60_000.0}, privacy={"retention_days": 400.0})
    with TestClient(create_app(lambda: service), base_url="http://127.0.0.1") as client:
        neutral = search(client, q="Damen", explain="true")
        for month in range(1, 8):
            chosen = {1: "jacket-women-beige", 7: "shorts-women-blue"}.get(month, "pumps-women-black")
            told = [
                {"event_id": f"{month}-{person}-{id}", "type": "cart", "product_id": id, "shopper": f"p{person}"}
                | {"time": datetime(2026, month, 15, tzinfo=UTC).isoformat()}
                for person in range(60)
                for id in (chosen, "shirt-women-red")
            ]
            assert client.post("/v1/events", json=told).status_code == 202
        service.learn_repeats()
        place = {day: places(client, clock, day) for day in (JULY, datetime(2027, 1, 15, tzinfo=UTC))}
        (july, january) = place.values()
        assert july["shorts-women-red"] < january["shorts-women-red"]
        assert january["jacket-women-beige"] < july["jacket-women-beige"]
        assert set(july) == {hit["id"] for hit in neutral["hits"]}
        clock.advance(800 * 86_400.0)
        service.prune()
        before = service.trending.trends.months
        service.learn_repeats()
        assert service.trending.trends.months == before
        assert before["2026-07"] == {"Shirts": 60, "Shorts": 60}
        clock.seconds = JULY.timestamp()
        evidence = season_of(search(client, q="Damen", explain="true"), "shorts-women-red")["evidence"]
        assert evidence.startswith("its kind is chosen ")
        in_season = next(hit for hit in search(client, q="Damen")["hits"] if hit["id"] == "shorts-women-red")
        assert [(reason["text"], reason["moved"] > 0) for reason in in_season["reasons"]] == [
            ("Passt in die Jahreszeit", True)
        ]
        assert evidence.endswith(" times as often as usual at this time of the year")


def places(client, clock: Clock, day: datetime) -> dict[str, int]:
    clock.seconds = day.timestamp()
    return {id: place for place, id in enumerate(ids(search(client, q="Damen")), 1)}

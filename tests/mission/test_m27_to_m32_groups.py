"""M27 to M32: people of whom little is known start from those who are like them; groups a shop can read; levels."""

from __future__ import annotations

from random import Random

import pytest
from starlette.testclient import TestClient

from search.app import create_app
from search.rerank.weights import weights_of
from search.settings import Personal
from tests.mission.checks import brand_exposure, ids, search
from tests.mission.planted_groups import ELEGANT, SPORTY, event, planted, tasteless

SAME = ("query_id", "took_ms", "cursor")


@pytest.fixture(scope="module")
def lived():
    return planted()


@pytest.fixture
def told(open_shop, lived):
    """told(events, personal settings) -> a client of a shop with that past, which has learned from it."""
    opened = []

    def opened_shop(events=None, privacy=None, **personal):
        service = open_shop(server={"deadline_ms": 60_000.0}, personal=personal, privacy=privacy or {})
        client = TestClient(create_app(lambda: service), base_url="http://127.0.0.1")
        opened.append(client.__enter__())
        tell(client, *(lived if events is None else events))
        service.learn_segments()
        return client

    yield opened_shop
    for client in opened:
        client.__exit__(None, None, None)


def tell(client, *events):
    for at in range(0, len(events), 500):
        assert client.post("/v1/events", json=events[at : at + 500]).status_code == 202


def service_of(client):
    return client.app.state.service


def groups(client, **parameters):
    answer = client.get("/v1/segments", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def similar(client, id, **parameters):
    answer = client.get(f"/v1/profiles/{id}/similar", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def same(answer):
    """All but ids and times."""
    return {name: value for name, value in answer.items() if name not in SAME}


def term(hit, name):
    return next((term for term in hit["explain"]["personal"]["terms"] if term["attribute"] == name), None)


# --- M27, M29: who is new starts from those who are like them --------------------------------------


def first_event_gain(client):
    """After one click, how much higher newcomers of both tastes see what they buy next, against a stranger.

    They bought nothing that taught, and none of them looks at the brand that is measured: it is others who chose it.
    """
    stranger, gain, rng = ids(search(client)), 0.0, Random(7)
    for taste, (seen, bought) in (("sporty", ("Nike", "Puma")), ("elegant", ("Esprit", "Marc O'Polo"))):
        of = {"sporty": SPORTY, "elegant": ELEGANT}[taste]
        for number in range(10):
            newcomer = f"new-{taste}-{number}"
            tell(client, event(newcomer, rng.choice(of[seen]), 0, "click"))
            mine, wanted = ids(search(client, shopper=newcomer)), rng.choice(of[bought])
            gain += 1 / (1 + mine.index(wanted)) - 1 / (1 + stranger.index(wanted))
    return gain / 20


def test_m27_after_the_first_event_the_cohort_tells_more_than_the_global_prior(told):
    with_groups, without = first_event_gain(told()), first_event_gain(told(segments=False))
    assert with_groups > without + 0.005
    assert with_groups > 0


def test_m27_held_out_people_are_told_better_by_groups_than_by_everybody(told):
    report = groups(told())
    assert max(report["gain"].values()) > 0.1  # nats an event, of every fifth person, who taught nothing


def test_m29_what_others_of_like_taste_choose_comes_forward_and_says_so(told):
    client = told()
    tell(client, event("new", "shoes-men-blue", 0, "click"))
    stranger, mine = search(client), search(client, shopper="new", explain="true", lang="de")
    assert brand_exposure(mine, "Puma") > brand_exposure(stranger, "Puma")
    assert sorted(ids(mine)) == sorted(ids(stranger))
    sock = next(hit for hit in mine["hits"] if hit["id"] == "sock-unisex-black")
    assert sock["rank"] < sock["rank_anonymous"]
    assert term(sock, "brand")["level"] == "segment" and term(sock, "brand")["lift"] > 1
    assert sock["reasons"][0]["text"] == "Beliebt bei Menschen mit ähnlichem Geschmack"
    english = next(h for h in search(client, shopper="new", lang="en")["hits"] if h["id"] == "sock-unisex-black")
    assert english["reasons"][0]["text"] == "Popular with people who like similar things"
    nike = next(hit for hit in mine["hits"] if hit["id"] == "shoes-men-blue")
    assert term(nike, "brand")["level"] == "type"  # what they did themselves stays their own


def test_m29_what_one_does_oneself_outweighs_the_group(told):
    client = told()
    tell(client, event("new", "shoes-men-blue", 40, "click"))
    liked = brand_exposure(search(client, shopper="new"), "Puma")
    tell(client, *(event("new", product, at, "purchase") for at, product in enumerate(ELEGANT["Esprit"])))
    assert brand_exposure(search(client, shopper="new"), "Puma") < liked
    assert brand_exposure(search(client, shopper="new"), "Esprit") > brand_exposure(search(client), "Esprit")


def test_m27_a_kiosk_guest_starts_from_the_groups_too_and_leaves_nothing(told):
    client = told()
    stranger = search(client, touchpoint="kiosk")
    tell(client, event(None, "shoes-men-blue", 0, "click", session="guest", touchpoint="kiosk"))
    mine = search(client, session="guest", touchpoint="kiosk", explain="true")
    assert brand_exposure(mine, "Puma") > brand_exposure(stranger, "Puma")
    assert {term(hit, "brand")["level"] for hit in mine["hits"] if hit["product"].get("brand") == "Puma"} == {"segment"}
    assert client.delete("/v1/sessions/guest").status_code == 200
    assert same(search(client, session="guest", touchpoint="kiosk")) == same(stranger)
    kept = b"".join(path.read_bytes() for path in (service_of(client).home / "state").iterdir())
    assert b"guest" not in kept


def test_m27_who_did_nothing_or_allows_nothing_gets_the_order_of_strangers(told):
    client = told()
    stranger = same(search(client, explain="true"))
    assert same(search(client, shopper="unheard-of", explain="true")) == stranger
    for less in ({"consent": "none"}, {"strength": 0}, {"personalize": "off"}, {"level": "all"}):
        assert same(search(client, shopper="sporty-1", session="s", explain="true", **less)) == stranger
    assert same(search(client, shopper="sporty-1", explain="true")) != stranger


def test_m27_the_parts_still_add_up_and_the_bound_holds(told):
    client = told()
    tell(client, event("new", "shoes-men-blue", 0, "click"))
    for hit in search(client, shopper="new", explain="true")["hits"]:
        personal = hit["explain"]["personal"]
        assert sum(part["contribution"] for part in personal["terms"]) == pytest.approx(personal["sum"], abs=1e-9)
        assert abs(personal["sum"]) <= personal["cap"] + 1e-9
        assert hit["rank"] >= hit["rank_anonymous"] - 10


def test_no_reason_of_a_newcomer_names_a_gender_or_a_group(told):
    client = told()
    tell(client, event("new", "shoes-men-blue", 0, "click"))
    texts = [reason["text"] for hit in search(client, shopper="new")["hits"] for reason in hit["reasons"]]
    assert texts
    names = [group["name"] for group in groups(client)["segments"]]
    for text in texts:
        assert not any(word in text.lower() for word in ("herren", "damen", "männer", "frauen", "jungen", "mädchen"))
        assert not any(name in text for name in names)


# --- M30, M31: groups that a shop can read ---------------------------------------------------------


def test_m30_groups_are_found_and_named_by_what_they_choose(told):
    client = told()
    report = groups(client, lang="en")
    assert report["people"] == 160 and len(report["segments"]) >= 2
    for brands in (set(SPORTY), set(ELEGANT)):
        traits = [
            {t["value"] for t in g["traits"] if t["attribute"] == "brand" and t["lift"] > 1.25}
            for g in report["segments"]
        ]
        assert any(brands <= values for values in traits), traits
    assert any("Nike" in group["name"] for group in report["segments"])
    assert sum(group["people"] for group in report["segments"]) == 160
    german, english = groups(client, lang="de")["segments"], report["segments"]
    labels = [{t["label"] for g in of for t in g["traits"] if t["attribute"] == "color"} for of in (german, english)]
    assert labels[0] != labels[1]


def test_m31_groups_are_large_and_distinct_enough_and_tell_of_nobody(told):
    for group in groups(told())["segments"]:
        assert group["people"] >= 20 and group["distinct"] >= 0.02 and group["traits"]
        assert all(trait["people"] >= 20 for trait in group["traits"])
        assert all(trait["lift"] >= 1.25 or trait["lift"] <= 0.8 for trait in group["traits"])


def test_m31_too_few_people_or_people_without_tastes_make_no_groups_and_the_report_says_why(told):
    few = groups(told(planted(15, 15)))
    assert few["segments"] == [] and "Too few shoppers" in few["note"]
    client = told(tasteless())
    none = groups(client)
    assert none["segments"] == [] and "would not tell" in none["note"]
    tell(client, event("new", "shoes-men-blue", 0, "click"))
    levels = {
        t["level"]
        for h in search(client, shopper="new", explain="true")["hits"]
        for t in h["explain"]["personal"]["terms"]
    }
    assert "segment" not in levels


def test_m31_visits_kiosks_and_what_is_switched_off_teach_nothing(told, lived):
    anonymous = [{**told_of, "shopper": None, "session": told_of["shopper"]} for told_of in lived]
    assert groups(told(anonymous))["people"] == 0
    client = told()
    for number in range(80):
        off = {"off": list(weights_of(Personal()))}
        assert client.put(f"/v1/profiles/sporty-{number}", json=off).status_code == 200
    service_of(client).learn_segments()
    assert groups(client)["people"] == 80


def test_m30_what_was_learned_outlives_the_server_holds_no_ids_and_is_learned_anew_after_an_erasure(told):
    client = told()
    service = service_of(client)
    kept = (service.home / "state" / "segments.json").read_bytes()
    assert b"sporty-" not in kept and b"elegant-" not in kept
    before = service.segmenting.segments
    assert not service.segmenting.is_due
    assert client.delete("/v1/profiles/sporty-1").status_code == 200
    assert service.segmenting.is_due
    service.learn_segments()
    assert service.segmenting.segments.people == before.people - 1
    service.learn_segments()
    assert service.segmenting.segments.found == service.segmenting.segments.found


def test_a_language_that_the_shop_does_not_have_is_refused_by_name(told):
    client = told([])
    for path in ("/v1/segments", "/v1/profiles/anna/similar"):
        answer = client.get(path, params={"lang": "fr"})
        assert answer.status_code == 400 and answer.json()["place"] == "lang"
    assert "Too few shoppers" in groups(client)["note"]


# --- M28: who is like whom -------------------------------------------------------------------------


def test_m28_the_people_most_like_a_shopper_and_what_they_have_in_common(told):
    client = told()
    found = similar(client, "sporty-1")
    assert found["people"] == 50 and 0 < found["similarity"] <= 1 and "ids" not in found
    liked = {trait["value"] for trait in found["traits"] if trait["attribute"] == "brand" and trait["lift"] > 1}
    assert liked == set(SPORTY)
    assert all(trait["people"] >= 20 for trait in found["traits"])


def test_m28_ids_are_told_only_where_the_shop_allows_it_and_never_the_shopper_themself(told):
    refused = told().get("/v1/profiles/sporty-1/similar", params={"ids": "true"})
    assert refused.status_code == 403 and "privacy.look_alike_ids" in refused.json()["detail"]
    client = told(privacy={"look_alike_ids": True})
    found = similar(client, "sporty-1", ids="true", people=20)
    assert len(found["ids"]) == 20 and "sporty-1" not in found["ids"]
    assert all(id.startswith("sporty") for id in found["ids"])


def test_m28_a_newcomer_has_people_like_them_and_the_erased_are_none_at_once(told):
    client = told(privacy={"look_alike_ids": True})
    tell(client, event("new", "shoes-men-blue", 0, "purchase"))
    nearest = similar(client, "new", ids="true", people=20)["ids"]
    assert client.delete(f"/v1/profiles/{nearest[0]}").status_code == 200
    assert nearest[0] not in similar(client, "new", ids="true", people=20)["ids"]


def test_m28_linked_accounts_are_one_person(told):
    client = told(privacy={"look_alike_ids": True})
    assert client.post("/v1/profiles/sporty-1/links", json={"shopper": "sporty-2"}).status_code == 200
    service_of(client).learn_segments()
    assert groups(client)["people"] == 159
    assert not {"sporty-1", "sporty-2"} & set(similar(client, "sporty-2", ids="true", people=100)["ids"])


def test_m28_of_fewer_than_twenty_nothing_is_told(told):
    for client, id in ((told(planted(10, 0)), "sporty-1"), (told(), "unheard-of")):
        found = similar(client, id)
        assert found["people"] == 0 and found["traits"] == [] and found["note"]
    assert told([]).get("/v1/profiles/a/similar", params={"people": 21}).status_code == 400


# --- M32: for everybody, for groups, for each one --------------------------------------------------


def test_m32_three_levels_and_the_answer_says_which(told):
    client = told()
    stranger = search(client, explain="true")
    everybody = search(client, shopper="sporty-1", level="all", explain="true")
    grouped = search(client, shopper="sporty-1", level="segment", explain="true")
    each = search(client, shopper="sporty-1", explain="true")
    assert [answer["level"] for answer in (stranger, everybody, grouped, each)] == [
        "all",
        "all",
        "segment",
        "individual",
    ]
    assert same(everybody) == same(stranger)
    assert ids(grouped) != ids(stranger) and ids(grouped) != ids(each)
    terms = [one for hit in grouped["hits"] for one in hit["explain"]["personal"]["terms"] if one["lift"] != 1]
    assert {one["level"] for one in terms} == {"segment"}
    assert all(one["evidence"] == "0.0 events, 0.0 expected" for one in terms)


def test_m32_at_the_level_of_groups_nothing_of_ones_own_counts_but_what_is_switched_off(told):
    client = told()
    wish = {"likes": [{"attribute": "brand", "value": "HP"}], "sizes": [{"size": "38"}]}
    assert client.put("/v1/profiles/sporty-1", json=wish).status_code == 200
    grouped = search(client, shopper="sporty-1", level="segment", explain="true")
    assert {term["level"] for hit in grouped["hits"] for term in hit["explain"]["personal"]["terms"]} <= {
        "segment",
        "shop",
    }
    assert not any(hit["explain"]["repeat"] or hit["explain"]["size"] for hit in grouped["hits"])
    texts = {reason["text"] for hit in grouped["hits"] for reason in hit["reasons"]}
    assert "Du magst HP" not in texts
    assert client.put("/v1/profiles/sporty-1", json={**wish, "off": ["brand"]}).status_code == 200
    off = search(client, shopper="sporty-1", level="segment", explain="true")["hits"]
    assert {term(hit, "brand")["contribution"] for hit in off} == {0}


def test_m32_a_touchpoint_may_be_held_back_and_a_request_asks_for_less_but_never_for_more(told):
    client = told(levels=("kiosk=all", "web=segment"))
    tell(client, event(None, "shoes-men-blue", 0, "click", session="guest", touchpoint="kiosk"))
    kiosk = {"session": "guest", "touchpoint": "kiosk"}
    assert same(search(client, **kiosk)) == same(search(client, touchpoint="kiosk"))
    assert search(client, shopper="sporty-1")["level"] == "segment"
    assert search(client, shopper="sporty-1", level="individual")["level"] == "segment"
    assert search(client, shopper="sporty-1", level="all")["level"] == "all"
    refused = client.get("/v1/search", params={"level": "some"})
    assert refused.status_code == 400 and refused.json()["place"] == "level"


def test_m33_the_dial_works_at_the_level_of_groups(told):
    client = told()
    full, half, none = (
        search(client, shopper="sporty-1", level="segment", strength=strength, explain="true")
        for strength in (100, 50, 0)
    )
    sums = [{hit["id"]: hit["explain"]["personal"]["sum"] for hit in answer["hits"]} for answer in (full, half)]
    moved = [id for id, value in sums[0].items() if abs(value) > 0.01]
    assert moved and all(abs(sums[1][id]) < abs(sums[0][id]) for id in moved)
    assert same(none) == same(search(client, explain="true"))


# --- each of them fails once its feature is off ----------------------------------------------------


@pytest.mark.parametrize(
    "test",
    [
        test_m29_what_others_of_like_taste_choose_comes_forward_and_says_so,
        test_m27_a_kiosk_guest_starts_from_the_groups_too_and_leaves_nothing,
        test_m32_three_levels_and_the_answer_says_which,
    ],
)
def test_m27_to_m32_fail_when_groups_are_switched_off(told, test):
    with pytest.raises(AssertionError):
        test(lambda events=None, **personal: told(events, segments=False, **personal))

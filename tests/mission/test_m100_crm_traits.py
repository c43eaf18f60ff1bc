"""M100: traits from a customer system. Told with their source, after what the shopper says, before what is guessed."""

from __future__ import annotations

import json

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from search.app import create_app
from search.cli import app
from tests.mission.checks import brand_exposure, ids, search
from tests.mission.planted_groups import event

SAME = ("query_id", "took_ms", "cursor")


def know(client, id, traits, source="crm", **more):
    answer = client.put(f"/v1/profiles/{id}/traits", json={"source": source, "traits": traits, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def state(client, id, **statement):
    assert client.put(f"/v1/profiles/{id}", json=statement).status_code == 200


def tell(client, *events):
    assert client.post("/v1/events", json=list(events)).status_code == 202


def same(answer):
    return {name: value for name, value in answer.items() if name not in SAME}


def brand_term(client, brand="Puma", **more):
    hits = search(client, shopper="mia", explain="true", **more)["hits"]
    hit = next(hit for hit in hits if hit["product"].get("brand") == brand)
    terms = hit["explain"]["personal"]["terms"]
    return next((term for term in terms if term["attribute"] == "brand"), None)


def reasons(client, **more):
    hits = search(client, shopper="mia", **more)["hits"]
    return {reason["text"] for hit in hits if hit["rank"] < hit["rank_anonymous"] for reason in hit["reasons"]}


def test_m100_what_the_customer_system_says_counts_and_is_told_with_its_source(client):
    stranger = search(client)
    told = know(client, "mia", {"brand": ["puma"], "group": ["vip"]}, source="hubspot", date="2026-06-14")
    assert told["traits"] == [
        {"name": "brand", "values": ["puma"], "source": "hubspot", "date": "2026-06-14", "counts": True},
        {"name": "group", "values": ["vip"], "source": "hubspot", "date": "2026-06-14", "counts": False},
    ]
    mine = search(client, shopper="mia")
    assert brand_exposure(mine, "Puma") > brand_exposure(stranger, "Puma")
    assert sorted(ids(mine)) == sorted(ids(stranger))
    assert mine["level"] == "individual"
    term = brand_term(client)
    assert term["level"] == "crm" and 1.9 < term["lift"] <= 2
    assert "Passt zu deinem Kundenkonto" in reasons(client, lang="de")
    assert "Goes with your customer account" in reasons(client, lang="en")
    profile = client.get("/v1/profiles/mia").json()
    assert profile["traits"] == told["traits"]
    assert client.get("/v1/profiles/mia/export").json()["stated"]["mia"]["crm"]["hubspot"]["date"] == "2026-06-14"


def test_m100_labels_of_any_language_name_a_value_and_no_sentence_names_a_gender(client):
    assert know(client, "mia", {"gender": ["Women"]})["traits"][0]["counts"]
    mine = search(client, shopper="mia", q="Shorts", lang="de")
    assert mine["hits"][0]["id"].startswith("shorts-women")
    for text in (reason["text"] for hit in mine["hits"] for reason in hit["reasons"]):
        assert "damen" not in text.lower() and "frau" not in text.lower()


def test_m100_what_the_shopper_says_beats_it_and_what_they_do_outweighs_it(client):
    know(client, "mia", {"brand": ["Puma"]})
    said = brand_term(client)["lift"]
    state(client, "mia", dislikes=[{"attribute": "brand", "value": "Puma"}])
    assert brand_term(client)["lift"] == pytest.approx(0.5) and brand_term(client)["level"] == "stated"
    state(client, "mia")
    tell(client, event("mia", "shirt-men-black", 1, "view"))
    assert brand_term(client)["lift"] > 1  # a look elsewhere does not outweigh it
    bought = ("shirt-men-black", "shorts-men-black", "shoes-men-blue", "shirt-men-white", "shoes-women-red")
    tell(client, *(event("mia", id, 2 + at) for at, id in enumerate(bought * 4)))
    assert brand_term(client)["lift"] < 1 < said


def test_m100_an_old_trait_says_less_than_a_new_one(client):
    know(client, "mia", {"brand": ["Puma"]}, date="2026-06-15")
    new = brand_term(client)["lift"]
    know(client, "mia", {"brand": ["Puma"]}, date="2024-06-15")
    assert 1 < brand_term(client)["lift"] < new
    know(client, "mia", {"brand": ["Nike"]}, source="newer", date="2026-01-01")
    assert brand_term(client, "Nike")["lift"] > 1 and brand_term(client)["lift"] == 1


def test_m100_a_size_counts_where_the_shopper_states_none(client):
    know(client, "mia", {"size": ["M"]})
    asked = {"q": "shorts", "shopper": "mia", "branch": "west"}
    labelled = [hit for hit in search(client, **asked)["hits"] if "wrong_size" in hit]
    assert labelled and all(hit["rank"] >= hit["rank_anonymous"] for hit in labelled)
    state(client, "mia", sizes=[{"size": "42", "product_type": "Schuhe"}])
    assert not any("wrong_size" in hit for hit in search(client, **asked)["hits"])


@pytest.mark.parametrize("off", ["stated", "request", "setting", "consent", "session only", "segment"])
def test_m100_it_is_switched_off_and_needs_leave(client, open_shop, off):
    more = {
        "request": {"without_tastes": "crm"},
        "consent": {"consent": "session"},
        "session only": {"personalize": "session"},
        "segment": {"level": "segment"},
    }.get(off, {})
    if off == "setting":
        client = TestClient(create_app(lambda: open_shop(personal={"crm": 0.0})), base_url="http://127.0.0.1")
    stranger = search(client)
    know(client, "mia", {"brand": ["Puma"]})
    if off == "stated":
        state(client, "mia", off=["crm"])
    assert ids(search(client, shopper="mia", session="v", **more)) == ids(stranger)


def test_m100_without_leave_nothing_is_kept_and_erasing_removes_it(client, service):
    for consent in ("none", "session"):
        assert know(client, "mia", {"group": ["kept-nowhere"]}, consent=consent) == {"traits": [], "without_consent": 1}
    assert client.get("/v1/profiles/mia").json()["traits"] == []
    know(client, "mia", {"group": ["kept-somewhere"]}, consent="account")
    receipt = client.delete("/v1/profiles/mia").json()
    assert receipt["stated"] == 1
    assert client.get("/v1/profiles/mia").json()["traits"] == []
    kept = b"".join(path.read_bytes() for path in (service.home / "state").iterdir())
    assert b"kept-somewhere" not in kept and b"kept-nowhere" not in kept


def test_m100_it_replaces_what_the_same_system_said_and_empty_traits_take_it_back(client):
    know(client, "mia", {"brand": ["Puma"], "group": ["vip"]})
    know(client, "mia", {"group": ["new"]}, source="shop")
    assert [t["values"] for t in know(client, "mia", {"brand": ["Nike"]})["traits"]] == [["Nike"], ["new"]]
    assert [t["source"] for t in know(client, "mia", {})["traits"]] == ["shop"]
    state(client, "mia", likes=[{"attribute": "brand", "value": "HP"}])
    assert [t["source"] for t in client.get("/v1/profiles/mia").json()["traits"]] == ["shop"]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"traits": {}}, "body"),
        ({"source": "crm", "traits": {"brand": "Puma"}}, "traits[...]"),
        ({"source": "crm", "traits": {}, "date": "yesterday"}, "date"),
        ({"source": "crm", "traits": {}, "date": "2026-02-31"}, "date"),
        ({"source": "crm", "traits": {}, "date": "2030-01-01"}, "date"),
        ({"source": "crm", "traits": {}, "colour": 1}, "colour"),
    ],
)
def test_m100_what_cannot_be_read_is_refused_with_its_place(client, body, place):
    answer = client.put("/v1/profiles/mia/traits", json=body)
    assert answer.status_code == 400 and answer.json()["place"] == place, answer.text


def test_m100_no_more_than_ten_systems(client):
    for number in range(10):
        know(client, "mia", {"group": ["a"]}, source=f"system-{number}")
    answer = client.put("/v1/profiles/mia/traits", json={"source": "one more", "traits": {"group": ["a"]}})
    assert answer.status_code == 400 and answer.json()["place"] == "source"
    assert "system-3" in answer.json()["detail"]


def test_m100_many_shoppers_at_once_all_or_none(client):
    line = {"source": "crm", "traits": {"brand": ["Puma"]}}
    sent = [{**line, "id": "a"}, {**line, "id": "b", "consent": "none"}]
    assert client.post("/v1/traits", json=sent).json() == {"stored": 1, "without_consent": 1}
    wrong = client.post("/v1/traits", json=[{**line, "id": "c"}, {**line, "id": "d", "date": "2030-01-01"}])
    assert wrong.status_code == 400
    assert client.get("/v1/profiles/c").json()["traits"] == []


def test_m100_a_file_is_imported_from_the_terminal(shop, tmp_path, monkeypatch, open_shop):
    service = open_shop()
    monkeypatch.setattr("search.service.Service", lambda home, settings: service)
    file = tmp_path / "traits.jsonl"
    line = {"id": "mia", "source": "crm", "traits": {"brand": ["Puma"]}}
    file.write_text(json.dumps(line) + "\n\n" + json.dumps({**line, "id": "ben"}) + "\n")
    done = CliRunner().invoke(app, ["traits", "import", str(service.home), str(file), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {"stored": 2, "without_consent": 0}
    file.write_text(json.dumps(line) + "\n{}\n")
    refused = CliRunner().invoke(app, ["traits", "import", str(service.home), str(file)])
    assert refused.exit_code and "Line 2" in str(refused.exception)


def test_m100_a_store_from_before_there_were_traits_still_opens(client, service):
    from search.profiles.stated import STATED, statement_of

    with service.store._engine.begin() as connection:
        old = b"\x81\xa5likes\x81\xa5brand\x91\xa4Puma"
        connection.execute(STATED.insert().values(id="old", statement=old))
        assert statement_of(connection, "old").crm == {}
    assert client.get("/v1/profiles/old").json()["traits"] == []

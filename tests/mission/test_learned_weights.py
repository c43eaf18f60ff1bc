"""Weights learned from a shop's own choices: from the log to the order that a running server gives, and back."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from random import Random

import msgspec
import pytest
from starlette.testclient import TestClient

from search.app import create_app
from search.doctor import examine
from search.index.build import build_snapshot
from search.learned.weights import path_of
from search.settings import Settings
from search.types import Product
from tests.mission.checks import ids, search
from tests.stand_ins import NOW, PATIENT, open_service
from tests.test_cli import run  # noqa: F401 - the fixture

BRANDS = ("Adidas", "Puma", "Nike", "Esprit", "Nordkai", "Asics")
SIZE = 60
#: A shop that counts brands for next to nothing, although they decide what its shoppers buy.
TIMID = {"personal": {"brand": 0.05}, "server": {"watch_seconds": 0.05}}


def products() -> list[Product]:
    rng = Random(0)
    return [
        Product(
            id=f"s{row:02}",
            title={"de": f"Shorts {row:02}"},
            brand=BRANDS[row % len(BRANDS)],
            product_type="Shorts",
            price_cents=2_000,
            currency="EUR",
            popularity=rng.uniform(60, 160),
        )
        for row in range(SIZE)
    ]


def purchase(shopper: str, row: int, moment: datetime) -> dict:
    return {
        "event_id": f"{shopper}-{moment.isoformat()}",
        "type": "purchase",
        "product_id": f"s{row:02}",
        "shopper": shopper,
        "session": f"{shopper}-{moment.date()}",
        "time": moment.isoformat(),
    }


def past() -> list[dict]:
    """Nine times in ten, everybody buys another pair of the brand that they like."""
    rng, told = Random(1), []
    for person in range(60):
        liked = [row for row in range(SIZE) if row % len(BRANDS) == person % len(BRANDS)]
        for time in range(10):
            row = liked[(person // len(BRANDS) + time) % len(liked)] if rng.random() < 0.9 else rng.randrange(SIZE)
            told.append(purchase(f"p{person}", row, NOW - timedelta(days=85 - 8 * time, minutes=person)))
    return told


@pytest.fixture
def home(tmp_path):
    build_snapshot(products(), tmp_path / "shop", Settings(), None)
    (tmp_path / "shop" / "settings.toml").write_text("[personal]\nbrand = 0.05\n", encoding="utf-8")
    return tmp_path / "shop"


@pytest.fixture
def client(home):
    app = create_app(lambda: open_service(home, PATIENT.but(**TIMID)))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        for at in range(0, len(events := past()), 200):
            assert client.post("/v1/events", json=events[at : at + 200]).status_code == 202
        told = [purchase("anna", row, NOW - timedelta(days=row)) for row in (2, 8)]  # two pairs by Nike
        assert client.post("/v1/events", json=told).status_code == 202
        yield client


def until(client: TestClient, weights: dict) -> dict:
    """Wait until the server says that it ranks by other weights; those."""
    for _ in range(400):
        now = client.get("/readyz").json().get("weights", {})
        if now != weights:
            return now
    raise AssertionError("the server never noticed")


def nike(answer: dict) -> int:
    """How many of the first ten are by Nike."""
    return sum(hit["product"]["brand"] == "Nike" for hit in answer["hits"][:10])


def test_a_server_ranks_by_what_was_learned_and_as_before_once_it_is_undone(client, home, run):  # noqa: F811
    before, stranger = search(client, q="shorts", shopper="anna"), search(client, q="shorts")
    code, told, _ = run("learn", home, "--settings", home / "settings.toml", "--json")
    lesson = json.loads(told[told.index("{\n") :])  # after the lines of the server's log
    assert code == 0
    assert lesson["live"], lesson["verdict"]["reasons"]
    weights = until(client, {})
    assert weights == lesson["weights"]
    assert weights["brand"] > 0.3
    learned = search(client, q="shorts", shopper="anna", explain="true")
    assert nike(learned) > nike(before)
    terms = [term for hit in learned["hits"] for term in hit["explain"]["personal"]["terms"]]
    assert {term["weight"] for term in terms if term["attribute"] == "brand"} == {weights["brand"]}
    assert ids(search(client, q="shorts")) == ids(stranger)
    assert any(f"brand {weights['brand']:.2f}" in finding.told for finding in examine(home))
    code, told, _ = run("learn", home, "--undo")
    assert code == 0
    assert "Undone" in told
    assert until(client, weights) == {}
    assert ids(search(client, q="shorts", shopper="anna")) == ids(before)
    assert "nothing to undo" in run("learn", home, "--undo")[1]


def test_a_dry_run_only_tells(client, home, run):  # noqa: F811
    code, told, _ = run("learn", home, "--settings", home / "settings.toml", "--dry-run")
    assert code == 0
    assert "They win" in told
    assert not path_of(home).exists()


def test_a_file_of_events_teaches_the_same_as_the_log(client, home, run, tmp_path):  # noqa: F811
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"\n".join(msgspec.json.encode(event) for event in past()))
    lessons = [
        json.loads(run("learn", home, *file, "--settings", home / "settings.toml", "--dry-run", "--json")[1])
        for file in ([], [path])
    ]
    assert lessons[0]["weights"]["brand"] == pytest.approx(lessons[1]["weights"]["brand"], abs=0.05)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"type": "view"}', "events.jsonl:1"),
        ("no json", "events.jsonl:1"),
        ('{"event_id": "e", "type": "view", "product_id": "s01"}', "needs a time"),
        ('{"event_id": "e", "type": "view", "product_id": "s01", "time": "soon"}', "is no time"),
        ("", "0 visits"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_its_line(home, run, tmp_path, line, told):  # noqa: F811
    path = tmp_path / "events.jsonl"
    path.write_text(line, encoding="utf-8")
    code, _, said = run("learn", home, path)
    assert code == 1
    assert told in said


def test_without_events_or_index_the_next_step_is_told(home, run, tmp_path):  # noqa: F811
    assert "Name a file of them" in run("learn", home)[2]
    assert "tresen index" in run("learn", tmp_path / "nowhere")[2]


def test_a_damaged_file_of_weights_leaves_the_settings_in_force(home, run):  # noqa: F811
    path_of(home).parent.mkdir(exist_ok=True)
    for damage in ("{", '{"weights": {"brand": -1}, "learned": 0, "choices": 1}', "[]"):
        path_of(home).write_text(damage, encoding="utf-8")
        with open_service(home) as service:
            assert service.generation.pipeline.settings.personal.brand == 0.5
            assert "--undo" in service.weights.trouble
        assert not [finding for finding in examine(home) if finding.what == "weights" and finding.ok]
    assert run("learn", home, "--undo")[0] == 0

"""M8, M24: a shop's own attributes are tastes: near heel heights, materials, labels, whom it is for, discounts."""

from __future__ import annotations

from datetime import date
from statistics import mean

import pytest
from starlette.testclient import TestClient

from search.app import create_app
from search.errors import BadSettings
from search.index.build import build_snapshot
from search.settings import Settings, read_settings
from search.types import Product
from tests.mission.checks import ids, new_session, search, tell
from tests.stand_ins import StubEncoder, open_service

SAME = ("query_id", "took_ms", "cursor")
MATERIALS, LABELS = ("Leder", "Samt", "Leinen"), ("GOTS", "Fairtrade", None)
HEELS = [3 + 7 * number % 16 for number in range(32)]


def shop() -> list[Product]:
    """Pumps that differ in nothing but their heels; shirts in material and label; jackets for children and adults; bags
    of which every third is reduced."""
    pumps = [_product(f"pumps-{n:02}", "Pumps", {"heel_height_cm": float(cm)}) for n, cm in enumerate(HEELS)]
    shirts = [
        _product(f"shirt-{n:02}", "Shirt", {"material": [MATERIALS[n % 3]], **_label(LABELS[n // 3 % 3])})
        for n in range(27)
    ]
    ages = ["kinder" if n % 2 else "erwachsene" for n in range(24)]
    jackets = [_product(f"jacket-{n:02}", "Jacke", {"age_group": [age]}) for n, age in enumerate(ages)]
    bags = [_product(f"bag-{n:02}", "Tasche", {}, price_cents=5000, currency="EUR", **_sale(n)) for n in range(24)]
    return [*pumps, *shirts, *jackets, *bags]


def _label(label: str | None) -> dict:
    return {"label": [label]} if label else {}


def _sale(number: int) -> dict:
    return {"sale_price_cents": 3000} if number % 3 == 0 else {}


def _product(id: str, kind: str, attributes: dict, **more) -> Product:
    return Product(
        id=id,
        title={"de": f"{kind} Modell", "en": f"{kind} model"},
        brand="Nordkai",
        product_type=kind,
        categories=((kind,),),
        released=date(2026, 1, 1),
        attributes=attributes,
        **more,
    )


@pytest.fixture
def opened(tmp_path):
    """opened(personal settings) -> a client of the shop."""
    entered = []

    def enter(**personal) -> TestClient:
        settings = Settings().but(server={"deadline_ms": 60_000.0}, personal=personal)
        home = tmp_path / f"shop-{len(entered)}"
        build_snapshot(shop(), home, settings, StubEncoder())
        service = open_service(home, settings)
        client = TestClient(create_app(lambda: service), base_url="http://127.0.0.1")
        entered.append(client.__enter__())
        return client

    yield enter
    for client in entered:
        client.__exit__(None, None, None)


def look_at(client, *products: str, type: str = "view", **more) -> str:
    """A visit that looks at these; its id."""
    session = new_session()
    tell(client, *({"type": type, "product_id": id, "session": session, **more} for id in products))
    return session


def high_heels(client, **more) -> str:
    """A visit that looks at heels of 14 to 18 cm."""
    return look_at(client, *(f"pumps-{n:02}" for n in range(16) if HEELS[n] >= 14), **more)


def heels(answer: dict) -> list[int]:
    return [HEELS[int(id[-2:])] for id in ids(answer) if id.startswith("pumps")]


def place(answer: dict, low: int, high: int) -> float:
    """Mean rank of heels between two heights."""
    return mean(at for at, height in enumerate(heels(answer)) if low <= height <= high)


def terms(answer: dict, attribute: str) -> list[dict]:
    found = [term for hit in answer["hits"] for term in hit["explain"]["personal"]["terms"]]
    return [term for term in found if term["attribute"] == attribute]


def texts(answer: dict) -> str:
    return " ".join(reason["text"] for hit in answer["hits"] for reason in hit["reasons"])


def moved_by(answer: dict, attribute: str) -> float:
    return max((abs(term["contribution"]) for term in terms(answer, attribute)), default=0.0)


# --- M8: numbers ---------------------------------------------------------------------------------


def test_m8_who_looks_at_heels_of_14_to_18_cm_finds_near_heights_before_far_ones(opened):
    client = opened()
    session = high_heels(client)
    anonymous, mine = search(client, q="Pumps"), search(client, q="Pumps", session=session)
    assert place(mine, 14, 18) < place(anonymous, 14, 18)
    assert place(mine, 14, 18) < place(mine, 12, 13) < place(mine, 3, 7)
    assert sorted(ids(mine)) == sorted(ids(anonymous))


def test_m8_a_shop_that_does_not_count_heels_shows_everybody_the_same(opened):
    client = opened(attributes=("material",))
    assert ids(search(client, q="Pumps", session=high_heels(client))) == ids(search(client, q="Pumps"))


def test_m8_a_height_that_the_query_states_is_not_overruled(opened):
    client = opened()
    session = high_heels(client)
    for query in ("Pumps 5 cm", "niedrige Pumps"):
        mine = search(client, q=query, session=session, explain="true")
        assert ids(mine) == ids(search(client, q=query)), query
        assert {term["blocked"] for term in terms(mine, "heel_height_cm")} == {"the query states it"}


def test_m8_the_sentence_speaks_of_heels_and_the_account_adds_up(opened):
    client = opened()
    high_heels(client, type="purchase", shopper="mia")
    mine = search(client, q="Pumps", shopper="mia", lang="de", explain="true")
    assert "Mit einer Absatzhöhe, die du oft wählst" in texts(mine)
    assert "With heels as high as you often choose" in texts(search(client, q="Pumps", shopper="mia", lang="en"))
    for hit in mine["hits"]:
        personal = hit["explain"]["personal"]
        told = sum(term["contribution"] for term in personal["terms"])
        assert personal["sum"] == pytest.approx(told + personal["yields"], abs=1e-9)
    assert any(term["value"].endswith("/8") for term in terms(mine, "heel_height_cm"))


# --- M24: words ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attribute", "value", "sentence"),
    [
        ("material", "Samt", "Aus einem Material, das du oft wählst: Samt"),
        ("label", "GOTS", "Mit einem Siegel, das du oft wählst: GOTS"),
    ],
)
def test_m24_what_somebody_buys_brings_its_material_and_its_label_forward(opened, attribute, value, sentence):
    client = opened(attributes=("material=0.3", "label"))
    having = [one.id for one in shop() if one.attributes.get(attribute) == [value]]
    look_at(client, *having[:3], type="purchase", shopper="mia")
    anonymous, mine = search(client, q="Shirt"), search(client, q="Shirt", shopper="mia", lang="de", explain="true")

    def mean_rank(answer):
        return mean(at for at, id in enumerate(ids(answer)) if id in having[3:])

    assert mean_rank(mine) < mean_rank(anonymous)
    assert sentence in texts(mine)
    assert moved_by(mine, attribute) > 0
    assert moved_by(search(client, q="Shirt", shopper="mia", explain="true", without_tastes=attribute), attribute) == 0
    profile = client.get("/v1/profiles/mia").json()
    assert value in {taste["value"] for taste in profile["tastes"] if taste["attribute"] == attribute}


def test_m24_a_material_that_the_query_states_is_not_overruled(opened):
    client = opened()
    session = look_at(client, "shirt-01", "shirt-04", "shirt-07")
    mine = search(client, q="Shirt Leinen", session=session, explain="true")
    assert moved_by(mine, "material") == 0
    assert moved_by(search(client, q="Shirt", session=session, explain="true"), "material") > 0


def test_m24_what_is_stated_of_a_material_counts_at_once_and_beats_what_was_seen(opened):
    client = opened()
    look_at(client, "shirt-01", "shirt-04", "shirt-07", type="purchase", shopper="mia")
    said = {"likes": [{"attribute": "material", "value": "Leinen"}]}
    assert client.put("/v1/profiles/mia", json=said).status_code == 200
    mine = search(client, q="Shirt", shopper="mia", explain="true", lang="de")
    assert {round(term["lift"], 6) for term in terms(mine, "material") if term["value"] == "Leinen"} == {2.0}
    off = {"do": "off", "attribute": "material"}
    done = client.post("/v1/profiles/mia/tastes", json=off)
    assert done.status_code == 200 and done.json()["undo"] == [{"do": "on", "attribute": "material"}]
    assert moved_by(search(client, q="Shirt", shopper="mia", explain="true"), "material") == 0


def test_m24_a_taste_that_the_shop_does_not_have_is_refused_by_name(opened):
    client = opened()
    asked = client.get("/v1/search", params={"q": "Shirt", "without_tastes": "matreial"})
    stated = client.put("/v1/profiles/mia", json={"likes": [{"attribute": "matreial", "value": "Samt"}]})
    acted = client.post("/v1/profiles/mia/tastes", json={"do": "off", "attribute": "matreial"})
    for answer, where in ((asked, "without_tastes[0]"), (stated, "likes[0].attribute"), (acted, "attribute")):
        assert answer.status_code == 400
        assert answer.json()["place"] == where
        assert "Did you mean 'material'?" in answer.json()["detail"]


def test_m24_a_customer_systems_material_counts(opened):
    client = opened()
    told = client.put("/v1/profiles/mia/traits", json={"source": "crm", "traits": {"material": ["samt"]}})
    assert told.json()["traits"][0]["counts"]
    mine = search(client, q="Shirt", shopper="mia", explain="true")
    assert {term["level"] for term in terms(mine, "material") if term["value"] == "Samt"} == {"crm"}


# --- whom it is for ------------------------------------------------------------------------------


def childrens_jackets(client) -> str:
    return look_at(client, "jacket-01", "jacket-03", "jacket-05")


def test_m24_m40_whom_it_is_for_counts_and_is_never_named(opened):
    client = opened()
    session = childrens_jackets(client)
    anonymous, mine = search(client, q="Jacke"), search(client, q="Jacke", session=session, lang="de", explain="true")
    first = [int(id[-2:]) % 2 for id in ids(mine)[:8]]
    assert sum(first) > sum(int(id[-2:]) % 2 for id in ids(anonymous)[:8])
    for language in ("de", "en"):
        answer = search(client, q="Jacke", session=session, lang=language)
        for word in ("kind", "erwachsen", "child", "adult"):
            assert word not in texts(answer).casefold()
        actions = [
            action for hit in answer["hits"] for reason in hit["reasons"] for action in reason.get("actions", [])
        ]
        assert actions and all("value" not in action["body"] for action in actions)


@pytest.mark.parametrize("query", ["Jacke Kinder", "Jacke für Erwachsene", "Damen Jacke", "Jacke Geschenk"])
def test_m24_whom_the_query_states_is_not_overruled(opened, query):
    client = opened()
    mine = search(client, q=query, session=childrens_jackets(client), explain="true")
    assert moved_by(mine, "age_group") == 0


# --- discounts, which a shop has to ask for ------------------------------------------------------


def bargain_hunter(client) -> str:
    look_at(client, "bag-00", "bag-03", "bag-06", type="purchase", shopper="mia")
    return "mia"


def test_m24_discounts_count_where_the_shop_says_so_unless_the_query_asks_for_them(opened):
    silent, client = opened(), opened(attributes=("discount=0.5",))
    assert moved_by(search(silent, q="Tasche", shopper=bargain_hunter(silent), explain="true"), "discount") == 0
    mine = search(client, q="Tasche", shopper=bargain_hunter(client), explain="true", lang="de")
    assert moved_by(mine, "discount") > 0
    assert "Reduziert, wie vieles, was du wählst" in texts(mine)
    assert moved_by(search(client, q="reduzierte Tasche", shopper="mia", explain="true"), "discount") == 0


# --- consent, and the shop's settings ------------------------------------------------------------


def test_without_leave_or_at_0_the_answer_is_a_strangers(opened):
    client = opened()
    high_heels(client, type="purchase", shopper="mia")
    stranger = search(client, q="Pumps", personalize="off")
    for more in ({"consent": "none"}, {"strength": 0}):
        answer = search(client, q="Pumps", shopper="mia", **more)
        assert {k: v for k, v in answer.items() if k not in SAME} == {
            k: v for k, v in stranger.items() if k not in SAME
        }


def test_what_the_shop_says_a_taste_weighs_is_what_it_weighs(opened):
    client = opened(attributes=("material=0.25",))
    look_at(client, "shirt-01", "shirt-04", type="purchase", shopper="mia")
    assert {term["weight"] for term in terms(search(client, q="Shirt", shopper="mia", explain="true"), "material")} == {
        0.25
    }


@pytest.mark.parametrize("told", ['["brand"]', '["material", "material=0.2"]', '["material=much"]'])
def test_a_setting_that_cannot_be_says_so(told, tmp_path):
    file = tmp_path / "shop.toml"
    file.write_text(f"[personal]\nattributes = {told}\n")
    with pytest.raises(BadSettings, match="attributes"):
        read_settings(file)

"""What the mission asks of the server, as checks against any HTTP client of the demo shop.

Each check passes on the server as it is, and fails (AssertionError) once its feature is switched off:
`test_mission.py` proves both.
"""

from __future__ import annotations

import itertools
import math
import uuid
from typing import Any

import httpx

WOMEN = 'gender:damen AND product_type:"T-Shirt",Bluse,Kleid'


def search(client: httpx.Client, **parameters: Any) -> dict:
    """An answer of GET /v1/search."""
    answer = client.get("/v1/search", params={"per_page": 50, **parameters})
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(answer: dict) -> list[str]:
    """Ids of the hits in order."""
    return [hit["id"] for hit in answer["hits"]]


def attribute(hit: dict, name: str) -> str:
    """A hit's attribute, "" without one."""
    return next(iter(hit["product"].get("attributes", {}).get(name, [])), "")


def tell(client: httpx.Client, *events: dict) -> dict:
    """Send events; the receipt."""
    answer = client.post("/v1/events", json=[{"event_id": uuid.uuid4().hex, **event} for event in events])
    assert answer.status_code == 202, answer.text
    return answer.json()


def new_session() -> str:
    """A session that nobody has used."""
    return f"session-{uuid.uuid4().hex}"


def view_women(client: httpx.Client, session: str, count: int = 3, **more: Any) -> None:
    """Look at some women's products."""
    for hit in search(client, filter=WOMEN, per_page=count)["hits"]:
        tell(client, {"type": "view", "product_id": hit["id"], "session": session, **more})


def women_share(answer: dict, depth: int = 10) -> float:
    """Share of women's products among the first."""
    genders = [attribute(hit, "gender") for hit in answer["hits"][:depth]]
    return genders.count("damen") / len(genders)


def exposure(answer: dict, gender: str) -> float:
    """How much of a gender's products is seen: the sum of 1 / log2(rank + 1) over the hits."""
    return sum(1 / math.log2(hit["rank"] + 1) for hit in answer["hits"] if attribute(hit, "gender") == gender)


def brand_exposure(answer: dict, brand: str) -> float:
    """The same for a brand's products."""
    return sum(1 / math.log2(hit["rank"] + 1) for hit in answer["hits"] if hit["product"].get("brand") == brand)


def m3_spelling_errors(client: httpx.Client) -> None:
    """Typos, umlauts and short words find what was meant; numbers are never corrected."""
    for typed, wanted in (
        ("Shrit", "shirt"),
        ("Lapotp", "laptop"),
        ("Gartenhuas", "gartenhaus"),
        ("Winterjake", "winterjacke"),
        ("Shampo", "shampoo"),
    ):
        answer = search(client, q=typed, per_page=5)
        assert answer["query"]["corrected"], f"{typed} was not corrected"
        assert answer["query"]["corrected"]["original"] == typed
        titles = [hit["product"]["title"].casefold() for hit in answer["hits"]]
        assert all(wanted in title for title in titles), (typed, titles)
        as_typed = search(client, q=typed, correct="false")
        assert as_typed["query"]["corrected"] is None
    for typed in ("Gürtel", "Guertel", "Gurtel", "GU\u0308RTEL"):
        titles = [hit["product"]["title"].casefold() for hit in search(client, q=typed, lang="de", per_page=5)["hits"]]
        assert len(titles) == 5
        assert all("gürtel" in title for title in titles), (typed, titles)
    skirts = search(client, q="Rock", per_page=20)
    assert skirts["query"]["corrected"] is None
    assert all("socke" not in hit["product"]["title"].casefold() for hit in skirts["hits"])
    product = search(client, q="Shorts", per_page=1)["hits"][0]["id"]
    assert ids(search(client, q=product))[0] == product
    assert search(client, q="D99999")["query"]["corrected"] is None


def m20_women_after_womens_products(client: httpx.Client) -> None:
    """Three women's products viewed: "Shorts" shows women's higher, and men's are still there."""
    session = new_session()
    before = search(client, q="Shorts", session=session)
    view_women(client, session)
    after = search(client, q="Shorts", session=session)
    assert exposure(after, "damen") > exposure(before, "damen")
    assert women_share(after) > women_share(before)
    assert exposure(after, "herren") > 0, "men's shorts are gone"
    assert after["total"] == before["total"]
    moved = [hit for hit in after["hits"] if hit["reasons"]]
    assert moved
    assert all(reason["text"] for hit in moved for reason in hit["reasons"])


def m21_past_preferences(client: httpx.Client) -> None:
    """What Anna bought over months moves her shorts; what Cem bought moves his shoes."""
    anonymous, anna = search(client, q="Shorts"), search(client, q="Shorts", shopper="anna")
    assert brand_exposure(anna, "Nordkai") > brand_exposure(anonymous, "Nordkai")
    assert exposure(anna, "damen") > exposure(anonymous, "damen")
    anonymous, cem = search(client, q="Laufschuhe"), search(client, q="Laufschuhe", shopper="cem")
    assert brand_exposure(cem, "Adidas") > brand_exposure(anonymous, "Adidas")
    assert ids(search(client, q="Shorts", shopper="anna", personalize="session")) == ids(search(client, q="Shorts"))


def m26_session_only(client: httpx.Client) -> None:
    """A session id is enough; nobody has to be known. Another session stays a stranger."""
    session = new_session()
    view_women(client, session)
    mine, stranger = search(client, q="Shorts", session=session), search(client, q="Shorts", session=new_session())
    assert ids(mine) != ids(stranger)
    assert ids(stranger) == ids(search(client, q="Shorts"))


def m33_dial(client: httpx.Client) -> None:
    """0 is the anonymous answer in every field but times, ids and the cursor (it pins the moment); more moves more."""
    anonymous = _comparable(search(client, q="Shorts", explain="true"))
    zero = _comparable(search(client, q="Shorts", explain="true", shopper="anna", strength=0))
    off = _comparable(search(client, q="Shorts", explain="true", shopper="anna", personalize="off"))
    assert zero == anonymous
    assert off == anonymous
    moves = [_moved(search(client, q="Shorts", shopper="anna", strength=strength)) for strength in (10, 50, 100)]
    assert 0 < moves[0] < moves[2]
    assert moves[0] <= moves[1] <= moves[2]


def _comparable(answer: dict) -> dict:
    """An answer without what tells of the moment: a cursor pins it."""
    return {name: value for name, value in answer.items() if name not in ("took_ms", "query_id", "cursor")}


def _moved(answer: dict) -> int:
    return sum(abs(reason["moved"]) for hit in answer["hits"] for reason in hit["reasons"])


def m35_signals_weigh_differently(client: httpx.Client) -> None:
    """A purchase says more than a cart, a cart more than a click, a click more than hovering; a dislike is taken in."""
    seen = search(client, filter="product_type:Shorts AND gender:damen AND brand:Nordkai", per_page=1)["hits"][0]
    contributions, lifts = [], []
    for kind in ("hover", "view", "click", "wishlist", "cart", "purchase"):
        shopper = f"shopper-{uuid.uuid4().hex}"
        tell(client, {"type": kind, "product_id": seen["id"], "shopper": shopper})
        answer = search(client, q="Shorts", shopper=shopper, explain="true", filter="brand:Nordkai AND gender:damen")
        hit = next(hit for hit in answer["hits"] if hit["id"] == seen["id"])
        personal = hit["explain"]["personal"]
        contributions.append(round(personal["sum"], 9))
        lifts.append(next(term["lift"] for term in personal["terms"] if term["attribute"] == "brand"))
    assert all(less < more for less, more in itertools.pairwise(lifts)), lifts
    assert 0 < contributions[0] < contributions[1] < contributions[2] < contributions[3], contributions
    every_type = ("impression", "remove", "return", "like", "dislike")
    receipt = tell(client, *({"type": kind, "product_id": seen["id"], "session": new_session()} for kind in every_type))
    assert receipt["accepted"] == len(every_type)


def m41_next_request(client: httpx.Client) -> None:
    """An event is in the very next request."""
    session = new_session()
    orders = [ids(search(client, q="Shorts", session=session))]
    for hit in search(client, filter=WOMEN, per_page=3)["hits"]:
        tell(client, {"type": "cart", "product_id": hit["id"], "session": session})
        orders.append(ids(search(client, q="Shorts", session=session)))
    assert orders[1] != orders[0]
    assert orders[3] != orders[0]


def m60_kiosk(client: httpx.Client) -> None:
    """A kiosk shows its branch's stock, learns within the session, and forgets."""
    here = search(client, q="Sneaker", branch="mitte", filter="in_stock:mitte", touchpoint="kiosk")
    assert here["hits"]
    assert all(hit["product"]["branch_stock"] > 0 for hit in here["hits"])
    sold_out = search(client, filter="stock.mitte:0 AND stock.west:1..", per_page=1)["hits"][0]
    wanted = f"{sold_out['product']['brand']} {sold_out['product']['product_type']}"
    everywhere, in_mitte = (ids(search(client, q=wanted, per_page=100, **at)) for at in ({}, {"branch": "mitte"}))
    assert in_mitte.index(sold_out["id"]) > everywhere.index(sold_out["id"])
    session = new_session()
    stranger = ids(search(client, q="Shorts", touchpoint="kiosk", session=session, branch="mitte"))
    view_women(client, session, touchpoint="kiosk", shopper="anna")
    assert ids(search(client, q="Shorts", touchpoint="kiosk", session=session, branch="mitte")) != stranger
    assert client.get(f"/v1/profiles/{session}").json()["events"] == 0, "a kiosk's session was kept"
    assert client.delete(f"/v1/sessions/{session}").status_code == 200
    assert ids(search(client, q="Shorts", touchpoint="kiosk", session=session, branch="mitte")) == stranger
    assert ids(search(client, q="Shorts", touchpoint="kiosk", shopper="anna", branch="mitte")) == stranger


def m9_dynamic_categories(client: httpx.Client) -> None:
    """Brand + style: more of the brand, more of the style, none of it on the page already."""
    answer = search(client, q="Adidas Laufschuhe", groups=3, per_page=20)
    groups = {(group["kind"], group["value"]): group for group in answer["groups"]}
    brand, kind = groups["brand", "Adidas"], groups["product_type", "Laufschuhe"]
    assert all(hit["product"]["brand"] == "Adidas" for hit in brand["hits"])
    assert all(hit["product"]["product_type"] == "Laufschuhe" for hit in kind["hits"])
    shown = [*ids(answer), *(id for group in answer["groups"] for id in ids(group))]
    assert len(shown) == len(set(shown))
    for group in (brand, kind):
        followed = search(client, q=group["q"], filter=group["filter"])
        assert group["total"] == followed["total"] > len(group["hits"]) > 0


def m10_entry_query(client: httpx.Client) -> None:
    """Who typed "vergünstigte Pumps" elsewhere finds reduced pumps on top of the page of women's shoes."""
    page = {"filter": 'category:"Damen > Schuhe"', "per_page": 100}
    before = search(client, **page)
    after = search(client, **page, **{"context.referrer_query": "vergünstigte Pumps"})
    top = [hit["product"] for hit in after["hits"][:5]]
    assert all("list_price" in product and product["product_type"].endswith("umps") for product in top)
    assert after["total"] == before["total"]
    assert any(item["value"] == "sale" for item in after["query"]["context"]["understood"])

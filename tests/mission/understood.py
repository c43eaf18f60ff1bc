"""What the mission asks of query understanding (M1, M2, M4, M7, M8), as checks against the demo shop's server.

Like `checks.py`: each passes on the server as it is and fails once its feature is switched off.
"""

from __future__ import annotations

import httpx

from tests.mission.checks import ids, search


def number(hit: dict, name: str) -> float | None:
    """A hit's number, None without one."""
    return hit["product"].get("attributes", {}).get(name)


def numbers(answer: dict, name: str, depth: int = 10) -> list[float | None]:
    """That of the first hits."""
    return [number(hit, name) for hit in answer["hits"][:depth]]


def understood(answer: dict) -> dict[str, dict]:
    """Attribute -> what is understood of it, the first of each."""
    return {item["attribute"]: item for item in reversed(answer["query"]["understood"])}


def value(answer: dict, attribute: str) -> str | None:
    """The value that was understood of an attribute, None where nothing was."""
    return understood(answer).get(attribute, {}).get("value")


def mean_rank(answer: dict, name: str, low: float, high: float) -> float:
    """Mean rank of the hits whose number lies between two."""
    ranks = [hit["rank"] for hit in answer["hits"] if low <= (number(hit, name) or -1) <= high]
    assert ranks, f"no {name} between {low} and {high}"
    return sum(ranks) / len(ranks)


def m1_a_word_is_read_by_its_product_type(client: httpx.Client) -> None:
    """Sparsam is few watts of a laptop, a low price of a shed; leicht is grams of a laptop, warmth of a duvet."""
    answer = search(client, q="sparsamer schwarzer Laptop", filter="product_type:Laptop AND color:schwarz")
    assert value(answer, "power_w") == "low"
    watts, prices = numbers(answer, "power_w", 50), [hit["product"]["price"] for hit in answer["hits"]]
    third = sorted(watts)[len(watts) // 3]
    assert all(power <= third for power in watts[:3]), watts
    cheaper = [rank for rank, price in enumerate(prices) if price < min(prices[:3])]
    assert any(watts[rank] > third for rank in cheaper), "there are cheaper laptops that need more, further down"
    first = search(client, q="sparsamer schwarzer Laptop", per_page=3)["hits"]
    assert all(hit["product"]["product_type"] == "Laptop" and number(hit, "power_w") <= third for hit in first)
    shed = search(client, q="sparsames Gartenhaus", per_page=1)
    assert value(shed, "power_w") is None
    assert value(shed, "price") == "cheap"
    assert value(search(client, q="leichter Laptop"), "weight_kg") == "low"
    duvet = understood(search(client, q="leichte Bettdecke"))
    assert duvet.keys() & {"warmth", "tog"}
    assert "weight_kg" not in duvet


def m2_every_word_is_read_and_told(client: httpx.Client) -> None:
    """Each word of the query stands in what was understood, or in what is searched for as words."""
    for query, read in (
        ("rote Damen Pumps Größe 38 unter 100 €", {"color", "gender", "product_type", "size", "price"}),
        ("sparsamer schwarzer Laptop 16 GB", {"power_w", "color", "product_type", "ram_gb"}),
        ("Winterjacke ohne Kapuze für Kinder sofort verfügbar", {"product_type", "hood", "age_group", "availability"}),
    ):
        answer = search(client, q=query, per_page=1)["query"]
        assert read <= {item["attribute"] for item in answer["understood"]}, query
        told = " ".join([*(item["text"] for item in answer["understood"]), answer["searched"]]).casefold()
        assert all(word.casefold() in told for word in query.split()), query


def m4_a_broad_query_shows_its_width(client: httpx.Client) -> None:
    """Shorts, Shirt, Laufschuhe: facets to go on with, whose counts are true, and a top that knows who asks."""
    for query in ("Shorts", "Shirt", "Laufschuhe"):
        answer = search(client, q=query, facet=["gender", "brand", "color", "size", "price"], per_page=10)
        for name in ("gender", "brand", "color", "size"):
            values = answer["facets"][name]["values"]
            assert len(values) >= 2, (query, name)
            narrowed = search(client, q=query, filter=f'{name}:"{values[0]["value"]}"', per_page=0)
            assert 0 < narrowed["total"] == values[0]["count"] < answer["total"], (query, name)
        assert len({hit["product"]["brand"] for hit in answer["hits"]}) >= 3, query
    assert ids(search(client, q="Shorts", shopper="anna")) != ids(search(client, q="Shorts", shopper="bernd"))


def m7_dimensions_norms_and_part_numbers_are_exact(client: httpx.Client) -> None:
    """A part number finds its part whatever separates its signs; dimensions and norms are read and come first."""
    number_of = search(client, q="Terrassenschrauben", per_page=1)["hits"][0]["id"]
    for typed in (number_of, number_of.lower(), f"{number_of[:3]}-{number_of[3:]}", f"{number_of[:5]} {number_of[5:]}"):
        answer = search(client, q=typed)
        assert ids(answer)[:1] == [number_of], typed
        assert answer["query"]["corrected"] is None
    other_digit = f"{number_of[:-1]}{(int(number_of[-1]) + 1) % 10}"
    drifted = search(client, q=other_digit)
    assert drifted["query"]["corrected"] is drifted["query"].get("proposed") is None
    assert number_of not in ids(drifted)[:1]
    for query, read, wanted in (
        ("Terrassenschrauben 60 mm A4", {"length_mm": "60", "steel": "A4"}, {"length_mm": 60.0, "steel": ["A4"]}),
        ("Terrassenschrauben TX25 70 mm", {"length_mm": "70", "torx": "TX25"}, {"length_mm": 70.0, "torx": ["TX25"]}),
        ("LED-Lampe GU10", {"socket": "GU10"}, {"socket": ["GU10"]}),
    ):
        answer = search(client, q=query, per_page=3)
        assert read.items() <= {name: item["value"] for name, item in understood(answer).items()}.items(), query
        for hit in answer["hits"]:
            assert wanted.items() <= hit["product"]["attributes"].items(), (query, hit["product"]["title"])


def m8_numbers_near_a_range_come_first(client: httpx.Client) -> None:
    """Pumps of 14 to 18 cm: those first, then what is nearer, and nothing is hidden."""
    heel = "heel_height_cm"
    answer = search(client, q="Pumps 14 bis 18 cm", per_page=100)
    assert value(answer, heel) == "14..18"
    assert all(height >= 14 for height in numbers(answer, heel, 8)), numbers(answer, heel)
    assert mean_rank(answer, heel, 14, 18) < mean_rank(answer, heel, 12, 12) < mean_rank(answer, heel, 3, 8)
    assert answer["total"] == search(client, q="Pumps", per_page=0)["total"]
    about = search(client, q="Pumps Absatz ca. 11 cm", per_page=100)  # nobody makes these
    assert set(numbers(about, heel, 8)) == {10.0, 12.0}
    assert mean_rank(about, heel, 10, 12) < mean_rank(about, heel, 8, 8) < mean_rank(about, heel, 3, 6)

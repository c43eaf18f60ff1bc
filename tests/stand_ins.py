"""Small hand-written stand-ins: a shop whose right answers are known, an encoder without a model, fixed clocks.

The shop of `shop_products()`, 36 products. German leads, English beside it; ids say what a product is.

    shorts      women 4 (one on sale), men 3, girls 1, boys 1
    shirts      women 3, men 3, boys 1
    shoes       women 2 (Pumps, Laufschuhe), men 2 (Laufschuhe, Sneaker), kids 1
    skirt/sock  one Rock (women), one Socke (unisex): one edit apart for a careless speller
    laptops     5, with power_w 25 … 180, without a gender
    home        Gartenhaus, Wolldecke, Heizlüfter, Wasserkocher, Toaster
    other       a winter jacket, a perfume, a hand cream

Stock is per branch, `mitte` and `west`; `shirt-men-white` is sold out everywhere, `laptop-gamer` in mitte.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import numpy as np

from catalog.live import LiveReader
from search.index.build import build_snapshot
from search.merging import merge
from search.service import Service
from search.settings import Settings
from search.text import analyze, words
from search.types import Encoder, Product, Rows, Variant, Vectors

#: Noon of a day on which the sale of `shorts-women-sale` holds, the one of `shirt-men-blue` is over, and
#: the one of `laptop-office` has not begun.
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
DIMENSION = 64


#: However busy the machine: no stage is left out for lack of time.
PATIENT = Settings().but(server={"deadline_ms": 60_000.0})


class StubEncoder:
    """Hashed character trigrams of the lower-cased text: words that look alike are near. Counts what it encodes."""

    name = "stub"
    dimension = DIMENSION

    def __init__(self) -> None:
        self.documents = 0
        self.queries = 0

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """(n,) texts -> (n, 64) float32, rows of length 1."""
        self.queries += len(texts)
        return self._encode(texts)

    def encode_document(self, texts: Sequence[str]) -> Vectors:
        """(n,) texts -> (n, 64) float32, rows of length 1."""
        self.documents += len(texts)
        return self._encode(texts)

    def _encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            padded = f"  {text.lower()} "
            for start in range(len(padded) - 2):
                hashed = zlib.crc32(padded[start : start + 3].encode())
                vector[hashed % self.dimension] += 1.0 if hashed & 0x8000_0000 else -1.0
            vector += 1e-3  # no text is all zeros
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class BrokenEncoder(StubEncoder):
    """An encoder whose every query fails, as torch does when memory is short."""

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """Fails."""
        raise RuntimeError("the encoder is down")


class Shelf:
    """A vocabulary: text of a product -> how many there are of it. `counts` are its words."""

    def __init__(self, sold: Mapping[str, int]):
        texts = [text for text, times in sold.items() for _ in range(times)]
        self.size = len(texts)
        self._rows: dict[str, list[int]] = {}
        self.counts: dict[str, int] = {}
        for row, text in enumerate(texts):
            for term in set(analyze(text, "de")):
                self._rows.setdefault(term, []).append(row)
            for word in {word.text for word in words(text, "de")}:
                self.counts[word] = self.counts.get(word, 0) + 1

    def document_frequency(self, term: str) -> int:
        """Products that hold the term."""
        return len(self._rows.get(term, ()))

    def matching(self, term: str) -> Rows:
        """Their rows."""
        return np.array(self._rows.get(term, []), np.int32)


class Clock:
    """A clock that stands still until it is moved: `clock.advance(60)`."""

    def __init__(self, start: float = NOW.timestamp()):
        self.seconds = start

    def __call__(self) -> float:
        return self.seconds

    def advance(self, seconds: float) -> None:
        """Move on."""
        self.seconds += seconds


# ruff: noqa: E501 (a line a product reads best)
WOMEN, MEN, GIRLS, BOYS, UNISEX = "damen", "herren", "mädchen", "jungen", "unisex"
SECTIONS = {WOMEN: "Damen", MEN: "Herren", GIRLS: "Kinder", BOYS: "Kinder", UNISEX: "Wäsche"}
SECTIONS_EN = {"Damen": "Women", "Herren": "Men", "Kinder": "Kids", "Wäsche": "Underwear"}
TYPES_EN = {
    "Shorts": "Shorts",
    "Shirts": "Shirts",
    "Schuhe": "Shoes",
    "Röcke": "Skirts",
    "Socken": "Socks",
    "Jacken": "Jackets",
}
COLORS_EN = {"schwarz": "black", "blau": "blue", "rot": "red", "weiß": "white", "beige": "beige", "grün": "green"}
GENDERS_EN = {WOMEN: "women", MEN: "men", GIRLS: "girls", BOYS: "boys", UNISEX: "unisex"}
SIZES = {"Schuhe": ("38", "40", "42"), "Socken": ("39-42",)}

# id, German title, English title, brand, gender, type, colour, price in cents, popularity
WEAR = [
    ("shorts-women-blue", "Jeansshorts Nora", "Denim shorts Nora", "Adidas", WOMEN, "Shorts", "blau", 3999, 90),
    ("shorts-women-black", "Shorts Lena aus Leinen", "Linen shorts Lena", "Esprit", WOMEN, "Shorts", "schwarz", 4999, 70),
    ("shorts-women-red", "Sportshorts Mia", "Sports shorts Mia", "Puma", WOMEN, "Shorts", "rot", 2999, 50),
    ("shorts-women-sale", "Bermudashorts Ida", "Bermuda shorts Ida", "Esprit", WOMEN, "Shorts", "beige", 5999, 30),
    ("shorts-men-blue", "Cargoshorts Tom", "Cargo shorts Tom", "Adidas", MEN, "Shorts", "blau", 4499, 95),
    ("shorts-men-black", "Laufshorts Max", "Running shorts Max", "Nike", MEN, "Shorts", "schwarz", 3499, 85),
    ("shorts-men-green", "Badeshorts Jan", "Swim shorts Jan", "Puma", MEN, "Shorts", "grün", 2499, 40),
    ("shorts-girls-red", "Kindershorts Lilli", "Kids shorts Lilli", "Puma", GIRLS, "Shorts", "rot", 1499, 20),
    ("shorts-boys-blue", "Kindershorts Ben", "Kids shorts Ben", "Adidas", BOYS, "Shorts", "blau", 1599, 25),
    ("shirt-women-white", "Shirt Anna aus Baumwolle", "Cotton shirt Anna", "Esprit", WOMEN, "Shirts", "weiß", 1999, 80),
    ("shirt-women-red", "Rotes Shirt Clara", "Red shirt Clara", "Marc O'Polo", WOMEN, "Shirts", "rot", 4999, 60),
    ("shirt-women-black", "Schwarzes Shirt Eva", "Black shirt Eva", "Adidas", WOMEN, "Shirts", "schwarz", 2499, 65),
    ("shirt-men-white", "Weißes Shirt Paul", "White shirt Paul", "Nike", MEN, "Shirts", "weiß", 2999, 75),
    ("shirt-men-blue", "Blaues Shirt Karl", "Blue shirt Karl", "Jack & Jones", MEN, "Shirts", "blau", 1799, 55),
    ("shirt-men-black", "Laufshirt Emil", "Running shirt Emil", "Nike", MEN, "Shirts", "schwarz", 3999, 45),
    ("shirt-boys-green", "Dino Shirt Finn", "Dino shirt Finn", "Esprit", BOYS, "Shirts", "grün", 1299, 15),
    ("pumps-women-black", "Pumps Gala", "Pumps Gala", "Marc O'Polo", WOMEN, "Schuhe", "schwarz", 11999, 68),
    ("shoes-women-red", "Laufschuhe Pegasus Damen", "Running shoes Pegasus women", "Nike", WOMEN, "Schuhe", "rot", 12999, 88),
    ("shoes-men-blue", "Laufschuhe Pegasus 41", "Running shoes Pegasus 41", "Nike", MEN, "Schuhe", "blau", 13999, 92),
    ("shoes-men-white", "Sneaker Court", "Sneakers Court", "Adidas", MEN, "Schuhe", "weiß", 8999, 78),
    ("shoes-kids-green", "Gummistiefel Frosch", "Rubber boots Frog", "Playshoes", BOYS, "Schuhe", "grün", 1999, 35),
    ("skirt-women-green", "Rock Flora", "Skirt Flora", "Esprit", WOMEN, "Röcke", "grün", 3999, 42),
    ("sock-unisex-black", "Socke Basic im Fünferpack", "Sock Basic pack of five", "Puma", UNISEX, "Socken", "schwarz", 999, 58),
    ("jacket-women-beige", "Winterjacke Nordlicht", "Winter jacket Nordlicht", "Jack Wolfskin", WOMEN, "Jacken", "beige", 19999, 61),
]  # fmt: skip
DESCRIPTIONS = {
    "shorts-men-black": ("Leichte Hose für warme Lauftage.", "Light trousers for warm running days."),
    "jacket-women-beige": ("Warm gefüttert, für kalte Tage im Winter.", "Warmly lined, for cold days in winter."),
    "shoes-kids-green": ("Wasserdichte Stiefel für Kinder.", "Waterproof boots for children."),
    "shoes-men-blue": ("Gedämpfter Schuh für lange Läufe.", "Cushioned shoe for long runs."),
}
# id, German title, English title, brand, watts, colour, price, popularity, mpn, gtin
LAPTOPS = [
    ("laptop-eco", "Sparsamer Laptop Leaf 14", "Frugal laptop Leaf 14", "Lenovo", 25, "schwarz", 59900, 73, "LF14-A1", "4006381333931"),
    ("laptop-office", "Laptop ProBook 15", "Laptop ProBook 15", "HP", 45, "grau", 79900, 66, "DV7-1211ea", "4006381333948"),
    ("laptop-student", "Laptop IdeaPad Slim", "Laptop IdeaPad Slim", "Lenovo", 45, "blau", 49900, 77, "82XB-0042", "4006381333955"),
    ("laptop-creator", "Laptop Studio 16", "Laptop Studio 16", "HP", 95, "grau", 149900, 48, "ST16/X", "4006381333962"),
    ("laptop-gamer", "Gaming-Laptop Blitz", "Gaming laptop Blitz", "Acer", 180, "schwarz", 189900, 54, "BLZ 3070", "4006381333979"),
]  # fmt: skip
# id, German title, English title, brand, category path, English path, price, popularity
THINGS = [
    ("shed", "Gartenhaus Holz", "Wooden garden shed", "Karibu", "Garten > Gartenhäuser", "Garden > Sheds", 99900, 22),
    ("blanket", "Wolldecke kuschelig", "Cosy wool blanket", "Biederlack", "Wohnen > Decken", "Living > Blankets", 4999, 52),
    ("heater", "Heizlüfter mit Thermostat", "Fan heater with thermostat", "Rowenta", "Haushalt > Heizen", "Household > Heating", 6999, 44),
    ("kettle", "Wasserkocher Edelstahl", "Stainless steel kettle", "Rowenta", "Haushalt > Küche", "Household > Kitchen", 3999, 57),
    ("toaster", "Toaster für zwei Scheiben", "Toaster for two slices", "Rowenta", "Haushalt > Küche", "Household > Kitchen", 2999, 46),
    ("perfume", "Eau de Parfum Rose", "Eau de parfum rose", "Nina Ricci", "Drogerie > Düfte", "Drugstore > Scents", 8999, 63),
    ("cream", "Handcreme Kamille", "Hand cream camomile", "Kamill", "Drogerie > Pflege", "Drugstore > Care", 299, 33),
]  # fmt: skip


def _sale(id: str) -> dict:
    """On sale now; until last month; from next month."""
    return {
        "shorts-women-sale": {
            "sale_price_cents": 3000,
            "sale_from": date(2026, 6, 1),
            "sale_until": date(2026, 6, 30),
        },
        "shirt-men-blue": {"sale_price_cents": 900, "sale_until": date(2026, 5, 31)},
        "laptop-office": {"sale_price_cents": 69900, "sale_from": date(2026, 7, 1)},
    }.get(id, {})


def _stock(id: str, at: int) -> dict[str, int]:
    if id == "shirt-men-white":
        return {"mitte": 0, "west": 0}
    return {"mitte": 0 if id == "laptop-gamer" else 1 + at % 4, "west": at % 3}


def _wear(at: int, line: tuple) -> Product:
    id, title, english, brand, gender, kind, color, price, popularity = line
    section = SECTIONS[gender]
    german_text, english_text = DESCRIPTIONS.get(id, ("", ""))
    attributes: dict = {"gender": [gender], "color": [color]}
    if section == "Kinder":
        attributes["age_group"] = ["kinder"]
    return Product(
        id=id,
        title={"de": title, "en": english},
        description={"de": german_text, "en": english_text} if german_text else {},
        brand=brand,
        categories=((section, kind),),
        product_type=kind,
        price_cents=price,
        currency="EUR",
        released=date(2026, 1 + at % 5, 1 + at),
        popularity=float(popularity),
        mpn={"shoes-men-blue": "FD2722-001"}.get(id),
        attributes=attributes,
        labels={
            "en": {
                "category": {f"{section} > {kind}": f"{SECTIONS_EN[section]} > {TYPES_EN[kind]}"},
                "product_type": {kind: TYPES_EN[kind]},
                "color": {color: COLORS_EN[color]},
                "gender": {gender: GENDERS_EN[gender]},
            }
        },
        variants=tuple(
            Variant(id=f"{id}/{size}", size=size, gtin=f"20{at:02d}{place:02d}", stock=_stock(id, at + place))
            for place, size in enumerate(SIZES.get(kind, ("S", "M", "L")))
        ),
        **_sale(id),
    )


def _laptop(at: int, line: tuple) -> Product:
    id, title, english, brand, watts, color, price, popularity, mpn, gtin = line
    path, english_path = "Elektronik > Laptops", "Electronics > Laptops"
    return Product(
        id=id,
        title={"de": title, "en": english},
        description={
            "de": f"Notebook mit {watts} Watt für unterwegs.",
            "en": f"Notebook with {watts} watts for travelling.",
        },
        brand=brand,
        categories=(tuple(path.split(" > ")),),
        product_type="Laptops",
        price_cents=price,
        currency="EUR",
        popularity=float(popularity),
        mpn=mpn,
        gtin=gtin,
        attributes={"power_w": float(watts), "color": [color]},
        labels={"en": {"category": {path: english_path}, "color": {color: COLORS_EN.get(color, "grey")}}},
        variants=(Variant(id=f"{id}/1", stock=_stock(id, at)),),
        **_sale(id),
    )


def _thing(at: int, line: tuple) -> Product:
    id, title, english, brand, path, english_path, price, popularity = line
    return Product(
        id=id,
        title={"de": title, "en": english},
        brand=brand,
        categories=(tuple(path.split(" > ")),),
        product_type=path.split(" > ")[-1],
        price_cents=price,
        currency="EUR",
        popularity=float(popularity),
        labels={"en": {"category": {path: english_path}}},
        variants=(Variant(id=f"{id}/1", stock=_stock(id, at)),),
    )


def shop_products() -> list[Product]:
    """The hand-written catalogue, in the order of its id. See the top of this file."""
    products = [_wear(at, line) for at, line in enumerate(WEAR)]
    products += [_laptop(at, line) for at, line in enumerate(LAPTOPS)]
    products += [_thing(at, line) for at, line in enumerate(THINGS)]
    return sorted(products, key=lambda product: product.id)


def build_shop(home: Path, settings: Settings | None = None, encoder: Encoder | None = None) -> Path:
    """Index `shop_products()` under `home` with the stub encoder; returns `home`."""
    build_snapshot(shop_products(), home, settings or Settings(), encoder or StubEncoder())
    return home


def open_service(
    home: Path,
    settings: Settings | None = None,
    encoder: Encoder | None = None,
    now: Callable[[], float] | None = None,
    monotonic: Callable[[], float] | None = None,
) -> Service:
    """A service over an index directory with the stub encoder and clocks that stand still, however busy the machine."""
    stub = encoder or StubEncoder()
    load = partial(_same, stub)  # search processes are handed it, so it is no lambda
    chosen, clocks = settings or PATIENT, (now or Clock(), monotonic or Clock(0.0))

    def merge_here(home: Path, settings: Settings, upto: int) -> None:
        merge(home, settings, upto, load)

    return Service(home, chosen, load, *clocks, LiveReader, merge_here)


def _same(encoder: Encoder, name: str) -> Encoder:
    return encoder

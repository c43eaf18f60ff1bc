"""What does the made-up shop's feed look like on a given day?

Pure and seeded: the same data files, seed and day give the same rows. A
product is line × colour × material × attribute values; a row is one of its
sizes. Each type draws from its own random stream, and a product's id is a hash
of what it is, so that a new type leaves the products of the others as they
were, and judgements of them hold.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from demo.departments import DataError, Model, ProductType, Sentence, Shop, read_shop


def _run(first: int, last: int, step: int = 1) -> tuple[str, ...]:
    """Sizes first, first + step, ... up to and including last."""
    return tuple(str(size) for size in range(first, last + 1, step))


SIZE_RUNS: dict[str, tuple[str, ...]] = {
    "konfektion-damen": _run(34, 46, 2),
    "konfektion-herren": ("S", "M", "L", "XL", "XXL"),
    "buchstaben-damen": ("XS", "S", "M", "L", "XL"),
    "jeans-damen": tuple(f"W{width}/L{length}" for width in range(26, 33) for length in (30, 32)),
    "jeans-herren": tuple(f"W{width}/L{length}" for width in (30, 31, 32, 33, 34, 36, 38) for length in (32, 34)),
    "schuhe-damen": _run(36, 42),
    "schuhe-herren": _run(40, 47),
    "schuhe-unisex": _run(36, 47),
    "schuhe-kinder": _run(24, 35),
    "kinder": _run(92, 164, 6),
    "kinder-klein": _run(92, 128, 6),
    "baby": _run(50, 86, 6),
    "socken": ("35–38", "39–42", "43–46"),
    "socken-damen": ("35–38", "39–42"),
    "socken-herren": ("39–42", "43–46"),
    "socken-kinder": ("23–26", "27–30", "31–34"),
    "gürtel": ("80 cm", "85 cm", "90 cm", "95 cm", "100 cm", "105 cm"),
}
GENDER_EN = {"damen": "women", "herren": "men", "unisex": "unisex", "mädchen": "girls", "jungen": "boys"}
ENDINGS = (49, 90, 95, 99)
SALE_SHARE = 0.18
NEW_SHARE = 0.05
SOLD_OUT_SHARE = 0.05
# A line without a price of its own draws one from its type's range; its attributes move it by this much.
PRICE_SPREAD = 0.12


@dataclass(frozen=True, slots=True)
class Product:
    """One product before it is dressed as rows: a model and what was drawn for it."""

    model: Model
    color: str | None
    material: str | None
    values: Mapping[str, Any]
    english: Mapping[str, Any]


def generate_rows(seed: int = 7, *, today: date) -> Iterator[dict[str, Any]]:
    """Feed rows of the whole shop, one a variant, in the order of the data files."""
    shop = read_shop(SIZE_RUNS)
    seen: set[str] = set()
    gtins = itertools.count(1)
    for product_type in shop.types:
        rng = random.Random(f"{seed}:{product_type.id}")
        used: Counter = Counter()
        for product in draw_products(product_type, shop, rng):
            group = product_id(product)
            if group in seen:
                raise DataError(f"Two products have the id {group}; change a word of {product.model.line!r}.")
            seen.add(group)
            shared = _shared_fields(product, shop, seed, today, rng)
            template = draw_template(product, shop, used, rng)
            yield from _variants(product, shop, group, shared, template, gtins, rng)


def product_id(product: Product) -> str:
    """D and eight digits, from what the product is; neither seed nor its neighbours play a part."""
    model = product.model
    own = (product.color, product.material, sorted(product.values.items()))
    told = (model.type_id, model.brand, model.line, *model.sizes[:1], *own)
    digest = hashlib.blake2b(repr(told).encode(), digest_size=8).digest()
    return f"D{int.from_bytes(digest) % 10**8:08d}"


def write_feed(path: Path, seed: int, today: date) -> int:
    """Write the feed as JSON lines; returns the number of rows."""
    count = 0
    with Path(path).open("w", encoding="utf-8") as file:
        for row in generate_rows(seed, today=today):
            count += 1
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return count


# Products


def draw_products(product_type: ProductType, shop: Shop, rng: random.Random) -> list[Product]:
    """`count` products, one line after the other in turn, fewer only where the choices run out."""
    piles = [_combinations(model, rng) for model in product_type.models]
    drawn: list[Product] = []
    titles: set[str] = set()
    while len(drawn) < product_type.count and (piles := [pile for pile in piles if pile]):
        for pile in piles[: product_type.count - len(drawn)]:
            drawn.append(_take_unlike(pile, shop, titles))
    return drawn


def _combinations(model: Model, rng: random.Random) -> list[Product]:
    """Every product of a model in random order, each colour once before any comes twice."""
    names = list(model.attributes)
    choices = [range(len(model.attributes[name].choices)) for name in names]
    colors, materials = model.fields.get("colors") or [None], model.fields.get("materials") or [None]
    products = []
    for color, material, *picks in itertools.product(colors, materials, *choices):
        drawn = [(name, model.attributes[name], pick) for name, pick in zip(names, picks, strict=True)]
        values = {name: attribute.choices[pick] for name, attribute, pick in drawn}
        english = {name: attribute.english[pick] for name, attribute, pick in drawn if attribute.english}
        products.append(Product(model, color, material, values, english))
    rng.shuffle(products)
    turn: Counter = Counter()
    keyed = []
    for product in products:
        keyed.append((turn[product.color], product))
        turn[product.color] += 1
    return [product for _, product in sorted(keyed, key=lambda pair: pair[0])]


def _take_unlike(pile: list[Product], shop: Shop, titles: set[str]) -> Product:
    """Remove the first product whose title nobody has yet, else the first."""
    chosen, chosen_title = 0, ""
    for place, product in enumerate(pile):
        title = _render(_fitting(product, "titles")[0].de, _facts(product, shop, "de"))
        if title not in titles:
            chosen, chosen_title = place, title
            break
    titles.add(chosen_title)
    return pile.pop(chosen)


# Texts


def draw_template(product: Product, shop: Shop, used: Counter, rng: random.Random) -> tuple[Sentence, ...]:
    """Title, opener, two details and closer that hold for the product.

    Of six draws the one wins whose title nobody has yet and whose description
    was used least in this type; `used` counts titles and sentence ids.
    """
    facts = _facts(product, shop, "de")
    draws = [_draw_sentences(product, rng) for _ in range(6)]
    keys = [(_render(draw[0].de, facts), sentence_ids(draw)) for draw in draws]
    best = min(range(len(draws)), key=lambda i: (used[keys[i][0]], used[keys[i][1]]))
    used.update(keys[best])
    return draws[best]


def sentence_ids(template: tuple[Sentence, ...]) -> tuple[str, ...]:
    """What a description is made of, its title left out."""
    return tuple(sentence.id for sentence in template[1:])


def _draw_sentences(product: Product, rng: random.Random) -> tuple[Sentence, ...]:
    """One sentence of each pool, two of the details."""
    pools = {pool: _fitting(product, pool) for pool in product.model.pools}
    details = rng.sample(pools["details"], 2)
    return (rng.choice(pools["titles"]), rng.choice(pools["openers"]), *details, rng.choice(pools["closers"]))


def _fitting(product: Product, pool: str) -> list[Sentence]:
    """The sentences of a pool that hold for the product; an empty pool is a mistake in the file."""
    fitting = [sentence for sentence in product.model.pools[pool] if holds(sentence, product)]
    needed = 2 if pool == "details" else 1
    if len(fitting) < needed:
        facts = {"color": product.color, "material": product.material, **product.values}
        place = f"{product.model.file}, type {product.model.type_id!r}, line {product.model.line!r}"
        raise DataError(f"{place}, {pool}: only {len(fitting)} of {needed} hold for {facts}")
    return fitting


def holds(sentence: Sentence, product: Product) -> bool:
    """Whether every `when` is met and no `unless` is."""
    fields = product.model.fields
    facts = {key: fields.get(key) for key in ("season", "gender", "age_group")}
    facts |= {"brand": product.model.brand, "line": product.model.line}
    facts |= {"color": product.color, "material": product.material, **product.values}
    wanted = all(_meets(facts.get(name), allowed) for name, allowed in sentence.when.items())
    return wanted and not any(_meets(facts.get(name), allowed) for name, allowed in sentence.unless.items())


def _meets(value: Any, allowed: list) -> bool:
    """One condition: two numbers are an inclusive range, anything else a list of values."""
    numbers = [isinstance(x, int | float) for x in (value, *allowed)]
    if len(allowed) == 2 and all(numbers):
        return allowed[0] <= value <= allowed[1]
    return value in allowed


def _facts(product: Product, shop: Shop, language: str) -> dict[str, str]:
    """What the placeholders stand for in one language, the size aside."""
    facts = {"brand": product.model.brand, "line": product.model.line}
    if product.color:
        color = shop.colors[product.color]
        german = f"in {product.color[0].upper()}{product.color[1:]}"
        phrases = {"de": color.get("in", german), "en": color.get("in_en", f"in {color['en']}")}
        facts |= {"color": product.color if language == "de" else color["en"], "color_in": phrases[language]}
    if product.material:
        word = product.material if language == "de" else shop.materials[product.material]["en"]
        facts |= {"material": word, "material_low": word.lower() if language == "de" else word}
    for name, value in product.values.items():
        facts[name] = format_value(product.english.get(name, value) if language == "en" else value, language)
    return facts


def format_value(value: Any, language: str) -> str:
    """A value as a reader writes it.

    >>> format_value(15.6, "de"), format_value(15.6, "en"), format_value(8, "de"), format_value("USB-C", "de")
    ('15,6', '15.6', '8', 'USB-C')
    """
    if not isinstance(value, int | float) or isinstance(value, bool):
        return str(value)
    text = f"{value:,g}" if abs(value) >= 10_000 else f"{value:g}"
    return text.translate(str.maketrans(",.", ".,")) if language == "de" else text


def _render(text: str, facts: Mapping[str, str], size: str = "") -> str:
    """A text with its placeholders filled."""
    return text.format_map({**facts, "size": size})


# Prices and dates


def base_price(product: Product, seed: int) -> float:
    """Euros before the ending: alike for all colours of a line, higher with its numbers.

    price = low + (high - low) · level, where level is the mean rank of the
    numeric attributes that vary in the line, or the line's own draw if none do.
    """
    model = product.model
    rng = random.Random(f"{seed}:{model.type_id}:{model.line}")
    low, high = model.fields["price"]
    if not model.has_own_price:
        middle = math.exp(rng.uniform(math.log(low), math.log(high)))
        low, high = max(low, middle * (1 - PRICE_SPREAD)), min(high, middle * (1 + PRICE_SPREAD))
    ranks = []
    for name, attribute in model.attributes.items():
        ordered = sorted(c for c in attribute.choices if isinstance(c, int | float))
        if len(ordered) > 1:
            ranks.append(ordered.index(product.values[name]) / (len(ordered) - 1))
    level = sum(ranks) / len(ranks) if ranks else rng.random()
    return low + (high - low) * level


def shop_price(euros: float, low: float = 0.0, high: float = math.inf) -> int:
    """The price in cents next to `euros` that ends as German shops' prices do.

    The upper bound's ending, where it is one of those, is the brand's habit
    and keeps to the bounds; otherwise prices from 100 euros end in 4,90 or 9,90.

    >>> shop_price(41.2), shop_price(3.3), shop_price(25.2, 19.99, 29.99), shop_price(1402)
    (4099, 349, 2499, 139990)
    """
    own = round(high * 100) % 100 if math.isfinite(high) else 0
    if own not in ENDINGS and euros >= 100:
        step = 5 if euros < 300 else 10
        return 100 * (round(euros / step) * step - 1) + 90
    endings = (own,) if own in ENDINGS else (49, 99, 95) if euros < 10 else (95, 99, 90)
    whole = int(euros)
    candidates = [100 * e + ending for e in range(max(0, whole - 1), whole + 2) for ending in endings]
    inside = [cents for cents in candidates if low * 100 <= cents <= high * 100]
    return min(inside or candidates, key=lambda cents: abs(cents - euros * 100))


def format_price(cents: int) -> str:
    """Cents as the export writes them.

    >>> format_price(3995)
    '39,95 EUR'
    """
    return f"{cents // 100},{cents % 100:02d} EUR"


def _sale_period(today: date, rng: random.Random) -> str:
    """An interval around today; one in eight is over, one in eight is still to come."""
    start, length = today - timedelta(rng.randint(1, 25)), rng.randint(30, 75)
    shift = rng.choices((0, -150, 60), (6, 1, 1))[0]
    start += timedelta(shift)
    return f"{start.isoformat()}/{(start + timedelta(length)).isoformat()}"


def _release_date(today: date, rng: random.Random) -> date:
    """Within four years, NEW_SHARE of the products in the last 30 days."""
    days = rng.randint(0, 29) if rng.random() < NEW_SHARE else rng.randint(31, 4 * 365)
    return today - timedelta(days)


# Rows


def _shared_fields(product: Product, shop: Shop, seed: int, today: date, rng: random.Random) -> dict[str, Any]:
    """What all variants of a product have in common; `cents` and `discount` become prices later."""
    fields, color, material = product.model.fields, product.color, product.material
    low, high = fields["price"]
    released = _release_date(today, rng)
    sales = min(4000, int(4 * rng.paretovariate(0.9)))
    row = {
        "brand": product.model.brand,
        **{key: fields.get(key) for key in ("category", "category_en", "product_type", "product_type_en", "gender")},
        "gender_en": GENDER_EN.get(fields.get("gender", "")),
        "age_group": fields.get("age_group"),
        "color": color,
        "color_en": shop.colors[color]["en"] if color else None,
        "color_hex": shop.colors[color].get("hex") if color else None,
        "material": material,
        "material_en": shop.materials[material]["en"] if material else None,
        "season": fields.get("season"),
        "release_date": released.isoformat(),
        "popularity": sales if (today - released).days > 30 else sales // 4,
    }
    row |= _prices(shop_price(base_price(product, seed), low, high), today, rng)
    row |= {**product.values} | {f"{name}_en": value for name, value in product.english.items()}
    return {key: value for key, value in row.items() if value is not None}


def _prices(cents: int, today: date, rng: random.Random) -> dict[str, str]:
    """The price, and for some products a reduced one with its dates."""
    row = {"price": format_price(cents)}
    off = rng.choice((0.15, 0.2, 0.25, 0.3, 0.4, 0.5))
    reduced = shop_price(cents / 100 * (1 - off), 0.49, cents / 100)
    if rng.random() < SALE_SHARE and reduced < cents:
        row |= {"sale_price": format_price(reduced), "sale_price_effective_date": _sale_period(today, rng)}
    return row


def _variants(
    product: Product,
    shop: Shop,
    group: str,
    shared: dict[str, Any],
    template: tuple[Sentence, ...],
    gtins: Iterator[int],
    rng: random.Random,
) -> Iterator[dict[str, Any]]:
    """One row a size, or a single row that carries the group's own id."""
    title, *body = template
    for size in product.model.sizes or ("",):
        texts = {}
        for language, suffix in (("de", ""), ("en", "_en")):
            facts = _facts(product, shop, language)
            texts[f"title{suffix}"] = _render(getattr(title, language), facts, size)
            sentences = (_render(getattr(sentence, language), facts, size) for sentence in body)
            texts[f"description{suffix}"] = " ".join(sentences)
        own = {"id": f"{group}-{_slug(size)}", "item_group_id": group, **texts, **shared}
        own |= {"size": size} if size else {"id": group}
        yield own | _stock(rng) | {"gtin": gtin(next(gtins)), "made_up": True}


def _slug(size: str) -> str:
    """A size as part of an id.

    >>> _slug("W32/L34"), _slug("39–42"), _slug("1,5 l")
    ('W32-L34', '39-42', '1.5l')
    """
    return size.replace("/", "-").replace("–", "-").replace(",", ".").replace(" ", "")


def _stock(rng: random.Random) -> dict[str, int]:
    """Pieces in both branches and in the warehouse; some sizes are sold out in both branches."""
    sold_out = rng.random() < SOLD_OUT_SHARE
    branches = [0 if sold_out or rng.random() < 0.15 else rng.randint(1, 9) for _ in range(2)]
    online = 0 if rng.random() < 0.07 else rng.randint(2, 60)
    return {"stock_mitte": branches[0], "stock_west": branches[1], "stock_online": online}


def gtin(serial: int) -> str:
    """A valid EAN-13 with prefix 200, the range for use inside a shop.

    >>> gtin(1)
    '2000000000015'
    """
    digits = f"200{serial:09d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"

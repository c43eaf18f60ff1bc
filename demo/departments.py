"""Which models can the made-up shop sell, and are its data files right?

Reads `catalogue/*.toml`, lays every line over its type (a line may override
any key), and refuses a file that would give nonsense, naming the file, the
type and the key:

    DataError: schuhe.toml, type 'pumps', colors: unknown 'ecru'. Known: apricot, ...
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
POOLS = ("titles", "openers", "details", "closers")
REQUIRED = ("id", "count", "product_type", "product_type_en", "category", "category_en", "price", "lines", *POOLS)
# Row fields and placeholders of the generator's own: an attribute of the same name would overwrite them.
RESERVED = frozenset(
    {
        "id",
        "item_group_id",
        "title",
        "title_en",
        "description",
        "description_en",
        "brand",
        "category",
        "category_en",
        "product_type",
        "product_type_en",
        "gender",
        "gender_en",
        "age_group",
        "color",
        "color_en",
        "color_hex",
        "color_in",
        "material",
        "material_en",
        "material_low",
        "size",
        "season",
        "price",
        "sale_price",
        "sale_price_effective_date",
        "stock_mitte",
        "stock_west",
        "stock_online",
        "release_date",
        "popularity",
        "gtin",
        "made_up",
        "line",
    }
)
FACTS = frozenset({"brand", "line", "color", "material", "season", "gender", "age_group"})


class DataError(ValueError):
    """A data file of the demo shop is wrong; the message names file, type and key."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One text of an editor in both languages, and where it may stand."""

    id: str
    de: str
    en: str
    when: Mapping[str, list]
    unless: Mapping[str, list]


@dataclass(frozen=True, slots=True)
class Attribute:
    """The values an attribute may take; `english` is empty where the words are the same."""

    choices: tuple
    english: tuple = ()


@dataclass(frozen=True, slots=True)
class Model:
    """One line of one brand, with all that its type says where the line is silent."""

    file: str
    type_id: str
    line: str
    brand: str
    has_own_price: bool
    fields: Mapping[str, Any]
    sizes: tuple[str, ...]
    attributes: Mapping[str, Attribute]
    pools: Mapping[str, tuple[Sentence, ...]]


@dataclass(frozen=True, slots=True)
class ProductType:
    """A kind of product: how many to make, of which models."""

    id: str
    count: int
    models: tuple[Model, ...]


@dataclass(frozen=True, slots=True)
class Shop:
    """All that the data files say."""

    types: tuple[ProductType, ...]
    colors: Mapping[str, Mapping[str, str]]
    materials: Mapping[str, Mapping[str, str]]


def read_shop(size_runs: Mapping[str, Iterable[str]], folder: Path = FOLDER) -> Shop:
    """Read and check every data file; a department file may add colours and materials."""
    colors, materials = _load(folder / "colors.toml"), _load(folder / "materials.toml")
    departments = {path.name: _load(path) for path in sorted((folder / "catalogue").glob("*.toml"))}
    for data in departments.values():
        colors |= data.get("colors", {})
        materials |= data.get("materials", {})
    types, seen = [], set()
    for file, data in departments.items():
        for entry in data.get("types", []):
            place = f"{file}, type {entry.get('id')!r}"
            _need(place, "id", entry.get("id") not in seen, "is used twice")
            seen.add(entry.get("id"))
            types.append(_product_type(place, file, entry, size_runs, colors, materials))
    return Shop(tuple(types), colors, materials)


def _load(path: Path) -> dict[str, Any]:
    """One TOML file, a syntax error naming the file."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{path.name}: {error}") from error


def _need(place: str, key: str, holds: bool, complaint: str) -> None:
    """Raise a DataError at `place` and `key` unless the condition holds."""
    if not holds:
        raise DataError(f"{place}, {key}: {complaint}")


def _known(place: str, key: str, names: Iterable[str], known: Collection[str]) -> None:
    """Every name must be known; the message lists those that are."""
    for name in names:
        _need(place, key, name in known, f"unknown {name!r}. Known: {', '.join(sorted(known))}")


def _product_type(
    place: Any, file: Any, entry: dict[str, Any], size_runs: Any, colors: Any, materials: Any
) -> ProductType:
    """One type with its models, each checked against the palette and the size runs."""
    for key in REQUIRED:
        _need(place, key, key in entry, "is missing")
    models = []
    for line in entry["lines"]:
        spot = f"{place}, line {line.get('name')!r}"
        for key in ("name", "brand"):
            _need(spot, key, key in line, "is missing")
        model = _model(spot, file, entry, line, size_runs)
        _known(spot, "colors", model.fields.get("colors", ()), colors)
        _known(spot, "materials", model.fields.get("materials", ()), materials)
        models.append(model)
    every_name = {name for model in models for name in model.attributes}
    for model in models:
        _check_texts(f"{place}, line {model.line!r}", model, every_name)
    return ProductType(entry["id"], entry["count"], tuple(models))


def _model(place: str, file: str, entry: dict, line: dict, size_runs: Mapping) -> Model:
    """Lay one line over its type; a line's attributes replace the type's one by one."""
    fields = {**entry, **line}
    attributes = {**entry.get("attributes", {}), **line.get("attributes", {})}
    low, high = fields["price"] if len(fields["price"]) == 2 else (0, 0)
    _need(place, "price", 0 < low <= high, "must be [low, high] in euros")
    return Model(
        file=file,
        type_id=entry["id"],
        line=line["name"],
        brand=line["brand"],
        has_own_price="price" in line,
        fields=fields,
        sizes=_sizes(place, fields.get("sizes", ()), size_runs),
        attributes={name: _attribute(place, name, spec) for name, spec in attributes.items()},
        pools={pool: _sentences(place, pool, fields[pool], own=pool in line) for pool in POOLS},
    )


def _sizes(place: str, sizes: str | list[str], size_runs: Mapping) -> tuple[str, ...]:
    """A run by its name, or the list as written."""
    if isinstance(sizes, str):
        _known(place, "sizes", [sizes], size_runs)
        return tuple(size_runs[sizes])
    return tuple(sizes)


def _attribute(place: str, name: str, spec: Mapping[str, list]) -> Attribute:
    """One attribute; English words must match the German ones in number."""
    key = f"attributes.{name}"
    _need(place, key, name not in RESERVED, "is a field of every row; choose another name")
    _need(place, key, bool(spec.get("choices")), "needs a list `choices`")
    english = tuple(spec.get("en", ()))
    _need(place, key, len(english) in (0, len(spec["choices"])), "`en` and `choices` differ in length")
    return Attribute(tuple(spec["choices"]), english)


def _sentences(place: str, pool: str, entries: list[dict], own: bool) -> tuple[Sentence, ...]:
    """The texts of one pool, numbered; `own` marks those that belong to one line."""
    for entry in entries:
        _need(place, pool, bool(entry.get("de")) and bool(entry.get("en")), f"needs `de` and `en`: {entry}")
    owner = place.rpartition(", ")[2] if own else "type"
    return tuple(
        Sentence(f"{owner}:{pool}:{number}", entry["de"], entry["en"], entry.get("when", {}), entry.get("unless", {}))
        for number, entry in enumerate(entries)
    )


def _check_texts(place: str, model: Model, every_name: set[str]) -> None:
    """Placeholders must have a value in this model; conditions may name any attribute of the type."""
    known = {"brand", "line"} | model.attributes.keys() | ({"size"} if model.sizes else set())
    known |= {"color", "color_in"} if model.fields.get("colors") else set()
    known |= {"material", "material_low"} if model.fields.get("materials") else set()
    for pool, sentences in model.pools.items():
        for sentence in sentences:
            _known(place, f"{pool}, when", [*sentence.when, *sentence.unless], FACTS | every_name)
            if not _may_hold(model, sentence):
                continue
            for text in (sentence.de, sentence.en):
                names = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
                _known(place, f"{pool}, {text!r}", names, known)


def _may_hold(model: Model, sentence: Sentence) -> bool:
    """Whether a condition on the line itself, or on an attribute it lacks, rules the sentence out."""
    fixed = {"brand": model.brand, "line": model.line}
    return all(
        fixed[name] in allowed if name in fixed else name in FACTS or name in model.attributes
        for name, allowed in sentence.when.items()
    )

"""Which column of a feed feeds which field of a product.

A mapping file names what the header does not make clear:

    languages = ["de", "en"]        # the first is the language of columns without a suffix
    currency = "EUR"                # of prices that name none
    ignore = ["Einkaufspreis"]

    [columns]                       # field = "column"
    id = "Art.-Nr. (intern)"
    title_en = "English name"
    stock_mitte = "Lager 1"

    [attributes]                    # attribute = "column"
    heel_height_cm = "Absatz"

    [separators]                    # fields whose cell may hold several values
    color = "/"

Every other column is guessed as if there were no file.
"""

from __future__ import annotations

import re
import tomllib
from collections import abc
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Literal

from catalog.values import Unreadable
from catalog.values import currency as currency_code
from search.errors import BadFeed

#: Field → the names that mean it, best first, as `column_name` writes them.
FIELDS: dict[str, tuple[str, ...]] = {
    "id": (
        "product_id",
        "article_id",
        "item_id",
        "artikelnummer",
        "artikelnr",
        "artikel_nr",
        "artikel_id",
        "art_nr",
    )
    + ("produktnummer", "produkt_id", "sku"),
    "group": ("item_group_id", "group_id", "parent_id", "parent_sku", "parent", "master_id", "gruppe")
    + ("artikelgruppe", "hauptartikel", "hauptartikelnummer"),
    "title": ("titel", "name", "product_name", "product_title", "produktname", "produkttitel", "bezeichnung")
    + ("artikelbezeichnung",),
    "description": ("beschreibung", "produktbeschreibung", "artikelbeschreibung", "product_description"),
    "brand": ("marke", "hersteller", "manufacturer", "vendor"),
    "category": ("categories", "kategorie", "kategorien", "category_path", "kategoriepfad", "warengruppe")
    + ("google_product_category",),
    "product_type": ("produkttyp", "produktart", "artikelart", "warenart"),
    "price": ("preis", "verkaufspreis", "list_price", "regular_price", "bruttopreis"),
    "sale_price": ("angebotspreis", "aktionspreis", "sonderpreis", "special_price"),
    "sale_price_effective_date": ("aktionszeitraum", "angebotszeitraum"),
    "currency": ("währung", "waehrung", "price_currency"),
    "stock": ("bestand", "lagerbestand", "stock_quantity", "inventory", "inventory_quantity"),
    "availability": ("verfügbarkeit", "verfuegbarkeit", "stock_status"),
    "released": ("release_date", "erscheinungsdatum", "erscheinungstermin"),
    "popularity": ("beliebtheit",),
    "margin": ("marge", "deckungsbeitrag", "rohertrag", "gross_margin"),
    "mpn": ("herstellernummer", "herstellernr", "manufacturer_part_number"),
    "gtin": ("ean", "gtin13", "gtin_13", "ean13", "barcode", "upc", "isbn"),
    "image": ("image_link", "image_url", "bild", "bildlink", "bild_url"),
    "url": ("link", "product_url", "produktlink", "deeplink"),
    "size": ("größe", "grösse", "groesse"),
    "color": ("colour", "farbe"),
    "gender": ("geschlecht",),
    "age_group": ("altersgruppe",),
    "material": (),
    "label": ("siegel", "gütesiegel", "guetesiegel", "certification", "zertifikat", "quality_seal"),
    "season": ("saison",),
}
TEXT_FIELDS = frozenset({"title", "description"})
#: Known fields that are kept as attributes of the product.
ATTRIBUTE_FIELDS = frozenset({"size", "color", "gender", "age_group", "material", "label", "season"})
#: Fields whose values may have a label in another language; so may every attribute.
LABELLED_FIELDS = ATTRIBUTE_FIELDS | {"brand", "category", "product_type"}
#: What no attribute may be called, so that a filter's field always means one thing.
RESERVED = (frozenset(FIELDS) - ATTRIBUTE_FIELDS - {"availability"}) | {"labels", "variants", "attributes"}

_RANKED = {name: (known, rank) for known, aliases in FIELDS.items() for rank, name in enumerate((known, *aliases))}
_STOCK_PREFIXES = ("stock_", "bestand_", "lagerbestand_")
#: JSON objects whose keys are attributes as they stand; of any other object they get its name before.
_ATTRIBUTE_OBJECTS = frozenset({"attributes", "attribute", "attribut", "eigenschaften", "properties", "specs"})
#: After every column that says the field without a suffix.
_SUFFIXED = 1000

Kind = Literal["field", "text", "stock", "label", "attribute", "ignored"]


@dataclass(frozen=True, slots=True)
class Target:
    """Where a column's value goes. `name` is a field, a branch or an attribute."""

    kind: Kind
    name: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Mapping:
    """What a shop says about its columns. The default says nothing: all is guessed.

    `languages` start with that of columns without a suffix. `columns` maps a column to a field
    ("title", "title_en", "color_en", "stock_mitte") and `attributes` a column to an attribute's name.
    """

    languages: tuple[str, ...] = ("de", "en")
    currency: str | None = None
    columns: abc.Mapping[str, str] = field(default_factory=dict)
    attributes: abc.Mapping[str, str] = field(default_factory=dict)
    separators: abc.Mapping[str, str] = field(default_factory=dict)
    ignore: frozenset[str] = frozenset()

    @property
    def language(self) -> str:
        """The language of columns without a suffix."""
        return self.languages[0]


def column_name(column: str) -> str:
    """The column's name as attributes are called: lower case, words joined by underscores.

    >>> column_name(" Größe (cm)"), column_name("g:item_group_id")
    ('größe_cm', 'item_group_id')
    """
    return "_".join(re.findall(r"\w+", column.strip().removeprefix("g:").lower())) or "column"


def guess_mapping(columns: Iterable[str], languages: tuple[str, ...] = ("de", "en")) -> Mapping:
    """Name the columns whose header says what they are; the best name wins a field, the rest stay out.

    >>> dict(guess_mapping(["Artikelnummer", "Titel", "sku", "Absatz"]).columns)
    {'Artikelnummer': 'id', 'Titel': 'title'}
    """
    best: dict[str, tuple[int, str]] = {}
    for column in columns:
        meaning = _meaning(column, languages)
        if meaning and (meaning[0] not in best or meaning[1] < best[meaning[0]][0]):
            best[meaning[0]] = (meaning[1], column)
    return Mapping(languages, columns={column: name for name, (_, column) in best.items()})


def _meaning(column: str, languages: tuple[str, ...]) -> tuple[str, int] | None:
    """The field that a header clearly names, and how far down the list of names it stands."""
    name = column_name(column)
    if name in _RANKED:
        return _RANKED[name]
    for prefix in _STOCK_PREFIXES:
        if name.startswith(prefix):
            return f"stock_{name.removeprefix(prefix)}", 0
    base, _, language = name.rpartition("_")
    known, rank = _RANKED.get(base, ("", 0))
    if language in languages and known in TEXT_FIELDS | LABELLED_FIELDS:
        return (known, rank + _SUFFIXED) if language == languages[0] else (f"{known}_{language}", rank)
    return None


def target(name: str, languages: tuple[str, ...]) -> Target | None:
    """Where a field of a mapping goes; None if there is no such field."""
    if name in TEXT_FIELDS:
        return Target("text", name, languages[0])
    if name in FIELDS:
        return Target("field", name)
    if name.startswith("stock_"):
        return Target("stock", name.removeprefix("stock_"))
    base, _, language = name.rpartition("_")
    if language in languages and base in TEXT_FIELDS:
        return Target("text", base, language)
    if language in languages[1:] and base in LABELLED_FIELDS:
        return Target("label", base, language)
    return None


class Columns:
    """The target of every column of one feed, decided once a column.

    The mapping goes first, then what the header makes clear, then attributes. A column whose field
    another one already feeds becomes an attribute.
    """

    def __init__(self, mapping: Mapping, header: Iterable[str] = ()):
        self.mapping = mapping
        self._targets: dict[str, Target] = {}
        self._nested: dict[tuple[str, str], Target] = {}
        self._fed: dict[str, str] = {}
        self._taken: set[Target] = set()
        header = list(header)
        self._names = {column_name(column) for column in header}
        for column in mapping.ignore:
            self._targets[column] = Target("ignored", column)
        for column, name in mapping.columns.items():
            found = target(name, mapping.languages)
            if found is None:
                raise BadFeed(unknown_field(name), name)
            self._claim(column, found)
        for column, name in mapping.attributes.items():
            self._claim(column, self._attribute(column_name(name)))
        self._guess(column for column in header if column not in self._targets)

    def __getitem__(self, column: str) -> Target:
        found = self._targets.get(column)
        if found is None:
            self._guess([column])
            found = self._targets.get(column) or self._claim(column, self._free(self._attribute(column_name(column))))
        return found

    def nested(self, column: str, key: str) -> Target:
        """The target of a key in a JSON object, which a mapping may name as `column.key`.

        Of the known fields only those kept as attributes, and product_type, are looked for there.
        """
        found = self._nested.get((column, key))
        if found is None:
            found = self._targets.get(f"{column}.{key}")
            meaning = _meaning(key, self.mapping.languages)
            if found is None and meaning and column_name(column) in _ATTRIBUTE_OBJECTS:
                wanted = target(meaning[0], self.mapping.languages)
                if wanted and wanted.name in ATTRIBUTE_FIELDS | {"product_type"}:
                    found = wanted
            found = self._nested[column, key] = found or self.nested_attribute(column, key)
        return found

    def nested_attribute(self, column: str, key: str) -> Target:
        """The key as an attribute, whatever else it might mean."""
        name = column_name(column)
        return self._attribute(column_name(key) if name in _ATTRIBUTE_OBJECTS else f"{name}_{column_name(key)}")

    def column_of(self, name: str) -> str | None:
        """A column that feeds a known field."""
        return self._fed.get(name)

    def learn(self, row: abc.Mapping[str, object]) -> None:
        """Decide on columns that the header did not show."""
        if not row.keys() <= self._targets.keys():
            for column in row:
                self[column]

    def _guess(self, columns: Iterable[str]) -> None:
        for column, name in guess_mapping(columns, self.mapping.languages).columns.items():
            found = target(name, self.mapping.languages)
            if found and found not in self._taken:
                self._claim(column, found)

    def _claim(self, column: str, found: Target) -> Target:
        self._taken.add(found)
        self._targets[column] = found
        if found.kind in ("field", "text"):
            self._fed.setdefault(found.name, column)
        return found

    def _free(self, found: Target) -> Target:
        """The same target, or one with a number where two columns would share an attribute."""
        numbers = (replace(found, name=f"{found.name}_{n}") for n in count(2))
        return found if found not in self._taken else next(t for t in numbers if t not in self._taken)

    def _attribute(self, name: str) -> Target:
        """An attribute, or another language's label of one: `fit_en`, of `fit` or `fit_de`."""
        base, _, language = name.rpartition("_")
        if base and language in self.mapping.languages[1:] and base not in RESERVED:
            return Target("label", base, language)
        if (
            base
            and language == self.mapping.language
            and any(f"{base}_{other}" in self._names for other in self.mapping.languages[1:])
        ):
            name = base
        return Target("attribute", f"feed_{name}" if name in RESERVED else name)


# --- the mapping file ----------------------------------------------------------------------------


def read_mapping(path: Path) -> Mapping:
    """Read a mapping file; `BadFeed` names the file and the key that does not fit."""
    try:
        with path.open("rb") as file:
            data = tomllib.load(file)
    except OSError as error:
        raise BadFeed(f"{path}: the mapping cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadFeed(f"{path}: the mapping is not TOML: {error}") from error
    try:
        return _mapping(data)
    except BadFeed as error:
        raise BadFeed(f"{path}: {error.message}", error.place) from None


def unknown_field(name: str) -> str:
    """The sentence for a field that no product has."""
    languages = "title_<language>, description_<language>, <field>_<language>, stock_<branch>"
    return f"No field {name!r}. Known fields: {', '.join(FIELDS)}, {languages}. Others go under [attributes]."


def _mapping(data: dict[str, object]) -> Mapping:
    known = ("languages", "currency", "ignore", "columns", "attributes", "separators")
    for key in data:
        if key not in known:
            raise BadFeed(f"No key {key!r} in a mapping. Known keys: {', '.join(known)}.", key)
    languages = tuple(_strings(data, "languages", ["de", "en"]))
    if not languages:
        raise BadFeed("languages needs at least one language.", "languages")
    currency = data.get("currency")
    if currency is not None and not isinstance(currency, str):
        raise BadFeed("currency must be a text.", "currency")
    if currency is not None:
        try:
            currency = currency_code(currency)
        except Unreadable as error:
            raise BadFeed(f"currency: {error}. Write an ISO code such as EUR.", "currency") from None
    columns = _table(data, "columns")
    for name in columns:
        if target(name, languages) is None:
            raise BadFeed(unknown_field(name), f"columns.{name}")
    return Mapping(
        languages=languages,
        currency=currency,
        columns=_by_column(columns),
        attributes=_by_column(_table(data, "attributes")),
        separators=_table(data, "separators"),
        ignore=frozenset(_strings(data, "ignore", [])),
    )


def _by_column(table: dict[str, str]) -> dict[str, str]:
    """Turn `field = "column"` round."""
    turned = {column: name for name, column in table.items()}
    for name, column in table.items():
        if turned[column] != name:
            raise BadFeed(f"The column {column!r} cannot feed both {name} and {turned[column]}.", name)
    return turned


def _strings(data: dict[str, object], key: str, default: list[str]) -> list[str]:
    value = data.get(key, default)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadFeed(f"{key} must be a list of texts.", key)
    return value


def _table(data: dict[str, object], key: str) -> dict[str, str]:
    value = data.get(key, {})
    if not isinstance(value, dict) or not all(isinstance(item, str) and item for item in value.values()):
        raise BadFeed(f"[{key}] must be a table of texts.", key)
    return value

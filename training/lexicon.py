"""The lexicon: product types and attributes in German and English, written for this encoder, in plain text.

A product type is a line of six fields between " | ", with alternatives between " ; ":

    names_de | names_en | needs_de | needs_en | titles_de | titles_en

Names are what it is called; needs are how somebody asks for it without its name; titles are how a shop lists it. An
attribute is a line of six fields too:

    group | forms_de | forms_en | says_de | says_en | goes_with_de

Forms are how it is written, says are how it is said without them, goes_with names German product types that have it.
A line that begins with "## " heads a category; blank lines are skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from search.errors import BadInput

FOLDER = Path(__file__).parent / "lexicon"
LANGUAGES = ("de", "en")
Texts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProductType:
    """A kind of thing that shops sell; each field by language."""

    category: str
    names: dict[str, Texts]
    needs: dict[str, Texts]
    titles: dict[str, Texts]

    @property
    def id(self) -> str:
        """Its usual German name."""
        return self.names["de"][0]


@dataclass(frozen=True, slots=True)
class Attribute:
    """A property that products have: how it is written, how it is said, and what it is said of."""

    group: str
    forms: dict[str, Texts]
    says: dict[str, Texts]
    goes_with: Texts


def read_types(folder: Path = FOLDER) -> list[ProductType]:
    """All product types below a folder, each name once (the first line counts).

    Raises:
        BadInput: a line that has not six fields; `place` is file and line.
    """
    found: dict[str, ProductType] = {}
    for category, fields in _lines(sorted((folder / "types").rglob("*.txt"))):
        names_de, names_en, needs_de, needs_en, titles_de, titles_en = fields
        each = ProductType(
            category,
            {"de": names_de, "en": names_en},
            {"de": needs_de, "en": needs_en},
            {"de": titles_de, "en": titles_en},
        )
        found.setdefault(each.id.lower(), each)
    return list(found.values())


def read_attributes(folder: Path = FOLDER) -> list[Attribute]:
    """All attributes below a folder.

    Raises:
        BadInput: a line that has not six fields; `place` is file and line.
    """
    return [
        Attribute(fields[0][0], {"de": fields[1], "en": fields[2]}, {"de": fields[3], "en": fields[4]}, fields[5])
        for _, fields in _lines(sorted((folder / "attributes").rglob("*.txt")))
    ]


def _lines(paths: list[Path]) -> Iterator[tuple[str, list[Texts]]]:
    for path in paths:
        category = path.stem
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.startswith("## "):
                category = line.removeprefix("## ").strip()
            elif line.strip():
                fields = [
                    tuple(part.strip() for part in field.split(" ; ") if part.strip()) for field in line.split(" | ")
                ]
                if len(fields) != 6 or not all(fields):
                    raise BadInput(f"Line {number} of {path.name} has not six filled fields.", f"{path}:{number}")
                yield category, fields

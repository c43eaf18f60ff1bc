"""What a section of the report is made of, before it is HTML: the template draws each kind of block in one way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from markupsafe import Markup

from eval.documents import Made

#: Units of the drawing, which are CSS pixels at most: text is never scaled up, and down by a tenth only.
WIDE, NARROW = 600, 340

#: A drawing for a given width.
Draw = Callable[[int], Markup]


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure, drawn twice: the style sheet shows the one that fits."""

    title: str
    wide: Markup
    narrow: Markup
    note: str = ""
    block: Literal["chart"] = "chart"

    @classmethod
    def of(cls, title: str, draw: Draw, note: str = "") -> Chart:
        """Draw a figure for wide and for narrow screens."""
        return cls(title, draw(WIDE), draw(NARROW), note)


@dataclass(frozen=True, slots=True)
class Table:
    """A table that is small enough to be written out. The first column is each row's name, the others are numbers,
    unless `words` names their position."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""
    words: Sequence[int] = ()
    broad: bool = False
    block: Literal["table"] = "table"

    @property
    def is_broad(self) -> bool:
        """It needs the page's whole width: half of it holds about 70 letters, less the space between columns."""
        widest = [
            max([len(row[place]) for row in self.rows] + [len(name) // 2]) for place, name in enumerate(self.columns)
        ]
        return self.broad or sum(widest) + 2 * len(widest) > 66


@dataclass(frozen=True, slots=True)
class Queries:
    """A table that the page's script builds from `data`: sorted, searched, opened; see report.js."""

    id: str
    caption: str
    data: dict[str, Any]
    note: str = ""
    block: Literal["queries"] = "queries"


Block = Chart | Table | Queries


@dataclass(frozen=True, slots=True)
class Part:
    """A heading and what stands under it."""

    title: str
    blocks: Sequence[Block]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One document. `says` is what its figures say, in plain words, the most important sentence first; `warnings`
    what makes them less than they look."""

    id: str
    title: str
    file: str
    says: Sequence[str]
    parts: Sequence[Part]
    made: Made
    warnings: Sequence[str] = field(default=())

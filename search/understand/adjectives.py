"""Adjectives that a product's type decides the meaning of: "leicht" is grams for a laptop and tog for a duvet.

Three sources, the first that says something counts: the shop's own file, the file beside this one, and the catalogue's
descriptions: where products of a kind that are called "handlich" weigh less than the others, handlich is a low weight.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from search.errors import BadSettings
from search.text import stem
from search.types import Rows, Stated
from search.understand.fields import BELONGS, Kind, end_of_range
from search.understand.prices import WANTED

DEFAULTS = Path(__file__).with_name("adjectives.toml")
#: Products that must be called so, and as many that are not, before anything is learned; the difference in
#: standard errors of the mean rank (Mann and Whitney's z) from which it is believed.
LEAST_CALLED, SURE = 5, 3.0
#: The shortest word of a query that may be learned as an adjective.
SHORTEST = 4

#: term, language -> rows whose texts hold it
Mentions = Callable[[str, str], Rows]


class Adjective(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words of one meaning, and the fields of which they want little (`low`) or much (`high`).

    `otherwise`: what they say about the price of what has no such field, and of nothing in particular.
    """

    words: tuple[str, ...]
    low: tuple[str, ...] = ()
    high: tuple[str, ...] = ()
    otherwise: Literal["", "cheap", "dear"] = ""


@lru_cache(maxsize=8)
def read_adjectives(path: str = "") -> Mapping[str, Adjective]:
    """The adjectives of the file beside this module, replaced and extended by a shop's own.

    Raises:
        BadSettings: the file cannot be read, or says something unknown.
    """
    found: dict[str, Adjective] = {}
    for file in (DEFAULTS, *([Path(path)] if path else [])):
        try:
            said = tomllib.loads(file.read_text(encoding="utf-8"))
            found |= msgspec.convert(said, dict[str, Adjective])
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
            raise BadSettings(
                f"The adjectives in {file} cannot be read: {error}.", "understanding.adjectives"
            ) from error
    return found


@dataclass(frozen=True, eq=False)
class Adjectives:
    """Reads adjectives for a kind.

    Args:
        table: name -> adjective.
        mentions: which products a word is said of.
        learn: read adjectives that the table lacks from the descriptions.
    """

    table: Mapping[str, Adjective]
    mentions: Mentions
    learn: bool = True
    _stems: dict[str, dict[str, Adjective]] = field(default_factory=dict)

    def read(self, word: str, language: str, kind: Kind, text: str, start: int) -> Stated | None:
        """What an adjective wants of this kind; None where it wants nothing in particular.

        Args:
            word: folded. text, start: as it stands in the query.
        """
        meant = self._of(language).get(stem(word, language))
        end = self._told(meant, kind) if meant else None
        if end is None and self.learn and len(word) >= SHORTEST and word.isalpha():
            end = self._learned(stem(word, language), language, kind)
        if end is None:
            return self.read_alone(word, language, kind, text, start)
        name, low = end
        value = "low" if low else "high"
        return Stated(name, value, text, "prefer", end_of_range(kind, name, low), start)

    def read_alone(self, word: str, language: str, kind: Kind, text: str, start: int) -> Stated | None:
        """What an adjective says about the price, where it wants no other field: "etwas Sparsames" is cheap."""
        meant = self._of(language).get(stem(word, language))
        if meant is None or not meant.otherwise or "_price_band" not in kind.columns.columns:
            return None
        return Stated("price", meant.otherwise, text, "prefer", WANTED[meant.otherwise], start)

    def _of(self, language: str) -> dict[str, Adjective]:
        if language not in self._stems:
            pairs = ((stem(word, language), adjective) for adjective in self.table.values() for word in adjective.words)
            self._stems[language] = dict(pairs)
        return self._stems[language]

    @staticmethod
    def _told(adjective: Adjective, kind: Kind) -> tuple[str, bool] | None:
        for patterns, low in ((adjective.low, True), (adjective.high, False)):
            for pattern in patterns:
                if name := kind.number_field(pattern):
                    return name, low
        return None

    def _learned(self, term: str, language: str, kind: Kind) -> tuple[str, bool] | None:
        """The field in which products of the kind that are called so differ most from the others."""
        called = np.zeros(kind.columns.size, bool)
        called[self.mentions(term, language)] = True
        if (called & kind.mask).sum() < LEAST_CALLED:
            return None
        differences = [(difference(kind, name, called), name) for name in kind.number_fields[:12]]
        sure = [(z, name) for z, name in differences if abs(z) >= SURE and kind.share(name) >= BELONGS]
        if not sure:
            return None
        z, name = max(sure, key=lambda pair: (abs(pair[0]), pair[1]))
        return name, z < 0


def difference(kind: Kind, name: str, called: Sequence[bool] | np.ndarray) -> float:
    """How far products that are called so lie above (+) or below (−) the others of a kind in one number.

    z = (mean rank of the called − mean rank) / (standard error of a mean rank); ties share their mean rank.

    Source: Mann and Whitney 1947, in its normal approximation.
    """
    column = kind.columns.number(name)
    if column is None:
        return 0.0
    inside = kind.mask[column.rows]
    numbers, of_called = column.numbers[inside], np.asarray(called)[column.rows[inside]]
    n, m = len(numbers), int(of_called.sum())
    if min(m, n - m) < LEAST_CALLED:
        return 0.0
    _, place, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    if len(counts) < 2:
        return 0.0
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    error = ranks.std() * np.sqrt((n - m) / (m * max(n - 1, 1)))
    return float((ranks[of_called].mean() - ranks.mean()) / max(error, 1e-9))

"""Sentences, numbers and dates in the report's language; the texts themselves are in labels.py."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from babel.dates import format_datetime
from babel.numbers import format_decimal

from eval.documents import Interval
from eval.report.labels import ENDINGS, LABELS, LANGUAGES, NAMES
from search.errors import BadInput

MINUS = "−"
#: Keeps a number and its sign on one line.
UNBROKEN = "\u00a0"


def kept_together(text: str) -> str:
    """A text whose per cent signs stay beside their numbers."""
    return text.replace(" %", f"{UNBROKEN}%").replace("95-%-Intervall", "95\u2011%\u2011Intervall")


def setting(name: str, value: Any) -> str:
    """A line of a settings file.

    >>> setting("fusion.floor", 0.1)
    'fusion.floor = 0.1'
    """
    return f"{name} = {json.dumps(value, ensure_ascii=False)}"


def sentence(text: str) -> str:
    """A text that begins with a capital.

    >>> sentence("served: better")
    'Served: better'
    """
    return text[:1].upper() + text[1:]


@dataclass(frozen=True, slots=True)
class Words:
    """One language.

    >>> de = Words("de")
    >>> de.number(1234.5, 1), de.signed(-0.0123), de.p(0.0001)
    ('1.234,5', '−0,012', 'p\xa0<\xa00,001')
    >>> de.count("n_queries", 1), de.count("n_queries", 1200)
    ('1 Anfrage', '1.200 Anfragen')
    """

    lang: str

    def __post_init__(self) -> None:
        if self.lang not in LANGUAGES:
            raise BadInput(f"There is no report in '{self.lang}'. Languages: {', '.join(LANGUAGES)}.", "--lang")

    def __call__(self, key: str, **values: object) -> str:
        """A text, with its places filled."""
        return kept_together(LABELS[key][LANGUAGES.index(self.lang)].format(**values))

    def count(self, key: str, n: int, **values: object) -> str:
        """A text that has one form for 1 and one for all other numbers, parted by |."""
        one, _, many = LABELS[key][LANGUAGES.index(self.lang)].partition("|")
        return kept_together((one if n == 1 else many).format(n=self.number(n), **values))

    def name(self, known: str) -> str:
        """The label of a stage, a step, a ranker or a slice that the suite knows; anything else as it is."""
        if known in NAMES:
            return NAMES[known][LANGUAGES.index(self.lang)]
        for ending, forms in ENDINGS.items():
            if known.endswith(ending):
                return self.name(known.removesuffix(ending)) + forms[LANGUAGES.index(self.lang)]
        head, bracket, rest = known.partition(" (")
        return self.name(head) + bracket + rest if bracket else known

    def number(self, value: float, digits: int = 0) -> str:
        """1,234.50 or 1.234,50."""
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return format_decimal(round(value, digits) + 0.0, pattern, self.lang).replace("-", MINUS)

    def loose(self, value: float) -> str:
        """A number for a tick: no more digits than it has."""
        return format_decimal(round(value, 6) + 0.0, "#,##0.######", self.lang).replace("-", MINUS)

    def signed(self, value: float, digits: int = 3) -> str:
        """A difference: +0.012, −0.012, ±0.000."""
        written = self.number(abs(value), digits)
        if float(f"{abs(value):.{digits}f}") == 0:
            return "±" + written
        return ("+" if value > 0 else MINUS) + written

    def percent(self, share: float, digits: int = 1) -> str:
        """0.031 -> 3.1 %."""
        return f"{self.number(100 * share, digits)}{UNBROKEN}%"

    def signed_percent(self, percent: float, digits: int = 1) -> str:
        """12.3 -> +12.3 %; the value is in per cent already."""
        return f"{self.signed(percent, digits)}{UNBROKEN}%"

    def milliseconds(self, value: float) -> str:
        """A time, with three digits or so."""
        return self.number(value, 0 if value >= 100 else 1 if value >= 10 else 2)

    def between(self, interval: Interval, digits: int = 3) -> str:
        """The reach of an interval: 0.601 to 0.625."""
        return self("reach", low=self.number(interval.low, digits), high=self.number(interval.high, digits))

    def signed_between(self, interval: Interval, digits: int = 3) -> str:
        """The reach of an interval of differences: −0.004 to +0.011."""
        return self("reach", low=self.signed(interval.low, digits), high=self.signed(interval.high, digits))

    def p(self, value: float) -> str:
        """A p value: p = 0.034, p < 0.001."""
        sign, shown = ("<", 0.001) if value < 0.001 else ("=", value)
        return f"p{UNBROKEN}{sign}{UNBROKEN}{self.number(shown, 3)}"

    def date(self, time: str) -> str:
        """A time of ISO 8601 as people write it; what is none stays as it is."""
        try:
            return (
                format_datetime(
                    datetime.fromisoformat(time),
                    "d. MMMM y, HH:mm" if self.lang == "de" else "d MMMM y, HH:mm",
                    locale=self.lang,
                )
                + " UTC"
            )
        except ValueError:
            return time

    def value(self, value: Any) -> str:
        """A setting's value."""
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, int | float):
            return self.loose(value)
        if isinstance(value, list | tuple):
            return ", ".join(self.value(one) for one in value)
        return str(value)

    def settings(self, settings: dict[str, Any]) -> str:
        """Settings in one line, as a settings file writes them: to be copied, so in no language."""
        return ", ".join(setting(name, value) for name, value in settings.items())

    def listed(self, parts: Iterable[str]) -> str:
        """a, b and c."""
        *most, last = parts
        return f"{', '.join(most)} {self('and')} {last}" if most else last

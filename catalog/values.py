"""What one value of a feed says: numbers, prices, days, stock, category paths, attributes.

Every function takes what a JSON line or a CSV cell holds and returns a value of `search.types`, or
raises `Unreadable`. None of them guesses: a value that reads in no known way is refused.

Own parsing of prices, because both libraries that suit by name fail on feeds: price-parser 0.5 looks
for a price inside prose ("-5 EUR" is 5, "abc 3" is 3), and babel's parse_decimal knows one notation at
a time ("12.50" in a German feed is 1250, or refused when strict).
"""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from babel.core import get_global

from search.types import AttributeValue

MAX_ID_LENGTH = 256
#: Ten billion euros: beyond any shop, and far inside int64.
MAX_PRICE_CENTS = 10**12
#: "999999999" is how exports say "always there"; more carries no meaning and might not fit a column.
MAX_STOCK = 10**9
#: Longer texts are no number; the patterns below may backtrack, so they never see one.
MAX_NUMBER_LENGTH = 64

SYMBOLS = {
    "€": "EUR",
    "EURO": "EUR",
    "$": "USD",
    "US$": "USD",
    "£": "GBP",
    "¥": "JPY",
    "￥": "JPY",
    "ZŁ": "PLN",
}
SYMBOLS |= {"FR.": "CHF", "SFR.": "CHF", "KČ": "CZK", "₺": "TRY", "₽": "RUB", "₹": "INR", "FT": "HUF"}

GENDERS = {
    "damen": ("damen", "dame", "frauen", "frau", "women", "woman", "female", "ladies", "weiblich", "w", "f"),
    "herren": ("herren", "herr", "männer", "mann", "men", "man", "male", "männlich", "m"),
    "unisex": ("unisex",),
    "mädchen": ("mädchen", "girls", "girl"),
    "jungen": ("jungen", "junge", "boys", "boy"),
}
_GENDER_OF = {word: gender for gender, words in GENDERS.items() for word in words}

_IN_STOCK = {"in stock", "instock", "available", "limitedavailability", "lieferbar", "sofort lieferbar"}
_IN_STOCK |= {"auf lager", "vorrätig", "verfügbar", "true", "yes", "ja", "1"}
_OUT_OF_STOCK = {"out of stock", "outofstock", "unavailable", "sold out", "soldout", "discontinued"}
_OUT_OF_STOCK |= {
    "nicht lieferbar",
    "nicht vorrätig",
    "nicht verfügbar",
    "ausverkauft",
    "false",
    "no",
    "nein",
    "0",
}

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_FORBIDDEN_IN_ID = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_GROUPED_BY_SPACE = re.compile(r"[0-9]{1,3}(?:(?:['’]| )[0-9]{3})+(?=[.,]|$)")
_PLAIN_NUMBER = re.compile(r"([-+−]?)([0-9][0-9.,]*|[.,][0-9]+)")
_PRICE = re.compile(
    r"(?P<before>[^0-9,+−-]*?)\s*"
    r"(?P<number>[-+−]?(?:(?<!\S)[.,])?[0-9](?:[0-9.,'’ ]*[0-9])?)"
    r"(?:[.,][-–—]+)?"  # "12,– €"
    r"\s*(?P<after>[^0-9]*)"
)
_LEVEL = re.compile(r"(?<=\s)>(?=\s)|›")
_QUANTITY = re.compile(r"[-+−]?(?:0|[1-9][0-9]{0,6})(?:[.,][0-9]{1,6})?")
_GERMAN_DAY = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})(?:[ ,T]+[0-9]{1,2}:[0-9]{2}.*)?")
_MONTH = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?")


class Unreadable(Exception):
    """A value that cannot be used. `reason` is free of the value, so that equal ones can be counted."""

    def __init__(self, field: str, reason: str, value: object = None, detail: str | None = None):
        super().__init__(field, reason)
        self.field = field
        self.reason = reason
        self.detail = detail if value is None else repr(value)

    def __str__(self) -> str:
        if self.detail is None:
            return self.reason
        return f"{self.reason}: {self.detail if len(self.detail) <= 80 else self.detail[:79] + '…'}"


# --- texts ---------------------------------------------------------------------------------------


def is_empty(value: Any) -> bool:
    """True for what a feed writes when it has nothing to say; 0 and false say something."""
    if type(value) is str:
        return not value or value.isspace()
    return value is None or value == [] or value == {}


def text(value: Any) -> str:
    """The value as people read it, without outer blanks and control characters.

    >>> text(42.0), text(True), text([1, "b"]), text(" a ")
    ('42', 'true', '1, b', 'a')
    """
    if type(value) is str:
        return (value if value.isprintable() else _CONTROL.sub(" ", value)).strip()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, list):
        return ", ".join(text(part) for part in value if not is_empty(part))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


def texts(value: Any, separator: str | None = None) -> list[str]:
    """One text or several: a list's own, or those of a cell that `separator` divides."""
    if isinstance(value, list):
        parts = value
    elif separator and isinstance(value, str):
        parts = value.split(separator)
    else:
        parts = [value]
    return [said for part in parts if not is_empty(part) and (said := text(part))]


def identifier(value: Any, field: str = "id") -> str:
    """An id: 1 to 256 characters, none of them a control character."""
    if isinstance(value, bool | list | dict):
        raise Unreadable(field, "not a text", value)
    name = value.strip() if isinstance(value, str) else text(value)
    if not name:
        raise Unreadable(field, f"no {field}")
    if len(name) > MAX_ID_LENGTH:
        raise Unreadable(field, f"longer than {MAX_ID_LENGTH} characters", name)
    if not name.isprintable() and _FORBIDDEN_IN_ID.search(name):
        raise Unreadable(field, "contains a control character", name)
    return name


def paths(value: Any) -> tuple[tuple[str, ...], ...]:
    """Category paths, root first, without repeats.

    >>> paths("Damen > Hosen | Sale")
    (('Damen', 'Hosen'), ('Sale',))
    >>> paths(["Damen", "Hosen"]), paths([["Damen"], ["Sale"]])
    ((('Damen', 'Hosen'),), (('Damen',), ('Sale',)))
    """
    if not isinstance(value, list):
        found = [_LEVEL.split(path) for path in text(value).split("|")]
    elif any(isinstance(part, list) for part in value):
        found = [texts(part) for part in value]
    elif any(isinstance(part, str) and _LEVEL.search(part) for part in value):
        found = [_LEVEL.split(text(part)) for part in value]
    else:
        found = [texts(value)]
    cleaned = (tuple(level.strip() for level in path if level.strip()) for path in found)
    return tuple(dict.fromkeys(path for path in cleaned if path))


def gender(value: str) -> str:
    """`damen`, `herren`, `unisex`, `mädchen`, `jungen`, or what the feed says, in lower case."""
    word = value.casefold() if value.isascii() else value.lower()
    return _GENDER_OF.get(word, word)


# --- numbers and prices --------------------------------------------------------------------------


def number(value: str, english: bool = False) -> Decimal | None:
    """The number that a text writes, in German, English or Swiss notation; None where it is none.

    Of two different separators the last is the decimal one. A single separator before exactly three
    digits groups thousands ("1.234" is 1234) unless the head could not be a group ("0.234",
    "1234.567") or the feed is English and the separator a point.

    >>> [str(number(text)) for text in ("1.234,56", "1,299.00", "1'299.00", "12,5", "1.234", "0.234")]
    ['1234.56', '1299.00', '1299.00', '12.5', '1234', '0.234']
    >>> number("1.234", english=True), number("1,23,4")
    (Decimal('1.234'), None)
    """
    if len(value) > MAX_NUMBER_LENGTH:
        return None
    grouped = _GROUPED_BY_SPACE.search(value)
    if grouped:
        value = value[: grouped.start()] + re.sub("['’ ]", "", grouped[0]) + value[grouped.end() :]
    match = _PLAIN_NUMBER.fullmatch(value.strip())
    if match is None:
        return None
    sign, digits = match.groups()
    point = max(digits.rfind("."), digits.rfind(","))
    head, tail = (digits, "") if point < 0 else (digits[:point], digits[point + 1 :])
    if point >= 0 and not tail:
        return None
    if point >= 0 and _groups_thousands(head, digits[point], tail, english):
        head, tail = f"{head}{digits[point]}{tail}", ""
    whole = _ungrouped(head)
    if whole is None:
        return None
    return Decimal(f"{'-' if sign in ('-', '−') else ''}{whole or '0'}{'.' if tail else ''}{tail}")


def _groups_thousands(head: str, separator: str, tail: str, english: bool) -> bool:
    """Whether the last separator belongs to the whole number."""
    if separator in head:
        return True
    if len(tail) != 3 or not head.isdigit() or len(head) > 3 or head[0] == "0":
        return False
    return not (english and separator == ".")


def _ungrouped(head: str) -> str | None:
    """The digits of a whole number; None if its separators differ or its groups are not of three."""
    for separator in ".,":
        if separator in head:
            first, *groups = head.split(separator)
            fits = 1 <= len(first) <= 3 and first.isdigit() and all(len(g) == 3 and g.isdigit() for g in groups)
            return first + "".join(groups) if fits else None
    return head


@lru_cache(maxsize=256)
def currency(value: str) -> str:
    """The ISO 4217 code that a code or a symbol means; "$" is USD and "¥" JPY."""
    word = value.strip().upper()
    code = SYMBOLS.get(word, word)
    if code not in get_global("all_currencies"):
        raise Unreadable("currency", "not a currency", value)
    return code


def price(value: Any, field: str = "price", english: bool = False) -> tuple[int, str | None]:
    """Hundredths, halves rounded up, and the currency if the value names one.

    >>> price("1.234,56 €"), price("USD 1,299.00"), price(12.5), price("12,– €")
    ((123456, 'EUR'), (129900, 'USD'), (1250, None), (1200, 'EUR'))
    """
    code = None
    if isinstance(value, str):
        match = _PRICE.fullmatch(value.translate(_BLANKS).strip()) if len(value) <= MAX_NUMBER_LENGTH else None
        before, after = (match["before"].strip(), match["after"].strip()) if match else ("", "")
        amount = number(match["number"], english) if match and not (before and after) else None
        if before or after:
            code = _currency_of(before or after, field, value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        amount = Decimal(repr(value)) if -MAX_PRICE_CENTS < value < MAX_PRICE_CENTS else None
    else:
        amount = None
    if amount is None or amount * 100 > MAX_PRICE_CENTS:
        raise Unreadable(field, "not a price", value)
    if amount < 0:
        raise Unreadable(field, "below zero", value)
    return int((amount * 100).quantize(Decimal(1), ROUND_HALF_UP)), code


#: No-break and thin spaces, which spreadsheets put between the groups and before the currency.
_BLANKS = {0xA0: " ", 0x2009: " ", 0x202F: " "}


def _currency_of(word: str, field: str, value: str) -> str:
    try:
        return currency(word)
    except Unreadable:
        raise Unreadable(field, "not a price", value) from None


def attribute(value: Any, cell: bool = False, english: bool = False, separator: str | None = None) -> AttributeValue:
    """A number, or a list of texts.

    JSON tells them apart itself. A CSV `cell` is a number where it reads as one, save what looks like
    a code: leading zeros and whole numbers of eight digits and more.

    >>> attribute("15,6", cell=True), attribute("0042", cell=True), attribute(True), attribute("15,6")
    (15.6, ['0042'], ['true'], ['15,6'])
    """
    kind = type(value)
    if (kind is float or kind is int) and abs(value) < 1e300:
        return float(value)
    if cell and isinstance(value, str) and _QUANTITY.fullmatch(value.strip()):
        amount = number(value, english)
        if amount is not None:
            return float(amount)
    return texts(value, separator)


# --- days and stock ------------------------------------------------------------------------------


def day(value: Any, field: str) -> date:
    """A calendar day as written, whatever its time and zone; a month or a year is its first day.

    >>> day("2026-10-20T08:00:00Z", "released"), day("20.10.2026", "released")
    (datetime.date(2026, 10, 20), datetime.date(2026, 10, 20))
    """
    written = text(value)
    try:
        if match := _GERMAN_DAY.fullmatch(written):
            return date(int(match[3]), int(match[2]), int(match[1]))
        if match := _MONTH.fullmatch(written):
            return date(int(match[1]), int(match[2] or 1), 1)
        return datetime.fromisoformat(written).date()
    except ValueError:
        raise Unreadable(field, "not a day", value) from None


def period(value: Any, field: str) -> tuple[date | None, date | None]:
    """First and last day of "2026-10-20/2026-12-31"; either side may be empty or ".."."""
    parts = [part.strip() for part in text(value).split("/")]
    if len(parts) != 2:
        raise Unreadable(field, "not two days with a slash between", value)
    first, last = (day(part, field) if part not in ("", "..") else None for part in parts)
    return first, last


def finite(value: Any, field: str, english: bool = False) -> float:
    """A number of any sign, from JSON or from a text."""
    if isinstance(value, str):
        amount = number(value, english)
        value = None if amount is None else float(amount)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e300:
        raise Unreadable(field, "not a number", value)
    return float(value)


def pieces(value: Any, field: str = "stock") -> int:
    """Pieces in stock, whole ones; below zero (oversold) is 0.

    >>> pieces("12"), pieces(3.7), pieces(-2)
    (12, 3, 0)
    """
    try:
        return min(max(int(finite(value, field)), 0), MAX_STOCK)
    except Unreadable:
        raise Unreadable(field, "not a number", value) from None


def stock(value: Any) -> dict[str, int]:
    """Pieces by branch. A bare number is the branch "online"."""
    if isinstance(value, dict):
        return {text(branch): pieces(n, f"stock.{branch}") for branch, n in value.items() if not is_empty(n)}
    return {"online": pieces(value)}


def availability(value: Any) -> int | None:
    """1 for in stock, 0 for out of stock, None for what says neither ("preorder")."""
    word = text(value).casefold().replace("_", " ").rpartition("/")[2]
    return 1 if word in _IN_STOCK else 0 if word in _OUT_OF_STOCK else None

"""What a query says about the price: limits that hold, and words that lean to one side.

"unter 50 €", "ab 100 euro" and "zwischen 20 und 40" are limits; "um 50 €" is a wish; "günstig" means the cheaper half
of its kind, "hochwertig" the dearer one, "reduziert" what is on sale. A number without a currency is a price only where
no unit follows ("ab 3 Jahren", "unter 2 kg" and "bis 30 m" are none).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from search.types import Clause, Stated

_NUMBER = r"(?P<{}>\d{{1,3}}(?:[.,]\d{{3}})+(?:[.,]\d{{2}})?|\d+(?:[.,]\d{{1,2}})?)"
_MONEY = r"(?:€|\$|£|eur\b|euros?\b|dollars?\b|pounds?\b|usd\b|gbp\b|chf\b|cents?\b|¢|ct\b|p\b)"
#: Hundredths: "ct" is a count to English readers ("napkins 100 ct"), "50p" only where the shop counts in pounds.
_CENTS = frozenset(["cent", "cents", "¢", "ct", "p"])
_UNIT = r"""(?:["″”'%°xX×]|(?:[mcdkµ]?m[²³23]?|qm|[kmµ]?g|mcg|lbs?|oz|[mcd]?l|[kmgt]b|[kmg]hz|hz|dpi|px|mp|k?wh?
    |m?ah|k?v|d[bp]|bar|psi|nm|lm|er|ft|cl|km/h|mbps|gbps|tog|den|fps)\b|zoll|inch|liter|litre|gramm|gram|kilo|watt|volt|jahr|monat|tag|woche
    |year|month|day|week|stück|pieces|pack|personen|people|grad|degree|hertz|lumen|met(?:er|re)|stunden|hours|mega|giga
    |tera|rollen|rolls|milli|zenti|centi)"""
#: No price where a unit follows.
_NO_UNIT = rf"(?!\s*[.,]?\d)(?!\s*{_UNIT})"
_END = rf"(?:\s*(?P<money>{_MONEY})|{_NO_UNIT})"
_SURE = rf"\s*(?P<money>{_MONEY})"
_SIGN = r"\s*[€$£]?\s*"


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE | re.VERBOSE)


_OWN = rf"(?P<own>{_MONEY})"
_LOW, _HIGH = _NUMBER.format("low"), _NUMBER.format("high")
_BETWEEN = [
    _pattern(rf"\b(?:zwischen|between)\b{_SIGN}{_LOW}\s*{_OWN}?\s*(?:und|and|bis|to|-|–){_SIGN}{_HIGH}{_END}"),
    _pattern(rf"\b(?:von|from)\b{_SIGN}{_LOW}\s*{_OWN}?\s*(?:bis|to){_SIGN}{_HIGH}{_END}"),
    _pattern(rf"(?<![\w.,])[€$£]?{_LOW}\s*{_MONEY}?\s*(?:-|–|bis|to){_SIGN}{_HIGH}{_SURE}"),
]
_AT_MOST = [
    _pattern(
        rf"""\b(?:unter|bis\ (?:zu\ )?(?:maximal\ )?|maximal|max\.|höchstens|nicht\ (?:mehr\ als|über|teurer\ als)
            |weniger\ als|billiger\ als|günstiger\ als|under|below|up\ to|at\ most|less\ than|no\ more\ than
            |not\ over|cheaper\ than|within){_SIGN}{_HIGH}{_END}"""
    ),
    _pattern(rf"\bmax{_SIGN}{_HIGH}{_SURE}"),
    _pattern(rf"(?<![\w.,])[€$£]?{_HIGH}{_SURE}\s*(?:oder\ (?:weniger|billiger|günstiger)|or\ (?:less|cheaper|under))"),
]
_AT_LEAST = [
    _pattern(
        rf"""\b(?:ab|über|mindestens|min\.|mehr\ als|teurer\ als|over|above|from|at\ least|more\ than
            |starting\ at){_SIGN}{_LOW}{_END}"""
    ),
    _pattern(rf"(?<![\w.,])[€$£]?{_LOW}{_SURE}\s*(?:oder\ mehr|aufwärts|or\ more|and\ up)"),
]
_AROUND = [
    _pattern(rf"\b(?:um\ die|um|ca\.?|circa|etwa|rund|around|about|roughly){_SIGN}{_HIGH}{_SURE}"),
    _pattern(rf"(?:\b(?:für|for)\s+)?(?<![\w.,]){_HIGH}{_SURE}"),
    _pattern(rf"(?:\b(?:für|for)\s+)?[€$£]\s?{_HIGH}(?![\w])"),
]
_WORDS = {
    "cheap": _pattern(
        r"\b(?:(?:preis)?günstig\w*|billig\w*|preiswert\w*|cheap(?:er|est)?|affordable|inexpensive|budget"
        r"|low[- ]cost)\b"
    ),
    "dear": _pattern(
        r"\b(?:hochwertig\w*|teuer|teure[mnrs]?|exklusiv\w*|edel|edle[mnrs]?|luxus|luxuriös\w*|premium|luxury|luxurious"
        r"|expensive|upscale|high[- ]end|high[- ]quality)\b"
    ),
    "sale": _pattern(
        r"\b(?:vergünstigt\w*|reduziert\w*|herabgesetzt\w*|rabattiert\w*|im\ (?:angebot|sale)|sonderangebot\w*"
        r"|schnäppchen|on\ sale|in\ the\ sale|sale|reduced|discounted|clearance|bargains?)\b"
    ),
}
#: Products are called so; "günstig", "hochwertig" and "reduziert" are said of none in particular.
_IN_NAMES = _pattern(r"exklusiv\w*|edel|edle[mnrs]?|luxus|luxuriös\w*|premium|luxury|luxurious")
#: What a word wants: bands of a price within its kind (0 cheapest … 7 dearest), or per cent off.
WANTED = {
    "cheap": ((1.0, Clause("_price_band", high="3")), (0.6, Clause("_price_band", high="5"))),
    "dear": ((1.0, Clause("_price_band", low="4")), (0.6, Clause("_price_band", low="2"))),
    "sale": ((1.0, Clause("discount", low="1")),),
}
#: "um 50 €" and "50 €": what costs a quarter more or less fits.
AROUND = 0.25


def amount(text: str) -> float:
    """A written amount as a number; a separator before exactly three digits groups thousands.

    >>> amount("1.299,90"), amount("1,000"), amount("19,99"), amount("50")
    (1299.9, 1000.0, 19.99, 50.0)
    """
    whole, cents = text, ""
    match = re.fullmatch(r"(.*)[.,](\d{1,2})", text)
    if match:
        whole, cents = match.groups()
    return float(re.sub(r"[.,]", "", whole) + (f".{cents}" if cents else ""))


def read_prices(
    text: str, priced: bool = True, on_sale: bool = True, language: str = "", pence: bool = False
) -> Iterator[Stated]:
    """What a text says about the price, without overlaps: limits before wishes before words.

    Args:
        priced: the catalogue has prices.
        on_sale: some product is reduced today, or may be one day.
        language: of the text: for English readers "100 ct" is a count.
        pence: the catalogue's prices are in pounds, so that "50p" is one.

    >>> [(item.effect, item.value, item.text) for item in read_prices("laptop unter 500 euro")]
    [('limit', '..500', 'unter 500 euro')]
    >>> [(item.effect, item.value) for item in read_prices("kaugummi unter 50 cent")]
    [('limit', '..0.5')]
    """
    taken: list[tuple[int, int]] = []
    for stated in _all(text, language, pence):
        end = stated.start + len(stated.text)
        if (
            not priced
            or (stated.value == "sale" and not on_sale)
            or any(s < end and stated.start < e for s, e in taken)
        ):
            continue
        taken.append((stated.start, end))
        yield stated


def _all(text: str, language: str, pence: bool) -> Iterator[Stated]:
    for patterns, read in ((_BETWEEN, _limit), (_AT_MOST, _limit), (_AT_LEAST, _limit), (_AROUND, _around)):
        for pattern in patterns:
            for match in pattern.finditer(text):
                if _is_money(match, language, pence):
                    yield read(match)
    for name, pattern in _WORDS.items():
        for match in pattern.finditer(text):
            searched = _IN_NAMES.match(match.group()) is not None
            yield Stated("price", name, match.group(), "prefer", WANTED[name], match.start(), searched=searched)


def _is_money(match: re.Match[str], language: str, pence: bool) -> bool:
    """Whether the unit behind a number is one of money here."""
    unit = _money(match)
    if unit == "p":
        return pence and amount(match["high" if "high" in match.re.groupindex else "low"]) < 100
    return unit != "ct" or language != "en"


def _money(match: re.Match[str], name: str = "money") -> str:
    """The currency as written, folded; empty where none is."""
    return (match.groupdict().get(name) or "").casefold()


def _limit(match: re.Match[str]) -> Stated:
    low, high = _bound(match, "low"), _bound(match, "high")
    value = f"{low or ''}..{high or ''}"
    wanted = ((1.0, Clause("price", low=low, high=high)),)
    return Stated("price", value, match.group().strip(), "limit", wanted, _start(match), searched=False)


def _bound(match: re.Match[str], name: str) -> str | None:
    """An end of a range in whole euros; the lower one may have a currency of its own."""
    if not match.groupdict().get(name):
        return None
    unit = (_money(match, "own") if name == "low" else "") or _money(match)
    return f"{amount(match[name]) / (100 if unit in _CENTS else 1):g}"


def _around(match: re.Match[str]) -> Stated:
    middle = float(_bound(match, "high") or 0)
    low, high = (f"{middle * factor:g}" for factor in (1 - AROUND, 1 + AROUND))
    wanted = ((1.0, Clause("price", low=low, high=high)),)
    return Stated("price", f"{middle:g}", match.group().strip(), "prefer", wanted, _start(match), searched=False)


def _start(match: re.Match[str]) -> int:
    return match.start() + len(match.group()) - len(match.group().lstrip())

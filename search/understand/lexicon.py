"""What a query can state about a product: brands, colours and genders of the catalogue, and words of price.

What is stated is never overruled by a taste: a shopper of women's products who asks for "herren schuhe"
gets men's shoes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from search.text import analyze, words
from search.types import Stated

#: How people of each language name whom a product is for. Values are the loader's.
GENDER_WORDS: Mapping[str, Sequence[tuple[str, str]]] = {
    "damen": [("de", "damen frauen frau dame mama"), ("en", "women woman womens ladies lady female")],
    "herren": [("de", "herren männer mann herr papa"), ("en", "men man mens gentlemen male")],
    "mädchen": [("de", "mädchen tochter"), ("en", "girl girls daughter")],
    "jungen": [("de", "jungen jungs junge sohn"), ("en", "boy boys son")],
    "unisex": [("de", "unisex"), ("en", "unisex")],
}

#: A price in words or figures: the query says what it may cost, so no price band is preferred.
_PRICE = re.compile(
    r"""\b(?: unter | bis(?:\ zu)? | ab | über | max\.? | maximal | höchstens | zwischen
          | under | below | up\ to | over | at\ most | less\ than | between ) \s* [€$£]? \s* \d+
      | \d \s* (?: € | \$ | £ | eur\b | euro\b )
      | \b(?: günstig | billig | preiswert | vergünstigt | reduziert | hochwertig | luxus
          | sale | cheap | affordable | luxury | premium ) \w*""",
    re.IGNORECASE | re.VERBOSE,
)
#: Bought for somebody else: the shopper's own gender, size and brands say nothing.
_GIFT = re.compile(
    r"""\b(?: geschenk\w* | gift\w* | present
      | für\ (?:meine?n?|die|den|das|unsere?n?)\ (?: frau | mann | mutter | vater | tochter | sohn | freundin | freund
          | oma | opa | kind\w* | baby | schwester | bruder | enkel\w* )
      | für\ (?: kinder | mama | papa | oma | opa )
      | for\ (?:my|a|the|our)\ (?: wife | husband | mother | father | mum | dad | daughter | son | girlfriend
          | boyfriend | friend | sister | brother | kids? | child\w* | baby )
      | for\ (?: kids | children ) )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_GIFT_ATTRIBUTES = ("gender", "size", "brand")
_MOST_WORDS = 4


class Lexicon:
    """Phrases (as analysed terms) -> what they state."""

    def __init__(self, phrases: Mapping[tuple[str, ...], tuple[str, str]]):
        self._phrases = phrases

    def stated(self, text: str, language: str) -> list[Stated]:
        """What the text says about brand, colour, gender and price, in the order of its words."""
        found = [Stated("price_band", "", match.group()) for match in _PRICE.finditer(text)]
        for match in _GIFT.finditer(text):
            found += [Stated(attribute, "", match.group()) for attribute in _GIFT_ATTRIBUTES]
        tokens = list(words(text, language))
        at = 0
        while at < len(tokens):
            at += self._longest(text, tokens, at, found)
        return found

    def _longest(self, text: str, tokens: list, at: int, found: list[Stated]) -> int:
        """Append what the longest phrase at this word states; returns the words to move on."""
        for length in range(min(_MOST_WORDS, len(tokens) - at), 0, -1):
            part = tokens[at : at + length]
            hit = self._phrases.get(tuple(word.term for word in part)) or self._phrases.get(
                tuple(word.text for word in part)
            )
            if hit:
                found.append(Stated(*hit, text[part[0].start : part[-1].end]))
                return length
        return 1


def build_lexicon(
    brands: Iterable[str], colors: Iterable[str], color_labels: Mapping[str, str], languages: Sequence[str]
) -> Lexicon:
    """A catalogue's lexicon.

    Args:
        brands, colors: values of those columns.
        color_labels: what other languages call a colour -> its value ("black" -> "schwarz").
        languages: the shop's languages; a value is analysed in each.
    """
    phrases: dict[tuple[str, ...], tuple[str, str]] = {}

    def learn(text: str, attribute: str, value: str, of: Sequence[str] = languages) -> None:
        for language in of:
            if terms := tuple(analyze(text, language)):
                phrases.setdefault(terms, (attribute, value))

    for gender, lists in GENDER_WORDS.items():
        for language, names in lists:
            for name in names.split():
                learn(name, "gender", gender, [language])
    for color in colors:
        learn(color, "color", color)
    for label, color in color_labels.items():
        learn(label, "color", color)
    for brand in brands:
        learn(brand, "brand", brand)
    return Lexicon(phrases)

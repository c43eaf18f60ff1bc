"""What a query can state about a product, by name: brands, colours, whom it is for, materials, other attributes.

Learned from the catalogue's own values and labels. What is stated is never overruled by a taste: a shopper of women's
products who asks for "herren schuhe" gets men's shoes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from search.text import STOP_WORDS, Word, analyze, clean, words
from search.types import Stated

#: How people of each language name whom a product is for. Values are the loader's.
GENDER_WORDS: Mapping[str, Sequence[tuple[str, str]]] = {
    "damen": [
        ("de", "damen frauen frau dame mama ehefrau freundin mutter oma schwester"),
        ("en", "women woman womens ladies lady female wife mother mum girlfriend grandma sister"),
    ],
    "herren": [
        ("de", "herren männer mann herr papa ehemann vater opa bruder"),
        ("en", "men man mens gentlemen male husband father dad boyfriend grandpa brother"),
    ],
    "mädchen": [("de", "mädchen tochter"), ("en", "girl girls daughter")],
    "jungen": [("de", "jungen jungs junge sohn"), ("en", "boy boys son")],
    "unisex": [("de", "unisex"), ("en", "unisex")],
}

#: "für ihn": nobody is named, and yet it is told whom it is for.
GENDER_PHRASES = {"damen": ("für sie", "for her"), "herren": ("für ihn", "for him")}
#: The same for the season.
SEASON_WORDS: Mapping[str, Sequence[tuple[str, str]]] = {
    "sommer": [("de", "sommer"), ("en", "summer")],
    "winter": [("de", "winter"), ("en", "winter")],
    "übergang": [("de", "übergang frühling herbst frühjahr"), ("en", "spring autumn fall")],
}
#: The same for how old they are.
AGE_WORDS: Mapping[str, Sequence[tuple[str, str]]] = {
    "kinder": [("de", "kinder kind junior"), ("en", "kids kid children child childrens junior toddler")],
    "baby": [("de", "baby babys säugling neugeborene"), ("en", "baby babies newborn infant")],
    "erwachsene": [("de", "erwachsene"), ("en", "adult adults")],
}
#: Bought for somebody else: the shopper's own gender, size and brands say nothing.
_GIFT = re.compile(
    r"""\b(?: geschenk\w* | gift\w* | present
      | für\ (?:meine?n?|die|den|das|unsere?n?)\ (?: frau | mann | mutter | vater | tochter | sohn | freundin | freund
          | oma | opa | kind\w* | baby | schwester | bruder | enkel\w* )
      | für\ (?: kinder | mama | papa | oma | opa | ihn | sie )
      | for\ (?:my|a|the|our)\ (?: wife | husband | mother | father | mum | dad | daughter | son | girlfriend
          | boyfriend | friend | sister | brother | kids? | child\w* | baby )
      | for\ (?: kids | children | him | her ) )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_GIFT_ATTRIBUTES = ("gender", "size", "brand")
_MOST_WORDS = 4
#: "mit Kapuze" is what "ohne Kapuze" does not want.
_WITH = re.compile(r"(?:mit|with)\s+(?=\S)", re.IGNORECASE)
#: Fields that are understood whatever the kind; others only as values that the kind has.
NAMED = ("brand", "color", "gender", "age_group", "material", "season")
KINDS = ("product_type", "category")
WHOM = ("gender", "age_group")
#: Between the parts of a German compound.
_LINKS = ("", "s", "n", "en", "er", "es", "e")
_SHORTEST_HEAD = 3
#: Whom the front of a compound can name: "Sonnenmilch" is not for a son.
_WHOM = frozenset("damen frauen herren männer mädchen jungen kinder baby".split())

#: Before a phrase of another language: it is compared with words as written, never with their stems.
BORROWED = "="
#: An attribute and its value.
Meaning = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words of a query that the catalogue knows, all that they can mean, and where they stand."""

    text: str
    start: int
    meanings: tuple[Meaning, ...]
    words: int = 1


class Lexicon:
    """Language -> phrases (as analysed terms, or as written) -> what they can mean, the likeliest first."""

    def __init__(
        self,
        phrases: Mapping[str, Mapping[tuple[str, ...], Sequence[Meaning]]],
        names: Mapping[tuple[str, Meaning], str] | None = None,
    ):
        self._phrases = phrases
        self._names = names or {}

    def name(self, meaning: Meaning, language: str) -> str:
        """What people of a language call a value; the value itself where nobody said."""
        return self._names.get((language, meaning), meaning[1])

    def _of(self, language: str) -> Mapping[tuple[str, ...], Sequence[Meaning]]:
        return self._phrases.get(language, {})

    def stated(self, text: str, language: str) -> list[Stated]:
        """What the text says about brand, colour, gender and the like, in the order of its words; gifts first."""
        found = list(read_gifts(text))
        for phrase in self.phrases(text, language):
            if phrase.meanings[0][0].startswith("with:"):
                continue
            found.append(Stated(*phrase.meanings[0], phrase.text, start=phrase.start))
        return found

    def phrases(self, text: str, language: str, free: Iterable[Word] | None = None) -> Iterator[Phrase]:
        """The longest known phrases of a text, from left to right.

        Args:
            free: the words to look at; all of the text's where None. A phrase never reaches over a gap.
        """
        tokens = list(words(text, language) if free is None else free)
        at = 0
        while at < len(tokens):
            phrase = self.at(text, tokens, at, language)
            if phrase:
                yield phrase
            at += phrase.words if phrase else 1

    def at(self, text: str, tokens: Sequence[Word], at: int, language: str) -> Phrase | None:
        """The longest phrase that begins with this word, else what the front of a compound says."""
        for length in range(min(_MOST_WORDS, len(tokens) - at), 0, -1):
            part = tokens[at : at + length]
            between = text[part[0].start : part[-1].end]
            known = self._of(language)
            written = tuple(word.text for word in part)
            meanings = (
                known.get(tuple(word.term for word in part)) or known.get(written) or known.get((BORROWED, *written))
            )
            if meanings and len(between.split()) <= 2 * length:
                return Phrase(between, part[0].start, tuple(meanings), length)
        return None

    def is_borrowed(self, word: Word, language: str) -> bool:
        """Whether a word is known from other languages only."""
        known = self._of(language)
        return (BORROWED, word.text) in known and (word.term,) not in known and (word.text,) not in known

    def fronts(self, word: Word, language: str) -> Iterator[tuple[Phrase, str]]:
        """What the fronts of a compound can mean, each with its head: "herrenpullover" is herren, and pullover.

        Longest heads first: "winterlaufschuhe" are running shoes for the winter.
        """
        if language != "de":
            return
        for cut in range(_SHORTEST_HEAD, len(word.text) - _SHORTEST_HEAD + 1):
            front, head = word.text[:cut], word.text[cut:]
            for link in _LINKS:
                stripped = front.removesuffix(link)
                if front.endswith(link) and len(stripped) >= _SHORTEST_HEAD:
                    terms = tuple(analyze(stripped, language))
                    known = self._of(language)
                    meanings = known.get(terms) or known.get((stripped,)) or known.get((f"{stripped}e",))
                    if meanings and (meanings[0][0] not in ("gender", "age_group") or stripped in _WHOM):
                        yield Phrase(front, word.start, tuple(meanings)), head
                        break

    def meanings(self, text: str, language: str) -> Sequence[Meaning]:
        """All that these words can mean."""
        return self._of(language).get(tuple(analyze(text, language)), ())


def read_gifts(text: str) -> Iterator[Stated]:
    """Words of a gift: the shopper's own gender, size and brands say nothing."""
    for match in _GIFT.finditer(text):
        for attribute in _GIFT_ATTRIBUTES:
            yield Stated(attribute, "", match.group(), "silence", start=match.start())


def build_lexicon(
    brands: Iterable[str],
    colors: Iterable[str],
    color_labels: Mapping[str, str],
    languages: Sequence[str],
    fields: Iterable[tuple[str, ...]] = (),
) -> Lexicon:
    """A catalogue's lexicon.

    Args:
        brands, colors: values of those columns.
        color_labels: what other languages call a colour -> its value ("black" -> "schwarz").
        languages: the shop's languages; a value is analysed in each.
        fields: (attribute, value, how people write it, in which language) of everything else that can be stated;
            earlier ones win. Without a language people of all write it so. What those of one write is known to the
            others as it is written, not by their stems: "decking" is no "Decke".
    """
    phrases: dict[str, dict[tuple[str, ...], list[Meaning]]] = {language: {} for language in languages}
    called: dict[tuple[str, Meaning], str] = {}

    def learn(text: str, attribute: str, value: str, spoken: Sequence[str] = languages) -> None:
        stems = {tuple(analyze(text, language)) for language in spoken}
        as_written = tuple(word.text for word in words(clean(text), languages[0]))
        borrowed = {(BORROWED, *terms) for terms in (as_written, *stems) if terms}
        for language, of_language in phrases.items():
            for terms in filter(None, stems if language in spoken else borrowed):
                known = of_language.setdefault(terms, [])
                if (attribute, value) not in known:
                    known.append((attribute, value))

    for attribute, table in (("gender", GENDER_WORDS), ("age_group", AGE_WORDS), ("season", SEASON_WORDS)):
        for value, lists in table.items():
            for language, names in lists:
                for name in names.split():
                    learn(name, attribute, value, [language])
    for value, said in GENDER_PHRASES.items():
        for phrase in said:
            learn(phrase, "gender", value)
    for color in colors:
        learn(color, "color", color)
    for label, color in color_labels.items():
        learn(label, "color", color)
    for brand in brands:
        learn(brand, "brand", brand)
    for attribute, value, written, *spoken in fields:
        if not any(written.casefold() in stop for stop in STOP_WORDS.values()):
            learn(written, attribute, value, spoken or languages)
            called |= {(language, (attribute, value)): written for language in spoken}
            if bare := _WITH.sub("", written, count=1) if _WITH.match(written) else "":
                learn(bare, f"with:{attribute}", value, spoken or languages)
    return Lexicon(phrases, called)

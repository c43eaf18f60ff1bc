"""One analysis for the catalogue and for the query: what counts as a word, and as the same word.

text → NFC → words with their place → case folded (ß becomes ss) → Snowball stem of the language.
Snowball's German stemmer (3.0 and later) reads ae, oe and ue as umlauts and then drops the dots, so
"Bücher", "Buecher" and "Bucher" are one term.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Set
from functools import lru_cache
from typing import NamedTuple

import Stemmer

STEMMERS = {"de": "german", "en": "english"}

# A number keeps its decimal part ("1,5"; "43.2"); everything else is a run of letters and digits,
# so that "riemchen-pumps" is two words and "006R90321" one.
_WORD = re.compile(r"\d+(?:[.,]\d+)+(?![^\W_])|[^\W_]+")

# Zero-width, bidirectional and control characters: invisible, and no part of any word.
INVISIBLE = re.compile("[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


class Word(NamedTuple):
    """One word of a text: as written (folded), as a term, and where it stands, in code points."""

    text: str
    term: str
    start: int
    end: int


def clean(text: str) -> str:
    """Compose (NFC), drop invisible characters, and make every run of white space one space.

    >>> clean("Bu\u0308cher\u200b  fu\u0308r   Kinder ")
    'Bücher für Kinder'
    """
    text = unicodedata.normalize("NFC", text)
    if not text.isprintable():  # what is invisible is not printable; most texts have nothing of it
        text = INVISIBLE.sub("", text)
    return " ".join(text.split())


def normalized_length(text: str) -> int:
    """Code points after compatibility composition: one character can grow to eighteen (U+FDFA)."""
    return len(unicodedata.normalize("NFKC", text))


@lru_cache(maxsize=8)
def _stemmer(language: str) -> Stemmer.Stemmer | None:
    return Stemmer.Stemmer(STEMMERS[language], 0) if language in STEMMERS else None


@lru_cache(maxsize=500_000)
def stem(word: str, language: str) -> str:
    """A folded word's stem; words with digits, and languages without a stemmer, stay as they are.

    >>> stem("laufschuhe", "de"), stem("shirts", "en"), stem("dv7", "en")
    ('laufschuh', 'shirt', 'dv7')
    """
    stemmer = _stemmer(language)
    if stemmer is None or not word.isalpha():
        return word.replace(",", ".")
    return stemmer.stemWord(word)


def as_written(text: str) -> list[str]:
    """The words of a text in order, as they are written.

    >>> as_written("Schöne Schuhe, 1,5 l")
    ['Schöne', 'Schuhe', '1,5', 'l']
    """
    return _WORD.findall(text)


def folded(written: str) -> str:
    """A written word without its case: ß is ss."""
    return (written if written.isascii() else unicodedata.normalize("NFC", written)).casefold()


def words(text: str, language: str, kept: Set[str] | None = None) -> Iterator[Word]:
    """The words of a text in order, with their terms and places in the text as given; only those that are to be kept,
    as written.

    >>> [(w.term, w.start, w.end) for w in words("Schöne Schuhe", "de")]
    [('schon', 0, 6), ('schuh', 7, 13)]
    """
    for match in _WORD.finditer(text):
        written = match.group()
        if kept is not None and written not in kept:
            continue
        word = folded(written)
        yield Word(word, stem(word, language), match.start(), match.end())


def written_words(text: str) -> Iterator[str]:
    """The folded words of a text without digits, in order: what `words` gives without its terms and places.

    >>> list(written_words("Schöne Schuhe, 500 ml"))
    ['schöne', 'schuhe', 'ml']
    """
    for written in _WORD.findall(text):
        word = folded(written)
        if word.isalpha():
            yield word


_SPELLED = re.compile("[äöüß]|[aou]e|ss")
_TRANSCRIBED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


@lru_cache(maxsize=200_000)
def spellings(word: str) -> tuple[str, ...]:
    """Umlauts and ß of a word as written, then transcribed; () where it has neither. One term folds them all.

    >>> spellings("Bücher"), spellings("Buecher"), spellings("Buch")
    (('ü', 'ue'), ('ue',), ())
    """
    written = "".join(_SPELLED.findall(unicodedata.normalize("NFC", word).lower()))
    return tuple(dict.fromkeys((written, written.translate(_TRANSCRIBED)))) if written else ()


#: Words that say how the others belong together, not what is sought: in a query they find nothing by themselves.
STOP_WORDS = {
    "de": frozenset(
        """aber als am an auf aus bei beim bis das dass dem den der des die doch du ein eine einem einen einer eines
        er es etwas für gegen hat ich ihr im in ins ist ja kann man mein meine meinen meiner mich mir mit nach nicht
        noch nur oder sein sich sie sind so über um und uns vom von vor was welche welchem welchen welcher welches
        wer wie wir zu zum zur""".split()
    ),
    "en": frozenset(
        """a about am an and any are as at be by can do for from has have i in is it its me my of on or our so some
        something that the their them this to was we what which who will with you your""".split()
    ),
}


def query_terms(text: str, language: str) -> list[str]:
    """The terms that a query searches for: without stop words, unless it has nothing else.

    >>> query_terms("etwas Warmes für den Winter", "de"), query_terms("The Who", "en")
    (['warm', 'wint'], ['the', 'who'])
    """
    found = list(words(clean(text), language))
    stop = STOP_WORDS.get(language, frozenset())
    return [word.term for word in found if word.text not in stop] or [word.term for word in found]


def analyze(text: str, language: str) -> list[str]:
    """The terms of a text, in order, repeated as often as they stand there.

    >>> analyze("Rote Straßenschuhe, 1,5 l", "de")
    ['rot', 'strassenschuh', '1.5', 'l']
    """
    return [word.term for word in words(clean(text), language)]

"""German compounds and their parts, as people type them: "Regenjacke" is "Regen Jacke", "Regen-Jacke", "Jacke Regen".

The compounds are the lexicon's, split by its own words (`search/words/compounds.py`): nothing but the lexicon is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from search.words.compounds import Splitter
from training.lexicon import ProductType
from training.vocabulary import count_words


def splitter_of(texts: Sequence[str]) -> Splitter:
    """What splits words by the words of these German texts."""
    return Splitter(count_words(texts))


def in_parts(name: str, splitter: Splitter) -> tuple[str, ...]:
    """A name of one word as its parts are typed; () where it is no compound.

    >>> in_parts("Regenjacke", splitter_of(["Regen", "Jacke"]))
    ('regen jacke', 'regen-jacke', 'jacke regen')
    """
    parts = splitter.split(name.lower()) if name.isalpha() else ()
    if not parts:
        return ()
    return " ".join(parts), "-".join(parts), " ".join((parts[-1], *parts[:-1]))


def compounds_of(type: ProductType, splitter: Splitter) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each German name of a type that is a compound, and how its parts are typed."""
    for name in type.names["de"]:
        typed = in_parts(name, splitter)
        if typed:
            yield name, typed

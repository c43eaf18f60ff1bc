"""What the encoder knows of things that its lexicon does not name: a tenth of the product types is held out.

A fit that leaves them out (`python -m training make … --hold`) has to find their titles, among those of all types, from
their needs and their other names. So does any other encoder: `python -m training held MODEL …`.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from eval.encoders import ParaphraseQuery, ParaphraseSet
from training.lexicon import LANGUAGES, ProductType
from training.parts import compounds_of, splitter_of

#: One type in so many is held out.
ONE_IN = 10


def is_held(type: ProductType) -> bool:
    """Whether a type is held out: by its name alone, so that new ones move none."""
    return int.from_bytes(sha256(type.id.lower().encode()).digest()[:4], "big") % ONE_IN == 0


def held_parts(types: Sequence[ProductType]) -> ParaphraseSet:
    """German compounds of the held types typed in their parts ("regen jacke", "jacke regen") as queries, the German
    titles of all types as products."""
    german = [text for each in types for text in (*each.names["de"], *each.titles["de"], *each.needs["de"])]
    splitter = splitter_of(german)
    products: dict[str, str] = {}
    queries = []
    for number, each in enumerate(types):
        wanted = {f"{number}-{place}": 2 for place in range(len(each.titles["de"]))}
        products |= dict(zip(wanted, each.titles["de"], strict=True))
        typed = [text for _, texts in compounds_of(each, splitter) for text in texts] if is_held(each) else []
        queries += [ParaphraseQuery(f"{number}-{place}", "de", text, wanted) for place, text in enumerate(typed)]
    return ParaphraseSet({"de": products, "en": {}}, queries)


def held_set(types: Sequence[ProductType]) -> ParaphraseSet:
    """Needs and other names of the held types as queries, the titles of all types as products."""
    products: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
    queries = []
    for number, each in enumerate(types):
        wanted = {}
        for language in LANGUAGES:
            for place, title in enumerate(each.titles[language]):
                id = f"{number}-{place}"
                products[language][id] = title
                wanted[id] = 2
        if is_held(each):
            for language in LANGUAGES:
                asked = (*each.needs[language], *each.names[language][1:])
                queries += [
                    ParaphraseQuery(f"{number}-{language}-{place}", language, text, wanted)
                    for place, text in enumerate(asked)
                ]
    return ParaphraseSet(products, queries)

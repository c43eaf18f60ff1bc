"""What the encoder knows of things that its lexicon does not name: a tenth of the product types is held out.

A fit that leaves them out (`python -m training make … --hold`) has to find their titles, among those of all types, from
their needs and their other names. So does any other encoder: `python -m training held MODEL …`.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from eval.encoders import ParaphraseQuery, ParaphraseSet
from training.lexicon import LANGUAGES, ProductType

#: One type in so many is held out.
ONE_IN = 10


def is_held(type: ProductType) -> bool:
    """Whether a type is held out: by its name alone, so that new ones move none."""
    return int.from_bytes(sha256(type.id.lower().encode()).digest()[:4], "big") % ONE_IN == 0


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

"""What a query is about before anything else: its kind, without the words that only say which of it comes first.

"Rote Pumps" asks for pumps, the red ones first, and for nothing else that is red; "Koffer 40 l" for suitcases, those of
40 litres first, also where most have other volumes. So what is found by "rot" or "40 l" alone is no result, and what
"Pumps" and "Koffer" alone would find stays one (`search/retrieval.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from search.types import Stated
from search.understand.lexicon import KINDS, WHOM
from search.understand.spans import overlaps, without

#: Whose it is and whom it is for narrow: a shopper of Nike shoes wants no others behind them, however many there are.
NARROWING = ("brand", "similar", *WHOM)


def bare_words(text: str, stated: Sequence[Stated]) -> str:
    """The words of a text that are left without its wishes; empty where it has no such words.

    >>> kind, red = Stated("product_type", "Pumps", "pumps", start=5), Stated("color", "rot", "rote")
    >>> bare_words("rote pumps", [red, kind]), bare_words("pumps", [kind])
    ('pumps', '')
    """
    kinds = [item for item in stated if names_kind(item)]
    if any(item.attribute == "similar" for item in stated):
        return ""
    wishes = list(_wishes(text, stated, kinds))
    return without(text, [*wishes, *(item for item in stated if not item.searched)]) if wishes else ""


def names_kind(item: Stated) -> bool:
    """Whether a statement is the kind that the query wants."""
    return item.attribute in KINDS and item.effect == "prefer"


def _wishes(text: str, stated: Sequence[Stated], kinds: Sequence[Stated]) -> Iterator[Stated]:
    """Wishes of whole words that are searched for: a part of a compound ("Lederhülle") cannot be taken out."""
    for item in stated:
        names_more = item.attribute in (*KINDS, *NARROWING) or any(overlaps(item, kind) for kind in kinds)
        if item.effect == "prefer" and item.searched and not names_more and _is_whole(text, item):
            yield replace(item, searched=False)


def _is_whole(text: str, item: Stated) -> bool:
    end = item.start + len(item.text)
    return not (text[item.start - 1 : item.start].isalnum() or text[end : end + 1].isalnum())

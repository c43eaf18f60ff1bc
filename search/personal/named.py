"""Which tastes can be named: by a shopper who states or switches one, and by a search that leaves one out."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches

from search.errors import BadRequest
from search.rerank.repeat import REPEAT
from search.rerank.weights import weights_of
from search.settings import Personal

#: What has a term of its own, and can be switched off like a taste.
SIZE, CRM, QUERIES = "size", "crm", "queries"


def named(settings: Personal) -> list[str]:
    """All that can be switched off.

    >>> named(Personal(attributes=("material",)))
    ['brand', 'gender', 'price_band', 'category', 'color', 'material', 'size', 'repeat', 'crm', 'queries']
    """
    return [*weights_of(settings), SIZE, REPEAT, CRM, QUERIES]


def check_named(name: str, settings: Personal, place: str, known: Collection[str] = ()) -> None:
    """Refuse a taste that this shop does not have.

    Args:
        known: what may be named all the same: the shop had it once.

    Raises:
        BadRequest: the message names those that there are.
    """
    all_named = named(settings)
    if name not in all_named and name not in known:
        near = get_close_matches(name, all_named, 1)
        meant = f" Did you mean '{near[0]}'?" if near else ""
        raise BadRequest(f"No taste '{name}'.{meant} Known are: {', '.join(all_named)}.", place)


def check_all_named(names: Iterable[str], settings: Personal, place: str, known: Collection[str] = ()) -> None:
    """Refuse a list with a taste that this shop does not have, as `check_named`.

    Raises:
        BadRequest: which one.
    """
    for at, name in enumerate(names):
        check_named(name, settings, f"{place}[{at}]", known)

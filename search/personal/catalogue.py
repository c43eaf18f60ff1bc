"""The tastes' view of what is sold: the five attributes of every shop, and the fields of this one's feed."""

from __future__ import annotations

from datetime import date

from search.index.snapshot import Snapshot
from search.rerank.traits import DISCOUNT, Catalogue, read_catalogue
from search.rerank.weights import own_tastes
from search.settings import Personal


def catalogue_of(snapshot: Snapshot, settings: Personal, day: date) -> Catalogue:
    """The tastes' view of a snapshot; kept for those in use, and where discounts are a taste, for a day.

    Prices and stock that changed since products last did are no part of it."""
    own = own_tastes(settings)
    if DISCOUNT in own:
        return read_catalogue(snapshot.taught_on(day), own)
    return read_catalogue(snapshot.taught or snapshot.base_columns, own)

"""The tastes' view of what is sold: the five attributes of every shop, and the fields of this one's feed."""

from __future__ import annotations

from datetime import date

from search.index.snapshot import Snapshot
from search.rerank.traits import DISCOUNT, Catalogue, read_catalogue
from search.rerank.weights import own_tastes
from search.settings import Personal


def catalogue_of(snapshot: Snapshot, settings: Personal, day: date) -> Catalogue:
    """The tastes' view of a snapshot; kept for those in use, and where discounts are a taste, for a day."""
    own = own_tastes(settings)
    return read_catalogue(snapshot.columns(day) if DISCOUNT in own else snapshot.base_columns, own)

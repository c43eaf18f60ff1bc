"""What a shop's customer system says of shoppers, on its way into the store: only with their leave, durable before the
answer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from search.messages.traits import ShopperTraitsIn, TraitsImported, TraitsIn, TraitsStored
from search.personal.crm import read_traits, told_traits
from search.pipeline import Pipeline
from search.profiles.store import SqlStore


def keep_traits(id: str, sent: TraitsIn, store: SqlStore, pipeline: Pipeline) -> TraitsStored:
    """Keep what a system says of a shopper; nothing where they do not allow it.

    Raises:
        BadRequest: a day that cannot be, or too many systems.
        StoreUnavailable: it cannot be written.
    """
    allows = (sent.consent or pipeline.settings.privacy.default_consent) in ("account", "full")
    read = partial(read_traits, sent, now=pipeline.now())
    read(store.stated.of(id))  # what is wrong is refused, with leave or without
    stated = store.state(id, read).result() if allows else store.stated.of(id)
    told = told_traits(stated, pipeline.catalogue, pipeline.snapshot.labels)
    return TraitsStored(told, int(not allows))


def keep_all(sent: Sequence[ShopperTraitsIn], store: SqlStore, pipeline: Pipeline) -> TraitsImported:
    """Keep what a system says of many shoppers; none of it where a day or a system cannot be."""
    for item in sent:
        read_traits(item, store.stated.of(item.id), pipeline.now())
    without = sum(keep_traits(item.id, item, store, pipeline).without_consent for item in sent)
    return TraitsImported(len(sent) - without, without)

"""What the state knows of a shopper, sent to a search process: counters that it has already are only named.

So a shopper who searches again costs little to send; and a process that gets the same counters again has the same
object, by which it knows again what it worked out of them (`search.rerank.pairs`).
"""

from __future__ import annotations

import io
import pickle
from typing import Any

import msgspec

from search.profiles.eventlog import statistics_from
from search.profiles.statistics import Statistics

#: Counters that a search process keeps; both sides let go of the oldest at the same time.
MOST_KEPT = 500


class Sender:
    """This side of one search process."""

    def __init__(self) -> None:
        self._sent: dict[int, tuple[int, Statistics]] = {}  # the object is held, so its id stays its own
        self._count = 0

    def packed(self, value: Any) -> bytes:
        """A value as bytes, for `Receiver.unpacked` of the same process, in this order."""
        into = io.BytesIO()
        pickler = pickle.Pickler(into, pickle.HIGHEST_PROTOCOL)
        pickler.persistent_id = self._named  # type: ignore[method-assign]
        pickler.dump(value)
        return into.getvalue()

    def _named(self, value: Any) -> tuple[int, bytes] | None:
        if type(value) is not Statistics:
            return None
        known = self._sent.get(id(value))
        if known is not None:
            return known[0], b""
        self._count += 1
        self._sent[id(value)] = self._count, value
        if len(self._sent) > MOST_KEPT:
            del self._sent[next(iter(self._sent))]
        return self._count, msgspec.msgpack.encode(value)


class Receiver:
    """The other side."""

    def __init__(self) -> None:
        self._kept: dict[int, Statistics] = {}

    def unpacked(self, parcel: bytes) -> Any:
        """The value."""
        unpickler = pickle.Unpickler(io.BytesIO(parcel))
        unpickler.persistent_load = self._load  # type: ignore[method-assign]
        return unpickler.load()

    def _load(self, named: tuple[int, bytes]) -> Statistics:
        number, data = named
        if data:
            self._kept[number] = statistics_from(data)
        found = self._kept[number]
        if len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        return found

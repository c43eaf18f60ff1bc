"""Cursors: where the next page begins, as an opaque string that pins what the first page was ranked by.

A cursor holds the snapshot's number, the place to go on at, the moment of the first page, how many events each profile
held then, and which stages were left out. No ids and no tastes: whoever sends it says who they are as always, and the
store reads their own profile as it was. So events between two pages change neither of them, and page 2 repeats nothing
and skips nothing; where the old state is not known any more, `degraded` says so.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from search.errors import BadRequest
from search.messages import MAX_REACH, SearchRequest
from search.types import ProfileVersion

#: Stages that a late first page may have left out; the next pages leave them out too.
STAGES = ("dense", "personal", "relax")

_Count = Annotated[int, Meta(ge=0, le=2**53)]
_Held = tuple[
    _Count,
    Annotated[int, Meta(ge=1, le=1_000)],
    Annotated[float, Meta(ge=0, le=1e11)],
    Annotated[tuple[_Count, ...], Meta(min_length=2, max_length=3)],
    Annotated[list[Annotated[int, Meta(ge=0, lt=len(STAGES))]], Meta(max_length=len(STAGES))],
    _Count,
    _Count,
]


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where to go on and as of when.

    `start`: hits already shown; `moment`: of the first page, seconds since 1970; `version`: the profiles' then;
    `left_out`: of `STAGES`; `lists`: the mark of the shop's synonyms and splits (`Lists.mark`); `stated`: the
    revision of what the shopper states.
    """

    snapshot: int
    start: int
    moment: float
    version: ProfileVersion = (0, 0)
    left_out: tuple[str, ...] = ()
    lists: int = 0
    stated: int = 0

    def encode(self) -> str:
        """As an opaque string.

        >>> Cursor.decode(Cursor(7, 20, 1.8e9, (3, 1), ("dense",)).encode())
        Cursor(snapshot=7, start=20, moment=1800000000.0, version=(3, 1), left_out=('dense',), lists=0, stated=0)
        """
        stages = [STAGES.index(stage) for stage in self.left_out]
        held = [self.snapshot, self.start, self.moment, self.version, stages, self.lists, self.stated]
        return base64.urlsafe_b64encode(msgspec.json.encode(held)).decode()

    @classmethod
    def decode(cls, text: str) -> Cursor:
        """From that string.

        Raises:
            BadRequest: it is none of ours.
        """
        try:
            read = base64.b64decode(text.encode(), altchars=b"-_", validate=True)
            snapshot, start, moment, version, stages, lists, stated = msgspec.json.decode(read, type=_Held)
            if stages != sorted(set(stages)):
                raise ValueError("a stage twice, or out of order")
        except (msgspec.DecodeError, binascii.Error, ValueError) as error:
            told = "This cursor is none of ours. Send the one of the last answer, or none."
            raise BadRequest(told, "cursor") from error
        return cls(snapshot, start, moment, version, tuple(STAGES[stage] for stage in stages), lists, stated)

    def moved_on(
        self,
        snapshot: int,
        version: ProfileVersion,
        today: date,
        degraded: Collection[str],
        lists: int = 0,
        stated: int = 0,
    ) -> list[str]:
        """What could not be kept as it was on the first page, in the words of `degraded`.

        Args:
            version: of the profiles that this page was ranked by.
            today: whose prices hold on this page.
            degraded: what this page went without; nobody's profile is missed there.
            lists: the mark of the lists by which this page's query was read.
            stated: the revision of what the shopper states now: no earlier one is kept.
        """
        found = ["snapshot_changed"] if snapshot != self.snapshot else []
        found += ["lists_changed"] if lists != self.lists else []
        moved = (version, stated) != (self.version, self.stated)
        found += ["profile_changed"] if moved and not {"personal", "profile"} & {*degraded} else []
        return found + (["prices_changed"] if day_of(self.moment) != today else [])


def next_cursor(
    snapshot: int,
    start: int,
    moment: float,
    version: ProfileVersion,
    degraded: Collection[str],
    lists: int = 0,
    stated: int = 0,
) -> Cursor:
    """The cursor of the page that begins after so many hits."""
    return Cursor(
        snapshot, start, moment, version, tuple(stage for stage in STAGES if stage in degraded), lists, stated
    )


def place_of(request: SearchRequest) -> tuple[int, Cursor | None]:
    """How many hits stand before the page that a request wants, and the cursor that says so.

    Raises:
        BadRequest: the page is out of reach, or the cursor is none of ours.
    """
    if request.cursor:
        cursor = Cursor.decode(request.cursor)
        return cursor.start, cursor
    if request.page * request.per_page > MAX_REACH:
        told = f"Only the first {MAX_REACH} results can be paged through. Narrow the search with a filter."
        raise BadRequest(told, "page")
    return (request.page - 1) * request.per_page, None


def day_of(moment: float) -> date:
    """The day (UTC) of a moment (seconds since 1970).

    >>> day_of(86_400.0).isoformat()
    '1970-01-02'
    """
    return datetime.fromtimestamp(moment, UTC).date()

"""Events on their way in: when they happened, what of them may be kept, and what they say about tastes.

Consent is looked at before anything else keeps or counts an event: of one that was told with consent 'none' there is
nothing afterwards but a number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from search.errors import BadRequest
from search.messages import EventIn, EventsAccepted, as_event, parse_moment
from search.types import Appended, Consent, Event, Traits

Resolved = tuple[Event, Traits | None]


@dataclass(slots=True)
class Incoming:
    """A batch of events, sorted by where they may go: `lasting` to the disk, `kiosk` to memory only."""

    lasting: list[Resolved] = field(default_factory=list)
    kiosk: list[Resolved] = field(default_factory=list)
    without_consent: int = 0
    too_late: int = 0


def sort_out(
    told: Sequence[EventIn],
    default: Consent,
    since: float,
    now: float,
    traits: Callable[[str], Traits | None],
    query_of: Callable[[EventIn], str | None] = lambda event: None,
    context_of: Callable[[EventIn], Mapping[str, str]] = lambda event: {},
    size_of: Callable[[str], str] = lambda id: "",
) -> Incoming:
    """What may be kept of a batch.

    Args:
        default: the consent of events that say nothing of it.
        since: events from before (seconds since 1970) are not taken any more: nobody would know them again.
        now: seconds since 1970; the clocks of browsers run ahead, and the future has not happened.
        traits: product id -> what it says about tastes, None for an unknown product.
        query_of: what of the search that led to an event may be kept with it.
        context_of: what of where the visit came from may be.
        size_of: a product's or a variant's id -> its size, "" where that is not one.

    Raises:
        BadRequest: a time that cannot be read, no country, or a reason of what is no return; the message says of which
            event.
    """
    incoming = Incoming()
    for place, event in enumerate(told):
        if event.reason is not None and event.type != "return":
            raise BadRequest(f"Event {place + 1}: only a 'return' has a reason, a '{event.type}' has none.", "reason")
        happened = min(_time_of(event, place), now) if event.time else now
        kept = as_event(event, happened, query_of(event), context_of(event)).within(event.consent or default)
        if kept is None:
            incoming.without_consent += 1
            continue
        if happened < since:
            incoming.too_late += 1
            continue
        into = incoming.kiosk if kept.touchpoint == "kiosk" else incoming.lasting
        into.append((kept, _told(traits(kept.product_id), kept, size_of)))
    return incoming


def _told(traits: Traits | None, event: Event, size_of: Callable[[str], str]) -> Traits | None:
    """What an event says; of a purchase or a return also the size, and why it came back."""
    if traits is None or event.type not in ("purchase", "return"):
        return traits
    return msgspec.structs.replace(traits, size=size_of(event.product_id), reason=event.reason or "")


def receipt(incoming: Incoming, kiosk: Appended, lasting: Appended) -> EventsAccepted:
    """What became of a batch."""
    return EventsAccepted(
        accepted=kiosk.accepted + lasting.accepted,
        duplicates=kiosk.duplicates + lasting.duplicates,
        unknown_products=kiosk.unknown_products + lasting.unknown_products,
        without_consent=incoming.without_consent,
        too_late=incoming.too_late,
    )


def _time_of(event: EventIn, place: int) -> float:
    """ISO 8601 with a time zone -> seconds since 1970."""
    moment = parse_moment(event.time or "")
    if moment is None:
        told = f"Event {place + 1}: '{event.time}' is no time. Write it with a zone, like 2026-11-01T12:00:00Z."
        raise BadRequest(told, "time")
    return moment

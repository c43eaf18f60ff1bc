"""Links between a shopper and their devices, visits and other accounts, as they are asked for and told."""

from __future__ import annotations

from datetime import UTC, datetime

from search.errors import BadRequest
from search.messages import LinkIn, LinkInfo
from search.types import Link, Source


def wanted_link(link: LinkIn) -> tuple[Source, str]:
    """What is to be linked.

    Raises:
        BadRequest: nothing, or several things at once.

    >>> wanted_link(LinkIn(device="tablet"))
    ('device', 'tablet')
    """
    all_of: dict[Source, str | None] = {"shopper": link.shopper, "device": link.device, "session": link.session}
    named = [(source, id) for source, id in all_of.items() if id is not None]
    if len(named) != 1:
        raise BadRequest("Name one of shopper, device and session: a link ties one thing to the shopper.", "body")
    return named[0]


def link_info(link: Link) -> LinkInfo:
    """A link for people to read."""
    since = datetime.fromtimestamp(link.since, UTC).isoformat(timespec="seconds")
    return LinkInfo(link.number, link.shopper, link.source, link.id, since)

"""Links: that a device, a visit or another account is a shopper's. Rows beside the counters, never in them.

A link to a device or a visit leads one way: the shopper's profile counts what was done there while nobody was signed
in, and the device learns nothing of the shopper. So two people can share a tablet, and neither sees the other. Two
accounts of one person are the same from either side. A link that was undone keeps its row, with the time, until the
shopper is erased.
"""

from __future__ import annotations

import sqlalchemy as sa

from search.errors import BadRequest, NotFound
from search.profiles.sources import Key, View, source_key
from search.profiles.tables import LINKS
from search.types import Link, Source

#: Sources that one profile may sum: more are no person.
MAX_SOURCES = 64

_ACTIVE = LINKS.c.undone.is_(None)


def link(connection: sa.Connection, shopper: str, source: Source, id: str, now: float) -> Link:
    """Link a source to a shopper; one that is there already stays as it is.

    Raises:
        BadRequest: a shopper linked to themself, or more sources than one profile may sum.
    """
    if (source, id) == ("shopper", shopper):
        raise BadRequest(f"'{shopper}' is already themself. Name another account, a device or a session.", "shopper")
    same = sa.and_(LINKS.c.shopper == shopper, LINKS.c.source == source, LINKS.c.id == id, _ACTIVE)
    more = view_of(connection, id).sources if source == "shopper" else (source_key(source, id),)
    if len({*view_of(connection, shopper).sources, *more}) > MAX_SOURCES:
        told = (
            f"'{shopper}' would have more than {MAX_SOURCES} sources. Undo a link first: DELETE /v1/profiles/…/links/…"
        )
        raise BadRequest(told, source)
    if not connection.execute(sa.select(LINKS.c.number).where(same)).first():
        connection.execute(LINKS.insert(), {"shopper": shopper, "source": source, "id": id, "since": now})
    return _link(connection.execute(sa.select(LINKS).where(same)).one())


def unlink(connection: sa.Connection, shopper: str, number: int, now: float) -> Link:
    """Undo a shopper's link: everybody's profile is again what it was without it.

    Raises:
        NotFound: the shopper has no such link.
    """
    wanted = sa.and_(LINKS.c.number == number, LINKS.c.shopper == shopper, _ACTIVE)
    row = connection.execute(sa.select(LINKS).where(wanted)).first()
    if row is None:
        raise NotFound(f"'{shopper}' has no link {number}. GET /v1/profiles/{{id}} lists the links.", "number")
    connection.execute(LINKS.update().where(LINKS.c.number == number).values(undone=now))
    return _link(row)


def links_of(connection: sa.Connection, shopper: str) -> list[Link]:
    """The links that a shopper's profile is summed over, in the order in which they were made."""
    people = sorted(people_of(connection, shopper))
    rows = connection.execute(sa.select(LINKS).where(_ACTIVE, LINKS.c.shopper.in_(people)).order_by(LINKS.c.number))
    return [_link(row) for row in rows]


def view_of(connection: sa.Connection, shopper: str) -> View:
    """The sources of a shopper's profile: their own first, then what is linked, in a fixed order."""
    links = links_of(connection, shopper)
    found: set[Key] = {("shopper", name) for name in people_of(connection, shopper)}
    found |= {source_key(one.source, one.id) for one in links}
    own: Key = ("shopper", shopper)
    return View((own, *sorted(found - {own})), max((one.number for one in links), default=0))


def people_of(connection: sa.Connection, shopper: str) -> set[str]:
    """All accounts of one person: linked accounts, and theirs."""
    known, found = set[str](), {shopper}
    while found:
        known |= found
        accounts = sa.and_(LINKS.c.source == "shopper", _ACTIVE)
        touching = sa.or_(LINKS.c.shopper.in_(found), LINKS.c.id.in_(found))
        rows = connection.execute(sa.select(LINKS.c.shopper, LINKS.c.id).where(accounts, touching)).all()
        found = {name for pair in rows for name in pair} - known
    return known


def _link(row: sa.Row) -> Link:
    return Link(number=row.number, shopper=row.shopper, source=row.source, id=row.id, since=row.since)

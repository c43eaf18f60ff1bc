"""Events of shoppers on disk: a file of them as POST /v1/events takes them, or the log of an index directory."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec
import sqlalchemy as sa

from eval.judged.qrels import read_lines
from search.errors import BadInput
from search.messages import EventIn, as_event, parse_moment
from search.profiles.tables import EVENTS, told_by
from search.types import Event, Traits

#: Events with what each says about tastes; None where it is about a product that the catalogue does not have.
Told = list[tuple[Event, Traits | None]]

_EVENT_IN = msgspec.json.Decoder(EventIn)
_EVENT = msgspec.msgpack.Decoder(Event)
_TRAITS = msgspec.msgpack.Decoder(Traits)


def moment(text: str | None, place: str) -> float:
    """ISO 8601 with a time zone -> seconds since 1970.

    Raises:
        BadInput: no time, or one without a zone.
    """
    found = parse_moment(text or "")
    if found is None:
        told = f"'{text}' is no time" if text else "An event of a file needs a time"
        raise BadInput(f"{told}. Write it with a zone, like 2026-11-01T12:00:00Z.", place)
    return found


def read_file(path: Path) -> list[Event]:
    """Events of a file of JSON lines, in its order.

    Raises:
        BadInput: the file or a line of it cannot be read, or an event has no time; `place` is file:line.
    """
    events = []
    for place, line in read_lines(path):
        try:
            told = _EVENT_IN.decode(line)
        except msgspec.MsgspecError as error:
            raise BadInput(f"This is no event as POST /v1/events takes it: {error}.", place) from error
        events.append(as_event(told, moment(told.time, place)))
    return events


def read_state(home: Path) -> Told:
    """The log that a server wrote beside its index, in its order; it is only read.

    Raises:
        BadInput: there is none, or it cannot be read.
    """
    path = home / "state" / "tresen.db"
    if not path.is_file():
        raise BadInput(
            f"{home} has no events of a server yet. Name a file of them: --log events.jsonl, or in an experiment "
            'events = "events.jsonl".',
            str(path),
        )
    engine = sa.create_engine(
        "sqlite://", creator=lambda: sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    )
    try:
        with engine.connect() as connection:
            rows = connection.execute(sa.select(EVENTS.c.event, EVENTS.c.traits).order_by(EVENTS.c.number)).all()
        return [(_EVENT.decode(event), None if said is None else _TRAITS.decode(said)) for event, said in rows]
    except (sa.exc.SQLAlchemyError, msgspec.MsgspecError) as error:
        raise BadInput(
            f"The state cannot be read ({told_by(error)}). Name a file of events instead.", str(path)
        ) from error
    finally:
        engine.dispose()

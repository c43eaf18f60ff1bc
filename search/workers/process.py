"""A search process: answers searches in the name of the one that serves.

It reads the index directory and writes nothing. What it has to know beside the index it is told with each search
(`search.workers.messages`), and whose profile counts it asks; so nobody is found in it who is not in the state, and it
needs no rule for what is up to date. It ends with the serving process: their pipe breaks.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import structlog

from search.answered import Answered
from search.errors import TresenError
from search.garbage import Garbage
from search.index.snapshot import load_snapshot
from search.kernels import loops
from search.live import caught_up
from search.logs import configure_logs
from search.opening import EncoderLoader, Generation, Opening
from search.settings import Settings
from search.types import Affinities, Appended, Event, Identity, Personalize, ProfileVersion, Traits
from search.workers.messages import Ask, Done, Failed, Known, Need, Search, Taught, Told
from search.workers.parcels import Receiver

log = structlog.get_logger()


class AskedStore:
    """The serving process's state, as a ProfileStore: each question goes through the pipe."""

    def __init__(self, ask: Callable[..., Any]):
        self._ask = ask

    def affinities(
        self, identity: Identity, scope: Personalize, now: float, version: ProfileVersion | None = None
    ) -> Affinities:
        """What the ranker may know of this shopper."""
        return self._ask("affinities", identity, scope, now, version)

    def last_visit(self, identity: Identity, now: float) -> float | None:
        """When this shopper was here before this visit."""
        return self._ask("last_visit", identity, now)

    def append(self, events: Sequence[tuple[Event, Traits | None]]) -> Appended:
        """Nothing is written here."""
        raise NotImplementedError("Only the serving process writes.")


class Searcher:
    """The generations that a search process has open, and the searches over them."""

    def __init__(self, connection: Connection, home: Path, settings: Settings, load_encoder: EncoderLoader):
        self._connection, self._home = connection, home
        self._received = Receiver()
        self._moment = 0.0
        loops()  # no search waits for the compiler
        self._opening = Opening(home, settings, load_encoder, lambda: self._moment)
        self._store = AskedStore(self._ask)
        self._generations: dict[int, Generation] = {}
        self._garbage = Garbage()

    def run(self) -> None:
        """Answer until the pipe is closed.

        Raises:
            EOFError, OSError: it is. Whatever else: what was told cannot be had.
        """
        while True:
            asked: Ask = self._connection.recv()
            self._moment = asked.search.moment if asked.search else 0.0
            try:
                generation = self._follow(asked.told)
            except Exception as error:
                self._connection.send(Failed(trouble=_told(error), ends=True))
                raise
            if asked.search is None:
                self._connection.send(Done())
                continue
            opened = asked.told.opened  # nobody needs what was opened before
            self._generations = {key: held for key, held in self._generations.items() if key >= opened}
            self._connection.send(self._searched(generation, asked.search))
            self._garbage.settle(opened)

    def _searched(self, generation: Generation, asked: Search) -> Done | Failed:
        try:
            answer = generation.search(asked.request, self._store, asked.identity, asked.deadline_ms)
        except TresenError as error:
            return Failed(error)
        except (EOFError, OSError):
            raise
        except Exception as error:  # a fault of ours, not of the process
            log.error("search failed", error=type(error).__name__, exc_info=error)
            return Failed(trouble=_told(error))
        shown = generation.pipeline.shown.take(answer.query_id)
        return Done(Answered.of(answer), shown, generation.pipeline.heads.told())

    def _ask(self, name: str, *arguments: Any) -> Any:
        self._connection.send(Need(name, arguments))
        known: Known = self._received.unpacked(self._connection.recv_bytes())
        if known.error is not None:
            raise known.error
        return known.value

    def _follow(self, told: Told) -> Generation:
        """Have what was told."""
        if told.taught is not None:
            self._learn(told.taught)
        generation = self._generations.get(told.opened)
        if generation is None:
            generation = self._open(told)
        else:
            indexed = generation.pipeline.indexed
            if told.last > indexed.changes:
                encode = self._opening.encode(indexed)
                indexed = caught_up(indexed, told.changes, told.last, encode)
                generation = self._opening.follow(generation, indexed)
            if told.taught is not None:
                self._opening.hand_to(generation.pipeline)
                pipeline = self._opening.weights.given_to(generation.pipeline)
                generation = replace(generation, pipeline=pipeline)
            if told.lists is not None:
                generation = replace(generation, pipeline=generation.pipeline.edited(told.lists))
        self._generations[told.opened] = generation
        return generation

    def _open(self, told: Told) -> Generation:
        assert told.lists is not None
        snapshot = load_snapshot(self._home, told.number)
        changed = snapshot
        if told.changes:
            changed = caught_up(snapshot, told.changes, told.last, self._opening.encode(snapshot))
        opened = self._opening.open(snapshot, told.lists, changed)
        opened.prepare()
        return opened

    def _learn(self, taught: Taught) -> None:
        opening = self._opening
        opening.buying.hazards, opening.trending.trends = taught.hazards, taught.trends
        opening.segmenting.segments, opening.weights.learned = taught.segments, taught.weights


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def run(connection: Connection, home: Path, settings: Settings, load_encoder: EncoderLoader) -> None:
    """What the process does. Ctrl+C in the terminal reaches it too, but the serving process says when to end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    configure_logs()
    with contextlib.suppress(EOFError, OSError):
        Searcher(connection, home, settings, load_encoder).run()

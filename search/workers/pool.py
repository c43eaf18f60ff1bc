"""The search processes of a serving one: who is free, what each of them has yet to be told, and who has to be replaced.

A search goes to a process that is free, or waits for one; of those that are free to the one that has had the same query
before, since each keeps for itself what queries find. While none runs, and where one fails, the serving process
answers itself. So a process may be killed at any time, and nobody notices but for the time it takes.

Each is told what it lacks with the search that needs it, so an answer never rests on older products, lists or learned
things than the serving process has. What would take long then comes before: a new generation, while others serve
(`prepare`), and changes of products, a few times a second. While many more come in, a process that has fallen behind is
left to catch up, and the serving one, which has them, answers.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Literal
from zlib import crc32

import structlog

from search.changelog import ChangeLog
from search.errors import TresenError
from search.opening import EncoderLoader
from search.settings import Settings
from search.types import Changed, ProfileStore
from search.workers.messages import Ask, Done, Failed, KeptTold, Known, Need, Search, Standing, Told
from search.workers.parcels import Sender
from search.workers.process import run

#: A process that says nothing for so long is replaced; to open an index it may take longer.
PATIENCE_SECONDS, OPENING_SECONDS = 30.0, 600.0
#: One that ended is started again after this time.
AGAIN_SECONDS = 2.0
#: Changes of products are told to whoever is free this often, in seconds; after so many times what it took.
FOLLOWING_SECONDS, RESTING, MOST_RESTING_SECONDS = 0.2, 4.0, 5.0
#: No search waits for more than so many patches of products, or a tenth of that in whole ones, to be told first.
MOST_TOLD, A_WHOLE = 100, 10

State = Literal["starting", "free", "busy", "preparing", "ended"]
log = structlog.get_logger()


class Lost(Exception):
    """A search process ended, or says nothing any more."""


@dataclass(eq=False)
class Worker:
    """A search process, from this side. Whoever took it may talk to it, nobody else.

    Args:
        start: starts the process; the end of the pipe on this side.
        held: standings that it has, by their opening.
    """

    start: Callable[[], tuple[BaseProcess, Connection]]
    state: State = "starting"
    held: dict[int, Standing] = field(default_factory=dict)
    kept: KeptTold = field(default_factory=dict)
    process: BaseProcess | None = None
    connection: Connection | None = None
    sender: Sender = field(default_factory=Sender)

    def begin(self) -> None:
        """Start the process."""
        self.held, self.sender = {}, Sender()
        self.process, self.connection = self.start()

    def follow(self, standing: Standing, log: ChangeLog, patience: float = PATIENCE_SECONDS) -> None:
        """Tell it what it lacks of a standing."""
        self._ask(Ask(self._lacking(standing, log)), patience, None)
        self.held[standing.opened] = standing

    def search(self, standing: Standing, log: ChangeLog, search: Search, store: ProfileStore) -> Done | None:
        """Have it answer a search; None where it cannot, but may go on.

        Raises:
            Lost: it ended.
            TresenError: what the answer is instead.
        """
        said = self._ask(Ask(self._lacking(standing, log), search), PATIENCE_SECONDS, store)
        self.held = {opened: held for opened, held in self.held.items() if opened > standing.opened}
        self.held[standing.opened] = standing
        if isinstance(said, Failed):
            if said.error is not None:
                raise said.error
            return None
        self.kept = said.kept or self.kept
        return said

    def is_far_behind(self, standing: Standing, log: ChangeLog) -> bool:
        """Whether telling it what it lacks takes longer than a search may wait: many changes, or opening a generation
        (a newer one that it has not opened yet, or one that it has let go of)."""
        held = self.held.get(standing.opened)
        if held is None:
            return True
        lacking = between(log.changes, held.changes, standing.changes)
        return sum(1 if change.kind == "patch" else A_WHOLE for change in lacking[: MOST_TOLD + 1]) > MOST_TOLD

    def _lacking(self, standing: Standing, log: ChangeLog) -> Told:
        held = self.held.get(standing.opened)
        after = standing.base if held is None else held.changes
        return Told(
            standing.opened,
            standing.number,
            between(log.changes, after, standing.changes),
            standing.changes,
            None if held and held.lists is standing.lists else standing.lists,
            None if held and held.taught.same_as(standing.taught) else standing.taught,
        )

    def _ask(self, ask: Ask, patience: float, store: ProfileStore | None) -> Done | Failed:
        connection = self.connection
        assert connection is not None
        try:
            connection.send(ask)
            while True:
                if not connection.poll(patience):
                    raise Lost(f"no answer in {patience:.0f} s")
                said = connection.recv()
                if not isinstance(said, Need):
                    break
                connection.send_bytes(self.sender.packed(_answer(said, store)))
        except (EOFError, OSError) as error:
            raise Lost("it ended") from error
        if isinstance(said, Failed) and said.ends:
            raise Lost(said.trouble)
        return said

    def end(self) -> None:
        """Kill it: it writes nothing. Whoever waits for it learns that it is lost."""
        if self.process is not None:
            self.process.kill()
            self.process.join()


def between(changes: list[Changed], after: int, upto: int) -> list[Changed]:
    """The changes with numbers in (after, upto]; they are ascending."""
    number = lambda change: change.number  # noqa: E731
    return changes[bisect_right(changes, after, key=number) : bisect_right(changes, upto, key=number)]


def _answer(need: Need, store: ProfileStore | None) -> Known:
    try:
        return Known(getattr(store, need.name)(*need.arguments))
    except Exception as error:  # it is raised where the question came from
        return Known(error=error)


class Workers:
    """The search processes of an index directory. Close it.

    Args:
        count: how many.
        log: the changes of products.
        standing: tells by what the serving generation answers now.
    """

    def __init__(
        self,
        count: int,
        home: Path,
        settings: Settings,
        load_encoder: EncoderLoader,
        log: ChangeLog,
        standing: Callable[[], Standing],
    ):
        self._log, self._standing = log, standing

        def start() -> tuple[BaseProcess, Connection]:
            here, there = get_context("spawn").Pipe()
            process = get_context("spawn").Process(
                target=run, args=(there, home, settings, load_encoder), name="tresen-search", daemon=True
            )
            process.start()
            there.close()
            return process, here

        self._workers = [Worker(start) for _ in range(count)]
        self._changed = threading.Condition()
        self._behind, self._closed = threading.Event(), False
        self._following = threading.Thread(target=self._follow_forever, name="search-processes", daemon=True)
        self._following.start()
        for worker in self._workers:
            threading.Thread(target=self._open, args=(worker,), name="search-process", daemon=True).start()

    @property
    def serving(self) -> int:
        """How many answer."""
        return sum(worker.state not in ("starting", "ended") for worker in self._workers)

    @property
    def kept(self) -> list[KeptTold]:
        """What each of them keeps of frequent queries, as it told last."""
        return [worker.kept for worker in self._workers]

    def wait_until_serving(self, seconds: float) -> bool:
        """Whether all answer, within a time."""
        with self._changed:
            return self._changed.wait_for(lambda: self.serving == len(self._workers), seconds)

    def search(self, standing: Standing, search: Search, store: ProfileStore) -> Done | None:
        """Have a search answered; None where nobody here can.

        Raises:
            TresenError: what the answer is instead.
        """
        worker = self._take(search.request.q)
        if worker is None:
            return None
        if worker.is_far_behind(standing, self._log):
            self._give(worker)
            self.follow()
            return None
        try:
            done = worker.search(standing, self._log, search, store)
        except TresenError:
            self._give(worker)
            raise
        except Exception as error:  # whatever it is, who asked gets an answer, and the process is none to rely on
            self._lose(worker, error)
            return None
        self._give(worker)
        return done

    def prepare(self, standing: Standing) -> None:
        """Have all open a generation that is about to serve, one after the other: the others answer meanwhile."""
        for worker in self._workers:
            with self._changed:
                self._changed.wait_for(lambda one=worker: one.state in ("free", "ended"), PATIENCE_SECONDS)  # type: ignore[misc]
                if worker.state != "free":
                    continue
                worker.state = "preparing"
            self._tell(worker, standing, OPENING_SECONDS)

    def follow(self) -> None:
        """Have all told soon what has changed."""
        self._behind.set()

    def close(self) -> None:
        """End all of them."""
        with self._changed:
            self._closed = True
            self._behind.set()
            self._changed.notify_all()
        for worker in self._workers:
            worker.end()
        self._following.join()

    # --- who is free ---

    def _take(self, query: str) -> Worker | None:
        """One that is free: of several always the same for a query."""
        first = crc32(query.encode()) % len(self._workers)
        with self._changed:
            while not self._closed:
                for worker in (*self._workers[first:], *self._workers[:first]):
                    if worker.state == "free":
                        worker.state = "busy"
                        return worker
                if not any(worker.state == "busy" for worker in self._workers):
                    return None
                self._changed.wait()
        return None

    def _give(self, worker: Worker) -> None:
        with self._changed:
            worker.state = "free"
            self._changed.notify_all()

    def _lose(self, worker: Worker, error: Exception) -> None:
        """End it, and have another one in its place."""
        with self._changed:
            worker.state = "ended"
            self._changed.notify_all()
        if self._closed:
            worker.end()
            return
        log.error("search process lost", error=type(error).__name__, reason=str(error))
        threading.Thread(target=self._replace, args=(worker,), name="search-process", daemon=True).start()

    def _replace(self, worker: Worker) -> None:
        worker.end()
        time.sleep(AGAIN_SECONDS)
        if not self._closed:
            worker.state = "starting"
            self._open(worker)

    def _open(self, worker: Worker) -> None:
        try:
            worker.begin()
            if self._closed:
                worker.end()
                return
            worker.follow(self._standing(), self._log, OPENING_SECONDS)
        except Exception as error:
            self._lose(worker, error)
            return
        self._give(worker)
        log.info("search process ready")

    # --- told before anybody asks ---

    def _tell(self, worker: Worker, standing: Standing, patience: float) -> None:
        try:
            worker.follow(standing, self._log, patience)
        except Exception as error:
            self._lose(worker, error)
        else:
            self._give(worker)

    def _follow_forever(self) -> None:
        while self._behind.wait() and not self._closed:
            self._behind.clear()
            started = time.perf_counter()
            for worker in self._workers:
                standing = self._standing()
                with self._changed:
                    held = worker.held.get(standing.opened)
                    if worker.state != "free" or (held is not None and held.changes == standing.changes):
                        continue
                    worker.state = "preparing"
                self._tell(worker, standing, PATIENCE_SECONDS if held else OPENING_SECONDS)
            took = time.perf_counter() - started
            rest = min(max(FOLLOWING_SECONDS, RESTING * took), MOST_RESTING_SECONDS)
            with self._changed:
                self._changed.wait_for(lambda: self._closed, rest)

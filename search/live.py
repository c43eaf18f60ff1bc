"""Changes of products go live: durable, then in everybody's next search, then acknowledged.

One thread takes what has gathered, finds out what each change makes of its product, writes what is good to the log with
one sync, lays it over the generation that serves, and serves that. Whoever waits is answered then. It rests for as long
as it worked, so that searches have the machine as well.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np
import structlog
from msgspec import UNSET

from search.changelog import ChangeLog, counting
from search.errors import BadInput, NotFound, TooManyChanges, TresenError
from search.index.overlay.apply import with_changes
from search.index.overlay.documents import changeable, ids_of
from search.index.snapshot import Snapshot
from search.settings import Changes
from search.types import Changed, Encoder, Product, Unfit, Vectors, patched

#: Changes that go live together; more wait for the next time.
MOST_TOGETHER = 256
#: What a changed product takes in memory, for each byte of its JSON and each of its terms: 40 kB for a made one of 520
#: bytes and 41 terms, its line of the log and the words of its titles with it (tracemalloc, 1,000 to 5,000 of 20,000).
BYTES_A_BYTE, BYTES_A_TERM = 20, 700

log = structlog.get_logger()
Products = Mapping[str, Product | None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one change: its number, or why it was refused."""

    number: int = 0
    error: TresenError | None = None


@dataclass(frozen=True, slots=True)
class _Write:
    """Changes that somebody waits for. `all_or_nothing`: one that is refused refuses all."""

    changes: Sequence[Changed]
    all_or_nothing: bool
    done: Future = field(default_factory=Future)


class Catalogue:
    """Products by id as they are while changes are looked at, over those of a snapshot.

    `stages` are what they come to, by id in the order of their first change, to be laid over the snapshot one after the
    other: a product that is new and gone again has been there in between, and has got a row. So which product has which
    row depends on the changes only, not on how many of them are looked at together.
    """

    def __init__(self, snapshot: Snapshot):
        self._documents = snapshot.documents
        self.stages: list[dict[str, Product | None]] = [{}]
        self._known: dict[str, Product | None] = {}
        self._owners: dict[str, str | None] = {}

    def get(self, id: str) -> Product | None:
        """The product of that id; None where there is none, also for a variant's."""
        if id not in self._known:
            row = self._documents.row_of(id)
            product = None if row is None else self._documents.product(row)
            self._known[id] = product if product is not None and product.id == id else None
        return self._known[id]

    def owner(self, id: str) -> str | None:
        """The id of the product that has the id, or a variant of that id; None where nobody has."""
        if id in self._owners:
            return self._owners[id]
        row = self._documents.row_of(id)
        return None if row is None else self._documents.id_of(row)

    def put(self, id: str, product: Product | None) -> None:
        """Have a product from now on, or none."""
        before = self.get(id)
        if before is None or product is None or before.variants != product.variants:
            lost, new = (ids_of(one) if one else [] for one in (before, product))
            if lost != new:
                self._owners.update(dict.fromkeys(lost))
                self._owners.update(dict.fromkeys(new, id))
        if product is None and self._is_new(id):
            self.stages.append({})
        self.stages[-1][id] = self._known[id] = product

    def _is_new(self, id: str) -> bool:
        """Whether the product has got its row in this stage."""
        if id not in self.stages[-1]:
            return False
        row = self._documents.row_of(id)
        return row is None or self._documents.id_of(row) != id

    def after(self, change: Changed) -> Product | None:
        """What a change makes of its product.

        Raises:
            NotFound: there is no such product.
            BadInput: an id that another product has, or a patch that does not fit; `place` names the field.
        """
        before = self.get(change.id)
        if change.kind == "put":
            assert change.product is not None
            for id in ids_of(change.product):
                if (owner := self.owner(id)) not in (None, change.id):
                    told = f"duplicate id: {id!r} belongs to the product {owner!r}. Give each product its own."
                    raise BadInput(told, "id")
            return change.product
        if before is None:
            owner = self.owner(change.id)
            variant = f" It is a variant of '{owner}'." if owner else ""
            raise NotFound(f"No product with the id '{change.id}'.{variant}", "id")
        if change.kind == "delete":
            return None
        assert change.patch is not None
        try:
            found = patched(before, change.patch)
        except Unfit as error:
            raise BadInput(f"{error.field}: {error}.", error.field) from error
        for id in ids_of(found) if change.patch.variants is not UNSET else ():
            if (owner := self.owner(id)) not in (None, change.id):
                raise BadInput(f"duplicate id: {id!r} belongs to the product {owner!r}.", "variants")
        return found


def folded(snapshot: Snapshot, changes: Sequence[Changed]) -> list[dict[str, Product | None]]:
    """What changes make of a snapshot's products, in stages (`Catalogue`). What does not fit any more (a patch of a
    product that a new feed left out) changes nothing."""
    catalogue = Catalogue(snapshot)
    for change in changes:
        try:
            catalogue.put(change.id, catalogue.after(change))
        except (NotFound, BadInput):
            continue
    return catalogue.stages


def laid_over(
    snapshot: Snapshot, stages: Sequence[Mapping[str, Product | None]], encode: Callable | None, last: int
) -> Snapshot:
    """The snapshot with changed products in it, `last` the number of the last change."""
    for products in stages:
        snapshot = with_changes(snapshot, products, encode, last)
    return snapshot


def caught_up(snapshot: Snapshot, changes: Sequence[Changed], last: int, encode: Callable | None) -> Snapshot:
    """A snapshot with all changes that count over it.

    Args:
        last: the number of the last change, whether it counts or not.
    """
    stages = folded(snapshot, counting(changes, snapshot.number, snapshot.changes))
    return laid_over(snapshot, stages, encode, max(last, snapshot.changes))


def encoding(encoder: Encoder | None, dimension: int) -> Callable[[Sequence[str]], Vectors] | None:
    """Makes vectors of products' texts; where the encoder fails, products are found by their words."""
    if encoder is None:
        return None

    def encode(texts: Sequence[str]) -> Vectors:
        try:
            return encoder.encode_document(texts)
        except (RuntimeError, ValueError) as error:  # what torch and tokenizers raise
            log.error("products not encoded", products=len(texts), reason=str(error))
            return np.zeros((len(texts), dimension), np.float32)

    return encode


def bytes_of(snapshot: Snapshot) -> int:
    """What the changes over a generation take in memory, as estimated."""
    documents = changeable(snapshot.documents)
    terms = sum(postings.delta.entries for postings in snapshot.postings.values() if postings.delta)
    vectors = 4 * snapshot.manifest.dimension * len(documents.changed_rows)
    return BYTES_A_BYTE * documents.changed_bytes + BYTES_A_TERM * terms + vectors


class Live:
    """The one who changes products. `close` it to stop.

    Args:
        changes: the log.
        snapshot: tells the snapshot that serves, without the shop's live lists.
        encode: tells what makes vectors for a snapshot.
        serve: serves a changed snapshot from now on.
    """

    def __init__(
        self,
        changes: ChangeLog,
        settings: Changes,
        snapshot: Callable[[], Snapshot],
        encode: Callable[[Snapshot], Callable | None],
        serve: Callable[[Snapshot], None],
    ):
        self.log, self._settings = changes, settings
        self._snapshot, self._encode, self._serve = snapshot, encode, serve
        #: Held while the log grows and what it says goes live: whoever swaps generations holds it, too.
        self.changing = threading.Lock()
        self._queue: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._bytes: tuple[Snapshot | None, int] = (None, 0)

    @property
    def bytes(self) -> int:
        """What the changes take in memory, as estimated."""
        snapshot = self._snapshot()
        if self._bytes[0] is not snapshot:
            self._bytes = snapshot, bytes_of(snapshot)
        return self._bytes[1]

    @property
    def is_full(self) -> bool:
        """True where more changes have gathered than memory is for."""
        return self.bytes > self._settings.memory_mb * 1e6

    def submit(self, changes: Sequence[Changed], all_or_nothing: bool = False) -> Future[list[Outcome]]:
        """Hand over changes; the result tells of each what became of it, once it is durable and live.

        Raises:
            TooManyChanges: the memory for changes is full.
        """
        if self.is_full:
            told = "More products have changed than memory is for; the next index is being built. Try again later."
            raise TooManyChanges(told)
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="changes", daemon=True)
                self._thread.start()
        write = _Write(changes, all_or_nothing)
        self._queue.put(write)
        return write.done

    def close(self) -> None:
        """Finish what waits, and let go of the log."""
        with self._starting:
            if self._thread is not None:
                self._queue.put(None)
                self._thread.join()
                self._thread = None
        self.log.close()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            group, size = [first], len(first.changes)
            while size < MOST_TOGETHER and not self._queue.empty():
                write = self._queue.get()
                if write is None:
                    self._queue.put(None)
                    break
                group.append(write)
                size += len(write.changes)
            started = time.perf_counter()
            try:
                self._go_live(group)
            except TresenError as error:
                _refuse(group, error)
            except Exception as error:  # nobody may wait forever
                log.error("changes not live", error=type(error).__name__, exc_info=error)
                for write in group:
                    if not write.done.done():
                        write.done.set_exception(error)
            time.sleep(max(self._settings.gather_ms / 1000, time.perf_counter() - started))

    def _go_live(self, group: Sequence[_Write]) -> None:
        with self.changing:
            self.log.open()
            if self.log.last > self._snapshot().changes:
                self._catch_up()
            snapshot = self._snapshot()
            catalogue, accepted, outcomes = Catalogue(snapshot), list[Changed](), list[list[Outcome | int]]()
            for write in group:
                outcomes.append(_looked_at(write, catalogue, accepted))
            numbered = list[Changed]()
            if accepted:
                # laid over first: what cannot be laid over is not kept either
                last = max(self.log.last, snapshot.changes) + len(accepted)
                changed = laid_over(snapshot, catalogue.stages, self._encode(snapshot), last)
                numbered = self.log.append(accepted, least=snapshot.changes)
                self._serve(changed)
        for write, found in zip(group, outcomes, strict=True):
            write.done.set_result([Outcome(numbered[one].number) if isinstance(one, int) else one for one in found])

    def _catch_up(self) -> None:
        """Another process wrote before this one did."""
        snapshot = self._snapshot()
        missed = self.log.since(snapshot.changes)
        self._serve(caught_up(snapshot, missed, self.log.last, self._encode(snapshot)))


def _looked_at(write: _Write, catalogue: Catalogue, accepted: list[Changed]) -> list[Outcome | int]:
    """Of each change its place among the accepted ones, or why it was refused."""
    found: list[Outcome | int] = []
    kept, trial = len(accepted), Trial(catalogue) if write.all_or_nothing else None
    for change in write.changes:
        try:
            after = catalogue.after(change)
        except TresenError as error:
            found.append(Outcome(error=error))
            continue
        catalogue.put(change.id, after)
        found.append(len(accepted))
        accepted.append(change)
    if trial and any(isinstance(one, Outcome) for one in found):
        del accepted[kept:]
        trial.undo()
        return [one if isinstance(one, Outcome) else Outcome() for one in found]
    return found


class Trial:
    """What a catalogue was, to go back to."""

    def __init__(self, catalogue: Catalogue):
        self._catalogue = catalogue
        self._stages, self._owners = [dict(stage) for stage in catalogue.stages], dict(catalogue._owners)
        self._known = dict(catalogue._known)

    def undo(self) -> None:
        """Go back."""
        self._catalogue.stages, self._catalogue._owners = self._stages, self._owners
        self._catalogue._known = self._known


def _refuse(group: Sequence[_Write], error: TresenError) -> None:
    for write in group:
        if not write.done.done():
            write.done.set_exception(error)

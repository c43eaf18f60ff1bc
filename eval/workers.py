"""One index, opened once, for many configurations and several processes.

What the configurations share is made once: the snapshot, and the vector of each query text, encoded one at a time as
the server does it, so that its time is honest. Pipelines look the vectors up: the answers are the same for any number
of processes, and only this one needs torch. Processes are spawned, never forked: torch's threads do not survive a fork.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import numpy as np

from search.errors import BadInput
from search.index.snapshot import Snapshot, load_snapshot
from search.messages import SearchRequest
from search.pipeline import Pipeline
from search.settings import Settings
from search.types import Encoder, Vectors

T = TypeVar("T")
R = TypeVar("R")
#: advance(step, done, total)
Advance = Callable[[str, int, int], None]

#: A process needs 3 s to start (imports, checksums of the index): fewer tasks are done sooner by one.
WORTH_A_PROCESS = 400
#: Tasks handed out at once: so small that the bar moves, so large that passing them on costs nothing.
CHUNK = 32
PIPELINES = 4


@dataclass(frozen=True, slots=True)
class Setup:
    """How a pipeline is made over an index: settings, with or without its encoder, and the time it believes in."""

    settings: Settings
    lexical_only: bool = False
    now: float | None = None

    def pipeline(self, snapshot: Snapshot, vectors: Encoder | None) -> Pipeline:
        """The pipeline that serves, over these vectors."""
        now = self.now
        clock = time.time if now is None else lambda: now
        return Pipeline(snapshot, None if self.lexical_only else vectors, self.settings, clock)


@dataclass(slots=True, eq=False)
class KnownVectors:
    """An encoder that knows the vectors of some texts, and fails for others as one that is down does."""

    name: str
    dimension: int
    known: dict[str, Vectors] = field(default_factory=dict)

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """(n,) known texts -> (n, dimension); ValueError for an unknown one."""
        if any(text not in self.known for text in texts):
            raise ValueError("a text without a vector")
        return np.stack([self.known[text] for text in texts])

    def encode_document(self, texts: Sequence[str]) -> Vectors:
        """The same."""
        return self.encode_query(texts)


class OpenIndex:
    """An index with the vectors of what was asked so far. Use as a context manager: it ends its processes.

    Args:
        encoder: None for an index without vectors, or where the encoder is to be left out.
        jobs: processes; 1 does all work in this one.
    """

    def __init__(self, snapshot: Snapshot, encoder: Encoder | None, jobs: int = 1):
        self.snapshot = snapshot
        self.jobs = jobs
        self._encoder = encoder
        self.vectors = KnownVectors(encoder.name, encoder.dimension) if encoder else None
        self._pool: ProcessPoolExecutor | None = None
        self.pipeline = lru_cache(PIPELINES)(self._open)

    def __enter__(self) -> OpenIndex:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def _open(self, setup: Setup) -> Pipeline:
        pipeline = setup.pipeline(self.snapshot, self.vectors)
        pipeline.trace(SearchRequest(q="warm-up"))  # not measured: it pays for tables that are built on first use
        return pipeline

    def encode(self, texts: Sequence[str], on_done: Callable[[], None] = lambda: None) -> dict[str, float]:
        """Make sure that these texts have vectors.

        Args:
            on_done: called for every text.

        Returns:
            text -> milliseconds, of those that had none yet. A text that the encoder fails for gets none.
        """
        times_ms: dict[str, float] = {}
        if self._encoder is None or self.vectors is None:
            return times_ms
        if not self.vectors.known:
            self._encode("warm-up")  # the first text pays for what the encoder makes on first use
        for text in texts:
            if text and text not in self.vectors.known:
                started = time.perf_counter()
                vector = self._encode(text)
                if vector is not None:
                    self.vectors.known[text] = vector
                    times_ms[text] = (time.perf_counter() - started) * 1000
            on_done()
        return times_ms

    def _encode(self, text: str) -> Vectors | None:
        assert self._encoder is not None
        try:
            return self._encoder.encode_query([text])[0]
        except (RuntimeError, ValueError):  # what torch and tokenizers raise
            return None

    def map(
        self,
        work: Callable[[Pipeline, Sequence[T]], list[R]],
        setup: Setup,
        tasks: Sequence[T],
        texts: Sequence[Sequence[str]],
        on_done: Callable[[], None] = lambda: None,
    ) -> list[R]:
        """The results of `work` for every task, in their order.

        Args:
            work: a function of a pipeline and some tasks, one result a task; can be pickled, as tasks and results.
            texts: of each task, as what its query may be encoded (`encode` comes first).
            on_done: called for every task.
        """
        chunks = [slice(start, start + CHUNK) for start in range(0, len(tasks), CHUNK)]
        results: list[R] = []
        for found in self._results(work, setup, [(tasks[part], texts[part]) for part in chunks]):
            results += found
            for _ in found:
                on_done()
        return results

    def _results(
        self,
        work: Callable[[Pipeline, Sequence[T]], list[R]],
        setup: Setup,
        chunks: Sequence[tuple[Sequence[T], Sequence[Sequence[str]]]],
    ) -> Iterator[list[R]]:
        if self.jobs == 1 or sum(len(tasks) for tasks, _ in chunks) < WORTH_A_PROCESS:
            pipeline = self.pipeline(setup)
            yield from (work(pipeline, tasks) for tasks, _ in chunks)
            return
        futures: deque[Future[list[R]]] = deque(
            self._processes().submit(_work, work, setup, tasks, self._known(texts)) for tasks, texts in chunks
        )
        while futures:
            try:
                yield futures.popleft().result()  # results are large: let go of each
            except BrokenProcessPool as error:
                advice = "Was it killed for its memory? Use fewer: --jobs 1."
                raise BadInput(f"A process of the measurement ended. {advice}", "--jobs") from error

    def _known(self, texts: Sequence[Sequence[str]]) -> dict[str, Vectors]:
        known = self.vectors.known if self.vectors else {}
        return {text: known[text] for of_task in texts for text in of_task if text in known}

    def _processes(self) -> ProcessPoolExecutor:
        if self._pool is None:
            vectors = (self.vectors.name, self.vectors.dimension) if self.vectors else None
            opening = (self.snapshot.folder.parents[1], self.snapshot.number, vectors)
            self._pool = ProcessPoolExecutor(
                self.jobs, mp_context=get_context("spawn"), initializer=_start, initargs=opening
            )
        return self._pool


def open_reencoded(home: Path, model: str, corrections: str, advance: Advance) -> OpenIndex:
    """An index directory's current generation as another encoder would have made it, in this process alone.

    Args:
        model: what `search.embed.load_encoder` takes.
        corrections: the setting `kinds.corrections`.

    Raises:
        NotFound, BadSnapshot, MissingModel: as `open_index`.
    """
    from eval.reencoded import reencoded
    from search.embed import load_encoder

    encoder = load_encoder(model)
    return OpenIndex(
        reencoded(load_snapshot(home), encoder, home / "cache" / "embeddings", corrections, advance), encoder
    )


def open_index(home: Path, encode: bool = True, jobs: int = 1) -> OpenIndex:
    """An index directory's current generation, with its encoder.

    Args:
        encode: False leaves the encoder out: nothing will need it.

    Raises:
        NotFound, BadSnapshot: no index, or a damaged one.
        MissingModel: the index's encoder cannot be loaded. A server would go on without; a measurement must not.
    """
    from search.embed import load_encoder

    snapshot = load_snapshot(home)
    model = snapshot.manifest.model
    return OpenIndex(snapshot, load_encoder(model) if model and encode else None, jobs)


# --- in a process of its own -----------------------------------------------------------------------

_HERE: dict[str, OpenIndex] = {}


def _start(home: Path, number: int, vectors: tuple[str, int] | None) -> None:
    index = OpenIndex(load_snapshot(home, number), None)
    index.vectors = KnownVectors(*vectors) if vectors else None
    _HERE["index"] = index


def _work(
    work: Callable[[Pipeline, Sequence[T]], list[R]],
    setup: Setup,
    tasks: Sequence[T],
    known: Mapping[str, Vectors],
) -> list[R]:
    index = _HERE["index"]
    if index.vectors is not None:
        index.vectors.known.clear()
        index.vectors.known.update(known)
    return work(index.pipeline(setup), tasks)

"""What all shoppers together do, learned from a shop's log, written beside it, handed to the pipeline.

It lies in `state/trends.json`: no ids of shoppers, and only what several people did (`business.clicked_people`), the
words of queries too. It is learned whenever buying again is (`search/learned/buying.py`), so also after somebody was
erased.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import msgspec
from msgspec.structs import replace

from search.durable import replace_file
from search.errors import TresenError
from search.learned.everybody import Everybody, query_key
from search.pipeline import Pipeline
from search.profiles.choices import DAY_SECONDS, learn_choices, learn_contexts
from search.profiles.seasons import learn_months
from search.profiles.store import SqlStore
from search.settings import Business
from search.types import Trends

CACHED_KEYS = 10_000


def read_trends(path: Path) -> Trends:
    """What was learned last; nothing where there is no such file, or none that can be read: it is learned anew."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Trends)
    except (OSError, msgspec.MsgspecError):
        return Trends()


def keys_of(pipeline: Pipeline) -> Callable[[str], str]:
    """Query as it was searched for -> key, in the language that the catalogue's words speak for."""
    detect = pipeline.understanding.detect
    return lru_cache(CACHED_KEYS)(lambda text: query_key(text, detect(text)))


class Trending:
    """The trends of one shop. `retention_days`: how long the log holds an event; `now` in seconds since 1970."""

    def __init__(self, home: Path, settings: Business, retention_days: float, now: Callable[[], float]):
        self._path = home / "state" / "trends.json"
        self._settings = settings
        self._retention = retention_days * DAY_SECONDS
        self._now = now
        self._learning = threading.Lock()
        self.trends = read_trends(self._path)

    def hand_to(self, pipeline: Pipeline) -> None:
        """Let a pipeline rank by it."""
        row_of, catalogue = pipeline.snapshot.documents.row_of, pipeline.catalogue
        pipeline.everybody = Everybody(self.trends, keys_of(pipeline), row_of, catalogue, self._settings)

    def learn(self, store: SqlStore, pipeline: Pipeline) -> Trends:
        """Learn from the whole log, keep it, and rank by it.

        Where the log cannot be read, what was known stays; where nothing can be written, it lasts until the end.
        """
        with self._learning:
            now, known = self._now(), self._settings
            try:
                queries, types = learn_choices(
                    store.logged(), keys_of(pipeline), now, known.clicked_half_life_days, known.clicked_people
                )
                before = self.trends.months
                months = learn_months(store.logged(), before, now - self._retention, known.clicked_people)
                of = store.logged(), keys_of(pipeline), now, known.clicked_half_life_days, known.clicked_people
                contexts = learn_contexts(*of, known.contexts)
                self.trends = Trends(queries, types, months, now, contexts)
                replace_file(self._path, msgspec.json.encode(self.trends))
            except (TresenError, OSError):
                self.trends = replace(self.trends, learned=now)
            self.hand_to(pipeline)
            return self.trends

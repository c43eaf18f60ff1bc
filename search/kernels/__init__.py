"""The few loops over many rows that numpy takes several passes for, compiled where numba is installed.

Nothing is found otherwise with them: every caller has the same in numpy, and tests compare the two. `pip install
'tresen[fast]'` brings numba; docs/performance.md says what it is worth.
"""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from threading import Event, Thread
from types import ModuleType

import structlog

log = structlog.get_logger()

_LOADING = Event()


def loops() -> ModuleType | None:
    """`search.kernels.compiled`; None without a numba that loads, while it loads (`load_behind`), or where
    `NUMBA_DISABLE_JIT` is set. The first time takes a second, and some more after an update."""
    return None if _LOADING.is_set() else _found()


def load_behind() -> Thread:
    """Load them in a thread: a server need not wait for a compiler, numpy answers meanwhile. Join it to wait."""

    def load() -> None:
        try:
            _found()
        finally:
            _LOADING.clear()

    _LOADING.set()
    thread = Thread(target=load, name="compiled-loops")
    thread.start()
    return thread


@cache
def _found() -> ModuleType | None:
    if find_spec("numba") is None or os.environ.get("NUMBA_DISABLE_JIT", "0") != "0":
        return None
    try:
        return import_module("search.kernels.compiled")
    except Exception as error:  # numpy too new for it, or whatever else a compiler says: no search waits for that
        log.warning("compiled loops left out", reason=str(error))
        return None

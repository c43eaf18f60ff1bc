"""The few loops over many rows that numpy takes several passes for, compiled where numba is installed.

Nothing is found otherwise with them: every caller has the same in numpy, and tests compare the two. `pip install
'tresen[fast]'` brings numba; docs/performance.md says what it is worth.
"""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

import structlog

log = structlog.get_logger()


@cache
def loops() -> ModuleType | None:
    """`search.kernels.compiled`; None without a numba that loads, or where `NUMBA_DISABLE_JIT` is set. The first time
    takes a second, and some more after an update."""
    if find_spec("numba") is None or os.environ.get("NUMBA_DISABLE_JIT", "0") != "0":
        return None
    try:
        return import_module("search.kernels.compiled")
    except ImportError as error:  # numba says so of a numpy that is too new for it
        log.warning("compiled loops left out", reason=str(error))
        return None

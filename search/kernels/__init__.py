"""The few loops over many rows that numpy takes several passes for, compiled where numba is installed.

Nothing is found otherwise with them: every caller has the same in numpy, and tests compare the two. `pip install
'tresen[fast]'` brings numba; docs/performance.md says what it is worth.
"""

from __future__ import annotations

import os
from functools import cache
from importlib.util import find_spec
from types import ModuleType


@cache
def loops() -> ModuleType | None:
    """`search.kernels.compiled`; None without numba, or where `NUMBA_DISABLE_JIT` says that it shall compile nothing.
    The first time takes a second, and some more after an update."""
    if find_spec("numba") is None or os.environ.get("NUMBA_DISABLE_JIT", "0") != "0":
        return None
    from search.kernels import compiled

    return compiled

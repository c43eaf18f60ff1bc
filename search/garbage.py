"""What lives as long as an index serves is kept from Python's garbage collector.

Every few hundred searches the collector looks for circles among all that lives; with a million products and the
compiled loops open that takes 0.2 s, in which nobody is answered. All of it stays as long as the generation serves, so
it is set aside (`gc.freeze`), and looked at once when another one serves.
"""

from __future__ import annotations

import gc
from collections.abc import Hashable


class Garbage:
    """The collector of one process."""

    def __init__(self) -> None:
        self._of: Hashable = None
        self._seen: Hashable = None

    def settle(self, serving: Hashable) -> None:
        """Set aside what lives, once for each thing that serves: when it is named the second time, since searches that
        began on the one before may still need that. To be called now and then."""
        is_new, self._seen = serving != self._seen, serving
        if is_new or serving == self._of:
            return
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        self._of = serving

    def end(self) -> None:
        """Leave nothing aside: nothing serves any more."""
        gc.unfreeze()
        self._of = self._seen = None

"""The weights that were learned, kept beside the index and handed to the pipeline that serves.

They lie in `state/weights.json`, written by `tresen learn` and read by a running server as soon as it notices; without
the file the weights are those of the settings.
"""

from __future__ import annotations

from copy import copy
from pathlib import Path
from typing import Annotated

import msgspec

from search.durable import replace_file
from search.errors import BadInput
from search.learned.verdict import Verdict
from search.pipeline import Pipeline
from search.rerank.weights import with_weights
from search.settings import Personal

Stamp = tuple[int, int] | None
Weight = Annotated[float, msgspec.Meta(ge=0)]


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """Weights by the names of their settings; when they were learned (seconds since 1970), from how many choices, and
    what they won on later ones."""

    weights: dict[str, Weight]
    learned: float
    choices: int
    verdict: Verdict | None = None


def path_of(home: Path) -> Path:
    """Where an index directory keeps them."""
    return home / "state" / "weights.json"


def read_weights(home: Path) -> Learned | None:
    """What was learned; None where there is nothing.

    Raises:
        BadInput: a file that cannot be read, or with a weight that does not fit.
    """
    path = path_of(home)
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Learned)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        advice = f"Go back to the settings (tresen learn {home} --undo), then learn anew."
        raise BadInput(f"The learned weights cannot be read: {error}. {advice}", str(path)) from error
    return found


def write_weights(home: Path, learned: Learned) -> None:
    """Keep them: a new file, synced and renamed, so that a reader sees the old or the new one."""
    path = path_of(home)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, msgspec.json.encode(learned))


def remove_weights(home: Path) -> bool:
    """Go back to the weights of the settings; whether there was something to undo."""
    existed = path_of(home).exists()
    path_of(home).unlink(missing_ok=True)
    return existed


def in_force(settings: Personal, learned: Learned | None) -> Personal:
    """The settings with what was learned in their place; of a field that is no taste any more, nothing.

    >>> in_force(Personal(), Learned(weights={"brand": 0.8}, learned=0.0, choices=1)).brand
    0.8
    """
    return with_weights(settings, learned.weights) if learned else settings


class WeightsInForce:
    """The weights by which a shop is served.

    Args:
        settings: the shop's own, which count where nothing was learned.
    """

    def __init__(self, home: Path, settings: Personal):
        self._home = home
        self._settings = settings
        self._stamp: Stamp = None
        self.learned: Learned | None = None
        self.trouble = ""
        self.read()

    @property
    def is_outdated(self) -> bool:
        """True once somebody has learned, or undone it."""
        return self._stamp_now() != self._stamp

    def read(self) -> None:
        """Read the file again; while it cannot be read, the settings count, and `trouble` says why."""
        self._stamp, self.trouble = self._stamp_now(), ""
        try:
            self.learned = read_weights(self._home)
        except BadInput as error:
            self.learned, self.trouble = None, error.message

    @property
    def in_force(self) -> dict[str, float]:
        """Learned weights by the names of their settings; none where those of the settings count."""
        return dict(self.learned.weights) if self.learned else {}

    def given_to(self, pipeline: Pipeline) -> Pipeline:
        """The pipeline with these weights; who has the old one goes on with the old weights."""
        other = copy(pipeline)
        other.settings = msgspec.structs.replace(pipeline.settings, personal=in_force(self._settings, self.learned))
        return other

    def _stamp_now(self) -> Stamp:
        try:
            found = path_of(self._home).stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino

"""The weights by which a shop is served: those of the settings, or what `tresen learn` has put in their place."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from search.learned.weights import in_force, read_weights
from search.settings import Settings

WithLearned = Annotated[
    bool,
    typer.Option("--learned/--without-learned", help="By the weights that tresen learn found, as served, or without."),
]


def served(settings: Settings, home: Path, with_learned: bool) -> tuple[Settings, list[str]]:
    """The settings by which a server ranks over an index directory, and what is to be told of it.

    Raises:
        BadInput: the learned weights cannot be read. A server would go on without; a measurement must not.
    """
    found = read_weights(home)
    if found is None:
        return settings, []
    day = datetime.fromtimestamp(found.learned, UTC).date().isoformat()
    if not with_learned:
        return settings, [f"Without the weights that were learned on {day} and are served."]
    note = (
        f"By the weights that were learned on {day} from {found.choices:,} choices, as served. Where these are in the "
        "replayed log they were seen before; --without-learned leaves the weights out."
    )
    return msgspec.structs.replace(settings, personal=in_force(settings.personal, found)), [note]

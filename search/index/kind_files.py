"""The kinds of a snapshot on disk."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np

from search.index.kinds import Kinds, Learned

ARRAYS = ("offsets", "heads", "names", "centres")


def save_kinds(kinds: Kinds, folder: Path, language: str) -> None:
    """Write the kinds of one language."""
    for name in ARRAYS:
        np.save(folder / f"kinds-{language}-{name}.npy", getattr(kinds, name), allow_pickle=False)
    meta: dict[str, object] = {"labels": kinds.labels, "terms": kinds.terms, "scale": kinds.scale}
    meta |= {"corrected": kinds.corrected, "learned": kinds.learned}
    (folder / f"kinds-{language}.json").write_bytes(msgspec.json.encode(meta))


def load_kinds(folder: Path, language: str) -> Kinds:
    """Read what `save_kinds` wrote."""
    meta = msgspec.json.decode((folder / f"kinds-{language}.json").read_bytes())
    arrays = {name: np.load(folder / f"kinds-{language}-{name}.npy", allow_pickle=False) for name in ARRAYS}
    learned = msgspec.convert(meta.get("learned", {}), Learned)
    more = {"scale": tuple(meta["scale"]), "corrected": meta["corrected"], "learned": learned}
    return Kinds(meta["labels"], meta["terms"], **arrays, **more)

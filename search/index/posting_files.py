"""The postings of a snapshot on disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from search.index.postings import Postings
from search.index.terms import Terms

ARRAYS = ("offsets", "rows", "saturated", "idf")


def file_of(folder: Path, language: str, name: str) -> Path:
    """Where an array of a language's postings lies."""
    return folder / f"postings-{language}-{name}.npy"


def save_terms(
    terms: Sequence[str], folder: Path, language: str, size: int, k1: float, lengths: Mapping[str, float]
) -> None:
    """Write what of a language's postings is no array."""
    meta = {"size": size, "k1": k1, "lengths": lengths, "terms": terms}
    (folder / f"postings-{language}.json").write_bytes(msgspec.json.encode(meta))


def save_postings(postings: Postings, folder: Path, language: str) -> None:
    """Write the arrays (.npy) and the terms of one language into a segment's folder."""
    for name in ARRAYS:
        np.save(file_of(folder, language, name), getattr(postings, name), allow_pickle=False)
    save_terms(list(postings.terms), folder, language, postings.size, postings.k1, postings.lengths)


def load_postings(folder: Path, language: str) -> Postings:
    """Read what `save_postings` wrote; the arrays stay on disk until they are touched.

    They are plain views of the mapped files: a slice of a numpy.memmap costs five times one of an array.
    """
    meta = msgspec.json.decode((folder / f"postings-{language}.json").read_bytes())
    arrays: dict[str, Any] = {
        name: np.asarray(np.load(file_of(folder, language, name), mmap_mode="r", allow_pickle=False)) for name in ARRAYS
    }
    terms, lengths = Terms(meta["terms"]), meta.get("lengths", {})
    return Postings(terms=terms, size=meta["size"], k1=meta["k1"], lengths=lengths, **arrays)

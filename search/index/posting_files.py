"""The postings of a snapshot on disk."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from search.index.postings import Postings
from search.index.terms import Terms

ARRAYS = ("offsets", "rows", "saturated", "idf")
TERMS = ("text", "starts")


def file_of(folder: Path, language: str, name: str) -> Path:
    """Where an array of a language's postings lies."""
    return folder / f"postings-{language}-{name}.npy"


def save_terms(terms: Terms, folder: Path, language: str, size: int, k1: float, lengths: Mapping[str, float]) -> None:
    """Write a language's terms, in blocks, and what of its postings is no array."""
    for name in TERMS:
        np.save(file_of(folder, language, f"terms-{name}"), getattr(terms, name), allow_pickle=False)
    meta = {"size": size, "k1": k1, "lengths": lengths, "terms_size": len(terms), "firsts": terms.firsts}
    (folder / f"postings-{language}.json").write_bytes(msgspec.json.encode(meta))


def save_postings(postings: Postings, folder: Path, language: str) -> None:
    """Write the arrays (.npy) and the terms of one language into a segment's folder."""
    for name in ARRAYS:
        np.save(file_of(folder, language, name), getattr(postings, name), allow_pickle=False)
    save_terms(postings.terms, folder, language, postings.size, postings.k1, postings.lengths)


def load_postings(folder: Path, language: str) -> Postings:
    """Read what `save_postings` wrote; the arrays stay on disk until they are touched.

    They are plain views of the mapped files: a slice of a numpy.memmap costs five times one of an array.
    """
    meta = msgspec.json.decode((folder / f"postings-{language}.json").read_bytes())
    arrays: dict[str, Any] = {name: _mapped(file_of(folder, language, name)) for name in ARRAYS}
    if "terms" in meta:  # an index of before
        terms = Terms.of(meta["terms"])
    else:
        text, starts = (_mapped(file_of(folder, language, f"terms-{name}")) for name in TERMS)
        terms = Terms(text, starts, meta["firsts"], meta["terms_size"])
    return Postings(terms=terms, size=meta["size"], k1=meta["k1"], lengths=meta.get("lengths", {}), **arrays)


def _mapped(path: Path) -> NDArray[Any]:
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))

"""The lexical part of a build: compounds from all texts, then the weighed terms of each chunk, then postings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from search.index.arrays_file import read_value, write_value
from search.index.compounds import Compounds, compounds_file, load_compounds, save_compounds
from search.index.fields import field_weights
from search.index.layout import write_postings
from search.index.spool import SpooledChunk, Workers
from search.index.tokens import FIELDS, Weighed, weigh_tokens
from search.lists.files import Lists
from search.settings import Lexical
from search.words.analysis import Analyzer
from search.words.compounds import LANGUAGES


def write_lexical(
    chunks: Sequence[SpooledChunk],
    language: str,
    holding: Mapping[str, int],
    lengths: np.ndarray,
    folder: Path,
    settings: Lexical,
    lists: Lists,
    pool: Workers,
    on_weighed: Callable[[int], None],
) -> None:
    """Write the compounds and the postings of one language.

    Args:
        holding: word -> products whose texts hold it, but in codes.
        lengths: (fields,) terms of all products.
        on_weighed: gets the products of each chunk that is weighed.
    """
    if language in LANGUAGES:
        compounds = Compounds(dict(holding), dict(lists.splits_of_file or {}), dict(lists.splits))
        save_compounds(compounds, folder, language)
    size = sum(len(chunk.ids) for chunk in chunks)
    mean = mean_of(lengths, size)
    jobs = [pool.submit(_weigh, chunk.bare(), chunk.rows, language, folder, settings, mean) for chunk in chunks]
    for chunk, job in zip(chunks, jobs, strict=True):
        job.result()
        on_weighed(len(chunk.ids))
    parts = [partial(read_value, _weighed_file(chunk, language), Weighed) for chunk in chunks]
    write_postings(
        parts,
        folder,
        language,
        size,
        settings.k1,
        mean,
        lambda number: _weighed_file(chunks[number], language).unlink(),
    )


def mean_of(lengths: np.ndarray, size: int) -> dict[str, float]:
    """Field -> its mean length, of the terms (fields,) of so many products."""
    return dict(zip(FIELDS, (lengths / max(size, 1)).tolist(), strict=True))


def _weighed_file(chunk: SpooledChunk, language: str) -> Path:
    return chunk.file(f"{language}.weighed")


def _weigh(
    chunk: SpooledChunk, rows: np.ndarray, language: str, folder: Path, settings: Lexical, mean: Mapping[str, float]
) -> None:
    """Weigh a chunk's terms, and keep that; in a worker."""
    texts = chunk.texts()
    listed = compounds_file(folder, language)
    analyzer = _analyzer(language, folder, listed.stat().st_mtime_ns if listed.is_file() else 0)
    weights = field_weights(settings)
    weighed = weigh_tokens(
        texts.tokens[language], texts.written, rows, analyzer, weights, settings.b, settings.parts, mean
    )
    write_value(weighed, _weighed_file(chunk, language))


@lru_cache(maxsize=2)
def _analyzer(language: str, folder: Path, written: int) -> Analyzer:
    """Of a folder's compounds, `written` at that time: what it has split before, it need not split again."""
    compounds = load_compounds(folder, language)
    return Analyzer(language, compounds.splitter() if compounds else None)

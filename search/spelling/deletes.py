"""What symspellpy works out of a catalogue's words, kept on disk: a start maps it instead of working it out again.

A hundred thousand words have 2.6 million deletes, which take seconds to make and hundreds of megabytes as lists of
strings, in each process. Here they are arrays: the deletes' hashes of 64 bits, ascending, and the words of each. A file
is named after what it was made of, so that another catalogue, or another setting, has its own.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from symspellpy import SymSpell

PREFIX_LENGTH = 7
ARRAYS = ("hashes", "offsets", "words")
#: Catalogues whose deletes are kept.
MOST_KEPT = 4
#: Fewer words are worked out at once.
LEAST_KEPT = 2_000


def _hash_of(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


class Deletes:
    """Delete -> words, in place of symspellpy's dictionary.

    Args:
        words: in the order in which they are counted.
        hashes: (k,) uint64 ascending; offsets: (k + 1,); numbers: (m,) the words of each.
    """

    def __init__(
        self, words: Sequence[str], hashes: NDArray[np.uint64], offsets: NDArray[np.int64], numbers: NDArray[np.int32]
    ):
        self._words, self._hashes, self._offsets, self._numbers = words, hashes, offsets, numbers

    def __getitem__(self, delete: str) -> list[str]:
        at = self._place(delete)
        run = self._numbers[self._offsets[at] : self._offsets[at + 1]] if at >= 0 else ()
        return [self._words[number] for number in run]

    def __contains__(self, delete: str) -> bool:
        return self._place(delete) >= 0

    def __len__(self) -> int:
        return len(self._hashes)

    def _place(self, delete: str) -> int:
        wanted = np.uint64(_hash_of(delete))
        at = int(np.searchsorted(self._hashes, wanted))
        return at if at < len(self._hashes) and self._hashes[at] == wanted else -1


def symspell_of(counts: Mapping[str, int], max_edits: int, cache: Path | None = None) -> SymSpell:
    """symspellpy over words with their counts; what it takes long to work out is kept in a folder, if there is one.

    A folder that cannot be written is no trouble: then it is worked out again the next time.
    """
    if cache is None or len(counts) < LEAST_KEPT:
        return _made(counts, max_edits)
    words = list(counts)
    folder = cache / _name(words, max_edits)
    if not _is_whole(folder):
        made = _made(counts, max_edits)
        try:
            _keep(made, words, folder)
        except OSError:
            return made
    return _mapped(counts, words, max_edits, folder)


def _made(counts: Mapping[str, int], max_edits: int) -> SymSpell:
    symspell = SymSpell(max_dictionary_edit_distance=max_edits, prefix_length=PREFIX_LENGTH)
    for word, count in counts.items():
        symspell.create_dictionary_entry(word, count)
    return symspell


def _mapped(counts: Mapping[str, int], words: Sequence[str], max_edits: int, folder: Path) -> SymSpell:
    symspell: Any = SymSpell(max_dictionary_edit_distance=max_edits, prefix_length=PREFIX_LENGTH)
    arrays = (np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)) for name in ARRAYS)
    symspell._words, symspell._deletes = dict(counts), Deletes(words, *arrays)
    symspell._max_length = max(map(len, words), default=0)
    return symspell


def _name(words: Sequence[str], max_edits: int) -> str:
    text = "\n".join((str(max_edits), str(PREFIX_LENGTH), *words))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _is_whole(folder: Path) -> bool:
    """True where a folder holds what its sums say: a damaged file is made anew."""
    try:
        return (folder / "sums").read_text() == _sums(folder)
    except OSError:
        return False


def _sums(folder: Path) -> str:
    return "\n".join(hashlib.sha256((folder / f"{name}.npy").read_bytes()).hexdigest() for name in ARRAYS)


def _keep(symspell: Any, words: Sequence[str], folder: Path) -> None:
    """Write the arrays into a new folder, and rename it; the oldest ones go."""
    numbers = {word: number for number, word in enumerate(words)}
    deletes = sorted((_hash_of(delete), delete) for delete in symspell._deletes)
    held = [symspell._deletes[delete] for _, delete in deletes]
    offsets = np.zeros(len(held) + 1, np.int64)
    np.cumsum([len(those) for those in held], out=offsets[1:])
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".making-"))
    try:
        np.save(made / "hashes.npy", np.array([hashed for hashed, _ in deletes], np.uint64), allow_pickle=False)
        np.save(made / "offsets.npy", offsets, allow_pickle=False)
        found = np.array([numbers[word] for those in held for word in those], np.int32)
        np.save(made / "words.npy", found, allow_pickle=False)
        (made / "sums").write_text(_sums(made))
        shutil.rmtree(folder, ignore_errors=True)
        made.replace(folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    kept = sorted((path for path in folder.parent.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    for path in kept[:-MOST_KEPT]:
        shutil.rmtree(path, ignore_errors=True)

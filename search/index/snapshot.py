"""A snapshot: one immutable generation of the index, on disk and loaded.

    DIR/snapshots/7/…            the files; manifest.json is written last
    DIR/CURRENT                  the number of the generation that serves
    DIR/cache/, DIR/state/       embeddings by text; events and profiles (other rooms)

A build goes into `snapshots/.building-7`, is synced, gets its manifest (sizes, sha256, settings), is renamed,
and only then named in CURRENT: a reader sees a whole generation or the one before. Checksums are verified
before anything is read, because FAISS loads damaged files in silence.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from search.durable import replace_file, sync
from search.errors import BadSnapshot, NotFound
from search.index.column_files import load_columns
from search.index.columns import Columns
from search.index.compounds import Compounds, load_compounds
from search.index.compressed import EXACT_FILE, load_compressed
from search.index.dense import VectorIndex, load_dense
from search.index.documents import Documents, load_documents
from search.index.keys import KeyRows, load_keys
from search.index.kind_files import load_kinds
from search.index.kinds import Kinds
from search.index.labels import Labels, load_labels
from search.index.languages import load_languages
from search.index.phrases import Phrases
from search.index.posting_files import load_postings
from search.index.postings import Postings
from search.index.price_bands import Bands
from search.index.prices import Prices
from search.index.titles import Title, title_reader
from search.index.vocabulary import Words, load_words
from search.settings import Analysis, Dense, Lexical
from search.types import Rows
from search.words.analysis import Analyzer
from search.words.compounds import Listed

FORMAT = 3
MANIFEST = "manifest.json"
EXACT = "exact"


class FileEntry(msgspec.Struct, frozen=True):
    """A file's size in bytes and its sha256."""

    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a snapshot is made of and how; written last, read first.

    `changes` is the number of the last change of products that is in it, or that its feed supersedes. `checksum` is the
    sha256 of the manifest itself without it; "" in snapshots built before there was one.
    """

    format: int
    number: int
    created: str
    version: str
    products: int
    model: str | None
    dimension: int
    noise: float
    analysis: Analysis
    searched: list[str]
    lexical: Lexical
    dense: Dense
    source: dict[str, Any]
    files: dict[str, FileEntry]
    changes: int = 0
    checksum: str = ""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A loaded generation. Everything in it is read-only; `dense` is None where it was built without an encoder.

    `spoken`: language -> word as written -> products whose texts in it hold it; empty with one language only.
    `listed` are the splits by hand that it was made with.

    With changes of products since it was built (`search.index.overlay`) `changes` is the number of the last one, `gone`
    are the rows that hold no product any more, and `taught` are the columns without what only prices and stock changed
    last: whoever learns from the whole catalogue reads those. `bands` are always the generation's, `prices` are those
    of the columns as they are.
    """

    folder: Path
    manifest: Manifest
    postings: dict[str, Postings]
    dense: VectorIndex | None
    base_columns: Columns
    documents: Documents
    words: Words
    labels: Labels
    exact: KeyRows
    analyzers: dict[str, Analyzer]
    kinds: dict[str, Kinds]
    spoken: dict[str, dict[str, int]]
    listed: Listed = field(default_factory=dict)
    changes: int = 0
    gone: Rows = field(default_factory=lambda: np.empty(0, np.int32))
    taught: Columns | None = None
    bands: Bands = None  # type: ignore[assignment]  # made below
    prices: Prices = None  # type: ignore[assignment]  # made below
    _taught: Any = field(init=False, repr=False, default=None)
    _title: Any = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        object.__setattr__(self, "bands", self.bands or Bands(self.base_columns))
        if self.prices is None or self.prices.columns is not self.base_columns:
            object.__setattr__(self, "prices", Prices(self.base_columns))
        # nothing here knows the snapshot: one that is followed by another goes when nobody has it any more
        object.__setattr__(self, "_taught", Prices(self.taught) if self.taught else self.prices)
        object.__setattr__(self, "_title", title_reader(self.documents, self.analyzers))

    def restocked(self, prices: Prices, documents: Documents, changes: int) -> Snapshot:
        """The same with other prices and stock, those of the columns of `prices`, and nothing else: what is kept of
        titles goes on."""
        taught = self.taught or self.base_columns
        found = replace(
            self, base_columns=prices.columns, prices=prices, documents=documents, changes=changes, taught=taught
        )
        object.__setattr__(found, "_title", self._title)
        object.__setattr__(found, "_taught", self._taught)
        return found

    @property
    def number(self) -> int:
        """The generation's number."""
        return self.manifest.number

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages of the shop, the first one leads."""
        return self.manifest.analysis.languages

    @property
    def branches(self) -> list[str]:
        """Branches whose stock the feed tells, "online" among them."""
        return [name.removeprefix("stock.") for name in self.base_columns.names() if name.startswith("stock.")]

    def lexical(self, language: str) -> Postings:
        """The postings of a language; the leading one's where the catalogue has no texts in it."""
        return self.postings.get(language) or self.postings[self.manifest.searched[0]]

    def analyzer(self, language: str) -> Analyzer:
        """What reads a text in that language: its words and their parts."""
        return self.analyzers.get(language) or Analyzer(language)

    def title(self, language: str, row: int) -> Title:
        """The words of a product's title, in order."""
        return self._title(language, row)

    def columns(self, day: date) -> Columns:
        """The columns with the prices of that day."""
        return self.prices.columns_on(day)

    def taught_on(self, day: date) -> Columns:
        """`taught` with the prices of that day; kept while nothing but prices and stock changes."""
        return self._taught.columns_on(day)

    @property
    def size(self) -> int:
        """Rows, those that are gone too."""
        return len(self.documents)

    @property
    def rows(self) -> Rows:
        """The rows that hold a product, ascending."""
        return np.setdiff1d(np.arange(self.size, dtype=np.int32), self.gone, assume_unique=True)

    def __len__(self) -> int:
        return self.size - len(self.gone)


def snapshots_folder(home: Path) -> Path:
    """Where the generations of an index lie."""
    return home / "snapshots"


def home_of(snapshot: Snapshot) -> Path:
    """The index directory that a snapshot lies in."""
    return snapshot.folder.parents[1]


def generations(home: Path) -> list[int]:
    """Numbers of all whole generations, ascending."""
    folder = snapshots_folder(home)
    return sorted(int(path.name) for path in folder.glob("*") if path.name.isdigit() and (path / MANIFEST).is_file())


def current_number(home: Path) -> int | None:
    """The generation that serves, None before the first import."""
    try:
        return int((home / "CURRENT").read_text())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


def publish(building: Path, home: Path, manifest: Manifest) -> Path:
    """Seal a built folder with its manifest, move it to its place and make it CURRENT; all or nothing."""
    for path in building.iterdir():
        sync(path)
    sealed = msgspec.structs.replace(manifest, checksum=_sum(msgspec.to_builtins(manifest)))
    replace_file(building / MANIFEST, msgspec.json.format(msgspec.json.encode(sealed), indent=1))
    target = snapshots_folder(home) / str(manifest.number)
    building.rename(target)
    sync(target.parent)
    make_current(home, manifest.number)
    return target


def make_current(home: Path, number: int) -> None:
    """Name the generation that serves."""
    replace_file(home / "CURRENT", str(number).encode())


def drop_old(home: Path, keep: int) -> None:
    """Remove all but the newest `keep` generations, and what killed builds left behind."""
    serving = current_number(home)
    for number in generations(home)[:-keep]:
        if number != serving:
            shutil.rmtree(snapshots_folder(home) / str(number), ignore_errors=True)
    for path in snapshots_folder(home).glob(".building-*"):
        shutil.rmtree(path, ignore_errors=True)


def list_files(folder: Path) -> dict[str, FileEntry]:
    """Sizes and checksums of all files of a folder but the manifest."""
    return {path.name: _entry(path) for path in sorted(folder.iterdir()) if path.name != MANIFEST}


def load_whole_snapshot(home: Path) -> Snapshot:
    """Load CURRENT, or where that is damaged or unreadable the newest generation that is whole.

    Raises:
        NotFound: nothing was indexed here yet.
        BadSnapshot: no generation is whole; the message is about the first one tried.
    """
    current = current_number(home)
    others = [number for number in reversed(generations(home)) if number != current]
    first_problem: BadSnapshot | None = None
    for number in ([] if current is None else [current]) + others:
        try:
            return load_snapshot(home, number)
        except BadSnapshot as problem:
            first_problem = first_problem or problem
    raise first_problem or NotFound(f"{home} holds no index. Make one: tresen index FEED --out {home}", str(home))


def load_snapshot(home: Path, number: int | None = None) -> Snapshot:
    """Load a generation, by default CURRENT, after its files were checked against the manifest.

    Raises:
        NotFound: nothing was indexed here yet.
        BadSnapshot: a file is missing or not what the manifest says.
    """
    number = current_number(home) if number is None else number
    if number is None:
        raise NotFound(f"{home} holds no index. Make one: tresen index FEED --out {home}", str(home))
    folder = snapshots_folder(home) / str(number)
    manifest = read_manifest(folder)
    for problem in damages(folder, manifest):
        raise BadSnapshot(f"Snapshot {number} cannot be used: {problem} Index the feed again.", str(folder))
    documents = load_documents(folder)
    postings = {language: _postings(folder, language, documents) for language in manifest.searched}
    compounds = {language: load_compounds(folder, language) for language in manifest.searched}
    return Snapshot(
        folder=folder,
        manifest=manifest,
        postings=postings,
        dense=_dense(folder, manifest),
        base_columns=load_columns(folder),
        documents=documents,
        words=load_words(folder),
        labels=load_labels(folder),
        spoken=load_languages(folder),
        kinds={language: load_kinds(folder, language) for language in manifest.searched},
        exact=_exact(folder),
        analyzers={language: _analyzer(language, compounds[language], postings[language]) for language in postings},
        listed=next((found.listed for found in compounds.values() if found), {}),
        changes=manifest.changes,
    )


def _exact(folder: Path) -> KeyRows:
    """The rows of names and codes; snapshots of before have them as JSON."""
    written = folder / f"{EXACT}.json"
    if not written.is_file():
        return load_keys(folder, EXACT)
    found = msgspec.json.decode(written.read_bytes(), type=dict[str, list[int]])
    return KeyRows.of((key, row) for key, rows in found.items() for row in rows)


def _dense(folder: Path, manifest: Manifest) -> VectorIndex | None:
    if not manifest.model:
        return None
    load = load_compressed if EXACT_FILE in manifest.files else load_dense
    return load(folder, manifest.noise)


def _postings(folder: Path, language: str, documents: Documents) -> Postings:
    postings = load_postings(folder, language)
    return replace(postings, adjacent=Phrases(documents, postings, language).rows)


def _analyzer(language: str, compounds: Compounds | None, terms: Postings) -> Analyzer:
    return Analyzer(language, compounds.splitter() if compounds else None, terms)


def read_manifest(folder: Path) -> Manifest:
    """A snapshot's manifest; BadSnapshot where it is missing, unreadable, or of another format."""
    try:
        data = (folder / MANIFEST).read_bytes()
        manifest = msgspec.json.decode(data, type=Manifest)
    except FileNotFoundError as error:
        raise BadSnapshot(f"{folder} has no manifest. Index the feed again.", str(folder)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadSnapshot(
            f"The manifest of {folder} cannot be read ({error}). Index the feed again.", str(folder)
        ) from error
    if manifest.format != FORMAT:
        raise BadSnapshot(
            f"Snapshot {manifest.number} has format {manifest.format}, this version reads {FORMAT}. "
            "Index the feed again.",
            str(folder),
        )
    if manifest.checksum not in ("", _sum(msgspec.json.decode(data))):
        raise BadSnapshot(f"The manifest of {folder} is damaged (checksum). Index the feed again.", str(folder))
    return manifest


def _sum(manifest: dict[str, Any]) -> str:
    """What `checksum` has to be: of what is written, so that settings which came later change nothing."""
    return hashlib.sha256(msgspec.json.encode({**manifest, "checksum": ""})).hexdigest()


def damages(folder: Path, manifest: Manifest) -> Iterator[str]:
    """What is wrong with a snapshot's files, a sentence each; nothing if all is well. All cores read."""
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        largest_first = sorted(manifest.files.items(), key=lambda item: -item[1].bytes)
        looks = {name: threads.submit(_damage, folder / name, entry) for name, entry in largest_first}
        yield from filter(None, (looks[name].result() for name in manifest.files))


def _damage(path: Path, entry: FileEntry) -> str | None:
    if not path.is_file():
        return f"{path.name} is missing."
    if path.stat().st_size != entry.bytes:
        return f"{path.name} has {path.stat().st_size} bytes instead of {entry.bytes}."
    return None if _entry(path) == entry else f"{path.name} is damaged (checksum)."


def _entry(path: Path) -> FileEntry:
    with path.open("rb") as file:
        return FileEntry(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())

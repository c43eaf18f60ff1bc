"""A feed file as rows: gzip or not, CSV or JSON lines, one bad row never costs another.

Only the line at hand and, at the start, the first thousand rows are in memory.
"""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from io import BufferedReader
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal

import msgspec

from catalog.values import Unreadable
from search.errors import BadFeed

Format = Literal["csv", "tsv", "jsonl"]
Fields = dict[str, Any]
#: A physical line, counted from 1, and what stands there.
Row = tuple[int, Fields | Unreadable]

#: A line beyond is rejected, so that a file without line ends cannot fill the memory.
MAX_LINE_BYTES = 16 * 2**20
#: An opening quote that finds no end within as many lines was never meant to open anything.
MAX_CELL_LINES = 500
#: JSON lines have no header: the keys of as many rows stand in for one.
HEADER_ROWS = 1000
#: Between two reports of progress; a report costs about as much as a row.
PROGRESS_EVERY_LINES = 100

_LONE_SURROGATE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)


@dataclass(slots=True)
class Source:
    """One reading of a feed file. `not_utf8` counts the lines read as Windows-1252 so far."""

    path: Path
    on_bytes: Callable[[int], None] | None = None
    not_utf8: int = 0
    columns: list[str] = field(default_factory=list)
    has_header: bool = False

    def rows(self) -> Iterator[Row]:
        """Open the file, name its columns and return its rows, which are read as they are asked for."""
        kind = self._format()
        if kind == "jsonl":
            rows = _json_rows(self)
            first = list(islice(rows, HEADER_ROWS))
            self.columns = list(dict.fromkeys(key for _, row in first if isinstance(row, dict) for key in row))
            return chain(first, rows)
        records = _Records(self, "\t" if kind == "tsv" else None)
        self.columns, self.has_header = records.header, True
        return iter(records)

    def again(self) -> Iterator[Row]:
        """The rows once more, from the beginning."""
        return Source(self.path).rows()

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Physical lines with their number, without a byte order mark."""
        number = 0
        try:
            with self.path.open("rb") as raw, _unpacked(raw) as file:
                while line := file.readline(MAX_LINE_BYTES + 1):
                    number += 1
                    yield number, line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
                    while len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
                        line = file.readline(MAX_LINE_BYTES + 1)
                    if self.on_bytes and number % PROGRESS_EVERY_LINES == 0:
                        self.on_bytes(raw.tell())
                if self.on_bytes:
                    self.on_bytes(raw.tell())
        except OSError as error:
            if isinstance(error, gzip.BadGzipFile):
                raise self.broken(f"the gzip data is broken after line {number}") from error
            raise self.broken(f"cannot be read: {error.strerror}") from error
        except (EOFError, zlib.error) as error:
            raise self.broken(f"the gzip data ends or breaks after line {number}") from error

    def decoded(self, line: bytes) -> str:
        """The line as UTF-8, or else as Windows-1252, with its five unused bytes as browsers read them.

        Line by line and not for the whole file: text in Windows-1252 is almost never valid UTF-8 by
        chance, a file glued together from both is read right, and nothing is read twice.
        """
        with suppress(UnicodeDecodeError):
            return line.decode()
        self.not_utf8 += 1
        with suppress(UnicodeDecodeError):
            return line.decode("cp1252")
        return line.decode("latin-1")

    def broken(self, what: str) -> BadFeed:
        """The error that names this file."""
        return BadFeed(f"{self.path}: {what}", str(self.path))

    def _format(self) -> Format:
        """The format by content first and name second."""
        suffixes = [suffix.lower() for suffix in self.path.suffixes]
        named = next((s for s in reversed(suffixes) if s != ".gz"), "")
        start = self._start()
        if start.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise self.broken("is UTF-16. Save it as UTF-8.")
        start = start.removeprefix(b"\xef\xbb\xbf").lstrip()
        if not start:
            raise self.broken("is empty")
        if start.startswith(b"[") and named not in (".csv", ".tsv"):
            raise self.broken("is a JSON array. Write one product a line instead (JSON lines).")
        if start.startswith((b"<", b"PK\x03\x04")):
            raise self.broken(
                "is neither CSV nor JSON lines. Tresen reads .csv, .tsv, .jsonl and .ndjson, each also .gz."
            )
        if start.startswith(b"{") or named in (".jsonl", ".ndjson", ".json"):
            return "jsonl"
        return "tsv" if named == ".tsv" else "csv"

    def _start(self) -> bytes:
        """The first bytes, unpacked; every reason not to read the file comes up here."""
        if self.path.is_dir():
            raise self.broken("is a directory, not a feed")
        try:
            with self.path.open("rb") as raw:
                packed = raw.peek(2)[:2] == b"\x1f\x8b"
                if self.path.suffix.lower() == ".gz" and raw.peek(1) and not packed:
                    raise self.broken("is named .gz and is not gzip")
                with _unpacked(raw) as file:
                    return file.read(4096)
        except FileNotFoundError:
            raise self.broken("does not exist") from None
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise self.broken("the gzip data is broken") from error
        except OSError as error:
            raise self.broken(f"cannot be read: {error.strerror}") from error


@dataclass(slots=True)
class Told(Source):
    """Rows of JSON that were sent, not filed: an array of objects, or one object a line."""

    body: bytes = b""

    def rows(self) -> Iterator[Row]:
        """The rows; those of an array are counted from 1 as lines are.

        Raises:
            BadFeed: an array that cannot be read as one.
        """
        rows = list(_json_rows(self))
        self.columns = list(dict.fromkeys(key for _, row in rows if isinstance(row, dict) for key in row))
        return iter(rows)

    def again(self) -> Iterator[Row]:
        """The rows once more, from the beginning."""
        return _json_rows(self)

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """The objects, as they stand in the array or on their lines."""
        body = self.body.removeprefix(b"\xef\xbb\xbf").strip()
        if not body.startswith(b"["):
            yield from enumerate(self.body.split(b"\n"), 1)
            return
        try:
            held = msgspec.json.decode(body, type=list[msgspec.Raw])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadFeed(f"The array cannot be read: {error}. Send JSON lines, of which each stands alone.") from error
        yield from ((number, bytes(one)) for number, one in enumerate(held, 1))


def _unpacked(raw: BufferedReader) -> BufferedReader | gzip.GzipFile:
    """The file itself, or what is in it when it is gzip."""
    return gzip.GzipFile(fileobj=raw) if raw.peek(2)[:2] == b"\x1f\x8b" else raw


# --- JSON lines ----------------------------------------------------------------------------------


def _json_rows(source: Source) -> Iterator[Row]:
    decode = msgspec.json.Decoder().decode
    for number, line in source.lines():
        if line and not line.isspace():
            yield number, _json_row(source, decode, line)


def _json_row(source: Source, decode: Callable[[bytes | str], Any], line: bytes) -> Fields | Unreadable:
    if len(line) > MAX_LINE_BYTES:
        return _too_long()
    try:
        try:
            row = decode(line)
        except UnicodeDecodeError:
            line = source.decoded(line).encode()
            row = decode(line)
    except msgspec.DecodeError as error:
        return _broken_json(line, str(error))
    except (RecursionError, ValueError) as error:
        return Unreadable("row", "invalid JSON", detail=str(error))
    return row if isinstance(row, dict) else Unreadable("row", "not a JSON object", row)


def _broken_json(line: bytes, message: str) -> Unreadable:
    surrogate = _LONE_SURROGATE.search(line)
    if surrogate:
        where = f"{surrogate[0].decode()}, column {_column(line, surrogate.start())}"
        return Unreadable("row", "lone surrogate", detail=where)
    place = re.search(r" \(byte (\d+)\)", message)
    column = _column(line, int(place[1]) if place else len(line.rstrip()))
    said = message.removeprefix("JSON is malformed: ").removesuffix(place[0] if place else "")
    return Unreadable("row", "invalid JSON", detail=f"{said}, column {column}")


def _column(line: bytes, position: int) -> int:
    """A byte's column, counted in characters from 1."""
    return len(line[:position].decode(errors="replace")) + 1


def _too_long() -> Unreadable:
    return Unreadable("row", f"line longer than {MAX_LINE_BYTES // 2**20} MiB")


# --- CSV -----------------------------------------------------------------------------------------


class _Records:
    """CSV records as rows. A quote that does not pair up costs its own line, not the rest of the file.

    The reader pulls lines through `_pull`. When a record fails, the lines that it took are put back
    but for the first, which is read once more on its own and without strictness (`5" nails`).
    """

    def __init__(self, source: Source, delimiter: str | None):
        self._source = source
        self._lines = source.lines()
        self._returned: deque[tuple[int, str]] = deque()
        self._taken: list[tuple[int, str]] = []
        self.delimiter = delimiter or ""
        self.header = self._header()

    def __iter__(self) -> Iterator[Row]:
        width, names = len(self.header), self.header
        reader = self._reader()
        while True:
            self._taken.clear()
            trouble = ""
            try:
                cells = next(reader)
                if len(self._taken) > 1 and len(cells) != width:
                    trouble = "quotes do not pair up"
            except StopIteration:
                return
            except csv.Error as error:
                trouble = str(error) if "limit" in str(error) else "quotes do not pair up"
            number = self._taken[0][0]
            if trouble:
                cells = self._first_line_alone()
                reader = self._reader()
            if len(cells) == width and any(cells):
                yield number, dict(zip(names, cells, strict=True))
            elif any(cells) or trouble:
                reason = trouble or "wrong number of columns"
                yield number, Unreadable("row", reason, detail=f"{len(cells)} instead of {width}")

    def _reader(self) -> Iterator[list[str]]:
        return csv.reader(iter(self._pull, None), delimiter=self.delimiter, strict=True)

    def _pull(self) -> str | None:
        """The next line for the reader; None ends its record."""
        if self._returned:
            taken = self._returned.popleft()
        else:
            line = next(self._lines, None)
            if line is None:
                return None
            taken = (line[0], self._source.decoded(line[1]))
        self._taken.append(taken)
        if len(self._taken) > MAX_CELL_LINES:
            raise csv.Error("a quote is never closed")
        return taken[1]

    def _first_line_alone(self) -> list[str]:
        self._returned.extendleft(reversed(self._taken[1:]))
        try:
            cells = next(csv.reader([self._taken[0][1]], delimiter=self.delimiter))
        except csv.Error:
            return []
        return [cell.removesuffix("\n").removesuffix("\r") for cell in cells]

    def _header(self) -> list[str]:
        """The first line that is not blank, as unique names; the separator that cuts it most often wins."""
        for _, line in self._lines:
            text = self._source.decoded(line)
            if not text.isspace():
                break
        cuts = {d: self._cut(text, d) for d in ([self.delimiter] if self.delimiter else ";,\t|")}
        self.delimiter = max(cuts, key=lambda delimiter: len(cuts[delimiter]))
        names: list[str] = []
        for position, name in enumerate(cuts[self.delimiter], 1):
            unique = wanted = name.strip() or f"column_{position}"
            while unique in names:
                unique = f"{wanted}_{position}"
                wanted = unique
            names.append(unique)
        if len(names) < 2:
            raise self._source.broken(
                "its first line has only one column. Separate columns by comma, semicolon, tab or |."
            )
        return names

    @staticmethod
    def _cut(text: str, delimiter: str) -> list[str]:
        try:
            return next(csv.reader([text], delimiter=delimiter))
        except csv.Error:
            return []

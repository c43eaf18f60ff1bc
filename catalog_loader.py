"""A shop's feed to products: `load` streams them, `FeedReport` counts, `check` refuses a broken feed.

    report = FeedReport()
    for product in load(Path("feed.csv.gz"), report=report):
        ...
    check(report)

`catalog.rows` reads the file, `catalog.columns` says what each column means, `catalog.values` reads
single values; here rows become products, and rows of one group become its variants.
"""

from __future__ import annotations

from collections import Counter, abc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msgspec.structs import replace

import catalog.values as values
from catalog.columns import Columns, Mapping, guess_mapping, read_mapping
from catalog.products import RowReader, combine, complete, inherited
from catalog.rows import Fields, Row, Source, Told
from catalog.values import Unreadable
from search.errors import BadFeed
from search.types import Product, Rejected

__all__ = ["FeedReport", "Mapping", "check", "guess_mapping", "load", "read_mapping"]

#: A feed that loses more was exported wrongly: better yesterday's catalogue than a fifth less of it.
MAX_REJECTED_SHARE = 0.2
#: Rejections kept word for word; the others are only counted.
KEPT_REJECTIONS = 100

Parsed = tuple[int, Product]
Where = abc.Mapping[str, abc.Collection[str]]


@dataclass(slots=True)
class FeedReport:
    """What became of a feed. `rows` = those used + `rejected` + `skipped` (left out by `where`).

    `reasons` counts (field, reason); `not_utf8` counts lines that were read as Windows-1252.
    """

    path: Path | None = None
    rows: int = 0
    products: int = 0
    rejected: int = 0
    skipped: int = 0
    not_utf8: int = 0
    rejections: list[Rejected] = field(default_factory=list)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)


def check(report: FeedReport, max_rejected_share: float = MAX_REJECTED_SHARE) -> None:
    """Raise `BadFeed` when nothing is left of a feed or too many of its rows were rejected."""
    rows = report.rows - report.skipped
    if report.products and report.rejected <= max_rejected_share * rows:
        return
    if not report.rows:
        raise BadFeed(f"{report.path}: no rows under the header")
    if not rows:
        raise BadFeed(f"{report.path}: the filter leaves none of {report.rows:,} rows")
    share = f"{report.rejected:,} of {rows:,} rows were rejected ({report.rejected / rows:.0%})"
    limit = f"more than {max_rejected_share:.0%} may not be" if report.products else "nothing is left"
    most = ", ".join(f"{name}: {reason} ({n:,})" for (name, reason), n in report.reasons.most_common(3))
    first = "; ".join(f"line {r.line}, {r.field}: {r.reason}" for r in report.rejections[:3])
    raise BadFeed(f"{report.path}: {share}, {limit}. Most often: {most}. First: {first}.")


def load(
    path: Path,
    mapping: Mapping | None = None,
    *,
    where: Where | None = None,
    on_bytes: Callable[[int], None] | None = None,
    on_reject: Callable[[Rejected], None] | None = None,
    report: FeedReport | None = None,
) -> Iterator[Product]:
    """Open a feed and return its products, which are read as they are asked for.

    A product leaves as soon as its last row is read. For this a feed with a group column is read
    twice, first only to count each group's rows, so that scattered rows still meet.

    Memory: every id once for duplicates (130 bytes each at 18 characters), every group id with a
    count, and the rows of groups that are still open. JSON lines whose group key first shows up after
    a thousand rows have no counts: their groups stay open to the end.

    Args:
        path: .csv, .tsv, .jsonl or .ndjson, each also .gz.
        mapping: what the columns mean; all is guessed without.
        where: column → values; rows with another value in a named column are skipped.
        on_bytes: gets the bytes of the (compressed) file consumed so far.
        on_reject: gets every rejection, also those beyond the report's hundred.
        report: is filled while the products are read.

    Raises:
        BadFeed: at once for a file that cannot be read or a column that is not there, and while
            reading for gzip data that breaks off.
    """
    report = FeedReport() if report is None else report
    report.path = path
    source = Source(path, on_bytes)
    rows = source.rows()
    columns = Columns(mapping or Mapping(), source.columns)
    if source.has_header:
        _check_header(source, columns, where or {})
    return _Loading(source, rows, columns, where or {}, on_reject, report).products()


def read_told(
    body: bytes, mapping: Mapping | None = None, on_reject: Callable[[Rejected], None] | None = None
) -> tuple[list[tuple[int, Product]], FeedReport]:
    """Products that were sent as a JSON array or as JSON lines, read as a feed's lines are; each with the line (of an
    array: the place, from 1) on which it was complete.

    Raises:
        BadFeed: an array that cannot be read as one.
    """
    report = FeedReport()
    source = Told(Path("body"), body=body)
    rows = source.rows()
    loading = _Loading(source, rows, Columns(mapping or Mapping(), source.columns), {}, on_reject, report)
    return [(loading.line, product) for product in loading.products()], report


def _check_header(source: Source, columns: Columns, where: Where) -> None:
    named = [*columns.mapping.columns, *columns.mapping.attributes, *where]
    for column in named:
        if column not in source.columns:
            raise source.broken(f"has no column {column!r}. Its columns: {', '.join(source.columns)}")
    for name in ("id", "title"):
        if columns.column_of(name) is None:
            found = ", ".join(source.columns)
            raise source.broken(f"has no column for {name}. Name one in the mapping. Its columns: {found}")


@dataclass(slots=True)
class _Family:
    """The good rows of a group so far, each with its line."""

    parent: Parsed | None = None
    members: list[Parsed] = field(default_factory=list)

    @property
    def lines(self) -> list[int]:
        return [line for line, _ in ([self.parent] if self.parent else []) + self.members]


class _Loading:
    """One run over one feed."""

    def __init__(
        self,
        source: Source,
        rows: Iterator[Row],
        columns: Columns,
        where: Where,
        on_reject: Callable[[Rejected], None] | None,
        report: FeedReport,
    ):
        self.source = source
        self.rows = rows
        self.columns = columns
        self.where = where
        self.on_reject = on_reject
        self.report = report
        self.reader = RowReader(columns, cells=source.has_header)
        self.first_line: dict[str, int] = {}  # of every id
        self.in_groups: set[str] = set()  # ids of variants, which may equal a group's id
        self.to_come: Counter[str] = Counter()  # rows of each group
        self.open: dict[str, _Family] = {}
        self.groups: set[str] = set()  # ids of products that left with variants
        self.line = 0  # that was read last

    def products(self) -> Iterator[Product]:
        """All products, each once its last row is read."""
        if self.columns.column_of("group") is not None:
            self.to_come = self._count_groups()
        for line, row in self.rows:
            self.line = line
            self.report.rows += 1
            self.report.not_utf8 = self.source.not_utf8
            if isinstance(row, Unreadable):
                self._reject(line, row)
            elif not self._wanted(row):
                self.report.skipped += 1
            elif found := self._take(line, row):
                self.report.products += 1
                yield found
        for group in list(self.open):
            if found := self._close(group):
                self.report.products += 1
                yield found

    # -- which rows belong together -----------------------------------------------------------

    def _wanted(self, row: Fields) -> bool:
        return all(_plain(row.get(column)) in wanted for column, wanted in self.where.items())

    def _name(self, row: Fields, name: str) -> str:
        """A row's id or group before anything else of it is read."""
        column = self.columns.column_of(name)
        return "" if column is None else _plain(row.get(column))

    def _group(self, row: Fields) -> str:
        """The group that the row names; a row with a group's id is that group's parent."""
        group = self._name(row, "group")
        if not group and (self.to_come or self.open):
            name = self._name(row, "id")
            return name if name in self.to_come or name in self.open else ""
        return group

    def _count_groups(self) -> Counter[str]:
        groups: Counter[str] = Counter()
        alone: set[str] = set()
        for _, row in self.source.again():
            if isinstance(row, dict) and self._wanted(row):
                if group := self._name(row, "group"):
                    groups[group] += 1
                else:
                    alone.add(self._name(row, "id"))
        groups.update(alone & groups.keys())
        return groups

    # -- rows to products ---------------------------------------------------------------------

    def _take(self, line: int, row: Fields) -> Product | None:
        """Read a row; return the product that it completes."""
        self.columns.learn(row)
        variants = row.get("variants")
        if isinstance(variants, list) and variants and all(isinstance(v, dict) for v in variants):
            return self._take_nested(line, row, variants)
        group = self._group(row)
        product = self._read(line, row, group)
        if not group:
            return product and self._completed(product, [line])
        family = self.open.setdefault(group, _Family())
        if product and family.parent is None and self._is_parent(product, group, row):
            family.parent = line, product
        elif product:
            family.members.append((line, product))
        self.to_come[group] -= 1  # below zero where nothing was counted: open to the end
        return self._close(group) if self.to_come[group] == 0 else None

    def _take_nested(self, line: int, row: Fields, variants: list[Fields]) -> Product | None:
        """A JSON row that lists its variants, each of which counts as a row; itself it is none."""
        try:
            outer = self.reader.product({key: value for key, value in row.items() if key != "variants"})
            self._claim_group(outer.id)
        except Unreadable as error:
            self._reject(line, error)
            return None
        self.report.rows += len(variants)
        members = [(line, p) for variant in variants if (p := self._read(line, variant, outer.id))]
        return self._combined(outer.id, _Family((line, replace(outer, variants=())), members))

    def _read(self, line: int, row: Fields, group: str) -> Product | None:
        try:
            product = self.reader.product(row)
            first = self.first_line.get(product.id)
            if first is not None or (not group and product.id in self.groups):
                raise Unreadable("id", "duplicate id", detail=f"{product.id!r}, first on line {first}")
        except Unreadable as error:
            self._reject(line, error)
            return None
        self.first_line[product.id] = line
        if group:
            self.in_groups.add(product.id)
        return product

    def _is_parent(self, product: Product, group: str, row: Fields) -> bool:
        """Whether a row speaks for its group and is nothing to buy itself."""
        bare = product.id == group and not product.variants and product.gtin is None
        return bare and (product.price_cents is None or not self._name(row, "group"))

    def _claim_group(self, group: str) -> None:
        if group in self.groups or (group in self.first_line and group not in self.in_groups):
            raise Unreadable("id", "duplicate id", group)
        self.groups.add(group)

    def _close(self, group: str) -> Product | None:
        family = self.open.pop(group)
        del self.to_come[group]
        try:
            self._claim_group(group)
        except Unreadable as error:
            self._reject_all(family.lines, error)
            return None
        return self._combined(group, family)

    def _combined(self, group: str, family: _Family) -> Product | None:
        rows = [family.parent, *family.members] if family.parent else family.members
        if not rows:
            return None
        members: list[Parsed] = []
        for line, member in family.members:
            try:
                members.append((line, inherited(member, rows[0][1])))
            except Unreadable as error:
                self._reject(line, error)
        if not members:
            return self._completed(rows[0][1], [rows[0][0]])
        parents = [family.parent] if family.parent else []
        kept = [*parents, *members]
        product = combine(group, [p for _, p in kept], [p for _, p in members])
        return self._completed(product, [line for line, _ in kept])

    def _completed(self, product: Product, lines: list[int]) -> Product | None:
        try:
            return complete(product)
        except Unreadable as error:
            self._reject_all(lines, error)
            return None

    def _reject_all(self, lines: list[int], error: Unreadable) -> None:
        for line in lines:
            self._reject(line, error)

    def _reject(self, line: int, error: Unreadable) -> None:
        report = self.report
        rejected = Rejected(line, error.field, str(error))
        report.rejected += 1
        report.reasons[error.field, error.reason] += 1
        if len(report.rejections) < KEPT_REJECTIONS:
            report.rejections.append(rejected)
        if self.on_reject:
            self.on_reject(rejected)


def _plain(value: Any) -> str:
    """A text or a number as text; nothing of anything else."""
    return values.text(value) if isinstance(value, str | int | float) else ""

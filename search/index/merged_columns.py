"""Columns of the parts of a catalogue, and those of the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from search.index.columns import Column, Columns, KeywordColumn, NumberColumn, as_word, coded
from search.types import Rows


class StoredColumn(msgspec.Struct, frozen=True):
    """A column of a part of a catalogue: `values` of words, None of numbers; `rows` (m,) in that part, `data` (m,)
    codes or numbers."""

    values: list[str] | None
    rows: np.ndarray
    data: np.ndarray

    def words(self) -> list[str]:
        """(m,) its values as words, numbers too."""
        if self.values is None:
            return [as_word(number) for number in self.data.tolist()]
        return [self.values[code] for code in self.data.tolist()]


def stored(column: Column) -> StoredColumn:
    """A column as it is kept."""
    if isinstance(column, NumberColumn):
        return StoredColumn(None, column.rows, column.numbers)
    return StoredColumn(column.values, column.rows, column.codes)


def merge_columns(parts: Sequence[tuple[Mapping[str, StoredColumn], Rows]], size: int) -> Columns:
    """The columns of a whole catalogue from those of its parts, and the rows of each part's products.

    A field with words in one part and numbers in another becomes words: nothing is lost.
    """
    columns: dict[str, Column] = {}
    for name in sorted({name for part, _ in parts for name in part}):
        found = [(part[name], rows[part[name].rows]) for part, rows in parts if name in part]
        if all(column.values is None for column, _ in found):
            rows, numbers = (np.concatenate(each) for each in zip(*((r, c.data) for c, r in found), strict=True))
            order = np.argsort(rows, kind="stable")
            columns[name] = NumberColumn(rows[order].astype(np.int32), numbers[order])
        else:
            columns[name] = _merged_words(found)
    return Columns(size, columns)


def _merged_words(found: Sequence[tuple[StoredColumn, Rows]]) -> KeywordColumn:
    told = [column.values if column.values is not None else column.words() for column, _ in found]
    values = sorted({value for part in told for value in part})
    code_of = {value: code for code, value in enumerate(values)}
    codes = []
    for (column, _), part in zip(found, told, strict=True):
        new = np.array([code_of[value] for value in part], np.int64)
        codes.append(new if column.values is None else new[column.data])
    return coded(values, np.concatenate([rows for _, rows in found]).astype(np.int64), np.concatenate(codes))

"""Columns on disk: three arrays, end to end, and a list of what is where."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from search.index.columns import Column, Columns, KeywordColumn, NumberColumn
from search.types import Rows, Scores


def save_columns(columns: Columns, folder: Path) -> None:
    """Write all columns as three arrays (rows, codes, numbers), end to end, and a list of what is where."""
    rows: list[Rows] = []
    codes: list[NDArray[np.int32]] = []
    numbers: list[Scores] = []
    listing = []
    for name, column in columns.columns.items():
        rows.append(column.rows)
        if isinstance(column, KeywordColumn):
            codes.append(column.codes)
            listing.append({"name": name, "length": len(column.rows), "values": column.values})
        else:
            numbers.append(column.numbers)
            listing.append({"name": name, "length": len(column.rows), "values": None})
    for name, arrays, kind in (("rows", rows, np.int32), ("codes", codes, np.int32), ("numbers", numbers, np.float64)):
        joined = np.concatenate(cast(list, arrays)) if arrays else np.empty(0)
        np.save(folder / f"columns-{name}.npy", joined.astype(kind), allow_pickle=False)
    (folder / "columns.json").write_bytes(msgspec.json.encode({"size": columns.size, "columns": listing}))


def load_columns(folder: Path) -> Columns:
    """Read what `save_columns` wrote; the arrays stay on disk until they are touched."""
    arrays = {
        name: np.asarray(np.load(folder / f"columns-{name}.npy", mmap_mode="r", allow_pickle=False))
        for name in ("rows", "codes", "numbers")
    }
    meta = msgspec.json.decode((folder / "columns.json").read_bytes())
    columns: dict[str, Column] = {}
    at = {"rows": 0, "codes": 0, "numbers": 0}
    for entry in meta["columns"]:
        length = entry["length"]
        rows = arrays["rows"][at["rows"] : at["rows"] + length]
        kind = "numbers" if entry["values"] is None else "codes"
        data = arrays[kind][at[kind] : at[kind] + length]
        at["rows"] += length
        at[kind] += length
        columns[entry["name"]] = (
            NumberColumn(rows, data) if entry["values"] is None else KeywordColumn(entry["values"], rows, data)
        )
    return Columns(meta["size"], columns)

"""What is sent of single products, read as the shop's feed is: the reader that a server is opened with."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as AnyMapping
from pathlib import Path
from typing import Any

import msgspec

from catalog.columns import Columns, Mapping
from catalog.patches import PatchReader
from catalog.rows import Told
from catalog.values import Unreadable, identifier
from catalog_loader import read_told
from search.errors import BadFeed, BadRequest
from search.types import Patch, Product, Rejected


class LiveReader:
    """Reads products and patches. `source` is what the manifest tells of the import: its mapping, if it had one."""

    def __init__(self, source: AnyMapping[str, Any], languages: tuple[str, ...]):
        told = source.get("mapping")
        self._mapping = msgspec.convert(told, Mapping) if told else Mapping(languages=languages)
        self._patches = PatchReader(self._mapping)

    def products(self, body: bytes) -> tuple[list[tuple[int, Product]], list[Rejected], int]:
        """Products with their lines, what was rejected, and how many rows there were.

        Raises:
            BadRequest: a body that is no JSON at all.
        """
        rejected: list[Rejected] = []
        try:
            found, report = read_told(body, self._mapping, rejected.append)
        except BadFeed as error:
            raise BadRequest(error.message, "body") from error
        return found, rejected, report.rows

    def patches(
        self, body: bytes, known: Callable[[str], Product | None]
    ) -> tuple[list[tuple[int, str, Patch]], list[Rejected], int]:
        """Patches with their lines and their products' ids, what was rejected, and how many rows there were.

        Args:
            known: id -> the product as it is, None for none.

        Raises:
            BadRequest: a body that is no JSON at all.
        """
        found: list[tuple[int, str, Patch]] = []
        rejected: list[Rejected] = []
        try:
            rows = list(Told(Path("body"), body=body).rows())
        except BadFeed as error:
            raise BadRequest(error.message, "body") from error
        for line, row in rows:
            try:
                if isinstance(row, Unreadable):
                    raise row
                id = identifier(row.get(Columns(self._mapping, row).column_of("id") or "id", ""))
                product = known(id)
                if product is None:
                    raise Unreadable("id", "no such product", id)
                found.append((line, id, self._patches.read(row, product)))
            except Unreadable as error:
                rejected.append(Rejected(line, error.field, str(error)))
        return found, rejected, len(rows)

    def product(self, row: dict[str, Any], id: str) -> Product:
        """One product, whose row need not name its id.

        Raises:
            BadRequest: it is none, or another one; `place` names the field.
        """
        column = Columns(self._mapping, row).column_of("id") or "id"
        found, rejected, _ = self.products(msgspec.json.encode({column: id, **row}))
        if rejected:
            raise BadRequest(f"{rejected[0].field}: {rejected[0].reason}.", rejected[0].field)
        if len(found) != 1 or found[0][1].id != id:
            raise BadRequest(f"id: the row is of another product than '{id}'.", "id")
        return found[0][1]

    def patch(self, row: dict[str, Any], product: Product) -> Patch:
        """What a patch of a product says.

        Raises:
            BadRequest: it does not fit; `place` names the field.
        """
        try:
            return self._patches.read(row, product)
        except Unreadable as error:
            raise BadRequest(f"{error.field}: {error}.", error.field) from error


def told_mapping(mapping: Mapping) -> dict[str, Any]:
    """A mapping as a manifest keeps it."""
    return msgspec.to_builtins(mapping)

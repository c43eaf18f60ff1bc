"""Cursors: where the next page begins, as an opaque string."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

import msgspec

from search.errors import BadRequest


@dataclass(frozen=True, slots=True)
class Cursor:
    """The next page, and the snapshot that the first one came from."""

    snapshot: int
    page: int

    def encode(self) -> str:
        """As an opaque string.

        >>> Cursor.decode(Cursor(7, 2).encode())
        Cursor(snapshot=7, page=2)
        """
        return base64.urlsafe_b64encode(msgspec.json.encode([self.snapshot, self.page])).decode()

    @classmethod
    def decode(cls, text: str) -> Cursor:
        """From that string.

        Raises:
            BadRequest: it is none of ours.
        """
        try:
            snapshot, page = msgspec.json.decode(base64.urlsafe_b64decode(text.encode()), type=tuple[int, int])
        except (msgspec.DecodeError, binascii.Error, ValueError):
            snapshot, page = 0, 0
        if not 1 <= page <= 1000:
            raise BadRequest("This cursor is none of ours. Send the one of the last answer, or none.", "cursor")
        return cls(snapshot, page)

"""The seams between the rooms, as Protocols."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from search.types.arrays import Rows, Vectors
from search.types.changes import Patch
from search.types.products import Product, Rejected
from search.types.shoppers import Affinities, Appended, Event, Identity, Personalize, ProfileVersion, Traits


class Encoder(Protocol):
    """Texts to unit vectors; queries and documents may be encoded differently.

    A text that says nothing (no letter or digit) may have a vector of zeros: a cosine of 0 with everything.
    """

    name: str
    dimension: int

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """(n,) texts -> (n, dimension) float32, rows of length 1."""

    def encode_document(self, texts: Sequence[str]) -> Vectors:
        """(n,) texts -> (n, dimension) float32, rows of length 1."""


class ProductReader(Protocol):
    """Reads products that are sent, as the shop's feed is read."""

    def products(self, body: bytes) -> tuple[list[tuple[int, Product]], list[Rejected], int]:
        """A JSON array or JSON lines -> products with their lines, what was rejected, and how many rows there were.

        Raises:
            BadRequest: nothing of it can be read.
        """

    def patches(
        self, body: bytes, known: Callable[[str], Product | None]
    ) -> tuple[list[tuple[int, str, Patch]], list[Rejected], int]:
        """The same of patches, each with its line and the product's id.

        Args:
            known: id -> the product as it is, None for none.

        Raises:
            BadRequest: nothing of it can be read.
        """

    def product(self, row: dict[str, Any], id: str) -> Product:
        """One product, whose row need not name its id.

        Raises:
            BadRequest: it is none; `place` names the field.
        """

    def patch(self, row: dict[str, Any], product: Product) -> Patch:
        """What a patch says of a product.

        Raises:
            BadRequest: it does not fit; `place` names the field.
        """


class Vocabulary(Protocol):
    """The words of the catalogue, for understanding and correcting queries."""

    @property
    def size(self) -> int:
        """Products in all."""

    def document_frequency(self, term: str) -> int:
        """Products that hold the analysed term; 0 if none."""

    def matching(self, term: str) -> Rows:
        """Rows of those products, ascending."""


class Corrector(Protocol):
    """Proposes the catalogue's word for a misspelt one."""

    def correct(self, word: str) -> tuple[str, int] | None:
        """A word in lower case -> (better word, edits), or None where there is none."""


class ProfileStore(Protocol):
    """Events in, affinities out. The one seam between the server and where shoppers are kept."""

    def append(self, events: Sequence[tuple[Event, Traits | None]]) -> Appended:
        """Store a batch durably; a known event_id changes nothing; without traits the product is unknown."""

    def affinities(
        self, identity: Identity, scope: Personalize, now: float, version: ProfileVersion | None = None
    ) -> Affinities:
        """What the ranker may know of this shopper now (seconds since 1970), or when the profiles had that version.

        The affinities tell their version: another one than was asked for, where that state is not known any more.
        """

    def last_visit(self, identity: Identity, now: float) -> float | None:
        """When this shopper was here before this visit, seconds since 1970; None where nobody knows."""

"""The generations of the catalogue: which are kept, which one serves, and putting one back."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct


class GenerationInfo(Struct, frozen=True, omit_defaults=True):
    """One generation of the index. `model`: the encoder, null for words only; `trouble`: why it cannot be read."""

    number: int
    products: int = 0
    created: str | None = None
    model: str | None = None
    bytes: int = 0
    trouble: str | None = None


class ChangesInfo(Struct, frozen=True):
    """Changes of single products: the number of the last one, of the last one that the serving generation was built
    with, how many products they changed since and what these take in memory (bytes, estimated). `merging`: the next
    generation is being built; `trouble`: why the last one was not."""

    last: int
    merged: int
    products: int
    bytes: int
    merging: bool
    trouble: str = ""


class CatalogInfo(Struct, frozen=True):
    """The generations that are kept, the newest first.

    `serving` answers now; `current` shall serve, and is another one only until the server has swapped, or where that is
    damaged. `previous`: what a rollback without a number goes back to.
    """

    serving: int
    current: int | None
    previous: int | None
    generations: list[GenerationInfo]
    changes: ChangesInfo


class RollbackIn(Struct, frozen=True, forbid_unknown_fields=True):
    """Which generation shall serve; the one before the current one if none is named."""

    to: Annotated[int, Meta(ge=1, le=10**9, description="Number of a generation that is kept.")] | None = None
    changes: Annotated[
        Literal["keep", "drop"],
        Meta(description="Whether changes of products since that generation count on, or are dropped."),
    ] = "keep"

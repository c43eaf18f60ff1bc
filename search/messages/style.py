"""The style test: two articles at a time, a heart or a cross for each, and what follows from them."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from search.messages.requests import Id, Touchpoint

Language = Annotated[str, Meta(pattern="^[a-z]{2}$", description="Language of the texts; the leading one if absent.")]


class StyleRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose style test: the shopper's, or else the visit's."""

    shopper: Annotated[Id, Meta(description="Whose test it is.")] | None = None
    session: Annotated[Id, Meta(description="This visit, where nobody is known.")] | None = None
    touchpoint: Annotated[Touchpoint, Meta(description="At a kiosk the visit's, in memory only.")] = "web"
    lang: Language | None = None


class StyleAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """A heart (true) or a cross (false) for an article; null: no opinion."""

    product_id: Id
    heart: bool | None


class StyleAnswers(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Answers to a pair, in any number; an answer replaces an earlier one about the same article."""

    answers: Annotated[list[StyleAnswer], Meta(min_length=1, max_length=40)]
    shopper: Id | None = None
    session: Id | None = None
    touchpoint: Touchpoint = "web"
    lang: Language | None = None


class Leaning(Struct, frozen=True, omit_defaults=True):
    """What the answers say of a value: −1 rather not … 1 rather yes. Softer than what is stated: what the shopper does
    later outweighs it."""

    attribute: str
    value: str
    label: str
    leaning: float


class StyleTest(Struct, frozen=True):
    """Where the test stands. `pair` are the two articles to ask about next, `gain` what their answers are expected to
    tell, in nats; both are empty at the end."""

    answered: int
    of: int
    pair: list[dict[str, Any]]
    gain: float
    leanings: list[Leaning]

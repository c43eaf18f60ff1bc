"""What people state of their tastes and sizes: the whole statement, and single actions that work at once."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from search.messages.requests import Id, Taste

MAX_STATED = 200
Word = Annotated[str, Meta(min_length=1, max_length=256)]
Do = Literal["more", "less", "neutral", "off", "on"]


class StatedValue(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A value that is liked or disliked, as the catalogue writes it; `label` is for reading, and ignored when sent."""

    attribute: Taste
    value: Word
    label: str | None = None


class StatedSize(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A size that fits, for one product type or for all; `label` is what people read of the type, ignored when sent."""

    size: Word
    product_type: Word | None = None
    label: str | None = None


class Statement(Struct, frozen=True, forbid_unknown_fields=True):
    """All that a shopper, or a visit, states. What is sent replaces what was stated before.

    A stated taste holds until it is changed, whatever was observed. A dislike lowers and hides nothing; what is not in
    stock in a stated size is lowered and labelled. `off`: tastes that must not count.
    """

    likes: Annotated[list[StatedValue], Meta(max_length=MAX_STATED)] = []
    dislikes: Annotated[list[StatedValue], Meta(max_length=MAX_STATED)] = []
    sizes: Annotated[list[StatedSize], Meta(max_length=MAX_STATED)] = []
    off: Annotated[list[Taste], Meta(max_length=MAX_STATED)] = []


class TasteAction(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One thing to do: "more" or "less" of a value, "neutral" takes both back; "off" and "on" switch a taste.

    The value is named, or it is that of a product: so nobody has to name what was only guessed.
    """

    do: Do
    attribute: Taste
    value: Word | None = None
    product_id: Id | None = None


class ActionDone(Struct, frozen=True):
    """What is stated now, and the actions that take it back."""

    stated: Statement
    undo: list[TasteAction]

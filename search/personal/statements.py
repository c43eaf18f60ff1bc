"""What may people state about this catalogue, and what do their words change? Read, checked, changed, told.

A value is one that the catalogue holds, or one that was stated when it still did; so whoever reads their statement can
always send it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

import msgspec

from search.errors import BadRequest, NotFound
from search.messages import StatedSize, StatedValue, Statement, TasteAction
from search.personal.named import check_all_named, check_named
from search.personal.own_size import EVERY
from search.pipeline import Pipeline
from search.rerank.explain import shown_value
from search.types import StatedTastes
from search.understand.sizes import size_key

Labels = Mapping[str, Mapping[str, str]]
OPINION_OF = {"more": 1, "less": -1, "neutral": 0}
DO_OF = {opinion: do for do, opinion in OPINION_OF.items()}
LISTED = 5


def read_statement(sent: Statement, before: StatedTastes, pipeline: Pipeline) -> StatedTastes:
    """A whole statement, in place of the one before.

    Raises:
        BadRequest: a taste that the shop does not have, a value, type or size that the catalogue does not have, or one
            that is liked and disliked.
    """
    likes = _values(sent.likes, "likes", before, pipeline)
    dislikes = _values(sent.dislikes, "dislikes", before, pipeline)
    check_all_named(sent.off, pipeline.settings.personal, "off", before.off)
    for attribute, values in likes.items():
        for value in values:
            if value in dislikes.get(attribute, ()):
                raise BadRequest(f"'{value}' ({attribute}) is liked and disliked. Send it in one list.", "dislikes")
    sizes = _sizes(sent.sizes, before, pipeline)
    return msgspec.structs.replace(
        before, likes=likes, dislikes=dislikes, sizes=sizes, off=list(dict.fromkeys(sent.off))
    )


def _values(sent: Iterable[StatedValue], name: str, before: StatedTastes, pipeline: Pipeline) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for place, item in enumerate(sent):
        check_value(item.attribute, item.value, before, pipeline, f"{name}[{place}].value")
        values = found.setdefault(item.attribute, [])
        if item.value not in values:
            values.append(item.value)
    return found


def check_value(attribute: str, value: str, before: StatedTastes, pipeline: Pipeline, place: str) -> None:
    """Refuse a taste or a value that the catalogue does not have, and that was not stated before.

    Raises:
        BadRequest: the message names near ones.
    """
    stated = {*before.likes, *before.dislikes}
    check_named(attribute, pipeline.settings.personal, place.removesuffix("value") + "attribute", stated)
    known = pipeline.catalogue.attributes.get(attribute)
    values = known.values if known is not None else []
    if value not in values and not before.opinion(attribute, value):
        raise BadRequest(f"No {attribute} '{value}' in this catalogue.{_near(value, values)}", place)


def _near(word: str, words: Sequence[str]) -> str:
    near = get_close_matches(word, words, LISTED) or words[:LISTED]
    return f" Known are: {', '.join(near)}{', …' if len(words) > len(near) else ''}." if near else ""


def _sizes(sent: Iterable[StatedSize], before: StatedTastes, pipeline: Pipeline) -> dict[str, list[str]]:
    types, column = pipeline.catalogue.type_names[1:], pipeline.columns.keyword("size")
    sold = list(column.values) if column is not None else []
    keys = {size_key(size) for size in sold}
    found: dict[str, list[str]] = {}
    for place, item in enumerate(sent):
        kind, known = item.product_type or EVERY, before.sizes.get(item.product_type or EVERY, ())
        if item.product_type is not None and item.product_type not in types and not known:
            told = f"No product type '{item.product_type}' in this catalogue.{_near(item.product_type, types)}"
            raise BadRequest(told, f"sizes[{place}].product_type")
        if size_key(item.size) not in keys and item.size not in known:
            raise BadRequest(
                f"No product comes in the size '{item.size}'.{_near(item.size, sold)}", f"sizes[{place}].size"
            )
        of_kind = found.setdefault(kind, [])
        if item.size not in of_kind:
            of_kind.append(item.size)
    return found


def told_statement(stated: StatedTastes, labels: Labels) -> Statement:
    """A statement as people read it, and may send it back."""

    def values(said: Mapping[str, Sequence[str]]) -> list[StatedValue]:
        return [
            StatedValue(attribute, value, shown_value(attribute, value, labels))  # type: ignore[arg-type]
            for attribute, those in said.items()
            for value in those
        ]

    types = labels.get("product_type", {})
    sizes = [
        StatedSize(size, kind or None, types.get(kind, kind) or None)
        for kind, those in stated.sizes.items()
        for size in those
    ]
    return Statement(values(stated.likes), values(stated.dislikes), sizes, list(stated.off))  # type: ignore[arg-type]


def values_of(action: TasteAction, before: StatedTastes, pipeline: Pipeline) -> list[str]:
    """The values that an action is about; none where it switches the whole taste.

    Raises:
        BadRequest: no value and no product, both, or a taste or a value that the catalogue does not have.
        NotFound: no such product.
    """
    known = (*before.off, *before.likes, *before.dislikes)
    check_named(action.attribute, pipeline.settings.personal, "attribute", known)
    if action.do not in OPINION_OF:
        return []
    if (action.value is None) == (action.product_id is None):
        raise BadRequest(
            f"'{action.do}' needs a value, or a product_id whose value is meant. Send one of them.", "value"
        )
    if action.value is not None:
        check_value(action.attribute, action.value, before, pipeline, "value")
        return [action.value]
    row = pipeline.snapshot.documents.row_of(action.product_id or "")
    if row is None:
        raise NotFound(f"No product with the id '{action.product_id}'.", "product_id")
    return pipeline.catalogue.own_values(action.attribute, row)


def acted(before: StatedTastes, action: TasteAction, values: Iterable[str]) -> StatedTastes:
    """A statement after an action."""
    if action.do not in OPINION_OF:
        return before.with_off(action.attribute, action.do == "off")
    for value in values:
        before = before.with_opinion(action.attribute, value, OPINION_OF[action.do])
    return before


def undo_of(before: StatedTastes, action: TasteAction, values: Sequence[str]) -> list[TasteAction]:
    """The actions after which all is as it was before. Where a product stood for its values, it does again."""
    if action.do not in OPINION_OF:
        was_off = action.attribute in before.off
        return [TasteAction("off" if was_off else "on", action.attribute)]
    opinions = [before.opinion(action.attribute, value) for value in values]
    if action.product_id is not None and len(set(opinions)) == 1:
        return [msgspec.structs.replace(action, do=DO_OF[opinions[0]])]  # type: ignore[arg-type]
    return [
        TasteAction(DO_OF[opinion], action.attribute, value)  # type: ignore[arg-type]
        for opinion, value in zip(opinions, values, strict=True)
    ]

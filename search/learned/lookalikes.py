"""Groups, and who is like whom, as a shop reads them: nothing is told of fewer than 20 people.

A trait is told where at least 20 of the group chose the value. Names hold what the traits say, a gender too: they are
for the shop. What a shopper reads is written elsewhere (`search/rerank/explain.py`), and names none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np

from search.errors import BadRequest, Forbidden
from search.index.snapshot import Snapshot
from search.learned.segmenting import Segmenting, counts_of
from search.messages.segments import SegmentInfo, SegmentList, SegmentTrait, SimilarRequest, SimilarShoppers
from search.pipeline import Pipeline
from search.profiles.exporting import iso
from search.profiles.segments import People, group_lifts, vectors
from search.profiles.store import SqlStore
from search.rerank.explain import shown_value
from search.rerank.traits import DISCOUNT, NO_LABEL
from search.types.segments import LEAST_PEOPLE, Segment, Segments

Labels = Mapping[str, Mapping[str, str]]
#: Lifts that are told, and that name a group.
TOLD, NAMING = 1.25, 3
MOST_TRAITS = 12
#: A number's value, an eighth of its product type.
BAND = re.compile(r"[1-8]/8")
WORDS = {
    "de": {"price_band": "Preislage {}", "none": "ohne deutliche Vorliebe"},
    "en": {"price_band": "price band {}", "none": "no marked taste"},
}
NEVER = "The groups have not been learned yet."
TOO_FEW = (
    "Too few shoppers with enough evidence: {} of them, where groups of 20 are wanted. They come with more events that "
    "name a shopper."
)
OF_NO_USE = "No groups: knowing them would not tell what other shoppers choose."
UNKNOWN = "Too little is known of this shopper. Send events that name them, or ask for another one."
NOBODY_LIKE = "Fewer than 20 people are like this shopper, so nothing is told of them."
NOT_ALLOWED = (
    "Shoppers' ids are not told here. Leave out ids=true; or, if your shoppers have agreed to it, set "
    "privacy.look_alike_ids."
)


def told_segments(segments: Segments, snapshot: Snapshot, language: str | None) -> SegmentList:
    """The groups as a report.

    Raises:
        BadRequest: a language that the catalogue has no texts in.
    """
    labels, language = _labels(snapshot, language)
    learned = iso(segments.learned) if segments.learned else None
    found = [_segment(segment, labels, language) for segment in segments.found]
    note = None
    if not found:
        few = TOO_FEW.format(segments.people)
        note = NEVER if learned is None else few if not segments.gain else OF_NO_USE
    return SegmentList(found, segments.people, segments.gain, learned, note)


def _segment(segment: Segment, labels: Labels, language: str) -> SegmentInfo:
    told = (
        (attribute, value, segment.lifts[attribute][value], people)
        for attribute, values in segment.chosen.items()
        for value, people in values.items()
    )
    traits = _traits(told, labels)
    return SegmentInfo(name_of(traits, language), segment.people, segment.share, segment.distinct, traits)


def _traits(told: Iterable[tuple[str, str, float, int]], labels: Labels) -> list[SegmentTrait]:
    """What is told of values: those that are chosen much more, or much less; first what is so of most people."""
    found = [
        SegmentTrait(attribute, value, shown_value(attribute, value, labels), round(lift, 3), people)
        for attribute, value, lift, people in told
        if people >= LEAST_PEOPLE and not 1 / TOLD < lift < TOLD
    ]
    return sorted(found, key=_weight)[:MOST_TRAITS]


def _weight(trait: SegmentTrait) -> tuple[float, str, str]:
    return -abs(float(np.log(trait.lift))) * trait.people, trait.attribute, trait.value


def name_of(traits: Iterable[SegmentTrait], language: str) -> str:
    """A group's name: what it chooses most.

    >>> name_of([SegmentTrait("brand", "N", "Nike", 3.0, 40), SegmentTrait("price_band", "1", "2/8", 1.5, 30)], "de")
    'Nike · Preislage 2/8'
    >>> name_of([SegmentTrait("heel_height_cm", "7/8", "7/8", 2.0, 30)], "de")
    'heel height cm 7/8'
    """
    words = WORDS.get(language, WORDS["en"])
    most = [trait for trait in traits if trait.lift > 1][:NAMING]
    parts = [_called(trait, words) for trait in most]
    return " · ".join(dict.fromkeys(parts)) or words["none"]


def _called(trait: SegmentTrait, words: Mapping[str, str]) -> str:
    """A trait's value, with what it is a value of where that would not be understood: an eighth, a discount."""
    if trait.attribute == "price_band":
        return words["price_band"].format(trait.label)
    tells = trait.attribute != DISCOUNT and trait.value != NO_LABEL and not BAND.fullmatch(trait.value)
    return trait.label if tells else f"{trait.attribute.replace('_', ' ')} {trait.label}"


def _labels(snapshot: Snapshot, language: str | None) -> tuple[Labels, str]:
    """The labels of a language, the leading one if None, and which it is."""
    language = language or snapshot.languages[0]
    if language not in snapshot.languages:
        known = ", ".join(snapshot.languages)
        raise BadRequest(f"This catalogue has no texts in '{language}'. Known: {known}.", "lang")
    return snapshot.labels.get(language, {}), language


def similar_to(
    id: str, asked: SimilarRequest, segmenting: Segmenting, store: SqlStore, pipeline: Pipeline
) -> SimilarShoppers:
    """The people nearest to a shopper, and what they have in common.

    Raises:
        BadRequest: a language that the catalogue has no texts in.
        Forbidden: ids are asked for, and must not be told.
        StoreUnavailable: the profiles cannot be read.
    """
    if asked.ids and not pipeline.settings.privacy.look_alike_ids:
        raise Forbidden(NOT_ALLOWED, "ids")
    labels, _ = _labels(pipeline.snapshot, asked.lang)
    people, view = segmenting.people(store, pipeline), store.view(id)
    known, kind = store.counters(view), store.kinds["shopper"]
    tastes = kind.tastes(known, pipeline.now()) if known else {}
    shopper = counts_of(tastes, people, pipeline.catalogue, pipeline.settings.personal)
    own = {id, *(key[1] for key in view.sources if key[0] == "shopper")}
    return _similar(id, own, shopper, people, asked, pipeline.settings.personal.kappa_shop, labels)


def _similar(
    id: str, own: set[str], shopper: People, people: People, asked: SimilarRequest, kappa: float, labels: Labels
) -> SimilarShoppers:
    """`own`: the shopper's accounts, which are not among those like them; `shopper` over the columns of `people`."""
    likeness = vectors(people, kappa) @ vectors(shopper, kappa)[0] if len(people.columns) else np.zeros(len(people.ids))
    if not likeness.any():
        return SimilarShoppers(id, 0, None, [], None, UNKNOWN)
    others = np.array([at for at, other in enumerate(people.ids) if other not in own and likeness[at] > 0], np.intp)
    nearest = others[np.argsort(-np.round(likeness[others], 9), kind="stable")[: asked.people]]
    if len(nearest) < LEAST_PEOPLE:
        return SimilarShoppers(id, 0, None, [], None, NOBODY_LIKE)
    labelled = np.ones(len(people.ids), np.intp)
    labelled[nearest] = 0
    lifts, chose = group_lifts(people, labelled, 2)[0][0], (people.observed[nearest] > 0).sum(0)
    told = zip(people.columns, lifts.tolist(), chose.tolist(), strict=True)
    traits = _traits(((attribute, value, lift, count) for (attribute, value), lift, count in told), labels)
    names = [people.ids[at] for at in nearest.tolist()] if asked.ids else None
    return SimilarShoppers(id, len(nearest), round(float(likeness[nearest[-1]]), 3), traits, names)

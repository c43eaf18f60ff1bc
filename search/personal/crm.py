"""Traits from a shop's customer system (CRM, CDP): read, kept beside what the shopper states, and where lifts start.

What the shopper says beats what the system says, and that beats what is guessed, as long as that is thin:

- Of a value that they like or dislike only their word counts; so does their style test for all of its attribute.
- Else the lift of a value that the system names starts at 2^(c · 2^(−age/h)), c = 1 (`personal.crm`), h = 180 days: as
  far as a statement moves at once, and less the more is observed: after three events by which the value was to be
  expected and was not chosen it is outweighed.
- Sizes count where the shopper states none.

Other traits (a customer group, say) are kept, told and exported, and move nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

import msgspec
import numpy as np

from search.errors import BadRequest
from search.messages.traits import TraitInfo, TraitsIn
from search.personal.own_size import EVERY
from search.rerank.explain import shown_value
from search.rerank.traits import Attribute, Catalogue
from search.settings import Personal
from search.types import Affinities, CrmTraits, Scores, StatedTastes

SIZE = "size"
#: The switch for all of them, in `off` and `without_tastes`.
CRM = "crm"
MOST_SOURCES = 10
DAY_SECONDS = 86_400.0
Labels = Mapping[str, Mapping[str, Mapping[str, str]]]


def read_traits(sent: TraitsIn, before: StatedTastes, now: float) -> StatedTastes:
    """A statement with what a system says in place of what it said before.

    Raises:
        BadRequest: a day that is none or has not come, or too many systems.
    """
    today = datetime.fromtimestamp(now, UTC).date()
    try:
        day = date.fromisoformat(sent.date) if sent.date else today
    except ValueError as error:
        raise BadRequest(f"'{sent.date}' is no day. Write it as 2026-11-01.", "date") from error
    if (day - today).days > 1:  # a day ahead is another time zone
        raise BadRequest(f"'{sent.date}' has not come yet. Send the day as of which it is known.", "date")
    named = {name: list(dict.fromkeys(values)) for name, values in sent.traits.items() if values}
    others = {source: traits for source, traits in before.crm.items() if source != sent.source}
    if len(others) >= MOST_SOURCES:
        known = ", ".join(sorted(others))
        raise BadRequest(f"More than {MOST_SOURCES} sources. Take one back with empty traits: {known}.", "source")
    crm = {**others, sent.source: CrmTraits(day.isoformat(), named)} if named else others
    return msgspec.structs.replace(before, crm=crm)


def told_traits(stated: StatedTastes, catalogue: Catalogue, labels: Labels) -> list[TraitInfo]:
    """What is kept, by system and name."""
    return [
        TraitInfo(name, list(values), source, said.date, name == SIZE or bool(_codes(name, values, catalogue, labels)))
        for source, said in sorted(stated.crm.items())
        for name, values in sorted(said.traits.items())
    ]


def with_crm(known: Affinities, catalogue: Catalogue, labels: Labels, now: float, settings: Personal) -> Affinities:
    """The affinities with where lifts start by what the systems say; of one trait the newest word counts."""
    stated = known.stated
    if not stated.crm or CRM in stated.off:
        return known
    newest = {name: (said.date, values) for said in _by_day(stated) for name, values in said.traits.items()}
    start = {}
    for name, (day, values) in newest.items():
        codes = _codes(name, values, catalogue, labels)
        if codes and name not in stated.leanings:
            fading = 2.0 ** (-_age_days(day, now) / settings.half_life_days)
            start[name] = _lifts(catalogue.attributes[name], codes, settings.crm * fading)
    if SIZE in newest and not stated.sizes:
        stated = msgspec.structs.replace(stated, sizes={EVERY: list(newest[SIZE][1])})
    return replace(known, crm=start, stated=stated)


def _by_day(stated: StatedTastes) -> list[CrmTraits]:
    return [said for _, said in sorted(stated.crm.items(), key=lambda item: (item[1].date, item[0]))]


def _age_days(day: str, now: float) -> float:
    return max(0.0, now / DAY_SECONDS - datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() / DAY_SECONDS)


def _lifts(attribute: Attribute, codes: list[int], leaning: float) -> Scores:
    lifts = np.ones(len(attribute.values))
    lifts[codes] = 2.0**leaning
    return lifts


def _codes(name: str, values: list[str], catalogue: Catalogue, labels: Labels) -> list[int]:
    """The catalogue's values that are meant: written as it writes them, or as people of any language read them."""
    attribute = catalogue.attributes.get(name)
    if attribute is None:
        return []
    meant = {value.casefold() for value in values}
    return [
        code
        for code, value in enumerate(attribute.values)
        if value.casefold() in meant
        or any(shown_value(name, value, known).casefold() in meant for known in labels.values())
    ]

"""What a shopper's counts say of candidates, for all attributes in one pass.

A catalogue's products hold values of attributes, each in a product type: such a (value, type) is a pair, and what is to
be expected of it, p0(v|c), never changes while the catalogue serves. So lifts need not be worked out for every value of
every brand there is: those of the pairs that the candidates hold are gathered, some hundred numbers (`log_lifts`, the
formulas of `rerank/personal.py`). A profile's counts are laid out for a catalogue once, and kept while the profile
stays as it is: time only scales them.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from search.rerank.distinct import distinct
from search.rerank.traits import SHOP_WIDE, Attribute, Catalogue
from search.settings import Personal
from search.types import Affinities, Counted, Decayed, Rows, Scores, Shown, parted

Codes = NDArray[np.int64]
CLIP = float(np.log(4.0))
#: Profiles whose counts a catalogue keeps laid out; some 100 KB each in a large shop.
MOST_KEPT = 256


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """A profile's counts, laid out for a catalogue, as of the profile's origin.

    `observed` and `expected` (values,) over the whole shop; `pairs` (k,) ascending with their counts `of_pairs` (k,)
    and what was to be expected of them by lists, `shown` (k,); `slots` (s,) ascending, attribute · types + type, with
    the events in them whose list is not known, `of_slots` (s,). Both end in one that no candidate has.
    """

    observed: Scores
    expected: Scores
    pairs: Codes
    of_pairs: Scores
    shown: Scores
    slots: Codes
    of_slots: Scores


@dataclass(frozen=True, eq=False)
class Pairs:
    """A catalogue's pairs. `bases`: where each attribute's values begin among all (attributes + 1,).

    Per product a run of `entries` from `starts` (products + 1,); per pair, ascending by value and type: `value`,
    `attribute`, `slot` and `p0`.
    """

    catalogue: Catalogue
    names: tuple[str, ...]
    bases: Codes
    starts: Codes
    entries: NDArray[np.int32]
    keys: Codes
    value: NDArray[np.int32]
    attribute: NDArray[np.int32]
    slot: NDArray[np.int32]
    p0: Scores

    def of(self, rows: Rows) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
        """For products `rows` (n,): positions in 0..n−1, one for each value they have, and their pairs."""
        starts = self.starts[rows]
        lengths = self.starts[rows + 1] - starts
        ends = lengths.cumsum()
        total = int(ends[-1]) if len(ends) else 0
        at = np.arange(total) + np.repeat(starts - ends + lengths, lengths)
        return np.repeat(np.arange(len(rows)), lengths), self.entries[at]

    def codes_of(self, row: int) -> dict[str, NDArray[np.int32]]:
        """Attribute -> the codes of what a product has of it; attributes of which it has nothing are left out."""
        held = self.entries[self.starts[row] : self.starts[row + 1]]
        values, places = self.value[held], self.attribute[held].tolist()
        found: dict[str, NDArray[np.int32]] = {}
        for place in dict.fromkeys(places):
            here = [at for at, other in enumerate(places) if other == place]
            found[self.names[place]] = (values[here] - self.bases[place]).astype(np.int32)
        return found

    def flat(self, of_attribute: Mapping[str, Scores], fill: float) -> Scores | None:
        """(values,) of all attributes, from those of some (values of it,); None where none of them is ours."""
        found = None
        for place, name in enumerate(self.names):
            if name in of_attribute:
                found = np.full(int(self.bases[-1]), fill) if found is None else found
                found[self.bases[place] : self.bases[place + 1]] = of_attribute[name]
        return found

    def sources(self, known: Affinities) -> list[tuple[Laid, float]]:
        """A shopper's counts, laid out, with what time and their share make of them."""
        if known.sources:
            return self.laid(known.sources)
        return [(_laid(self, _Counts.of(known)), 1.0)] if known.tastes else []

    def shop_counts(self, known: Affinities) -> tuple[Scores, Scores] | None:
        """What a shopper's counters say of the values in the whole shop, observed and expected, (values,) each; None
        where no counters stand behind the tastes."""
        if not known.sources:
            return None
        observed, expected = np.zeros(int(self.bases[-1])), np.zeros(int(self.bases[-1]))
        for laid, factor in self.laid(known.sources):
            observed += factor * laid.observed
            expected += factor * laid.expected
        return observed, expected

    def laid(self, sources: Sequence[Decayed]) -> list[tuple[Laid, float]]:
        """Counters laid out; those that were laid lately are found again."""
        return [(_LAID.find(self, counted), factor) for counted, factor in sources]

    def means(self, positions: NDArray[np.intp], held: NDArray[np.int32], x: Scores, count: int) -> Scores:
        """(attributes, count) the mean of x (m,) over what each product has of each attribute; 0 where it has nothing.

        Args:
            positions, held: (m,) as `of` gave them.
        """
        cells, size = self.attribute[held] * count + positions, len(self.names) * count
        several = np.maximum(np.bincount(cells, minlength=size), 1)
        return (np.bincount(cells, x, size) / several).reshape(len(self.names), count)


@dataclass(frozen=True, slots=True, eq=False)
class _Counts:
    """Tastes as one profile's counters."""

    observed: Mapping[str, Mapping[str, Mapping[str, float]]]
    events: Mapping[str, Mapping[str, float]]
    shown: Mapping[str, Shown]

    @classmethod
    def of(cls, known: Affinities) -> _Counts:
        tastes = known.tastes.items()
        return cls(
            {name: taste.observed for name, taste in tastes},
            {name: taste.events for name, taste in tastes},
            {name: taste.shown for name, taste in tastes},
        )


class _Kept:
    """What was laid out lately, by catalogue and profile; neither ever changes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: dict[tuple[int, int], tuple[Pairs, Counted, Laid]] = {}

    def find(self, pairs: Pairs, counted: Counted) -> Laid:
        """The counts laid out; `id` names a thing only while it lives, so both are kept beside.

        They are the same as long as what was observed is: a profile that was only judged has the counts of before.
        """
        key = id(pairs), id(counted.observed)
        kept = self._found.get(key)
        if kept is not None and kept[0] is pairs and kept[1].observed is counted.observed:
            return kept[2]
        laid = _laid(pairs, counted)
        with self._lock:
            self._found[key] = pairs, counted, laid
            while len(self._found) > MOST_KEPT:
                del self._found[next(iter(self._found))]
        return laid


_LAID = _Kept()


def _laid(pairs: Pairs, counted: Counted) -> Laid:
    catalogue, types = pairs.catalogue, len(pairs.catalogue.type_names)
    observed, expected = np.zeros(int(pairs.bases[-1])), np.zeros(int(pairs.bases[-1]))
    keys: dict[int, float] = {}
    offered: dict[int, float] = {}
    slots: dict[int, float] = {}
    for place, name in enumerate(pairs.names):
        attribute, base = catalogue.attributes[name], int(pairs.bases[place])
        for value, counts in counted.observed.get(name, {}).items():
            code = attribute.code_of.get(value)
            if code is None:
                continue
            observed[base + code] = sum(max(0.0, count) for count in counts.values())
            for kind, count in counts.items() if attribute.has_types else ():
                type_code = catalogue.type_code.get(kind)
                if type_code is not None and count > 0:
                    keys[(base + code) * types + type_code] = count
        events, shown = parted(counted.events.get(name, {}), counted.shown.get(name, {}))
        expected[base : int(pairs.bases[place + 1])] = expected_of(attribute, catalogue, events)
        for kind, values in shown.items():
            type_code = catalogue.type_code.get(kind) if attribute.has_types else None
            for value, count in values.items():
                code = attribute.code_of.get(value)
                if code is not None:
                    expected[base + code] += count
                    if type_code is not None:
                        offered[(base + code) * types + type_code] = count
        for kind, count in events.items() if attribute.has_types else ():
            type_code = catalogue.type_code.get(kind)
            if type_code is not None:
                slots[place * types + type_code] = count
    wanted = np.array(sorted(keys | offered), np.int64)
    at = np.searchsorted(pairs.keys, wanted)
    held = pairs.keys[np.minimum(at, len(pairs.keys) - 1)] == wanted if len(pairs.keys) else np.zeros(len(at), bool)
    told = wanted[held].tolist()
    laid_slots = sorted(slots)
    return Laid(
        observed,
        expected,
        np.append(at[held], len(pairs.keys)),
        np.array([*(keys.get(key, 0.0) for key in told), 0.0]),
        np.array([*(offered.get(key, 0.0) for key in told), 0.0]),
        np.array([*laid_slots, len(pairs.names) * types], np.int64),
        np.array([*(slots[slot] for slot in laid_slots), 0.0]),
    )


def expected_of(attribute: Attribute, catalogue: Catalogue, events: Mapping[str, float]) -> Scores:
    """(values,) E: what somebody without this taste would have chosen, over the whole shop.

    Args:
        events: product type -> N.
    """
    if attribute.name in SHOP_WIDE:
        return sum(events.values()) * attribute.share
    coded: dict[int | None, float] = {}
    for name, count in events.items():
        code = catalogue.type_code.get(name)
        coded[code] = coded.get(code, 0.0) + count
    return attribute.expected_of(coded)


def _found(sorted_keys: Codes, wanted: NDArray[np.int32]) -> NDArray[np.intp]:
    """(m,) where the keys that are wanted stand, that of the last one where they do not: it is beyond all of them."""
    at = sorted_keys.searchsorted(wanted)
    return np.where(sorted_keys[at] == wanted, at, len(sorted_keys) - 1)


def log_lifts(
    pairs: Pairs,
    sources: Sequence[tuple[Laid, float]],
    held: NDArray[np.int32],
    prior: Scores | None,
    settings: Personal,
    long_term: float,
) -> Scores:
    """(m,) the clipped log lifts of pairs (m,): O over E, each level leaning on the one above.

    Args:
        sources: profiles with what time makes of their counts.
        prior: (values,) lifts before anything was observed; None for 1 each.
        long_term: 0..1; less long-term evidence means that less suffices: κ shrinks to a half.
    """
    kappa_shop, kappa_type = (kappa * (1 + long_term) / 2 for kappa in (settings.kappa_shop, settings.kappa_type))
    values = pairs.value[held]
    lift = np.full(len(held), kappa_shop) if prior is None else kappa_shop * prior[values]
    below, observed, events = np.full(len(held), kappa_shop), np.zeros(len(held)), np.zeros(len(held))
    shown, slots = np.full(len(held), kappa_type), pairs.slot[held]
    for laid, factor in sources:
        lift += factor * laid.observed[values]
        below += factor * laid.expected[values]
        at = _found(laid.pairs, held)
        observed += factor * laid.of_pairs[at]
        shown += factor * laid.shown[at]
        events += factor * laid.of_slots[_found(laid.slots, slots)]
    lift = (observed + kappa_type * (lift / below)) / (events * pairs.p0[held] + shown)
    return np.clip(np.log(lift), -CLIP, CLIP)


@lru_cache(maxsize=2)
def pairs_of(catalogue: Catalogue) -> Pairs:
    """The pairs of a catalogue's attributes; kept for the catalogues in use."""
    types, names = len(catalogue.type_names), tuple(catalogue.attributes)
    attributes = list(catalogue.attributes.values())
    bases = np.concatenate([[0], np.cumsum([len(attribute.values) for attribute in attributes])]).astype(np.int64)
    rows = np.concatenate([np.empty(0, np.int32), *(attribute.rows for attribute in attributes)])
    held, pairs, count = [np.empty(0, np.int64)], [np.empty(0, np.int32)], 0
    for base, attribute in zip(bases, attributes, strict=False):
        keys = attribute.codes.astype(np.int64) * types + attribute.types[attribute.rows]
        own, at = distinct(keys, len(attribute.values) * types)
        held.append(own + base * types)
        pairs.append((at + count).astype(np.int32))
        count += len(own)
    unique, entries = np.concatenate(held), np.concatenate(pairs)
    order = np.argsort(rows, kind="stable")
    counts = np.bincount(rows, minlength=len(catalogue.types))
    value, kind = unique // max(types, 1), unique % max(types, 1)
    place_of = np.searchsorted(bases, value, side="right") - 1
    p0 = np.zeros(len(unique))
    for place, attribute in enumerate(attributes):
        here = np.flatnonzero(place_of == place)
        p0[here] = attribute.expected_at(value[here] - bases[place], kind[here])
    return Pairs(
        catalogue,
        names,
        bases,
        np.concatenate([[0], counts.cumsum()]).astype(np.int64),
        entries[order],
        unique,
        value.astype(np.int32),
        place_of.astype(np.int32),
        (place_of * types + kind).astype(np.int32),
        p0,
    )

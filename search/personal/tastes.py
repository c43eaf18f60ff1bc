"""What is known of a shopper's tastes, in readable form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from search.messages import TasteInfo
from search.pipeline import Pipeline
from search.profiles.statistics import Kind, Statistics
from search.rerank.explain import shown_value
from search.rerank.lifts import lifts

Labels = Mapping[str, Mapping[str, str]]


def told_tastes(
    pipeline: Pipeline, kinds: Mapping[str, Kind], kind: str, statistics: Statistics, labels: Labels, now: float
) -> Iterator[TasteInfo]:
    """Value by value, of what the catalogue still has.

    Args:
        kind: of what the statistics are: "session", or one of the long-term ones.
        labels: attribute -> value -> what people read.
        now: seconds since 1970.
    """
    catalogue, settings = pipeline.catalogue, pipeline.settings.personal
    counted, long_term = ("session", 0.0) if kind == "session" else ("shopper", 1.0)
    for name, taste in kinds[counted].tastes(statistics, now).items():
        attribute = catalogue.attributes.get(name)
        if attribute is None:
            continue
        found = lifts(taste, attribute, catalogue, settings, long_term)
        for value in taste.observed:
            code = attribute.code_of.get(value)
            if code is not None:
                observed, expected = (float(counts[code]) for counts in found.shop_counts)
                seen = datetime.fromtimestamp(statistics.last_seen[name][value], UTC).isoformat(timespec="seconds")
                yield TasteInfo(
                    attribute=name,
                    value=value,
                    label=shown_value(name, value, labels),
                    lift=round(float(found.shop[code]), 3),
                    evidence=f"{observed:.1f} events, {expected:.1f} expected",
                    observed=round(observed, 3),
                    expected=round(expected, 3),
                    last_seen=seen,
                )

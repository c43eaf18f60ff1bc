"""What a term of everybody's order was learned or read from, in words for an explanation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

#: Features that tell of a term what people of one context chose: the context's name follows, as "device=mobile".
CONTEXT_COUNT, CONTEXT_PEOPLE = "clicked_count@", "clicked_people@"


def evidence_of(name: str, features: Mapping[str, float]) -> str:
    """What stands behind a term of one hit; "" where its name says all.

    >>> evidence_of("clicked", {"clicked_count": 12.0, "clicked_people": 7.0, "clicked_query": 1.0})
    '12.0 choices by 7 people for this query'
    """
    if name == "clicked":
        about = "for this query" if features.get("clicked_query") else "of this product type"
        told = f"{features['clicked_count']:.1f} choices by {features['clicked_people']:.0f} people {about}"
        return "; ".join([told, *_contexts(features)])
    if name == "season":
        return ", ".join(_season(features))
    return ""


def _contexts(features: Mapping[str, float]) -> Iterator[str]:
    """What those who come as this visit does chose.

    >>> list(_contexts({"clicked_count@device=mobile": 8.0, "clicked_people@device=mobile": 6.0}))
    ['8.0 by 6 people with device=mobile']
    """
    for feature, people in features.items():
        if feature.startswith(CONTEXT_PEOPLE) and people:
            name = feature.removeprefix(CONTEXT_PEOPLE)
            yield f"{features[CONTEXT_COUNT + name]:.1f} by {people:.0f} people with {name}"


def _season(features: Mapping[str, float]) -> Iterator[str]:
    if learned := features.get("season_learned"):
        yield f"its kind is chosen {2.0**learned:.2f} times as often as usual at this time of the year"
    if declared := features.get("season_declared"):
        yield f"its season fits the day by {declared:+.2f}"

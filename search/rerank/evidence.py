"""What a term of everybody's order was learned or read from, in words for an explanation."""

from __future__ import annotations

from collections.abc import Mapping


def evidence_of(name: str, features: Mapping[str, float]) -> str:
    """What stands behind a term of one hit; "" where its name says all.

    >>> evidence_of("clicked", {"clicked_count": 12.0, "clicked_people": 7.0, "clicked_query": 1.0})
    '12.0 choices by 7 people for this query'
    """
    if name == "clicked":
        about = "for this query" if features.get("clicked_query") else "of this product type"
        return f"{features['clicked_count']:.1f} choices by {features['clicked_people']:.0f} people {about}"
    return ""

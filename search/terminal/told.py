"""What a terminal says above the results: how the query was read, and which steps were taken."""

from __future__ import annotations

from collections.abc import Iterator

from search.messages import RelaxedInfo, SearchAnswer


def told(answer: SearchAnswer) -> Iterator[str]:
    """The sentences, in the order in which things happened."""
    corrected, proposed = answer.query.corrected, answer.query.proposed
    if corrected:
        yield f"Results for {corrected.text} (typed: {corrected.original})"
    yield from (line for step in answer.query.relaxed if (line := sentence(step)))
    if proposed:
        yield f"Did you mean {proposed.text}?"
    if answer.unfiltered:
        yield f"Without the filter: {answer.unfiltered} results"
    if answer.offers:
        yield "Nothing found. Go on with: " + ", ".join(offer.text for offer in answer.offers)


def sentence(step: RelaxedInfo) -> str:
    """One step; a word that was read as another is told with the correction.

    >>> sentence(RelaxedInfo("limits", "laptop unter 5 €", ["unter 5 €"]))
    'Nothing “unter 5 €”: what comes nearest stands first'
    """
    dropped = ", ".join(f"“{text}”" for text in step.dropped)
    return {
        "translation": f"{dropped} is called “{step.text}” here",
        "limits": f"Nothing {dropped}: what comes nearest stands first",
        "words": f"Left out, in no result: {dropped}",
        "similar": "No product has these words: similar ones",
    }.get(step.step, "")

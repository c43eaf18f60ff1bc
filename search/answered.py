"""A search's answer, written, with the little of it that the server itself goes by."""

from __future__ import annotations

from dataclasses import dataclass

from search.messages import SearchAnswer, to_json


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer as JSON.

    Args:
        text: the query.
        is_personal: a hit stands elsewhere than for strangers.
    """

    json: bytes
    query_id: str
    text: str
    total: int
    degraded: tuple[str, ...]
    is_personal: bool

    @classmethod
    def of(cls, answer: SearchAnswer) -> Answered:
        """The answer, written."""
        is_personal = any(hit.rank != hit.rank_anonymous for hit in answer.hits)
        facts = answer.query_id, answer.query.text, answer.total, tuple(answer.degraded)
        return cls(to_json(answer), *facts, is_personal)

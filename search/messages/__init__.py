"""What is asked and what is answered: the shapes that the API, the command line and the pages share.

The OpenAPI document is generated from these.
"""

from __future__ import annotations

from search.messages.answers import (
    CorrectedQuery,
    CorrectionInfo,
    Facet,
    FacetValue,
    Hit,
    MultiSearchAnswer,
    ProposedQuery,
    QueryInfo,
    RelaxedInfo,
    SearchAnswer,
    SuggestAnswer,
    Suggestion,
    UnderstoodInfo,
)
from search.messages.events import (
    Erased,
    EventIn,
    EventsAccepted,
    ProfileInfo,
    TasteInfo,
    as_event,
    parse_moment,
)
from search.messages.explanations import (
    ExplainBusiness,
    ExplainKind,
    ExplainPersonal,
    ExplainStated,
    ExplainTerm,
    Explanation,
    Reason,
)
from search.messages.requests import (
    MAX_FACETS,
    MAX_QUERY_CHARACTERS,
    MAX_QUERY_WORDS,
    MAX_REACH,
    MAX_SEARCHES,
    Context,
    Id,
    MultiSearchRequest,
    SearchRequest,
    Sort,
    Taste,
    Touchpoint,
)
from search.messages.server import (
    Health,
    Problem,
    to_json,
)

__all__ = [
    "MAX_FACETS",
    "MAX_QUERY_CHARACTERS",
    "MAX_QUERY_WORDS",
    "MAX_REACH",
    "MAX_SEARCHES",
    "Context",
    "CorrectedQuery",
    "CorrectionInfo",
    "Erased",
    "EventIn",
    "EventsAccepted",
    "ExplainBusiness",
    "ExplainKind",
    "ExplainPersonal",
    "ExplainStated",
    "ExplainTerm",
    "Explanation",
    "Facet",
    "FacetValue",
    "Health",
    "Hit",
    "Id",
    "MultiSearchAnswer",
    "MultiSearchRequest",
    "Problem",
    "ProfileInfo",
    "ProposedQuery",
    "QueryInfo",
    "Reason",
    "RelaxedInfo",
    "SearchAnswer",
    "SearchRequest",
    "Sort",
    "SuggestAnswer",
    "Suggestion",
    "Taste",
    "TasteInfo",
    "Touchpoint",
    "UnderstoodInfo",
    "as_event",
    "parse_moment",
    "to_json",
]

"""What a search may ask, and its limits."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from search.settings.personal import Level
from search.types import Consent, Personalize, VisitDevice, VisitSource

MAX_QUERY_CHARACTERS = 256
MAX_QUERY_WORDS = 32
MAX_REACH = 1000
MAX_FACETS = 20
MAX_SEARCHES = 50
MAX_GROUPS = 8
Sort = Literal["relevance", "price:asc", "price:desc", "newest", "popularity"]
Touchpoint = Literal["web", "kiosk"]
#: What a shopper can switch off; which there are, the shop's settings say (`search/personal/named.py`).
Taste = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=128,
        description=(
            "brand, gender, price_band, category, color, or a field of the shop's own (personal.attributes); to be "
            "switched off also size, repeat (buying again), crm (the customer system) and queries (own searches)."
        ),
    ),
]
Id = Annotated[str, Meta(min_length=1, max_length=256)]


class VisitContext(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a visit comes from and on what. It is the same for all in that context, and says nothing of one person."""

    source: (
        Annotated[VisitSource, Meta(description="What led here; read from the referrer if absent, where it tells.")]
        | None
    ) = None
    device: Annotated[VisitDevice, Meta(description="What the shop is looked at on.")] | None = None
    country: (
        Annotated[str, Meta(pattern="^[A-Za-z]{2}$", description="Where the shopper is: ISO 3166 alpha-2, like AT.")]
        | None
    ) = None


class Context(VisitContext, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the shopper comes from. `referrer_query` counts softly; what others of the same source, device or country
    choose counts where the shop wants it (`business.contexts`)."""

    referrer_query: (
        Annotated[
            str,
            Meta(
                max_length=MAX_QUERY_CHARACTERS,
                description="What the shopper typed elsewhere: what goes with it comes first, nothing is hidden.",
            ),
        ]
        | None
    ) = None
    referrer: Annotated[str, Meta(max_length=2048, description="The page that led here.")] | None = None
    application: Annotated[str, Meta(max_length=256, description="What the product is needed for.")] | None = None


class SearchRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One search. Every field may also be a query parameter of GET /v1/search."""

    q: Annotated[str, Meta(description="What the shopper typed; empty to browse by filters.")] = ""
    filter: Annotated[str, Meta(description="brand:Adidas,Puma AND price:20..50 AND NOT color:rot")] = ""
    facet: Annotated[
        list[str], Meta(description="Fields to count values of; repeat the parameter.", max_length=MAX_FACETS)
    ] = []
    sort: Annotated[Sort, Meta(description="Order of the hits; only 'relevance' is personal.")] = "relevance"
    page: Annotated[int, Meta(ge=1, le=MAX_REACH, description="From 1.")] = 1
    per_page: Annotated[int, Meta(ge=0, le=100, description="Hits a page.")] = 20
    lang: (
        Annotated[str, Meta(pattern="^[a-z]{2}$", description="Language of the query and the answer; found if absent.")]
        | None
    ) = None
    branch: Annotated[str, Meta(max_length=64, description="The shop's branch whose stock counts.")] | None = None
    shopper: Annotated[Id, Meta(description="Who asks. Without keys only on loopback.")] | None = None
    session: Annotated[Id, Meta(description="This visit.")] | None = None
    device: (
        Annotated[Id, Meta(description="The browser or app, whoever uses it. Read with consent 'full' only.")] | None
    ) = None
    consent: (
        Annotated[
            Consent,
            Meta(description="What the shopper allows: nothing, this visit, their account, or their devices too."),
        ]
        | None
    ) = None
    touchpoint: Annotated[Touchpoint, Meta(description="Where the search box stands; a kiosk remembers nothing.")] = (
        "web"
    )
    personalize: Annotated[
        Personalize, Meta(description="What may be used: nothing, this session, or the past too.")
    ] = "full"
    strength: Annotated[
        int, Meta(ge=0, le=100, description="The dial of the personal order; 0 is the anonymous one.")
    ] = 100
    level: Annotated[
        Level,
        Meta(
            description="For whom: all, the groups that the shopper is like, or them. Never more than the shop allows."
        ),
    ] = "individual"
    without_tastes: Annotated[
        list[Taste], Meta(description="Tastes that the shopper switched off.", max_length=64)
    ] = []
    without_understood: Annotated[
        list[Annotated[str, Meta(max_length=128)]],
        Meta(description="Attributes of query.understood that the shopper switched off.", max_length=32),
    ] = []
    correct: Annotated[bool, Meta(description="Read misspelt words as the nearest known ones.")] = True
    explain: Annotated[bool, Meta(description="Say how each hit got its place.")] = False
    groups: Annotated[
        int, Meta(ge=0, le=MAX_GROUPS, description="Groups to add: more of the brand, the kind, the style.")
    ] = 0
    group_size: Annotated[int, Meta(ge=0, le=24, description="First hits of each group.")] = 6
    fields: Annotated[list[str], Meta(description="Fields of a product to return; all if absent.", max_length=64)] = []
    urgent: Annotated[
        bool, Meta(description="The shopper is in a hurry: what is in stock now comes first, in the branch if given.")
    ] = False
    new_since_last_visit: Annotated[
        bool, Meta(description="Only what was released since the shopper was last here; nothing for who is not known.")
    ] = False
    cursor: Annotated[str, Meta(max_length=512, description="Where the last answer said to go on.")] | None = None
    context: Annotated[Context, Meta(description="Where the shopper comes from.")] = Context()


class MultiSearchRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Several searches in one call, answered in order."""

    searches: Annotated[list[SearchRequest], Meta(min_length=1, max_length=MAX_SEARCHES)]

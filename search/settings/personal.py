"""Settings of the personal order, of what is kept of shoppers, and of the shop's own terms."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from search.settings.words import unit

#: What a shopper allows, each level with all before it (docs/personalization.md).
Consent = Literal["none", "session", "account", "full"]
#: What of a visit can be told apart (`search/types/visits.py`).
ContextName = Literal["source", "device", "country"]
#: For whom an order is made, each level with all before it.
Level = Literal["all", "segment", "individual"]
TouchpointLevel = Annotated[str, Meta(pattern="^(web|kiosk)=(all|segment|individual)$")]
#: A field of the feed that is a taste too, with its weight: "material", "heel_height_cm=0.3".
TasteField = Annotated[str, Meta(pattern=r"^[^=\s]([^=]{0,126}[^=\s])?(=\d+(\.\d+)?(e-\d+)?)?$")]
#: What has a weight, or a term, of its own.
NO_FIELDS = frozenset({"brand", "gender", "price_band", "category", "color", "size", "repeat", "crm"})


class Personal(Struct, frozen=True, forbid_unknown_fields=True):
    """The personal order (docs/personalization.md)."""

    temperature: Annotated[float, unit("Difference in R that is one unit of log-odds.", gt=0)] = 0.1
    bound: Annotated[float, unit("Most that all tastes together add or take (B).", "log-odds", ge=0)] = 0.5
    repeat_bound: Annotated[
        float,
        unit("Most that repeat purchase may add or take (B_r); 0 switches it off.", "log-odds", ge=0),
    ] = 2.0
    repeat: Annotated[float, unit("Weight of a consumable's own lift: how often this shopper bought it.", ge=0)] = 0.5
    proving: Annotated[
        float,
        unit(
            "What tastes must tell about a choice of a product type, in the log, to count there in full; 0: nothing.",
            "nats",
            ge=0,
        ),
    ] = 0.35
    credit: Annotated[
        float,
        unit("What a taste may lose in predicting a shopper's choices before it is silent; 0: any.", "nats", ge=0),
    ] = 1.0
    whole_credit: Annotated[float, unit("The same for all tastes of a shopper together.", "nats", ge=0)] = 3.0
    visit_credit: Annotated[
        float,
        unit(
            "What the past may lose within a visit before it is silent there, and learns no more of it.", "nats", ge=0
        ),
    ] = 0.5
    kappa_item: Annotated[
        float, unit("Purchases of the type that weigh as much as none of the item (κ_i).", "events", gt=0)
    ] = 0.5
    kappa_repeat: Annotated[
        float, unit("Repeat purchases of all shoppers that weigh as much as knowing nothing (κ).", "events", gt=0)
    ] = 50.0
    repeat_learn_minutes: Annotated[
        float,
        unit("How often it is learned from the log when people buy again and where tastes tell.", "min", gt=0),
    ] = 60.0
    levels: Annotated[
        tuple[TouchpointLevel, ...],
        unit("Most that touchpoints may do, like kiosk=segment: all, segment (by groups) or individual, if not told."),
    ] = ()
    segments: Annotated[
        bool, unit("Start the lifts of those of whom little is known at those of the groups that they are like.")
    ] = True
    segment_learn_minutes: Annotated[
        float, unit("How often groups of shoppers with like tastes are learned from the profiles.", "min", gt=0)
    ] = 60.0
    crm: Annotated[
        float,
        unit(
            "Where the lift of a value starts that the shop's customer system names; 0: at 1.", "doublings", ge=0, le=2
        ),
    ] = 1.0  # as far as a statement moves at once, or a heart of the style test at most
    places: Annotated[int, unit("Places that a product may climb above its anonymous rank.", "places", ge=0)] = 10
    close: Annotated[float, unit("Share of the best R from which results are in the upper tier.", ge=0, le=1)] = 0.5
    brand: Annotated[float, unit("Weight of the brand's lift.", ge=0)] = 0.5
    gender: Annotated[float, unit("Weight of the gender's lift.", ge=0)] = 0.5
    price_band: Annotated[float, unit("Weight of the price band's lift.", ge=0)] = 0.5
    category: Annotated[float, unit("Weight of the category's lift.", ge=0)] = 0.5
    color: Annotated[float, unit("Weight of the colour's lift.", ge=0)] = 0.3
    attributes: Annotated[
        tuple[TasteField, ...],
        unit(
            "Fields of the feed that are tastes too, each with its weight, like material=0.3 (0.5 if not told); "
            "numbers become bands within the product type. 'discount' is whether something is reduced today."
        ),
    ] = ("age_group=0.3", "material=0.3", "heel_height", "heel_height_cm", "absatzhöhe", "absatzhöhe_cm")
    wrong_size: Annotated[
        float, unit("Taken from a product that is not in stock in the size that the shopper states.", "log-odds", ge=0)
    ] = 2.0
    centred: Annotated[
        bool, unit("Measure tastes from the mean of what the query shows: what all results share moves none of them.")
    ] = True
    kappa_shop: Annotated[float, unit("Evidence that weighs as much as the segment (κ_g).", "events", gt=0)] = 3.0
    kappa_type: Annotated[float, unit("Evidence that weighs as much as the whole shop (κ_c).", "events", gt=0)] = 2.0
    half_life_days: Annotated[float, unit("After this time a long-term event counts half.", "days", gt=0)] = 180.0
    session_half_life_minutes: Annotated[float, unit("After this time a session's event counts half.", "min", gt=0)] = (
        20.0
    )
    own_queries: Annotated[
        int,
        unit("Searches of their own that are offered to a shopper who types, at most; 0 switches it off.", ge=0, le=20),
    ] = 3
    kiosk_idle_seconds: Annotated[float, unit("A kiosk forgets after this time without a touch.", "s", gt=0)] = 45.0

    def __post_init__(self) -> None:
        names = [entry.partition("=")[0] for entry in self.attributes]
        for place, name in enumerate(names):
            if name in NO_FIELDS:
                raise ValueError(f"'{name}' has a setting or a rule of its own. Take it out of `attributes`.")
            if name in names[:place]:
                raise ValueError(f"'{name}' stands twice in `attributes`. Name it once.")


class Privacy(Struct, frozen=True, forbid_unknown_fields=True):
    """What is read and kept of shoppers (docs/personalization.md)."""

    default_consent: Annotated[
        Consent, unit("What a search or an event without `consent` allows: none, session, account or full.")
    ] = "account"  # the ids that it names itself, and nothing that ties devices or people together
    retention_days: Annotated[
        float, unit("Events leave the log after this time; what they taught stays.", "days", ge=1, le=36_500)
    ] = 90.0
    keep_queries: Annotated[
        bool,
        unit("Keep with an event the words of the search that led to it: what everybody chooses is learned from them."),
    ] = True
    look_alike_ids: Annotated[
        bool, unit("Whether /v1/profiles/{id}/similar may name the people who are like a shopper (ids=true).")
    ] = False  # to be in a target group is more than one's own search being sorted: ask them first


class State(Struct, frozen=True, forbid_unknown_fields=True):
    """Where events and profiles are kept."""

    url: Annotated[str, unit("PostgreSQL: postgresql+psycopg://…; empty: SQLite in the index directory.")] = ""


class Business(Struct, frozen=True, forbid_unknown_fields=True):
    """Terms of everybody's order, each bounded, the same for all: what the shop declares, and what all shoppers do."""

    bestseller: Annotated[float, unit("Most that popularity adds.", "log-odds", ge=0, le=2)] = 0.2
    sold_out: Annotated[
        float, unit("Taken where nothing is in stock (in the branch, if one is given).", "log-odds", ge=0, le=4)
    ] = 1.0
    urgent: Annotated[
        float,
        unit(
            "Taken from what is not in stock, where a request says `urgent`; half of it from what another branch has.",
            "log-odds",
            ge=0,
            le=4,
        ),
    ] = 2.0  # as what a query contradicts (`understanding.boost`): "sofort verfügbar" in words counts the same
    # what serves the shop, not the shopper, is for the shop to ask for: nothing unless it does
    high_stock: Annotated[
        float,
        unit(
            "Most that many pieces in stock add, compared within the product type (in the branch, if one is given).",
            "log-odds",
            ge=0,
            le=2,
        ),
    ] = 0.0
    margin: Annotated[
        float, unit("Most that a high margin adds, where the feed has one; it crosses no tier.", "log-odds", ge=0, le=2)
    ] = 0.0
    # as much as all tastes together (`personal.bound`): half a tenth of R at most, and nothing across tiers
    clicked: Annotated[
        float,
        unit("Most that being chosen by everybody for the query adds; 0 switches it off.", "log-odds", ge=0, le=2),
    ] = 0.5
    clicked_people: Annotated[
        int, unit("A product counts as chosen once so many people have chosen it for the query.", "people", ge=2)
    ] = 5
    # off: no shop's log has shown yet that it gains. Planted: +14 to +25 % where contexts differ, −0.1 to −1.6 % where
    # they do not (mean reciprocal rank, 30 to 1,000 people a context; tests/learned/test_contexts.py)
    contexts: Annotated[
        tuple[ContextName, ...],
        unit("What tells visits apart in what everybody chooses: source, device, country; kept only if named."),
    ] = ()
    kappa_clicked: Annotated[
        float, unit("Clicks in the first place that weigh as much as knowing nothing (κ).", "clicks", gt=0)
    ] = 20.0
    clicked_half_life_days: Annotated[float, unit("After this time a choice counts half.", "days", gt=0)] = 30.0
    # more than a bestseller's 0.2, so that bathing suits leave the first page in winter; less than what is chosen
    season: Annotated[
        float,
        unit(
            "Most that the time of the year adds or takes where the query names no kind of thing.",
            "log-odds",
            ge=0,
            le=2,
        ),
    ] = 0.3
    kappa_season: Annotated[
        float, unit("Choices of a product type in a month that weigh as much as knowing nothing (κ).", "choices", gt=0)
    ] = 50.0

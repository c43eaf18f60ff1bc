"""What of a shopper may count in one request: for everybody, by the groups that they are like, or individually.

The level in force is the lower of what the request asks for and what the shop allows at the touchpoint
(`personal.levels`). "all" reads nothing, and its answer is everybody's; "segment" keeps of the shopper only which
groups they are like, and what they switched off; "individual" is all that consent and `personalize` allow.
"""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from search.errors import TresenError
from search.messages import SearchRequest
from search.personal.crm import CRM, Labels, with_crm
from search.rerank.segments import Cohorts, posterior, segment_lifts
from search.rerank.traits import Catalogue
from search.rerank.weights import weights_of
from search.settings import Settings
from search.settings.personal import Level, Personal
from search.stopwatch import Stopwatch
from search.trace import Trace
from search.types import Affinities, Identity, ProfileStore, StatedTastes

NOBODY = Affinities({}, 0.0)
LEVELS: tuple[Level, ...] = get_args(Level)


def level_of(request: SearchRequest, settings: Personal) -> Level:
    """The level that a request may have: never more than its touchpoint's."""
    told = dict(item.split("=") for item in settings.levels)
    allowed = told.get(request.touchpoint, "individual")
    return next(level for level in LEVELS if level in (request.level, allowed))


def allowed(request: SearchRequest, identity: Identity, settings: Settings) -> Identity:
    """Whatever a request asks for, the store is told no more than the shopper allows."""
    return identity.within(request.consent or settings.privacy.default_consent)


def known_of(
    request: SearchRequest,
    store: ProfileStore | None,
    identity: Identity,
    settings: Settings,
    trace: Trace,
    watch: Stopwatch,
    catalogue: Catalogue,
    cohorts: Cohorts | None,
    labels: Labels,
) -> Affinities:
    """What may be known of who asks; nobody, and a word in `degraded`, where there is no time or no store to read.

    Args:
        cohorts: the groups that shoppers fall into; None: nobody knows any.
        labels: language -> attribute -> value -> what people read.
    """
    level = level_of(request, settings.personal)
    silent = request.personalize == "off" or request.strength == 0 or request.sort != "relevance"
    if store is None or silent or level == "all":
        return NOBODY
    if watch.late_for("personal") or trace.left_out("personal"):
        trace.degraded.append("personal")
        return NOBODY
    version = trace.pinned.version if trace.pinned else None
    try:
        known = store.affinities(allowed(request, identity, settings), request.personalize, trace.moment, version)
    except TresenError:
        trace.degraded.append("profile")
        return NOBODY
    known = with_groups(known, catalogue, cohorts, settings.personal)
    if CRM not in request.without_tastes:
        known = with_crm(known, catalogue, labels, trace.moment, settings.personal)
    return at_level(known, level)


def with_groups(known: Affinities, catalogue: Catalogue, cohorts: Cohorts | None, settings: Personal) -> Affinities:
    """The affinities with where their lifts start: at those of the groups that the evidence points to."""
    if cohorts is None or not settings.segments or not known.has_counts:
        return known
    likely = posterior(cohorts, known.tastes, catalogue, weights_of(settings))
    return replace(known, start=segment_lifts(cohorts, likely))


def at_level(known: Affinities, level: Level) -> Affinities:
    """What a level leaves of the affinities. What was switched off stays off, at every level."""
    if level == "individual":
        return known
    if level == "all":
        return NOBODY
    stated = StatedTastes(off=known.stated.off, revision=known.stated.revision)
    return Affinities({}, 0.0, version=known.version, stated=stated, start=known.start)


def level_told(known: Affinities) -> Level:
    """For whom an order was made: individually where anything of the shopper counted, else by groups, else for all."""
    individual = known.purchases is not None or known.has_counts
    stated = known.stated
    if individual or known.crm or stated.likes or stated.dislikes or stated.sizes or stated.leanings:
        return "individual"
    return "segment" if known.start else "all"

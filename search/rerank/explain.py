"""How a hit got its place: for engineers named terms that add up, for shoppers one sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from search.messages import (
    ExplainBusiness,
    ExplainContext,
    ExplainKind,
    ExplainPersonal,
    ExplainStated,
    ExplainTerm,
    Explanation,
    Reason,
)
from search.rerank.buttons import Buttons
from search.rerank.context import GAINED, PART, TERM
from search.rerank.evidence import evidence_of
from search.rerank.personal import Personalized, Term, terms_of
from search.rerank.said import STATED, STYLE_TEST
from search.rerank.segments import CRM, SEGMENT
from search.rerank.stated import FIT, weight_of
from search.rerank.traits import DISCOUNT, LABEL, NO_LABEL, REDUCED, Catalogue
from search.settings import Personal
from search.types import TASTES, Affinities

BUSINESS = ("bestseller", "sold_out", "urgent", "high_stock", "margin", "clicked", "season")
TIERS = ("exact", "close", "rest")

#: Sentences for shoppers. A gender is never named: it was inferred, and a wrong guess is worse than none.
SENTENCES: Mapping[str, Mapping[str, str]] = {
    "de": {
        "session": "Passt zu dem, was du heute angesehen hast",
        "session_named": "Passt zu dem, was du heute angesehen hast: {value}",
        "session_price": "In der Preislage von dem, was du heute angesehen hast",
        "brand": "Passt zu dem, was du oft ansiehst oder kaufst: {value}",
        "gender": "Passt zu dem, was du dir sonst ansiehst",
        "price_band": "Liegt in der Preislage, die du meist wählst",
        "category": "Aus einem Bereich, in dem du oft stöberst: {value}",
        "category_unnamed": "Aus einem Bereich, in dem du oft stöberst",
        "color": "In einer Farbe, die du oft wählst: {value}",
        "material": "Aus einem Material, das du oft wählst: {value}",
        "label": "Mit einem Siegel, das du oft wählst: {value}",
        "heel": "Mit einer Absatzhöhe, die du oft wählst",
        "discount": "Reduziert, wie vieles, was du wählst",
        "own": "Passt zu dem, was du oft wählst: {value}",
        "own_unnamed": "Passt zu dem, was du oft wählst",
        "up": "Rückt nach vorn, weil anderes weniger zu dir passt",
        "down": "Anderes passt besser zu dem, was du dir ansiehst",
        "context": "Passt zu deiner Suche „{value}“",
        "size": "Nicht in deiner Größe verfügbar",
        "size_guessed": "Nicht in der Größe verfügbar, die du sonst behältst",
        "segment": "Beliebt bei Menschen mit ähnlichem Geschmack",
        "crm": "Passt zu deinem Kundenkonto",
        "style_test": "Passt zu deinem Stiltest",
        "liked": "Du magst {value}",
        "liked_unnamed": "Passt zu dem, was du angegeben hast",
        "disliked": "Davon wolltest du weniger: {value}",
        "disliked_unnamed": "Davon wolltest du weniger",
    },
    "en": {
        "session": "Goes with what you looked at today",
        "session_named": "Goes with what you looked at today: {value}",
        "session_price": "In the price range of what you looked at today",
        "brand": "Goes with what you often look at or buy: {value}",
        "gender": "Goes with what you usually look at",
        "price_band": "In the price range that you mostly choose",
        "category": "From a department that you often browse: {value}",
        "category_unnamed": "From a department that you often browse",
        "color": "In a colour that you often choose: {value}",
        "material": "Made of what you often choose: {value}",
        "label": "With a label that you often choose: {value}",
        "heel": "With heels as high as you often choose",
        "discount": "Reduced, like much that you choose",
        "own": "Goes with what you often choose: {value}",
        "own_unnamed": "Goes with what you often choose",
        "up": "Moves up because other things suit you less",
        "down": "Other things go better with what you look at",
        "context": "Goes with your search “{value}”",
        "size": "Not available in your size",
        "size_guessed": "Not available in the size that you usually keep",
        "segment": "Popular with people who like similar things",
        "crm": "Goes with your customer account",
        "style_test": "Goes with your style test",
        "liked": "You like {value}",
        "liked_unnamed": "Goes with what you told us",
        "disliked": "You wanted less of this: {value}",
        "disliked_unnamed": "You wanted less of this",
    },
}
#: Sentences about this visit, where nothing else is known of the shopper.
TODAY = {
    **dict.fromkeys(("brand", "color", "material", "label"), "session_named"),
    "price_band": "session_price",
}
#: Whom something is for: inferred, and never named, neither in a sentence nor on a button.
WHOM = ("gender", "age_group")
#: Sentences that say where a lift comes from that nothing of one's own stands behind; they name nothing.
LEVEL_SENTENCES = {STYLE_TEST: "style_test", SEGMENT: "segment", CRM: "crm"}
#: A reason that names something says more: it is told where it did at least this share of what the strongest did.
TELLING = 0.5
#: Words that give a gender or an age away inside a value: "Damen > Damenschuhe", "Kinderhaar".
GENDERED = re.compile(
    r"damen|herren|frauen|männer|mädchen|jungen|jungs|unisex|wom[ae]n|ladies|girl|boy|\b(?:men|mens|man|frau|mann)\b"
    r"|kinder|baby|babies|säugling|erwachsene|senior|\b(?:kids?|child|children|toddlers?|adults?|teens?)\b",
    re.I,
)


def reason(
    terms: Sequence[Term],
    rank: int,
    rank_anonymous: int,
    affinities: Affinities,
    language: str,
    labels: Mapping[str, Mapping[str, str]],
    wrong_size: str | None = None,
    buttons: Buttons | None = None,
) -> Reason | None:
    """Why a hit stands elsewhere than for a stranger; None where it does not.

    Args:
        terms: of the hit.
        labels: attribute -> value -> what people of the language read.
        wrong_size: the label of what is not to be had in the shopper's size; None where it is.
        buttons: of the hit; None where nobody is known who could press them.
    """
    moved = rank_anonymous - rank
    if moved == 0:
        return None
    sentences = SENTENCES.get(language, SENTENCES["en"])
    if wrong_size and moved < 0:
        return Reason(wrong_size, moved)
    told = _told(terms, 1 if moved > 0 else -1)
    if told is None:
        return Reason(sentences["up" if moved > 0 else "down"], moved)
    if moved < 0 and not (told.level == STATED and told.lift < 1):
        actions = buttons.of(told, language, "off") if buttons else []
        return Reason(sentences["down"], moved, told.attribute, actions)  # type: ignore[arg-type]
    value = labels.get(told.attribute, {}).get(told.value, told.value).split(" > ")[-1]
    sentence = sentences[_sentence(told, value, affinities)]
    actions = buttons.of(told, language, *(("less", "off") if moved > 0 else ("off",))) if buttons else []
    return Reason(sentence.format(value=value), moved, told.attribute, actions)  # type: ignore[arg-type]


def _told(terms: Sequence[Term], direction: int) -> Term | None:
    """The term that a shopper is told: the strongest in the direction, or one almost as strong that names something.

    A product can gain beside others that suit less; only a value that is liked is named as liked.
    """
    fitting = [term for term in terms if term.contribution * direction > 0 and (direction < 0 or term.lift > 1)]
    strongest = max((abs(term.contribution) for term in fitting), default=0.0)
    enough = [term for term in fitting if abs(term.contribution) >= TELLING * strongest]
    return max(enough, key=lambda term: (term.attribute not in WHOM, abs(term.contribution)), default=None)


def _sentence(told: Term, value: str, affinities: Affinities) -> str:
    if told.level in LEVEL_SENTENCES:
        return LEVEL_SENTENCES[told.level]
    if told.level == STATED:
        named = "liked" if told.lift > 1 else "disliked"
        return f"{named}_unnamed" if _is_silent(told, value) else named
    today = (told.attribute, told.value) in affinities.session_values
    if today and (told.attribute in (*WHOM, "category") or affinities.long_term == 0):
        key = TODAY.get(told.attribute, "session")
        return "session" if key == "session_named" and told.attribute not in TASTES and _is_silent(told, value) else key
    if told.attribute in TASTES:
        return "category_unnamed" if told.attribute == "category" and GENDERED.search(value) else told.attribute
    return _own_sentence(told, value)


def _is_silent(told: Term, value: str) -> bool:
    """Whether a value is not told: whom something is for, a band, which says nothing, and what gives either away."""
    is_telling = told.attribute not in (*WHOM, DISCOUNT) and (told.attribute, told.value) != (LABEL, NO_LABEL)
    return not is_telling or told.is_band or bool(GENDERED.search(value))


def _own_sentence(told: Term, value: str) -> str:
    """The sentence of a field that is a taste in this shop."""
    if told.attribute in WHOM:
        return "gender"
    if told.attribute == DISCOUNT:
        return DISCOUNT if told.value == REDUCED else "own_unnamed"
    if told.is_band:
        return "heel" if told.attribute.startswith(("heel_height", "absatzhöhe")) else "own_unnamed"
    if _is_silent(told, value):
        return "own_unnamed"
    return told.attribute if told.attribute in ("material", "label") else "own"


def hit_terms(
    result: Personalized, position: int, catalogue: Catalogue, settings: Personal, strength: float
) -> list[Term]:
    """The terms of one hit; none where nothing is known or the dial is at 0."""
    return terms_of(result, position, catalogue, settings, strength) if result.lifts and strength > 0 else []


def explain(
    result: Personalized,
    position: int,
    id: str,
    terms: Sequence[Term],
    settings: Personal,
    because: str | None,
    weight: float,
    kind: ExplainKind | None = None,
    boost: float = 0.0,
) -> Explanation:
    """One hit's account: log_odds + stated + context + business + size + personal sum + repeat = final, to 1e-9.

    Args:
        weight: the lexical leg's share.
        boost: log-odds that a stated attribute of weight 1 is worth.
    """
    features = {name: float(column[position]) for name, column in result.ranking.features.items()}
    own = (name for name in BUSINESS if features.get(name))
    business = [ExplainBusiness(name, features[name], evidence_of(name, features)) for name in own]
    personal = ExplainPersonal(
        query_gate=result.gate,
        sum=sum(term.contribution for term in terms) + features.get("yields", 0.0),
        cap=settings.bound,
        scaled_by=features.get("scaled_by", 1.0),
        terms=[_term(term) for term in terms],
        yields=features.get("yields", 0.0),
        proven=result.proven,
    )
    stated = [
        ExplainStated(name.removeprefix(FIT), degree, boost * weight_of(name.removeprefix(FIT)) * (degree - 1))
        for name, degree in features.items()
        if name.startswith(FIT)
    ]
    relevance = {"lexical": features["lexical"], "dense": features["dense"], "lexical_weight": weight}
    if "kind" in features:
        relevance["kind"] = features["kind"]
    log_odds = features["R"] / settings.temperature
    declared = features.get("stated", 0.0) + features.get(TERM, 0.0) + sum(term.contribution for term in business)
    return Explanation(
        id=id,
        rank=position + 1,
        rank_anonymous=int(features["rank_anonymous"]),
        held_by="places" if features.get("held") else None,
        tier=TIERS[int(features["tier"])],
        relevance={**relevance, "R": features["R"], "log_odds": log_odds},
        stated=stated,
        business=business,
        size=features.get("size", 0.0),
        personal=personal,
        repeat=features.get("repeat", 0.0),
        final=log_odds + declared + features.get("size", 0.0) + personal.sum + features.get("repeat", 0.0),
        because=because,
        kind=kind,
        context=_context(features),
    )


def _context(features: Mapping[str, float]) -> list[ExplainContext]:
    """The parts of the context's term; their contributions add up to it, in the proportions of what does not fit."""
    parts = {name.removeprefix(PART): degree for name, degree in features.items() if name.startswith(PART)}
    missing = sum(1 - degree for degree in parts.values())
    share = features.get(TERM, 0.0) / missing if missing else 0.0
    return [ExplainContext(name, degree, share * (1 - degree)) for name, degree in parts.items()]


def context_reason(features: Mapping[str, float], text: str, language: str) -> Reason | None:
    """That a hit goes with what the shopper typed elsewhere, where that moved it up; else None.

    Args:
        features: of the hit.
        text: what was typed.
    """
    places = int(features.get(GAINED, 0.0))
    return (
        Reason(SENTENCES.get(language, SENTENCES["en"])["context"].format(value=text), places) if places > 0 else None
    )


def size_label(is_wrong: bool, is_guessed: bool, language: str) -> str | None:
    """The label of a hit that is not to be had in the shopper's size; None where it is.

    Args:
        is_guessed: the size follows from what they kept. It is not named: it is a guess about a body.

    >>> size_label(True, False, "en"), size_label(True, True, "en"), size_label(False, False, "de")
    ('Not available in your size', 'Not available in the size that you usually keep', None)
    """
    sentence = "size_guessed" if is_guessed else "size"
    return SENTENCES.get(language, SENTENCES["en"])[sentence] if is_wrong else None


def shown_value(attribute: str, value: str, labels: Mapping[str, Mapping[str, str]]) -> str:
    """A taste's value as people read it: a price band as "3/8", others by their label.

    >>> shown_value("price_band", "2", {}), shown_value("color", "rot", {"color": {"rot": "red"}})
    ('3/8', 'red')
    """
    return f"{int(value) + 1}/8" if attribute == "price_band" else labels.get(attribute, {}).get(value, value)


def _term(term: Term) -> ExplainTerm:
    return ExplainTerm(
        attribute=term.attribute,
        value=f"{int(term.value) + 1}/8" if term.attribute == "price_band" and term.value else term.value,
        lift=term.lift,
        level=term.level,
        evidence="stated" if term.level == STATED else f"{term.observed:.1f} events, {term.expected:.1f} expected",
        x=term.x,
        x_shown=term.x_shown,
        weight=term.weight,
        gate=0.0 if term.blocked else 1.0,
        contribution=term.contribution,
        blocked=term.blocked,
        trust=term.trust,
    )

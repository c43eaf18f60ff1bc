"""Every hit's account adds up, and every hit that moved says why, in a sentence that gives nobody away."""

from __future__ import annotations

import math
import re

import msgspec
import pytest

from search.messages import EventIn, Explanation, Hit, SearchAnswer, SearchRequest
from search.rerank.explain import SENTENCES, reason
from search.rerank.personal import Term
from search.service import Service
from search.types import Affinities, Identity

GENDER_WORDS = re.compile(
    r"damen|dame\b|herren|herr\b|frau|männer|\bmann\b|mädchen|jungen|jungs|unisex"
    r"|wom[ae]n|\bm[ae]n\b|ladies|lady|gentlem|girl|boy|female|\bmale|geschlecht|gender",
    re.IGNORECASE,
)
QUERIES = ("", "shorts", "shirt", "schuhe", "laptop", "rotes shirt", "herren shorts", "etwas warmes", "Pegasus")
HISTORIES = {
    "anna": [("purchase", "shorts-women-black"), ("purchase", "shirt-women-white"), ("cart", "skirt-women-green")],
    "cem": [("purchase", "shorts-men-blue"), ("click", "shoes-men-white"), ("purchase", "shoes-men-blue")],
    "hp": [("purchase", "laptop-creator"), ("view", "laptop-office"), ("wishlist", "perfume")],
}


def tell(service: Service) -> Service:
    """The service, once it knows three shoppers and a session."""
    for shopper, history in HISTORIES.items():
        told = [
            EventIn(event_id=f"{shopper}-{number}", type=type, product_id=product, shopper=shopper)
            for number, (type, product) in enumerate(history)
        ]
        service.record(told)()
    service.record([EventIn(event_id="s", type="view", product_id="pumps-women-black", session="visit")])()
    return service


@pytest.fixture
def told(service: Service) -> Service:
    """Default settings."""
    return tell(service)


@pytest.fixture
def capped(open_shop) -> Service:
    """A bound so small that it always bites, and a climb of two places at most."""
    return tell(open_shop(personal={"bound": 0.05, "places": 2}))


def search(service: Service, q: str, shopper: str | None = "anna", session: str | None = None, **more) -> SearchAnswer:
    request = SearchRequest(q=q, per_page=50, explain=True, **more)
    return service.search(request, Identity(shopper, session))


def answers(service: Service, **more) -> list[SearchAnswer]:
    """Everybody's answers to all queries."""
    return [
        search(service, q, shopper, session, **more)
        for q in QUERIES
        for shopper, session in [("anna", None), ("cem", "visit"), ("hp", None), (None, "visit"), (None, None)]
    ]


def hits(service: Service, **more) -> list[Hit]:
    return [hit for answer in answers(service, **more) for hit in answer.hits]


def explained(hit: Hit) -> Explanation:
    assert hit.explain is not None
    return hit.explain


# --- it adds up ---


@pytest.mark.parametrize("fixture", ["told", "capped"])
@pytest.mark.parametrize("strength", [100, 37, 0])
def test_the_parts_add_up_to_final(fixture: str, strength: int, request: pytest.FixtureRequest):
    for hit in hits(request.getfixturevalue(fixture), strength=strength):
        account = explained(hit)
        business = sum(term.contribution for term in account.business)
        personal = sum(term.contribution for term in account.personal.terms)
        personal += account.personal.yields
        assert account.personal.sum == pytest.approx(personal, abs=1e-9)
        stated = sum(term.contribution for term in account.stated)
        parts = account.relevance["log_odds"] + stated + business + account.size + personal + account.repeat
        assert account.final == pytest.approx(parts, abs=1e-9)
        assert abs(personal) <= strength / 100 * account.personal.cap + 1e-9


def test_final_is_what_ordered_the_hits(told):
    for answer in answers(told):
        keys = [(explained(hit).tier, -round(explained(hit).final, 6)) for hit in answer.hits]
        free = [key for key, hit in zip(keys, answer.hits, strict=True) if not explained(hit).held_by]
        rank = {"exact": 0, "close": 1, "rest": 2}
        in_order = [(rank[tier], final) for tier, final in free]
        assert in_order == sorted(in_order)


def test_final_is_the_score_that_the_ranking_holds(told):
    pipeline = told.generation.pipeline
    for q in QUERIES:
        answer = search(told, q)
        trace = pipeline.trace(SearchRequest(q=q), told.store, Identity("anna"))
        scores = trace.stages["personal"].scores[: len(answer.hits)]
        assert [explained(hit).final for hit in answer.hits] == pytest.approx(scores.tolist(), abs=1e-9)


def test_r_is_the_two_legs_weighed(told):
    for hit in hits(told):
        legs = explained(hit).relevance
        if explained(hit).tier != "exact":
            weighed = legs["lexical_weight"] * legs["lexical"] + (1 - legs["lexical_weight"]) * legs["dense"]
            assert legs["R"] == pytest.approx(weighed, abs=1e-6)


def test_where_the_cap_bites_all_terms_are_scaled_alike(open_shop):
    wide, narrow = (tell(open_shop(personal={"bound": bound})) for bound in (1e6, 0.05))
    bitten = 0
    for q in ("", "shorts", "shirt"):
        free = {hit.id: explained(hit).personal for hit in search(wide, q).hits}
        for hit in search(narrow, q).hits:
            personal = explained(hit).personal
            bitten += personal.scaled_by < 1
            tastes = free[hit.id].sum - free[hit.id].yields
            assert personal.scaled_by == pytest.approx(min(1, 0.05 / max(abs(tastes), 1e-12)))
            for term, whole in zip(personal.terms, free[hit.id].terms, strict=True):
                assert term.attribute == whole.attribute
                assert term.contribution == pytest.approx(whole.contribution * personal.scaled_by, abs=1e-12)
    assert bitten > 20


def test_two_products_differ_by_their_weighted_log_lifts(told):
    """What an explanation shows is what counted: b · w · log lift, the same for everybody in the list up to a shift."""
    weights = {"brand": 0.5, "gender": 0.5, "price_band": 0.5, "category": 0.5, "color": 0.3}
    for name, weight in weights.items():
        shifts = []
        for hit in search(told, "").hits:
            personal = explained(hit).personal
            term = next(term for term in personal.terms if term.attribute == name)
            assert term.weight == weight
            log_lift = min(max(math.log(term.lift), -math.log(4)), math.log(4))
            shifts.append(term.contribution / personal.scaled_by - personal.query_gate * weight * log_lift)
        assert max(shifts) - min(shifts) < 1e-9


def test_terms_say_what_they_rest_on(told):
    terms = [term for hit in hits(told) for term in explained(hit).personal.terms]
    assert {term.level for term in terms} == {"shop", "type"}
    assert all(re.fullmatch(r"\d+\.\d events, \d+\.\d expected", term.evidence) for term in terms)
    assert {term.value for term in terms if term.attribute == "price_band"} <= {f"{n}/8" for n in range(1, 9)} | {""}


# --- beside the anonymous answer ---


@pytest.mark.parametrize("fixture", ["told", "capped"])
def test_rank_anonymous_is_the_rank_of_the_same_request_with_personalization_off(fixture: str, request):
    service = request.getfixturevalue(fixture)
    for q in QUERIES:
        off = {hit.id: hit.rank for hit in search(service, q, personalize="off").hits}
        for shopper in HISTORIES:
            ranks = {hit.id: explained(hit).rank_anonymous for hit in search(service, q, shopper).hits}
            assert ranks == off


def plain(answer: SearchAnswer) -> dict:
    """An answer without its id and times."""
    return {**msgspec.to_builtins(answer), "query_id": "", "took_ms": 0, "cursor": None}


def test_at_strength_0_and_without_leave_the_answer_is_the_strangers_in_every_field(told):
    for q in QUERIES:
        stranger = plain(search(told, q, None))
        assert plain(search(told, q, "anna", strength=0)) == stranger
        assert plain(search(told, q, "anna", personalize="off")) == stranger
        assert plain(search(told, q, "anna", personalize="session")) == stranger
        assert plain(search(told, q, "nobody-knows-me")) == stranger


def test_a_sorted_list_is_the_same_for_everybody_and_can_be_explained(told):
    for sort in ("price:asc", "price:desc", "newest", "popularity"):
        known = search(told, "shorts", "anna", sort=sort)
        assert plain(known) == plain(search(told, "shorts", None, sort=sort))
        assert all(explained(hit).personal.sum == 0 for hit in known.hits)
        assert not any(hit.reasons for hit in known.hits)


# --- reasons ---


@pytest.mark.parametrize("fixture", ["told", "capped"])
def test_every_hit_that_moved_has_a_reason_and_none_other_has(fixture: str, request: pytest.FixtureRequest):
    moved = 0
    for hit in hits(request.getfixturevalue(fixture)):
        by = explained(hit).rank_anonymous - hit.rank
        moved += by != 0
        assert len(hit.reasons) == (by != 0)
        assert [reason.moved for reason in hit.reasons] == [by] * len(hit.reasons)
        assert explained(hit).because == (hit.reasons[0].text if by else None)
    assert moved > 50


def test_held_by_says_where_the_places_decided_and_not_the_score(open_shop):
    strict, free = (tell(open_shop(personal={"bound": 2.0, "places": places})) for places in (2, 1000))
    hits = search(strict, "").hits
    for place, hit in enumerate(hits):
        beaten = [above for above in hits[:place] if explained(above).final < explained(hit).final - 1e-6]
        assert explained(hit).held_by == ("places" if beaten else None)
    assert sum(explained(hit).held_by == "places" for hit in hits) > 3
    assert not any(explained(hit).held_by for hit in search(free, "").hits)


@pytest.mark.parametrize("lang", ["de", "en"])
def test_no_reason_ever_names_a_gender(told, lang: str):
    texts = {reason.text for hit in hits(told, lang=lang) for reason in hit.reasons}
    assert len(texts) >= 5
    assert not [text for text in texts if GENDER_WORDS.search(text)]


def test_reasons_speak_the_language_of_the_answer(told):
    german = {reason.text for hit in hits(told, lang="de") for reason in hit.reasons}
    english = {reason.text for hit in hits(told, lang="en") for reason in hit.reasons}
    assert not german & english
    assert any("Esprit" in text and text.startswith("Passt zu dem") for text in german)
    assert any("Esprit" in text and text.startswith("Goes with") for text in english)
    assert any("In a colour that you often choose" in text for text in english)


def test_a_reason_offers_the_taste_that_can_be_switched_off(told):
    hit = next(hit for hit in search(told, "").hits if hit.reasons and "Esprit" in hit.reasons[0].text)
    assert hit.reasons[0].switch_off == "brand"
    without = search(told, "", without_tastes=["brand"])
    assert not any("Esprit" in reason.text for hit in without.hits for reason in hit.reasons)


def term(attribute: str = "brand", value: str = "Esprit", lift: float = 2.0, contribution: float = 0.3) -> Term:
    return Term(attribute, value, lift, "type", 3.0, 1.0, 0.7, 0.1, 0.5, None, contribution)


def text(terms: list[Term], rank: int, rank_anonymous: int, language: str = "de", **known) -> str | None:
    told = reason(terms, rank, rank_anonymous, Affinities({}, **{"long_term": 1.0, **known}), language, {})
    return told.text if told else None


def test_a_hit_that_stayed_has_no_reason():
    assert text([term()], 3, 3) is None


def test_only_what_is_liked_is_named_as_liked():
    """Beside others that suit even less, a brand with lift 0.9 gains; that does not make it a favourite."""
    assert text([term(lift=0.9)], 1, 3) == SENTENCES["de"]["up"]
    assert text([term(value="", lift=1.0)], 1, 3) == SENTENCES["de"]["up"]
    assert text([], 1, 3) == SENTENCES["de"]["up"]


def test_a_hit_that_fell_is_not_told_what_it_lacks():
    assert text([term(contribution=-0.4)], 5, 2) == SENTENCES["de"]["down"]
    assert text([term(contribution=0.4)], 5, 2, "en") == SENTENCES["en"]["down"]


def test_the_strongest_taste_speaks():
    assert "Esprit" in text([term(contribution=0.3), term("color", "rot", contribution=0.2)], 1, 3)
    assert "rot" in text([term(contribution=0.1), term("color", "rot", contribution=0.2)], 1, 3)


def test_a_taste_that_can_be_named_speaks_where_it_did_almost_as_much():
    gender = term("gender", "damen", contribution=0.3)
    assert "Esprit" in text([gender, term(contribution=0.2)], 1, 3)
    assert text([gender, term(contribution=0.1)], 1, 3) == SENTENCES["de"]["gender"]


def test_of_a_new_visitor_only_today_is_said():
    seen = frozenset({("brand", "Esprit"), ("price_band", "3")})
    today = {"long_term": 0.0, "session_values": seen}
    assert text([term()], 1, 3, **today) == "Passt zu dem, was du heute angesehen hast: Esprit"
    assert text([term("price_band", "3")], 1, 3, **today) == SENTENCES["de"]["session_price"]
    assert text([term()], 1, 3, session_values=seen) == SENTENCES["de"]["brand"].format(value="Esprit")


def test_what_was_seen_in_this_visit_is_said_without_naming_it():
    seen = frozenset({("gender", "damen"), ("category", "Kleider")})
    for taste in (term("gender", "damen"), term("category", "Kleider")):
        assert text([taste], 1, 3, session_values=seen) == SENTENCES["de"]["session"]


@pytest.mark.parametrize(
    ("category", "named"),
    [
        ("Damen > Kleider", "Kleider"),
        ("Herren > Herrenschuhe", None),
        ("Women > Women's shoes", None),
        ("Mode > Men's", None),
        ("Kinder > Mädchenmode", None),
        ("Garten > Blumen", "Blumen"),
        ("Elektronik > Instrumente", "Instrumente"),
    ],
)
def test_a_category_is_named_by_its_last_level_unless_that_gives_a_gender_away(category: str, named: str | None):
    told = text([term("category", category)], 1, 3)
    assert told.removeprefix("Aus einem Bereich, in dem du oft stöberst").removeprefix(": ") == (named or "")


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_taste_has_a_sentence_in_every_language(language: str):
    assert set(SENTENCES[language]) == set(SENTENCES["de"])
    for name in ("brand", "gender", "price_band", "category", "color"):
        assert "{value}" not in text([term(name, "x")], 1, 3, language)
    assert "{value}" not in SENTENCES[language]["gender"]
    assert not GENDER_WORDS.search(" ".join(SENTENCES[language].values()))


def test_other_languages_are_answered_in_english():
    assert text([term()], 1, 3, "fr") == SENTENCES["en"]["brand"].format(value="Esprit")

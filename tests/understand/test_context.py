"""M10, the words that led here (`context.referrer_query`): read as wishes, softer than the query, shown, switchable."""

from __future__ import annotations

import numpy as np
import pytest

from search.errors import BadRequest
from search.messages import Context, SearchRequest
from search.pipeline import Pipeline
from search.rerank.context import context_term
from search.settings import Settings
from tests.stand_ins import Clock, StubEncoder

WOMEN = "category:Damen"


@pytest.fixture
def asked(pipeline):
    def ask(q="", came_with=None, **more):
        return pipeline.search(SearchRequest(q=q, context=Context(referrer_query=came_with), per_page=100, **more))

    return ask


def ids(answer):
    return [hit.id for hit in answer.hits]


def test_m10_reduced_shorts_lead_the_page_of_all_womens_things(asked):
    before, after = ids(asked(filter=WOMEN)), ids(asked(filter=WOMEN, came_with="vergünstigte Shorts"))
    assert before.index("shorts-women-sale") > 3
    assert after[0] == "shorts-women-sale"
    assert all(id.startswith("shorts") for id in after[:4])


def test_m10_cheap_things_come_before_dear_ones_where_nothing_is_reduced(asked):
    landed = asked(filter='product_type:"Laptops"', came_with="vergünstigte Laptops")
    prices = [hit.product["price"] for hit in landed.hits]
    assert max(prices[:3]) < min(prices[3:]) and prices[-1] == max(prices)


def test_m10_nothing_is_hidden_not_even_by_limits_and_negations(asked):
    for text in ("unter 10 €", "nicht rot", "ohne Leinen", "Wasserkocher", "xyzzy"):
        assert sorted(ids(asked(filter=WOMEN, came_with=text))) == sorted(ids(asked(filter=WOMEN)))
        assert asked("shorts", came_with=text).total == asked("shorts").total


def test_m10_the_query_itself_counts_more(asked):
    """All that was typed elsewhere weighs less than one thing that the query states."""
    colors = [hit.product["attributes"]["color"] for hit in asked("schwarze shorts", came_with="rote Shorts").hits]
    assert colors[0] == colors[1] == ["schwarz"]
    settings = Settings().understanding
    assert settings.context_boost < settings.boost
    worst = context_term({name: np.zeros(1) for name in "abcdef"}, settings.context_boost, 1)
    assert worst.tolist() == [-settings.context_boost]


def test_m10_what_the_query_states_replaces_what_was_stated_before(asked):
    context = asked("rote shorts", came_with="schwarze günstige Shirts").query.context
    assert [item.attribute for item in context.understood] == ["price"]


def test_m10_the_answer_tells_what_was_understood(asked):
    context = asked(filter=WOMEN, came_with="vergünstigte rote Shorts unter 50 €").query.context
    told = [(item.attribute, item.value, item.effect) for item in context.understood]
    assert ("price", "sale", "prefer") in told and ("price", "..50", "prefer") in told
    assert ("color", "rot", "prefer") in told and ("price_level", "cheap", "prefer") in told
    assert (context.text, context.searched) == ("vergünstigte rote Shorts unter 50 €", "rote Shorts")
    assert asked(filter=WOMEN).query.context is None


def test_m10_each_part_can_be_switched_off(asked):
    on = asked(filter=WOMEN, came_with="rote Shorts", explain=True)
    off = asked(filter=WOMEN, came_with="rote Shorts", explain=True, without_understood=["color"])
    assert {part.part for part in on.hits[0].explain.context} == {"color", "product_type", "words"}
    assert {part.part for part in off.hits[0].explain.context} == {"product_type", "words"}
    assert [item.effect for item in off.query.context.understood if item.attribute == "color"] == ["off"]


def test_m10_explanations_name_each_part_and_add_up(asked):
    for hit in asked("shorts", came_with="vergünstigte rote Damenshorts", explain=True).hits:
        told = hit.explain
        declared = [*told.stated, *told.context, *told.business]
        total = told.relevance["log_odds"] + sum(item.contribution for item in declared) + told.personal.sum
        assert total == pytest.approx(told.final, abs=1e-9)


def test_m10_a_hit_that_gained_says_so_in_the_language_of_the_answer(asked):
    for lang, sentence in (
        ("de", "Passt zu deiner Suche „reduced shorts“"),
        ("en", "Goes with your search “reduced s"),
    ):
        hits = asked(filter=WOMEN, came_with="reduced shorts", lang=lang).hits
        [reason] = hits[0].reasons
        assert reason.text.startswith(sentence) and reason.moved > 0
        assert not hits[-1].reasons


def test_m10_has_no_effect_when_its_weight_is_zero(snapshot):
    pipeline = Pipeline(snapshot, StubEncoder(), Settings().but(understanding={"context_boost": 0.0}), Clock())
    came = SearchRequest(filter=WOMEN, context=Context(referrer_query="vergünstigte Shorts"), per_page=50)
    assert ids(pipeline.search(came)) == ids(pipeline.search(SearchRequest(filter=WOMEN, per_page=50)))


def test_m10_words_that_mean_nothing_here_change_nothing(asked):
    assert ids(asked("shorts", came_with="§§§ ...")) == ids(asked("shorts"))


def test_m10_too_many_words_are_refused_by_name(asked):
    with pytest.raises(BadRequest) as refused:
        asked(came_with=" ".join(f"w{n}" for n in range(40)))
    assert refused.value.place == "context.referrer_query"


def test_m10_works_without_an_encoder(snapshot):
    pipeline = Pipeline(snapshot, None, Settings(), Clock())
    answer = pipeline.search(SearchRequest(filter=WOMEN, context=Context(referrer_query="vergünstigte Shorts")))
    assert answer.hits[0].id == "shorts-women-sale"

"""A query that finds too little is read again in visible steps; one that finds something is left alone.

1. Each step is taken only where it is needed, and told.
2. Without leave (`correct=false`, `relax.enabled`), without need (clean queries) and without time nothing is relaxed.
3. The request's filter is never relaxed; totals, facets and pages read the relaxed candidates.
4. No page is empty without something to go on with.
"""

import dataclasses

import numpy as np
import pytest

from search.index.columns import ColumnsBuilder
from search.messages import SearchRequest
from search.pipeline import Pipeline
from search.relax import Asked, nearest, readings
from search.settings import Settings, Spelling
from search.spelling.corrector import SymSpellCorrector
from search.spelling.last_resort import Thorough
from search.spelling.speller import Speller
from search.text import words
from search.types import Clause, Identity, Stated
from tests.stand_ins import PATIENT, Clock, Shelf, StubEncoder


def steps(answer):
    return [step.step for step in answer.query.relaxed]


def ask(pipeline, q, **more):
    return pipeline.search(SearchRequest(q=q, per_page=100, **more))


@pytest.fixture
def lexical(snapshot):
    return Pipeline(snapshot, None, PATIENT, Clock())


def changed(snapshot, encoder=None, **sections):
    return Pipeline(snapshot, encoder, Settings().but(**sections), Clock())


# --- words ---


def test_m3_shrit_finds_shirts_unasked_and_visibly(pipeline):
    answer = ask(pipeline, "Shrit")
    assert all("shirt" in hit.product["title"].casefold() for hit in answer.hits[:5])
    assert answer.query.corrected.original == "Shrit"
    assert answer.query.corrected.text == "shirt"
    assert [(step.step, step.dropped) for step in answer.query.relaxed] == [("correction", ["Shrit"])]
    assert [hit.id for hit in answer.hits] == [hit.id for hit in ask(pipeline, "shirt").hits]


def test_what_was_typed_is_searched_for_on_demand(pipeline):
    answer = ask(pipeline, "Shrit", correct=False)
    assert answer.query.corrected is None
    assert answer.query.text == "Shrit"
    assert "correction" not in steps(answer)


def test_without_the_stage_the_word_is_only_proposed(snapshot):
    answer = ask(changed(snapshot, relax={"enabled": False}), "Shrit")
    assert answer.query.corrected is None
    assert answer.query.proposed.text == "shirt"
    assert answer.query.relaxed == []


def test_a_reading_that_is_less_likely_than_not_stays_a_question(snapshot):
    answer = ask(changed(snapshot, relax={"least": 0.99}), "Shrit")
    assert answer.query.corrected is None
    assert answer.query.proposed.text == "shirt"


def test_words_that_the_catalogue_knows_are_never_changed(lexical):
    titles = {text for product in lexical.snapshot.documents for text in product.title.values()}
    for text in sorted(titles):
        for word in words(text, "de"):
            assert lexical.read(Asked(word.text, "de")).relaxed == ()


def test_words_that_no_result_holds_are_named(lexical):
    [step] = ask(lexical, "shorts blofeldia").query.relaxed
    assert (step.step, step.text, step.dropped) == ("words", "shorts", ["blofeldia"])
    assert ask(lexical, "shorts").query.relaxed == []


# --- lessons from peers, rows 11 and 12 ---

SHELF = Shelf({"greener cleaner": 9, "carry case": 2, "harry potter": 40, "shirt": 30, "puppy toy": 9, "dog food": 9})
SPELLER = Speller(SymSpellCorrector(SHELF.counts), Spelling())


def anyhow(text):
    spelled = SPELLER.spell(text, "de", SHELF, frozenset(), Thorough())
    return {item.original: item.corrected for item in (*spelled.corrections, *spelled.proposals)}


def test_row_11_greece_does_not_give_greener_even_at_last():
    assert anyhow("greece") == {}


def test_row_11_a_word_that_is_not_sold_is_not_replaced_in_silence(pipeline):
    for typed in ("Shrit", "Lapotp", "Shortss", "Sockn", "Wollsocke"):
        answer = ask(pipeline, typed)
        assert answer.query.text == typed or answer.query.corrected.original == typed


def test_row_12_a_word_with_hits_comes_before_a_frequent_neighbour():
    assert anyhow("carry") == {}
    assert anyhow("shrit") == {"shrit": "shirt"}


# --- the last resort ---


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("puppyfood", "puppy food"),
        ("puppyshrit", "puppy shirt"),
        ("cleanershirt", "cleaner shirt"),
    ],
)
def test_words_run_together_are_read_even_where_nothing_holds_both(typed, read):
    assert anyhow(typed) == {typed: read}
    spelled = SPELLER.spell(typed, "de", SHELF)
    assert not spelled.corrections
    assert not spelled.proposals


def test_what_only_the_last_resort_reads_is_never_sure():
    assert not SPELLER.spell("puppyfood", "de", SHELF, frozenset(), Thorough()).corrections


def test_stop_words_are_no_readings():
    shelf = Shelf({"pullover damen": 5, "der mit den": 90})
    speller = Speller(SymSpellCorrector(shelf.counts), Spelling())
    assert all(item.corrected != "den" for item in speller.spell("pullover dmen", "de", shelf).proposals)


# --- limits ---


def test_a_price_that_nothing_keeps_becomes_a_wish(pipeline):
    answer = ask(pipeline, "laptop unter 5 €")
    [step] = answer.query.relaxed
    assert (step.step, step.dropped) == ("limits", ["unter 5 €"])
    prices = [hit.product["price"] for hit in answer.hits if "Laptop" in hit.product["title"]]
    assert prices[0] == min(prices)
    assert [item.effect for item in answer.query.understood if item.attribute == "price"] == ["prefer"]


def test_a_price_that_something_keeps_stays_a_limit(pipeline):
    dear = ask(pipeline, "shorts unter 1000 €")
    assert "limits" not in steps(dear)
    assert [item.effect for item in dear.query.understood if item.attribute == "price"] == ["limit"]


def test_only_the_limit_that_is_too_much_is_given_up(pipeline):
    answer = ask(pipeline, "shorts unter 1 € nicht schwarz")
    dropped = [step.dropped for step in answer.query.relaxed if step.step == "limits"]
    assert dropped == [["unter 1 €"]]
    assert all("schwarz" not in hit.product["title"].casefold() for hit in answer.hits)


def test_what_misses_a_limit_least_fits_it_best():
    builder = ColumnsBuilder()
    for row in range(20):
        builder.number("price", row, 10.0 + row)
    columns = builder.freeze(20)
    limit = Stated("price", "..5", "unter 5", "limit", ((1.0, Clause("price", high="5")),))
    wish = nearest(limit, columns, np.arange(20, dtype=np.int32))
    assert wish.effect == "prefer"
    assert [(degree, clause.high) for degree, clause in wish.wanted] == [(1.0, "11"), (0.7, "14"), (0.4, "19")]
    unknown = dataclasses.replace(limit, effect="exclude")
    assert nearest(unknown, columns, np.arange(20, dtype=np.int32)).effect == "off"


# --- meaning, and nothing ---


def test_results_without_any_of_the_words_are_called_similar(pipeline):
    answer = ask(pipeline, "laufsch", correct=False)
    assert answer.total
    assert steps(answer) == ["similar"]


def test_where_nothing_is_near_enough_the_bar_is_lowered(snapshot):
    strict = {"dense": {"least": 0.99}}
    low = ask(changed(snapshot, StubEncoder(), **strict), "laufsch", correct=False)
    none = ask(changed(snapshot, StubEncoder(), **strict, relax={"similar": 0.99}), "laufsch", correct=False)
    assert steps(low) == ["similar"]
    assert low.total > none.total == 0


def test_an_empty_page_offers_something_to_go_on_with(open_shop):
    service = open_shop()
    service.generation.pipeline._encoder = None
    answer = service.search(SearchRequest(q="xqzwvkj"), Identity())
    assert answer.total == 0
    assert answer.offers
    for offer in answer.offers:
        assert service.search(SearchRequest(filter=offer.filter), Identity()).total == offer.count
    assert service.search(SearchRequest(q="shorts"), Identity()).offers == []


# --- filters, pages, time ---


def test_a_filter_is_never_relaxed_but_what_it_hides_is_counted(pipeline):
    answer = ask(pipeline, "laptop", filter="gender:damen")
    assert answer.total == 0
    assert answer.unfiltered == ask(pipeline, "laptop").total > 0
    assert ask(pipeline, "laptop").unfiltered is None


RELAXING = [
    "Shrit",
    "shorts blofeldia",
    "laptop unter 5 €",
    "shorts unter 1 € nicht schwarz",
    "laufsch",
    "Lapotp damen",
]


@pytest.mark.parametrize("q", RELAXING)
@pytest.mark.parametrize("filter", ["", "gender:damen,herren", "price:10..60"])
def test_totals_facets_and_pages_agree_on_relaxed_results(pipeline, q, filter):
    whole = ask(pipeline, q, filter=filter, facet=["gender", "price"])
    seen, page, cursor = [], 1, None
    while True:
        request = SearchRequest(q=q, filter=filter, per_page=2, page=page, cursor=cursor)
        answer = pipeline.search(request)
        assert answer.total == whole.total
        assert answer.query.relaxed == whole.query.relaxed
        seen += [hit.id for hit in answer.hits]
        page, cursor = page + 1, answer.cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == whole.total
    assert seen == [hit.id for hit in whole.hits]
    if "gender" not in filter:
        genders = {value.value: value.count for value in whole.facets["gender"].values}
        for value, count in genders.items():
            inside = f"gender:{value}" + (f" AND ({filter})" if filter else "")
            narrowed = ask(pipeline, q, filter=inside)
            if steps(narrowed) == steps(whole):
                assert narrowed.total == count


def test_the_same_query_relaxes_alike(pipeline, snapshot):
    for q in RELAXING:
        other = Pipeline(snapshot, StubEncoder(), PATIENT, Clock())
        assert ask(pipeline, q).query.relaxed == ask(other, q).query.relaxed


def test_without_time_the_search_goes_without_and_says_so(snapshot):
    answer = ask(changed(snapshot, StubEncoder(), server={"deadline_ms": 1e-6}), "laptop unter 5 €")
    assert "relax" in answer.degraded
    assert "limits" not in steps(answer)


class LooksEnglish:
    """Whatever is typed looks English."""

    def detect(self, text):
        return "en"


def test_a_word_that_nothing_holds_is_read_in_the_language_in_which_it_is_one(lexical):
    understanding = dataclasses.replace(lexical.understanding, languages=LooksEnglish())
    read, typed = readings(understanding, Settings().relax, Asked("lafushcuhe"))
    assert (read.text, read.language) == ("laufschuhe", "de")
    assert (typed.text, typed.language) == ("lafushcuhe", "en")
    assert [item.corrected for item in typed.proposals] == ["laufschuhe"]


def test_a_language_that_is_asked_for_stays(lexical):
    assert all(
        read.language == "en" for read in readings(lexical.understanding, Settings().relax, Asked("lafushcuhe", "en"))
    )


@pytest.mark.parametrize(
    ("typed", "other", "as_typed"), [(0.2, 0.1, False), (0.4, 0.3, True), (0.4, 0.5, False), (0.6, 0.9, True)]
)
def test_a_word_that_is_not_sold_stays_where_its_vector_is_nearer_or_near_enough(
    snapshot, monkeypatch, typed, other, as_typed
):
    pipeline = Pipeline(snapshot, StubEncoder(), PATIENT, Clock())
    asked = Asked("schoes")
    again, *others = pipeline.readings(asked)
    assert others, "a word that hardly any product holds, with another reading"
    near = {again.words: other, others[0].words: typed}
    monkeypatch.setattr(pipeline, "_nearness", near.__getitem__)
    assert (pipeline.read(asked) == others[0]) == as_typed

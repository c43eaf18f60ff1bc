"""What is offered while the shopper types: categories and brands first, then products, also by typo."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.errors import BadRequest
from search.messages import Suggestion
from search.pipeline import Pipeline
from search.settings import Settings
from search.suggest import Names, Suggester
from search.understand.filters import parse_filter
from tests.stand_ins import Clock, StubEncoder


@pytest.fixture(scope="session")
def suggester(snapshot):
    pipeline = Pipeline(snapshot, StubEncoder(), Settings(), Clock())
    return Suggester(snapshot, pipeline.declared.popularity, pipeline.understanding.corrector)


@pytest.fixture
def suggest(suggester):
    return lambda text, language="de", most=8: suggester.suggest(text, language, most)


def lines(suggestions, kind):
    return [line.text for line in suggestions if line.kind == kind]


def test_a_brand_is_offered_with_its_number_of_products_and_a_filter_that_leads_there(suggest, snapshot):
    line = next(line for line in suggest("esp") if line.kind == "brand")
    assert (line.text, line.count, line.corrected) == ("Esprit", 5, False)
    assert snapshot.base_columns.mask(parse_filter(line.filter)).sum() == 5


def test_a_category_is_offered_by_its_last_part(suggest, snapshot):
    found = suggest("short")
    assert lines(found, "category") == ["Damen > Shorts", "Herren > Shorts"]
    assert snapshot.base_columns.mask(parse_filter(found[0].filter)).sum() == found[0].count == 4
    assert "Damen > Shorts" not in lines(suggest("dame"), "category")


def test_categories_speak_the_shoppers_language(suggest):
    assert lines(suggest("skirt", "en"), "category") == ["Women > Skirts"]
    assert lines(suggest("röck"), "category") == ["Damen > Röcke"]


def test_products_come_most_popular_first_those_with_the_words_in_their_title_before_others(suggest):
    assert lines(suggest("laufsch"), "product")[:2] == ["Laufschuhe Pegasus 41", "Laufschuhe Pegasus Damen"]


def test_every_word_has_to_begin_a_word(suggest):
    assert lines(suggest("laufschuhe peg"), "product") == ["Laufschuhe Pegasus 41", "Laufschuhe Pegasus Damen"]
    assert lines(suggest("laufschuhe pegasus da"), "product")[0] == "Laufschuhe Pegasus Damen"


def test_titles_speak_the_shoppers_language(suggest):
    assert lines(suggest("running sh", "en"), "product")[0] == "Running shoes Pegasus 41"


def test_products_lead_to_their_page(suggest, snapshot):
    line = next(line for line in suggest("pumps") if line.kind == "product")
    assert line.id == "pumps-women-black"


@pytest.mark.parametrize(("typed", "offered"), [("laptpo", "Sparsamer Laptop Leaf 14"), ("shrit", "Weißes Shirt Paul")])
def test_a_typo_is_corrected_and_the_line_says_so(suggest, typed, offered):
    found = suggest(typed)
    assert offered in [line.text for line in found]
    assert all(line.corrected for line in found)


def test_what_begins_a_word_is_not_corrected(suggest):
    assert not any(line.corrected for line in suggest("lapt"))


@pytest.mark.parametrize("text", ["", "   ", "!?", "\u200b"])
def test_nothing_typed_offers_nothing(suggest, text):
    assert suggest(text) == []


def test_nonsense_offers_nothing(suggest):
    assert suggest("qxqxqxqx") == []


@given(st.text(max_size=12), st.integers(0, 10), st.sampled_from(["de", "en"]))
def test_never_more_lines_than_wanted_and_none_twice(suggester, text, most, language):
    found = suggester.suggest(text, language, most)
    assert len(found) <= max(most, 0)
    assert len({(line.kind, line.text) for line in found}) == len(found)


@pytest.mark.parametrize("most", [0, 1, 2, 3])
def test_few_lines_are_as_few_as_wanted(suggest, most):
    assert len(suggest("s", most=most)) <= most


def test_the_shop_answers_and_refuses_a_language_that_it_does_not_have(service):
    assert service.suggest("pumps", None, 8)[0].text == "Pumps Gala"
    with pytest.raises(BadRequest, match="no texts in 'fr'"):
        service.suggest("pum", "fr", 8)


def test_without_a_corrector_nothing_is_corrected(open_shop):
    assert open_shop(spelling={"enabled": False}).suggest("shrit", "de", 8) == []


WORD = st.text("abä", min_size=1, max_size=3)


@given(
    st.lists(st.tuples(st.lists(WORD, max_size=3), st.integers(1, 3)), max_size=8),
    st.lists(WORD, min_size=1, max_size=3),
    st.integers(1, 4),
)
def test_names_are_found_by_how_each_of_their_words_begins(named, typed, most):
    lines = [Suggestion("brand", " ".join(words), count, id=str(at)) for at, (words, count) in enumerate(named)]
    held = [
        (-line.count, line.text, place)
        for place, ((words, _), line) in enumerate(zip(named, lines, strict=True))
        if all(any(word.startswith(begun) for word in words) for begun in typed)
    ]
    found = Names(zip((words for words, _ in named), lines, strict=True)).beginning(typed, most)
    assert found == [lines[place] for *_, place in sorted(held)[:most]]


def test_the_most_popular_of_many_come_first_and_of_equals_the_first(snapshot):
    popularity = np.array([(row * 7 % 5) / 5 for row in range(len(snapshot))])
    suggester = Suggester(snapshot, popularity, None)
    rows = np.arange(1, len(snapshot), 2, dtype=np.int32)
    in_order = sorted(rows.tolist(), key=lambda row: (-popularity[row], row))
    for most in (1, 3, len(rows), len(rows) + 5):
        assert suggester._most_popular(rows, most).tolist() == in_order[:most]


def test_a_brand_without_products_is_not_offered(suggest, suggester, snapshot):
    column = snapshot.base_columns.keyword("brand")
    gone = Suggester(snapshot, suggester._popularity, None)
    gone._counted = {"category": [], "brand": [(value, 0) for value in column.values]}
    assert lines(suggest("esp"), "brand") == ["Esprit"]
    assert lines(gone.suggest("esp", "de"), "brand") == []

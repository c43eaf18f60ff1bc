"""A shop's synonyms: the list, and what a query finds by it.

1. Two-way finds both ways, one-way one way; a replacement is searched as its right side only.
2. A synonym counts as much as the word, in any form of either; both in one product count as one (typesense#2728).
3. Several words have to stand together. Words that a synonym is listed for are not corrected away.
4. Adding a synonym loses no hit; the order of the entries does not matter; without the list nothing of this happens.
5. The answer says which were used, and marks what they found.
"""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.index.build import build_snapshot
from search.index.snapshot import load_snapshot
from search.lists.files import Lists
from search.messages import SearchRequest, SynonymIn
from search.pipeline import Pipeline
from search.settings import Settings
from search.types import Identity, Product
from search.words.synonyms import Thesaurus, make_synonym, read_synonyms

TITLES = {
    "case": "Hülle für Smartphone rot",
    "chair": "Rechnerstuhl Eva",
    "holder": "Halter mobil am phone",
    "laptop": "Laptop grau",
    "night": "Schlafanzug Baumwolle",
    "phone-a": "Smartphone Nova",
    "phone-b": "Mobile Phone Orbit",
    "phone-c": "Smartphone mobile phone Delta",
    "phone-d": "Telefon Smartphone Kosmos",
    "shirt": "Shirt rot",
    "slipper": "Pantoffel warm",
    "slipper-b": "Hausschuh warm",
    "tee": "T-Shirt blau",
}
OTHERS = ["Tisch", "Lampe", "Teppich", "Vase", "Regal", "Kissen", "Decke", "Bild", "Uhr", "Korb"]


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    home = tmp_path_factory.mktemp("synonyms")
    titles = {**TITLES, **{f"other-{at}": f"{title} {at}" for at, title in enumerate(OTHERS)}}
    products = [Product(id=id, title={"de": title}, description={}) for id, title in titles.items()]
    build_snapshot(products, home, Settings(), None)
    return Pipeline(load_snapshot(home), None, Settings())


def with_list(index, text):
    return index.edited(Lists(synonyms=tuple(read_synonyms(text))))


def found(pipeline, text, **options):
    return [hit.id for hit in pipeline.search(SearchRequest(q=text, **options)).hits]


def relevance(pipeline, text):
    return {hit.id: hit.score for hit in pipeline.search(SearchRequest(q=text)).hits}


# --- what is found ---


def test_two_way_finds_both_ways(index):
    listed = with_list(index, "handy = smartphone = telefon")
    assert set(found(listed, "handy")) == {"case", "phone-a", "phone-c", "phone-d"}
    assert set(found(listed, "telefon")) == set(found(listed, "handy"))


def test_without_the_list_nothing_of_this_happens(index):
    assert found(index, "handy") == []
    assert found(index, "pyjama") == []


def test_one_way_finds_one_way(index):
    listed = with_list(index, "shirt => pantoffel")
    assert set(found(listed, "shirt")) == {"shirt", "tee", "slipper"}
    assert found(listed, "pantoffel") == found(index, "pantoffel")


def test_a_replacement_is_searched_as_its_right_side_only(index):
    listed = with_list(index, "hausschuh -> pantoffel")
    answer = listed.search(SearchRequest(q="warme Hausschuhe"))
    assert answer.query.text == "warme pantoffel"
    assert answer.hits[0].id == "slipper"
    assert found(listed, "Hausschuhe") == ["slipper"]


def test_a_synonym_of_the_replacement_counts(index):
    listed = with_list(index, "puschen -> pantoffel\npantoffel = hausschuh")
    assert set(found(listed, "puschen")) == {"slipper", "slipper-b"}


def test_synonyms_are_not_chained(index):
    listed = with_list(index, "handy = smartphone\nsmartphone = laptop")
    assert "laptop" not in found(listed, "handy")


@pytest.mark.parametrize("typed", ["pyjama", "Pyjamas", "PYJAMA", "pyjamas"])
def test_every_form_of_a_word_is_meant(index, typed):
    assert found(with_list(index, "Pyjama => Schlafanzüge"), typed) == ["night"]


def test_an_entry_for_one_language_holds_there_only(index):
    assert found(with_list(index, "en: pyjama => schlafanzug"), "pyjama", lang="de") == []
    assert found(with_list(index, "de: pyjama => schlafanzug"), "pyjama", lang="de") == ["night"]


def test_a_part_of_a_compound_has_synonyms_too(index):
    listed = with_list(index, "rechner = laptop\nstuhl = tisch")
    assert {"chair"} <= set(found(listed, "rechnerstuhl"))
    assert found(with_list(index, "handy = smartphone"), "rote Handys")[0] == "case"


# --- several words ---


def test_several_words_have_to_stand_together(index):
    listed = with_list(index, "handy => mobile phone")
    assert set(found(listed, "handy")) == {"phone-b", "phone-c"}  # not the holder, whose words stand apart


def test_a_query_of_several_words_finds_the_one(index):
    listed = with_list(index, "mobile phone => laptop\nt shirt = pantoffel")
    assert "laptop" in found(listed, "Mobile Phones")
    assert "laptop" not in found(listed, "phone")
    assert "slipper" in found(listed, "t-shirt")


def test_one_word_for_several_counts_as_all_of_them(index):
    listed = with_list(index, "mobile phone => laptop")
    scores = relevance(listed, "mobile phone")
    assert scores["laptop"] == pytest.approx(scores["phone-b"], rel=0.5)
    assert scores["laptop"] > scores["holder"]


# --- what it counts ---


def test_a_synonym_counts_as_much_as_the_word(index):
    scores = relevance(with_list(index, "handy = smartphone"), "handy")
    same = relevance(index, "smartphone")
    assert scores == pytest.approx(same)


def test_both_in_one_product_count_as_one(index):
    """typesense#2728"""
    scores = relevance(with_list(index, "handy = smartphone = telefon"), "handy")
    assert scores["phone-d"] <= scores["phone-a"]
    scores = relevance(with_list(index, "smartphone = mobile phone"), "smartphone")
    assert scores["phone-c"] <= scores["phone-a"]


def test_what_is_listed_is_not_corrected_away(index):
    assert index.search(SearchRequest(q="pantofel")).query.text == "pantoffel"
    answer = with_list(index, "pantofel => laptop").search(SearchRequest(q="pantofel"))
    assert answer.query.corrected is None
    assert answer.query.proposed is None
    assert [hit.id for hit in answer.hits] == ["laptop"]


# --- what the answer says ---


def test_the_answer_says_which_were_used(index):
    listed = with_list(index, "handy = smartphone = telefon\npuschen -> pantoffel")
    [used] = listed.search(SearchRequest(q="rotes Handy")).query.synonyms
    assert (used.words, used.finds, used.kind) == ("handy", ["smartphone", "telefon"], "two-way")
    [used] = listed.search(SearchRequest(q="puschen")).query.synonyms
    assert (used.words, used.finds, used.kind) == ("puschen", ["pantoffel"], "replacement")
    assert listed.search(SearchRequest(q="laptop")).query.synonyms == []


def test_what_a_synonym_found_is_marked(index):
    listed = with_list(index, "handy = smartphone = mobile phone")
    marks = {hit.id: hit.highlights.get("title") for hit in listed.search(SearchRequest(q="handy")).hits}
    assert marks["phone-a"] == [(0, 10)]
    assert marks["phone-b"] == [(0, 6), (7, 12)]
    assert "holder" not in marks


# --- properties ---

WORDS = sorted({word for title in TITLES.values() for word in title.lower().split()} | {"handy", "mobile phone"})
LIST = st.lists(st.lists(st.sampled_from(WORDS), min_size=2, max_size=3, unique=True), min_size=1, max_size=4)


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3), LIST)
def test_adding_a_two_way_synonym_loses_no_hit(index, query, groups):
    text = " ".join(query)
    listed = with_list(index, "\n".join(" = ".join(group) for group in groups))
    assert set(found(index, text, per_page=100)) <= set(found(listed, text, per_page=100))


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3), LIST, st.randoms(use_true_random=False))
def test_the_order_of_the_entries_does_not_matter(index, query, groups, chance: random.Random):
    lines = [" = ".join(group) for group in groups] + ["laptop -> shirt", "laptop -> pantoffel"]
    mixed = [" = ".join(chance.sample(line.split(" = "), line.count(" = ") + 1)) for line in lines]
    chance.shuffle(mixed)
    one, other = with_list(index, "\n".join(lines)), with_list(index, "\n".join(mixed))
    assert relevance(one, " ".join(query)) == relevance(other, " ".join(query))


@given(st.sampled_from(WORDS), LIST)
def test_a_product_counts_once_however_many_synonyms_it_holds(index, word, groups):
    """No product is better than one in which the word itself were saturated."""
    listed = with_list(index, "\n".join(" = ".join(group) for group in groups))
    query = listed.understanding.understand(word, "de")
    scores = listed.snapshot.lexical("de").score(query.sought)
    assert scores.bm25.max() <= scores.best + 1e-9
    assert scores.found.max() <= 1 + 1e-9


# --- the list ---


def test_a_list_is_read_with_comments_and_languages():
    text = "# ours\n\nHandy = Smartphone  # they say so\nde: Pyjama, Schlafi => Schlafanzug\npuschen->pantoffel\n"
    assert [entry.line for entry in read_synonyms(text)] == [
        "handy = smartphone",
        "de: pyjama, schlafi => schlafanzug",
        "puschen -> pantoffel",
    ]


def test_what_is_written_reads_as_the_same_entry():
    for entry in read_synonyms("b = a = c\nen: x y => z, w\nq -> r s"):
        assert read_synonyms(entry.line) == [entry]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("handy", "no synonym"),
        ("a = b => c", "no synonym"),
        ("a => b => c", "more than once"),
        ("a =", "two sides"),
        ("=> b", "words and what they find"),
        ("a -> b, c", "one right side"),
        ("a => a", "both sides"),
        ("a => !!", "no letters"),
        ("a b c d e f g h i => x", "longer than 8 words"),
        ("a, b = c", "sign of the list"),
    ],
)
def test_a_wrong_line_is_named(line, told):
    with pytest.raises(ValueError, match=f"Line 2, .*{told}"):
        read_synonyms(f"handy = smartphone\n{line}\n")


def test_entries_that_mean_the_same_have_one_id():
    one, other = make_synonym("two-way", ["B ", "a"]), make_synonym("two-way", ["a", "b", "b"])
    assert one == other
    assert one.id == other.id
    assert len(one.id) == 12


def test_of_two_replacements_the_longer_side_counts():
    thesaurus = Thesaurus(read_synonyms("haus -> villa\nhaus schuh -> pantoffel"), "de")
    assert thesaurus.replaced("rote Haus-Schuhe, Haus")[0] == "rote pantoffel, villa"


@pytest.mark.parametrize("text", ["renner", "rote hose", "schuhe", "shorts damen"])
def test_with_vectors_too_no_hit_is_lost(open_shop, text):
    # Not relaxed: what is shown where nothing is found is not owed once something is.
    plain, listed = (open_shop(relax={"enabled": False}) for _ in range(2))
    listed.curator.add_synonym(SynonymIn("two-way", ["renner", "laptop", "hose", "schuhe", "shorts"]))
    request = SearchRequest(q=text, per_page=100, correct=False)
    before = {hit.id for hit in plain.search(request, Identity()).hits}
    assert before <= {hit.id for hit in listed.search(request, Identity()).hits}


def test_a_misspelt_left_side_is_corrected_to_it(index):
    answer = with_list(index, "schlafi => laptop").search(SearchRequest(q="schlaffi", lang="de"))
    assert answer.query.corrected.text == "schlafi"
    assert [hit.id for hit in answer.hits] == ["laptop"]
    assert index.search(SearchRequest(q="schlaffi", lang="de")).query.corrected is None

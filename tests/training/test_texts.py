"""The lexicon is well formed, and what is made of it is what it says."""

from __future__ import annotations

import numpy as np
import pytest

from eval.encoders import near_duplicates, read_paraphrases, shared_words
from search.errors import BadInput
from training.corpus import Bank, Corpus, Source
from training.generate import Combiner
from training.held import held_parts, held_set, is_held
from training.languages import Languages
from training.lexicon import LANGUAGES, read_attributes, read_types


def test_the_lexicon_has_two_thousand_product_types_with_names_needs_and_titles_in_both_languages():
    types = read_types()
    assert len(types) > 2000
    fields = [field for each in types for field in (each.names, each.needs, each.titles)]
    assert all(field[language] for field in fields for language in LANGUAGES)


def test_the_attributes_cover_colours_materials_and_properties():
    groups = {each.group for each in read_attributes()}
    assert {"colour", "material", "property", "audience", "season"} <= groups


def test_a_line_with_a_missing_field_is_named(tmp_path):
    (tmp_path / "types").mkdir()
    (tmp_path / "types" / "a.txt").write_text("## Hosen\nHose | trousers | warm | warm | Hose rot\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"Line 2 of a\.txt") as raised:
        read_types(tmp_path)
    assert raised.value.place.endswith("a.txt:2")


def test_combinations_are_the_same_for_a_seed_and_differ_between_variants_of_a_type():
    types, attributes = read_types()[:5], read_attributes()
    first = list(Combiner(types, attributes, 3).pairs(2))
    assert first == list(Combiner(types, attributes, 3).pairs(2))
    assert first != list(Combiner(types, attributes, 4).pairs(2))
    assert len({pair.group for pair in first}) > len(types)


def test_a_batch_takes_neighbouring_groups_so_that_likeness_has_to_be_told_apart():
    source = Source("s", 1.0, 4, [[i] for i in range(100)], [[i + 100] for i in range(100)])
    queries, documents, groups = source.draw(np.random.default_rng(0), 8)
    assert [d - q for q, d in zip(queries, documents, strict=True)] == [100] * 8
    assert np.diff(groups[:4]).tolist() in ([1, 1, 1], [1, 1, -99], [1, -99, 1], [-99, 1, 1])


def test_texts_that_are_left_out_are_neither_drawn_nor_read():
    bank = Bank(["gut", "verboten", "auch gut"])
    source = Source("s", 1.0, 1, [[0, 1], [1]], [[2], [2]])
    corpus = Corpus(bank, [source], [(0, 0), (1, 1), (2, 1)]).without({"verboten"})
    assert corpus.sources[0].queries == [[0]]
    assert corpus.examples == [(0, 0)]


def test_hardly_a_query_of_the_paraphrase_set_shares_a_word_with_what_it_wants():
    given = read_paraphrases()
    counts = shared_words(given)
    assert len(given.products["de"]) >= 300 and len(given.products["en"]) >= 150
    assert sum(each.language == "de" for each in given.queries) >= 120
    assert sum(each.language == "en" for each in given.queries) >= 80
    assert sum(count > 0 for count in counts.values()) <= len(counts) // 50


def test_few_texts_of_the_lexicon_are_near_the_paraphrase_set_and_those_are_found():
    fields = [field for each in read_types() for field in (each.names, each.needs, each.titles)]
    texts = [text for field in fields for found in field.values() for text in found]
    found = near_duplicates([text for text in texts if " " in text], read_paraphrases().texts())
    assert len(found) < len(texts) / 500
    assert near_duplicates([read_paraphrases().queries[0].text.upper()], read_paraphrases().texts())


def test_articles_are_named_twice_and_have_others_of_their_brand_beside_them():
    types, attributes = read_types()[:3], read_attributes()
    words = ["mirto", "abend", "sonne", "klarbach"]
    pairs = list(Combiner(types, attributes, 3).articles(2, words))
    assert pairs == list(Combiner(types, attributes, 3).articles(2, words))
    assert len(pairs) == 3 * 2 * 3
    assert all(pair.query.split()[0] == pair.document.split()[0] for pair in pairs), "the same brand"
    brands = [pair.query.split()[0] for pair in pairs]
    assert all(brands[at] == brands[at + 1] == brands[at + 2] for at in range(0, len(brands), 3))
    assert len({pair.group for pair in pairs}) > len(pairs) / 2


def test_languages_are_told_by_the_lexicons_words_and_unknown_ones_by_the_english_teachers():
    tells = Languages(["rote Hose für den Winter"], ["red trousers for winter"], {"laptop", "of"})
    assert [tells.of(text) for text in ("Hose", "Trousers", "Laptop", "Sessel", "Möbel", "55")] == [
        "de", "en", "en", "de", "de", "en"
    ]  # fmt: skip


def test_a_tenth_of_the_types_is_held_out_and_asked_for_among_all_titles():
    types = read_types()
    held = [each for each in types if is_held(each)]
    assert 0.07 < len(held) / len(types) < 0.13
    assert [is_held(each) for each in types[:50]] == [is_held(each) for each in reversed(types[:50])][::-1]
    given = held_set(types)
    assert len(given.products["de"]) == sum(len(each.titles["de"]) for each in types)
    titles = {title for each in held for language in LANGUAGES for title in each.titles[language]}
    for query in given.queries[:200]:
        wanted = {given.products[language].get(id) for id in query.wanted for language in LANGUAGES} - {None}
        assert wanted <= titles


def test_compounds_of_held_types_are_asked_for_in_their_parts():
    types = read_types()
    given = held_parts(types)
    assert len(given.queries) > 500 and {query.language for query in given.queries} == {"de"}
    names = {name.casefold() for each in types if is_held(each) for name in each.names["de"]}
    whole = [query for query in given.queries if query.text.replace(" ", "") in names]
    assert len(whole) > len(given.queries) / 5, (
        "the parts in their order, where no letter was added or lost between them"
    )

"""Hard opposites are other things with the same words; what means the same is none."""

from __future__ import annotations

from training.catalogues import groceries
from training.corpus import Bank, Source, build_corpus
from training.lexicon import read_attributes, read_types
from training.negatives import mine
from training.parts import compounds_of, in_parts, splitter_of


def mined(groups, labels=None):
    bank = Bank()
    source = Source("s", 1.0, 1)
    for number, (query, documents) in enumerate(groups):
        source.add([bank.row(query)], bank.rows(documents), labels[number] if labels else "")
    mine(source, bank.texts, "en")
    return [{bank.texts[row]: group for row, group in found} for found in source.opposites]


SHELF = [
    ("laser printer", ["HP laser printer black"]),
    ("printer toner", ["HP laser printer toner cartridge"]),
    ("garden hose", ["Green garden hose 20 m"]),
]


def test_an_opposite_shares_words_and_is_another_thing():
    assert mined(SHELF) == [{"HP laser printer toner cartridge": 1}, {"HP laser printer black": 0}, {}]


def test_things_of_one_label_and_texts_of_the_same_words_are_no_opposites():
    assert mined(SHELF, ["printing", "printing", "garden"]) == [{}, {}, {}]
    assert mined([*SHELF[:1], ("black printer", ["Printer HP black laser"])]) == [{}, {}]


def test_a_compound_is_typed_in_its_parts_as_the_lexicon_writes_them():
    splitter = splitter_of(["Regen am Morgen", "Jacke", "warme Jacke"])
    assert in_parts("Regenjacke", splitter) == ("regen jacke", "regen-jacke", "jacke regen")
    assert in_parts("Jacke", splitter) == in_parts("Regen-Jacke 2000", splitter) == ()
    types = read_types()
    whole = splitter_of([text for each in types for text in (*each.names["de"], *each.titles["de"])])
    assert sum(1 for each in types for _ in compounds_of(each, whole)) > 2000


def test_parts_are_read_like_the_whole_word_and_groceries_like_their_department(tmp_path, monkeypatch):
    for name in ("electronics", "fashion"):
        monkeypatch.setattr(f"training.corpus.{name}", lambda data: iter(()))
    monkeypatch.setattr("training.corpus.generate_rows", lambda today: iter(()))
    corpus = build_corpus(read_types()[:200], read_attributes()[:0], tmp_path, [], 1, added=True)
    texts = corpus.bank.texts
    read_as = {texts[row]: texts[right] for row, right in corpus.examples if row != right}
    sources = {source.name: source for source in corpus.sources}
    asked = {texts[row] for rows in sources["parts"].queries for row in rows}
    whole = {typed: read_as[typed] for typed in asked if typed.replace(" ", "") == read_as[typed].casefold()}
    assert asked <= read_as.keys() and len(whole) > 50
    assert len(sources["groceries"].queries) > 200


def test_groceries_are_departments_with_the_kinds_of_things_in_them():
    shelves = dict(groceries())
    assert "dry cat food" in shelves["cat food"]
    assert all(name == name.lower() for name in shelves)

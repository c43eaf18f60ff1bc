"""Highlights: what is marked is what was found, and every offset is right in the text as it is shown.

1. Every place lies inside the text, begins and ends on the border of a word or of a part of it, and none overlap.
2. Cut out of the text and read again, a marked place holds a term that the query seeks.
3. The way in which a text is composed changes the offsets, never the letters that are marked.
"""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.answer.highlight import Marker, carried, merged, sought_terms
from search.messages import SearchRequest
from search.text import INVISIBLE
from search.types import Query, Sought
from search.words.analysis import Analyzer
from search.words.compounds import Splitter

WORDS = {"lauf": 9, "schuh": 40, "schuhe": 40, "laufschuhe": 8, "damen": 90, "terrasse": 7, "schraube": 30, "wolle": 20}
WORDS |= {"decke": 30, "straße": 9, "strasse": 9, "fuß": 9, "ball": 9, "riemchen": 9, "pumps": 20, "öl": 9, "haut": 9}
SPLITTER = Splitter({word.casefold(): count for word, count in WORDS.items()})


class Shelf:
    """Two codes that the catalogue has."""

    def document_frequency(self, term):
        return int(term in ("#fd2722001", "#dv71211ea"))

    def starting_with(self, prefix, most):
        return tuple(term for term in ("#dv71211ea", "#fd2722001") if term.startswith(prefix))[:most]


GERMAN = Analyzer("de", SPLITTER, Shelf())


def query(text, analyzer=GERMAN, sought=None):
    items = tuple(analyzer.sought(text) if sought is None else sought)
    return Query(text, text, analyzer.language, tuple(item.term for item in items), sought=items)


def marked(text, asked, analyzer=GERMAN):
    """The marked stretches of a text."""
    asked = asked if isinstance(asked, Query) else query(asked, analyzer)
    return [text[start:end] for start, end in Marker(asked, analyzer).marks({"title": text}).get("title", [])]


@pytest.mark.parametrize(
    ("asked", "text", "expected"),
    [
        # stems and umlaut spellings
        ("schuh", "Zwei Schuhe und ein Schuh", ["Schuhe", "Schuh"]),
        ("Bücher", "Buecher, Bucher und das Buch", ["Buecher", "Bucher", "Buch"]),
        ("strasse", "Straße und Strasse", ["Straße", "Strasse"]),
        # compounds: the part, wherever it stands, with its ending
        ("schuhe", "Damenlaufschuhe Pegasus", ["schuhe"]),
        ("damen", "Damenlaufschuhe Pegasus", ["Damen"]),
        ("laufschuhe", "Damenlaufschuhe Pegasus", ["laufschuhe"]),
        ("lauf", "Damenlaufschuhe Pegasus", ["lauf"]),
        ("schraube", "Terrassenschrauben aus Stahl", ["schrauben"]),
        ("terrasse", "Terrassenschrauben aus Stahl", ["Terrasse"]),
        ("wolle", "Wolldecke, weich", ["Woll"]),
        ("decke", "Wolldecke, weich", ["decke"]),
        ("pumps", "Riemchenpumps", ["pumps"]),
        ("öl", "Hautöl", ["öl"]),
        # ß is two letters when folded and one in the text
        ("ball", "Fußball", ["ball"]),
        ("ball", "FUSSBALL", ["BALL"]),
        ("fuß", "Fußball", ["Fuß"]),
        # a compound of the query in words of its own
        ("damenlaufschuhe", "Laufschuhe für Damen", ["Laufschuhe", "Damen"]),
        ("damenlaufschuhe", "Damenlaufschuhe", ["Damenlaufschuhe"]),
        # measures, however written; their words only where the text has no such measure
        ("0,5 l", "Wasser 500 ml, Größe L", ["500 ml"]),
        ("1,5 l", "Wasser 1.500ml", ["1.500ml"]),
        ("55 Zoll", 'Fernseher 55"', ['55"']),
        ("500 g", "Nudeln 2 x 500 g", ["2 x 500 g"]),
        ("500 ml", "500 Blatt", ["500"]),
        # codes with their separators, and by their beginning
        ("fd2722001", "Nike FD2722-001 blau", ["FD2722-001"]),
        ("FD 2722 - 001", "Nike FD2722-001 blau", ["FD2722-001"]),
        ("dv712", "HP DV7-1211ea", ["DV7-1211ea"]),
        # nothing else
        ("rot", "Brot und Boote", []),
        ("schuhe", "Handschrift", []),
    ],
)
def test_what_was_found_is_marked(asked, text, expected):
    assert marked(text, asked) == expected


def test_whatever_may_stand_for_a_word_is_marked():
    shelf = Sought("buchregal", parts=(Sought("buch"), Sought("regal")), others=("bord",))
    asked = query("buchregal", sought=[shelf])
    assert marked("Bücher im Regal", asked) == ["Bücher", "Regal"]
    assert marked("Bord, Buchregal, Bücher", asked) == ["Bord", "Buchregal"], "its parts only where it is not itself"


def test_composed_and_decomposed_texts_are_marked_alike():
    for text in ("Grüne Bücher für Kinder", "Ölfarbe, weiß", "Crème brûlée, für Bücherwürmer"):
        for form in ("NFC", "NFD"):
            shown = unicodedata.normalize(form, text)
            for asked in ("bücher", "für", "crème", "weiß"):
                stretches = [unicodedata.normalize("NFC", stretch) for stretch in marked(shown, asked)]
                assert stretches == marked(text, asked)


def test_invisible_characters_neither_hide_nor_shift_a_word():
    assert marked("Lauf\u00adschuhe, Lauf\u200bschuhe", "laufschuhe") == ["Lauf\u00adschuhe", "Lauf\u200bschuhe"]
    assert marked("a\u0308a\u200b Schuhe \U0001f45f Schuhe", "schuhe") == ["Schuhe", "Schuhe"]


def test_corrections_are_marked_as_what_they_were_read_as(pipeline):
    answer = pipeline.search(SearchRequest(q="Winterjakce"))
    assert answer.query.corrected.text == "winterjacke"
    assert answer.hits[0].product["brand"] == "Jack Wolfskin"
    assert answer.hits[0].highlights == {"title": [(0, 11)]}


def test_numbers_of_a_product_are_marked_where_they_stand(pipeline):
    [hit, *_] = pipeline.search(SearchRequest(q="dv7 1211ea")).hits
    assert (hit.id, hit.highlights["mpn"]) == ("laptop-office", [(0, 10)])


def test_browsing_marks_nothing(pipeline):
    assert all(not hit.highlights for hit in pipeline.search(SearchRequest(q="")).hits)


# --- properties ---

WRITTEN = (
    "Damenlaufschuhe|Terrassenschrauben|Bücher|Bu\u0308cher|Fußball|FUSSBALL|500 ml|0,5 l|2 x 500 g|FD2722-001|"
    "DV7-1211ea|für|Wolldecke|Lauf\u00adschuhe|\U0001f45f|\ufb01x|\u0130stanbul|e\u0301|\u01c5"
)
PIECES = st.sampled_from(WRITTEN.split("|"))
TEXTS = st.lists(PIECES | st.text(max_size=8), max_size=8).map(lambda parts: " ".join(parts))


def borders_of(text):
    """Where words, parts, measures and codes begin and end."""
    items = list(carried(text, GERMAN))
    return {item.start for item in items} | {item.end for item in items}


@given(TEXTS, TEXTS)
def test_every_place_lies_inside_on_borders_and_overlaps_no_other(asked, text):
    spans = Marker(query(asked), GERMAN).marks({"title": text}).get("title", [])
    borders = borders_of(text)
    for start, end in spans:
        assert 0 <= start < end <= len(text)
        assert {start, end} <= borders
        assert not unicodedata.combining(text[start]), "no place begins inside a character"
        assert end == len(text) or not unicodedata.combining(text[end]) or INVISIBLE.match(text[end])
    assert all(one[1] < other[0] for one, other in pairwise(spans))


@given(TEXTS, TEXTS)
def test_a_marked_place_holds_what_was_sought(asked, text):
    terms = sought_terms(query(asked))
    for start, end in Marker(query(asked), GERMAN).marks({"title": text}).get("title", []):
        inside = {item.term for item in carried(text, GERMAN) if start <= item.start and item.end <= end}
        assert inside & terms


@given(TEXTS)
def test_a_text_that_asks_for_itself_is_marked_wherever_it_has_words(text):
    """All but stop words: they are not sought."""
    terms = sought_terms(query(text))
    places = Marker(query(text), GERMAN).marks({"title": text}).get("title", [])
    for item in carried(text, GERMAN):
        if item.how == "word" and item.term in terms:
            assert any(start <= item.start and item.end <= end for start, end in places) or any(
                c.isdigit() for c in text
            )


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)).map(lambda p: (p[0], p[0] + p[1])), max_size=9))
def test_merging_keeps_what_is_covered_and_nothing_else(spans):
    covered = {place for start, end in spans for place in range(start, end)}
    found = merged(spans)
    assert {place for start, end in found for place in range(start, end)} == covered
    assert all(one[1] < other[0] for one, other in pairwise(found))

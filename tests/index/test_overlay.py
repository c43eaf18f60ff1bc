"""Changes over a generation: what a search finds is what a generation built of the same products finds.

1. After any history of puts, patches and removals the columns, keys, words and documents are those of a fresh build.
2. So are document frequencies and idf; scores are those of a fresh build with the generation's mean lengths and noise.
3. Searches, filters, facets and suggestions find the same products with the same scores.
4. On a catalogue of usual size a few changes move no score by more than 0.1 % against a fresh build of its own.
5. What is untouched is shared; the snapshot before stays as it was; a patch of price and stock touches columns alone.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from msgspec.structs import replace as but

import search.index.lexical as lexical
from search.index.build import build_snapshot
from search.index.overlay.apply import with_changes
from search.index.price_bands import BAND
from search.index.snapshot import load_snapshot
from search.messages import SearchRequest
from search.pipeline import Pipeline
from search.renewed import renewed, renewed_suggester
from search.settings import Settings
from search.suggest import Suggester
from search.types import Product, Variant
from tests.stand_ins import Clock, StubEncoder

#: What is learned of a whole catalogue is another matter: kinds have a test of their own.
SETTINGS = Settings().but(
    server={"deadline_ms": 60_000.0}, kinds={"enabled": False}, understanding={"learn_adjectives": False}
)
WORDS = ("rot", "blau", "hemd", "jacke", "wolle", "lang", "kurz", "neu", "Ärmel", "42", "XL-7")
IDS = tuple(f"p{number}" for number in range(12))
#: What products cost on both is known before anything changes: on the second one sales have begun.
DAYS = date(2026, 5, 1), date(2026, 5, 2)


@st.composite
def products(draw, id):
    words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)
    attributes = {}
    if draw(st.booleans()):
        attributes["color"] = draw(st.lists(st.sampled_from(["rot", "blau", "grün"]), min_size=1, max_size=2))
    if draw(st.booleans()):
        attributes["power_w"] = draw(st.sampled_from([5.0, 20.0, 1.5]))
    if draw(st.booleans()):
        attributes["fit"] = draw(st.sampled_from([["weit"], ["eng"], 3.0]))
    title = {"de": draw(words)} | ({"en": draw(words)} if draw(st.booleans()) else {})
    branches = st.dictionaries(st.sampled_from(["mitte", "online"]), st.integers(0, 2), max_size=2)
    return Product(
        id=id,
        title=title,
        description={"de": draw(words)} if draw(st.booleans()) else {},
        brand=draw(st.sampled_from([None, "Adidas", "Puma"])),
        categories=draw(st.sampled_from([(), (("Damen", "Hemden"),), (("Herren",),)])),
        product_type=draw(st.sampled_from([None, "Hemden", "Jacken"])),
        price_cents=(price := draw(st.sampled_from([None, 500, 1999, 8000]))),
        sale_price_cents=(sale := draw(st.sampled_from([None, 100])) if price else None),
        sale_from=draw(st.sampled_from([None, DAYS[1]])) if sale else None,
        popularity=draw(st.sampled_from([None, 1.0, 7.0])),
        mpn=draw(st.sampled_from([None, f"MP-{id}"])),
        attributes=attributes,
        labels={"en": {"color": {"rot": "red"}}} if "rot" in attributes.get("color", ()) else {},
        variants=(Variant(id=f"{id}/1", size=draw(st.sampled_from([None, "S"])), stock=draw(branches)),),
    )


@st.composite
def histories(draw):
    """A catalogue, and batches of changes: id -> product, None for one that goes."""
    before = {id: draw(products(id)) for id in draw(st.sets(st.sampled_from(IDS[:8]), min_size=2))}
    batches, now = [], dict(before)
    for _ in range(draw(st.integers(1, 4))):
        batch = {}
        for id in draw(st.sets(st.sampled_from(IDS), min_size=1, max_size=4)):
            known = batch.get(id, now.get(id))
            what = draw(st.sampled_from(["put", "stock", "price", "drop"]))
            if what == "put" or known is None:
                batch[id] = draw(products(id))
            elif what == "stock":
                stock = draw(st.dictionaries(st.sampled_from(["mitte", "west"]), st.integers(0, 3)))
                batch[id] = but(known, variants=tuple(but(variant, stock=stock) for variant in known.variants))
            elif what == "price":
                batch[id] = but(known, price_cents=draw(st.integers(100, 9000)), sale_price_cents=None)
            else:
                batch[id] = None
        now |= batch
        if not any(now.values()):
            batch["p0"] = now["p0"] = draw(products("p0"))
        batches.append(batch)
    return list(before.values()), batches


def made(catalogue, home, lengths=None, noise=None):
    """A generation of these products, if wanted with the mean lengths and the noise of another one."""
    with pytest.MonkeyPatch.context() as patch:
        if lengths is not None:
            known = iter(lengths)
            patch.setattr(lexical, "mean_of", lambda lengths, size: next(known))
        build_snapshot(catalogue, home, SETTINGS, StubEncoder())
    found = load_snapshot(home)
    if noise is not None:
        found.dense.noise = noise
    return found


def live(snapshot, batches):
    encode = StubEncoder().encode_document
    for number, batch in enumerate(batches, 1):
        assert all(snapshot.prices.on(day) is not None for day in DAYS)
        snapshot = with_changes(snapshot, batch, encode, number)
    assert snapshot.prices.known.keys() == {*DAYS}, "nothing is worked out anew"
    return snapshot


def fresh_of(changed, home):
    """A generation of the products that a changed snapshot holds."""
    rest = [product for product in changed.documents if product.id]
    lengths = [changed.postings[language].lengths for language in changed.manifest.searched]
    return made(rest, home, lengths, changed.manifest.noise)


def by_id(snapshot, rows):
    return sorted(snapshot.documents.id_of(int(row)) for row in rows)


def told(column, snapshot):
    """A column as (id, value) pairs."""
    values = getattr(column, "values", None)
    data = column.numbers if values is None else [values[code] for code in column.codes]
    return sorted(zip(map(snapshot.documents.id_of, column.rows.tolist()), list(data), strict=True))


@cache
def opened():
    """One folder for all examples."""
    return TemporaryDirectory(prefix="overlay-")


@given(histories())
@examples(max_examples=25)
def test_a_changed_snapshot_holds_what_a_fresh_one_does(history):
    catalogue, batches = history
    with TemporaryDirectory(dir=opened().name) as folder:
        changed = live(made(catalogue, Path(folder) / "a"), batches)
        searched = changed.manifest.searched
        if {language for product in changed.documents for language in product.title} - {*searched}:
            return  # the first text in a language: it has postings of its own from the next generation on
        fresh = fresh_of(changed, Path(folder) / "b")
        assert len(changed) == len(fresh) and by_id(changed, changed.rows) == by_id(fresh, fresh.rows)
        names = fresh.base_columns.columns.keys() - {BAND}
        assert changed.base_columns.columns.keys() - {BAND} == names
        for name in names:
            mine, theirs = changed.base_columns.columns[name], fresh.base_columns.columns[name]
            if type(mine) is not type(theirs):  # words that were given beside numbers, and went: the next generation
                assert name == "fit"
                continue
            assert getattr(mine, "values", None) == getattr(theirs, "values", None), name
            assert told(mine, changed) == told(theirs, fresh), name
        for day in DAYS:
            mine, theirs = changed.prices.on(day), fresh.prices.on(day)
            assert mine.keys() == theirs.keys()
            assert all(told(mine[name], changed) == told(theirs[name], fresh) for name in theirs), day
        if fresh.manifest.searched == searched:  # what a language says that is gone counts until the next generation
            assert changed.words.counts == fresh.words.counts and changed.words._sorted == fresh.words._sorted
        for language in fresh.manifest.searched:
            mine, theirs = changed.postings[language], fresh.postings[language]
            for term in {*theirs.terms, *mine.terms}:
                assert by_id(changed, mine.matching(term)) == by_id(fresh, theirs.matching(term)), term
                assert mine._idf(term) == pytest.approx(theirs._idf(term), rel=1e-9), term
            assert mine.starting_with("", 999) == theirs.starting_with("", 999)
        assert {id: changed.spoken.get(id) for id in fresh.spoken} == fresh.spoken
        for product in fresh.documents:
            for id in (product.id, *(variant.id for variant in product.variants)):
                row = changed.documents.row_of(id)
                assert row is not None and changed.documents.product(row) == product
            assert changed.exact.rows_of(f"mp{product.id}") == (
                [changed.documents.row_of(product.id)] if product.mpn else []
            )
        gone = {*IDS} - {product.id for product in fresh.documents}
        assert all(changed.documents.row_of(id) is None for id in gone)


ASKED = (
    {"q": "rot"},
    {"q": "blaue jacke"},
    {"q": ""},
    {"q": "hemd lang", "filter": "brand:Adidas OR NOT color:rot"},
    {"q": "", "filter": "NOT in_stock:mitte"},
    {"q": "wolle", "lang": "en"},
    {"q": "p3"},
    {"q": "", "sort": "price:asc"},
)


def answered(pipeline, asked):
    known = {name: clause for name in ("brand", "color") if (clause := name) in pipeline.columns}
    if any(name not in known for name in ("brand", "color")) and "brand:" in asked.get("filter", ""):
        return None
    if "in_stock" in asked.get("filter", "") and "in_stock" not in pipeline.columns:
        return None
    answer = pipeline.search(SearchRequest(per_page=50, facet=sorted(known), **asked))
    facets = {name: sorted((v.value, v.count) for v in facet.values) for name, facet in answer.facets.items()}
    scores = {hit.id: hit.score for hit in answer.hits}
    prices = {hit.id: hit.product.get("price") for hit in answer.hits}
    return answer.total, facets, scores, prices, [hit.score for hit in answer.hits]


@given(histories())
@examples(max_examples=20)
def test_a_changed_snapshot_finds_what_a_fresh_one_does(history):
    catalogue, batches = history
    with TemporaryDirectory(dir=opened().name) as folder:
        base = made(catalogue, Path(folder) / "a")
        before = Pipeline(base, StubEncoder(), SETTINGS, Clock())
        changed = live(base, batches)
        if {language for product in changed.documents for language in product.title} - {*changed.manifest.searched}:
            return
        newest = fresh_of(changed, Path(folder) / "b")
        if newest.manifest.searched != changed.manifest.searched:
            return  # a language that is gone: its words and its way of reading stay until the next generation
        mine, fresh = renewed(before, changed), Pipeline(newest, StubEncoder(), SETTINGS, Clock())
        for asked in ASKED:
            if asked.get("lang") == "en" and "en" not in fresh.snapshot.languages:
                continue
            here, there = answered(mine, asked), answered(fresh, asked)
            if here is None or there is None:
                assert here == there
                continue
            assert here[:2] == there[:2], asked
            assert here[2] == pytest.approx(there[2], abs=2e-6), asked
            assert here[3] == there[3], asked
            assert here[4] == pytest.approx(there[4], abs=2e-6), asked  # in order, but for ties
        asked_before, asked_anew = suggester(before), suggester(fresh)
        asked_before.suggest("ad", "de")
        carried = renewed_suggester(asked_before, mine)
        for text in ("ro", "hem", "ad", "p"):
            lines = [
                sorted((line.kind, line.text, line.count) for line in one.suggest(text, "de", 50))
                for one in (carried, asked_anew)
            ]
            assert lines[0] == lines[1], text


def suggester(pipeline):
    return Suggester(pipeline.snapshot, pipeline.declared.popularity, pipeline.understanding.corrector)


# --- a catalogue of usual size -----------------------------------------------------------------------


SHAPES = ("Shorts", "Hemd", "Jacke", "Schuhe", "Rock")
LOOKS = ("rot", "blau", "leicht", "lang", "warm", "neu", "weich")


def usual(number):
    words = [LOOKS[number % 7], LOOKS[number * 3 % 5], SHAPES[number % 5], f"Modell {number % 90}"]
    return Product(
        id=f"s{number:04d}",
        title={"de": " ".join(words)},
        description={"de": " ".join(LOOKS[: 1 + number % 6])},
        brand=("Adidas", "Puma", "Esprit")[number % 3],
        product_type=SHAPES[number % 5],
        price_cents=1000 + number * 7 % 9000,
        popularity=float(number % 50),
        variants=(Variant(id=f"s{number:04d}/1", stock={"mitte": number % 4}),),
    )


@pytest.fixture(scope="module")
def big(tmp_path_factory):
    return made([usual(number) for number in range(1500)], tmp_path_factory.mktemp("big"))


def batch_of(step):
    """Some go, some are called otherwise, some are new."""
    return (
        dict.fromkeys(f"s{number:04d}" for number in range(0, 40, 8))
        | {f"s{at:04d}": but(usual(at), title={"de": f"Sakko {step} Leinen"}) for at in range(101, 120, 4)}
        | {f"t{number}": but(usual(number), id=f"t{number}", variants=()) for number in range(5)}
    )


def test_a_few_changes_move_scores_by_less_than_a_thousandth(big, tmp_path):
    changed = renewed(Pipeline(big, StubEncoder(), SETTINGS, Clock()), live(big, [batch_of(1)]))
    fresh = Pipeline(
        made([product for product in changed.snapshot.documents if product.id], tmp_path),
        StubEncoder(), SETTINGS, Clock(),
    )  # fmt: skip
    for text in ("rot Hemd", "Sakko Leinen", "weich Jacke Modell", "Puma"):
        one, other = (
            {hit.id: hit.score for hit in pipeline.search(SearchRequest(q=text, per_page=100)).hits}
            for pipeline in (changed, fresh)
        )
        both = one.keys() & other.keys()
        assert len(both) > 0.8 * len(one), text
        assert [one[id] for id in sorted(both)] == pytest.approx([other[id] for id in sorted(both)], rel=1e-3), text


def test_prices_and_stock_touch_columns_alone(big):
    pipeline = Pipeline(big, StubEncoder(), SETTINGS, Clock())
    declared, taught = pipeline.declared.popularity, pipeline.catalogue
    before = usual(7)
    after = but(before, price_cents=1, variants=(but(before.variants[0], stock={"mitte": 0}),))
    changed = with_changes(big, {before.id: after}, None, 9)
    assert changed.changes == 9 and len(changed) == len(big)
    for name in ("postings", "dense", "words", "labels", "exact", "kinds", "spoken", "analyzers"):
        assert getattr(changed, name) is getattr(big, name), name
    kept = big.base_columns.columns.keys() - {"_list_price", "_price_band", "stock", "stock.mitte", "in_stock"}
    assert all(changed.base_columns.columns[name] is big.base_columns.columns[name] for name in kept)
    mine = renewed(pipeline, changed)
    assert mine.catalogue is taught and mine.declared.popularity is declared
    assert mine.understanding is pipeline.understanding
    assert big.documents.product(7).price_cents == before.price_cents, "who has the old one goes on with it"
    assert changed.documents.product(7).price_cents == 1
    assert changed.base_columns.number("_price_band").of_row(7) == 0.0, "the cheapest of its type"


def test_a_product_that_comes_back_has_its_old_row(big):
    without = with_changes(big, {"s0100": None}, None, 1)
    assert without.documents.row_of("s0100") is None and without.gone.tolist() == [100]
    again = with_changes(without, {"s0100": usual(100)}, StubEncoder().encode_document, 2)
    assert again.documents.row_of("s0100") == 100 and not len(again.gone)


def test_words_of_every_change_correct_a_query(big):
    """A pipeline is carried over several changes at once where they are read from the log."""
    changed = live(big, [{"z1": but(usual(1), id="z1", title={"de": "Gartenzwerg"})}, {"z2": but(usual(2), id="z2")}])
    found = renewed(Pipeline(big, StubEncoder(), SETTINGS, Clock()), changed).search(SearchRequest(q="Gartenzwrg"))
    assert found.query.corrected.text == "gartenzwerg" and [hit.id for hit in found.hits] == ["z1"]


def test_what_is_not_there_cannot_go(big):
    assert with_changes(big, {"nobody": None}, None, 3).documents is big.documents


@pytest.mark.parametrize("exhaustive", [10_000, 1_000])
def test_vectors_of_changed_products_are_found_by_meaning_in_either_form(tmp_path, exhaustive):
    settings = SETTINGS.but(dense={"exhaustive": exhaustive})
    build_snapshot([usual(number) for number in range(1200)], tmp_path, settings, StubEncoder())
    base = load_snapshot(tmp_path)
    changed = live(
        base, [{"s0003": but(usual(3), title={"de": "Gartenzwerg Otto"}), "s0009": None, "z": but(usual(4), id="z")}]
    )
    query = StubEncoder().encode_query(["Gartenzwerg Otto"])[0]
    cosines = changed.dense.score(query)
    nearest = np.flatnonzero(cosines.at(np.arange(changed.size)) == cosines.best)
    assert nearest.tolist() == [3] and 3 in cosines.above(cosines.best - 1e-9)
    mask = np.ones(changed.size, bool)
    assert 9 not in cosines.within(mask).above(-1.0) and cosines.at(np.array([9]))[0] < -1
    assert len(changed.dense.vectors()) == changed.size == 1201


def test_a_changed_product_is_of_the_kinds_that_its_generation_knows(tmp_path):
    settings = SETTINGS.but(kinds={"enabled": True})
    build_snapshot([usual(number) for number in range(300)], tmp_path, settings, StubEncoder())
    base = load_snapshot(tmp_path)
    named = but(usual(3), product_type=None, title={"de": "Puma rot Jacke"}, brand="Puma")
    changed = live(base, [{"s0003": named, "s0004": None, "new": but(usual(2), id="new")}])
    kinds = changed.kinds["de"]
    assert kinds.of_row(3) == ["jacke"] and kinds.of_row(4) == []
    assert kinds.of_row(300) == base.kinds["de"].of_row(2), "a new product is read as one like it was"
    assert kinds.of_row(10) == base.kinds["de"].of_row(10)
    found = Pipeline(base, StubEncoder(), settings, Clock())
    hits = renewed(found, changed).search(SearchRequest(q="Jacke", per_page=100)).hits
    assert "s0003" in {hit.id for hit in hits}

"""A feed in chunks is the index that it is in one piece; a build that was killed goes on where it was."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from symspellpy import SymSpell

from search.errors import BadFeed
from search.index import spool as spools
from search.index.arrays_file import read_value, write_value
from search.index.build import build_snapshot
from search.index.chunks import Hashed
from search.index.fields import analysed, field_weights
from search.index.postings import mean_lengths, weigh
from search.index.snapshot import generations, load_snapshot
from search.index.spool import Workers
from search.index.tokens import FIELDS, Numbers, lengths_of, read_tokens, weigh_tokens
from search.messages import SearchRequest
from search.pipeline import Pipeline
from search.settings import Settings
from search.spelling import deletes
from search.types import Product
from search.words.analysis import Analyzer
from search.words.compounds import Splitter
from tests.stand_ins import StubEncoder, shop_products

ROOT = Path(__file__).parents[2]
#: No process beside this one, so that a test sees what is done.
ALONE = Settings().but(feed={"processes": 1})


def files_of(home):
    folder = home / "snapshots" / "1"
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "manifest.json"}


@pytest.fixture(scope="module")
def in_one_piece(tmp_path_factory):
    home = tmp_path_factory.mktemp("whole")
    build_snapshot(shop_products(), home, Settings(), StubEncoder())
    return files_of(home)


@pytest.mark.parametrize("size", [1, 7, 35])
def test_chunks_of_any_size_make_the_same_files(in_one_piece, tmp_path, monkeypatch, size):
    monkeypatch.setattr(spools, "CHUNK", size)
    build_snapshot(iter(shop_products()), tmp_path, Settings(), StubEncoder())
    assert files_of(tmp_path) == in_one_piece


def test_chunks_in_another_order_make_the_same_files(in_one_piece, tmp_path, monkeypatch):
    monkeypatch.setattr(spools, "CHUNK", 5)
    build_snapshot(shop_products()[::-1], tmp_path, Settings(), StubEncoder())
    assert files_of(tmp_path) == in_one_piece


def test_several_processes_make_the_same_files(in_one_piece, tmp_path, monkeypatch):
    monkeypatch.setattr(spools, "CHUNK", 7)
    build_snapshot(iter(shop_products()), tmp_path, Settings().but(feed={"processes": 2}), StubEncoder())
    assert files_of(tmp_path) == in_one_piece


def test_workers_are_other_processes_once_there_is_more_to_do():
    with Workers(2, at_once=1) as pool:
        assert pool.submit(os.getpid).result() == os.getpid()
        assert pool.submit(os.getpid).result() != os.getpid()


ORPHANED = """
import os, signal
from search.index.spool import Workers

with Workers(2, at_once=0) as pool:
    print(pool.submit(os.getpid).result(), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_workers_end_when_their_parent_is_killed():
    killed = subprocess.run([sys.executable, "-c", ORPHANED], cwd=ROOT, timeout=60, capture_output=True, text=True)
    worker = int(killed.stdout)
    for _ in range(200):
        if not is_running(worker):
            break
        time.sleep(0.05)
    assert not is_running(worker)


def is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("processes", [1, 2])
def test_a_first_start_finds_the_spelling_prepared(tmp_path, monkeypatch, processes):
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = [f"{a}{b}{c}wort" for a in letters[:14] for b in letters[:14] for c in letters[:14]]
    products = [
        Product(id=f"{place:04d}", title={"de": " ".join(words[place : place + 7])})
        for place in range(0, len(words), 7)
    ]
    build_snapshot(products, tmp_path, Settings().but(feed={"processes": processes}), None)

    def made(counts, max_edits):
        assert len(counts) < 100, "worked out again"
        return SymSpell(max_dictionary_edit_distance=max_edits)

    monkeypatch.setattr(deletes, "_made", made)
    pipeline = Pipeline(load_snapshot(tmp_path), None, Settings())
    assert pipeline.search(SearchRequest(q="abcwrt")).query.corrected.text == "abcwort"


def test_a_language_that_only_some_chunks_have_is_read_in_all(tmp_path, monkeypatch):
    german = [Product(id=f"a{n}", title={"de": f"Hemd {n}"}, brand="Nordkai") for n in range(4)]
    both = [Product(id=f"b{n}", title={"de": f"Hose {n}", "en": f"trousers {n}"}) for n in range(4)]
    one, many = tmp_path / "one", tmp_path / "many"
    build_snapshot([*german, *both], one, Settings(), StubEncoder())
    monkeypatch.setattr(spools, "CHUNK", 4)
    build_snapshot([*german, *both], many, Settings(), StubEncoder())
    assert files_of(one) == files_of(many)
    assert load_snapshot(many).lexical("en").document_frequency("nordkai") == 4


def test_a_feed_without_a_title_in_the_shops_languages_is_read_in_the_first(tmp_path):
    build_snapshot([Product(id="1", title={"fr": "Chemise"})], tmp_path, Settings(), None)
    assert load_snapshot(tmp_path).lexical("de").document_frequency("chemis") == 1


def test_a_feed_that_is_refused_once_it_is_read_changes_nothing(tmp_path):
    def refuse():
        raise BadFeed("Too many rows were rejected.")

    with pytest.raises(BadFeed, match="Too many"):
        build_snapshot(iter(shop_products()), tmp_path, Settings(), StubEncoder(), check=refuse)
    assert generations(tmp_path) == []


# --- killed and taken up again -----------------------------------------------------------------------

KILLED = """
import os, signal, sys
from pathlib import Path
from search.index import spool as spools
from search.index.build import build_snapshot
from search.settings import Settings
from tests.stand_ins import StubEncoder, shop_products

home, where, after = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
spools.CHUNK = 4
told = 0

def on_progress(stage, done, total):
    global told
    told += stage == where
    if told > after:
        os.kill(os.getpid(), signal.SIGKILL)

build_snapshot(shop_products(), home, Settings(), StubEncoder(), None, on_progress)
"""


@pytest.mark.parametrize(("where", "after"), [("analyse", 0), ("analyse", 5), ("embed", 2), ("weigh", 3), ("write", 0)])
def test_a_killed_build_reads_no_chunk_twice(in_one_piece, tmp_path, monkeypatch, where, after):
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), where, str(after)], cwd=ROOT, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    kept = len(list((tmp_path / "cache" / "building").glob("*.chunk")))
    assert kept > after if where == "analyse" else kept == 9
    monkeypatch.setattr(spools, "CHUNK", 4)
    read, reading = [], spools._keep
    monkeypatch.setattr(spools, "_keep", lambda *args: (read.append(args), reading(*args)))
    build_snapshot(shop_products(), tmp_path, ALONE, StubEncoder())
    assert len(read) == 9 - kept
    assert files_of(tmp_path) == in_one_piece
    assert not (tmp_path / "cache" / "building").exists()


def test_what_was_kept_of_another_feed_or_of_other_settings_is_not_taken_up(tmp_path, monkeypatch):
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), "write", "0"], cwd=ROOT, timeout=60)
    monkeypatch.setattr(spools, "CHUNK", 4)
    read, reading = [], spools._keep
    monkeypatch.setattr(spools, "_keep", lambda *args: (read.append(args), reading(*args)))
    settings = ALONE.but(dense={"max_characters": 50})
    products = [msgspec.structs.replace(shop_products()[0], brand="Neu"), *shop_products()[1:]]
    build_snapshot(products, tmp_path, settings, StubEncoder())
    assert len(read) == 9
    assert load_snapshot(tmp_path).documents.product(0).brand == "Neu"


# --- words as numbers weigh what words weigh ---------------------------------------------------------

TEXTS = st.text(st.sampled_from("aäoeß AÄ 0123456789.,-/xml"), max_size=24)
PRODUCTS = st.lists(
    st.builds(
        Product,
        id=st.text("abc12-", min_size=1, max_size=5),
        title=st.fixed_dictionaries({"de": st.one_of(TEXTS, st.sampled_from(["Laufschuhe", "Schuhe zum Laufen"]))}),
        description=st.fixed_dictionaries({"de": TEXTS}),
        mpn=st.one_of(st.none(), TEXTS),
        attributes=st.dictionaries(st.sampled_from(["color", "size"]), st.lists(TEXTS, max_size=2), max_size=2),
    ),
    min_size=1,
    max_size=6,
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(PRODUCTS, st.floats(0, 1), st.floats(0, 1), st.sampled_from(["de", "en"]))
def test_tokens_weigh_what_the_words_of_products_weigh(products, b, part, language):
    analyzer = Analyzer(language, Splitter({"lauf": 9, "schuhe": 40}) if language == "de" else None)
    weights = {**field_weights(Settings().lexical), "category": 0.0}
    read = [analysed(product, language, analyzer) for product in products]
    documents, parts = [terms for terms, _ in read], [beside for _, beside in read]
    mean = mean_lengths(documents, FIELDS)
    numbers = Numbers()
    tokens = read_tokens(products, language, numbers)
    assert (lengths_of(tokens, list(numbers)).sum(axis=0) / len(products)).tolist() == [mean[name] for name in FIELDS]
    rows = np.arange(len(products), dtype=np.int32)
    weighed = weigh_tokens(tokens, list(numbers), rows, analyzer, weights, b, part, mean)
    terms = np.repeat(np.array(weighed.terms, object), weighed.counts)
    found = {(row, term): f for row, term, f in zip(weighed.rows, terms, weighed.frequencies, strict=True)}
    expected = {
        (row, term): f
        for row, each in enumerate(weigh(documents, weights, b, parts, part, mean))
        for term, f in each.items()
    }
    assert found == pytest.approx(expected)


def test_arrays_are_read_as_they_were_written_and_a_torn_file_is_an_error(tmp_path):
    value = Hashed(np.array([2**63, 5], np.uint64), np.empty(0, np.int32))
    write_value(value, tmp_path / "some.keys")
    again = read_value(tmp_path / "some.keys", Hashed)
    assert again.hashes.tolist() == [2**63, 5] and again.hashes.dtype == np.uint64
    assert again.places.shape == (0,)
    (tmp_path / "torn.keys").write_bytes((tmp_path / "some.keys").read_bytes()[:-3])
    with pytest.raises(msgspec.DecodeError):
        read_value(tmp_path / "torn.keys", Hashed)


def test_the_ids_rows_and_products_of_a_snapshot_belong_together(tmp_path, monkeypatch):
    monkeypatch.setattr(spools, "CHUNK", 10)
    products = shop_products()[::-1]
    build_snapshot(iter(products), tmp_path, Settings(), StubEncoder())
    documents = load_snapshot(tmp_path).documents
    assert [documents.id_of(row) for row in range(len(documents))] == sorted(product.id for product in products)
    for product in products:
        row = documents.row_of(product.id)
        assert json.loads(msgspec.json.encode(documents.product(row))) == json.loads(msgspec.json.encode(product))

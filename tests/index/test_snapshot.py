"""Snapshots: whole or not at all, and damage is found before it serves.

1. The manifest is written last, CURRENT after it; a build that is killed anywhere leaves the old generation serving.
2. Any flipped byte and any cut file is found when loading, and the message names the file.
3. As many generations stay as the settings say, and the one that serves.
4. The order of a feed does not matter; a second build embeds only what changed.
"""

import random
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest

from search.errors import BadFeed, BadSnapshot, NotFound
from search.index import snapshot as snapshots
from search.index.build import build_snapshot
from search.index.embedding_cache import EmbeddingCache, embed_documents
from search.index.snapshot import FORMAT, current_number, generations, load_snapshot, make_current, read_manifest
from search.messages import SearchRequest
from search.pipeline import Pipeline
from search.settings import Settings
from search.types import Identity
from tests.stand_ins import PATIENT, Clock, StubEncoder, shop_products

ROOT = Path(__file__).parents[2]
FILES = [
    "columns-codes.npy",
    "columns-numbers.npy",
    "columns-rows.npy",
    "columns.json",
    "compounds-de.json",
    "exact-hashes.npy",
    "exact-rows.npy",
    "ids-hashes.npy",
    "ids-rows.npy",
    "kinds-de-centres.npy",
    "kinds-de-heads.npy",
    "kinds-de-names.npy",
    "kinds-de-offsets.npy",
    "kinds-de.json",
    "kinds-en-centres.npy",
    "kinds-en-heads.npy",
    "kinds-en-names.npy",
    "kinds-en-offsets.npy",
    "kinds-en.json",
    "labels.json",
    "languages.json",
    "manifest.json",
    "postings-de-idf.npy",
    "postings-de-offsets.npy",
    "postings-de-rows.npy",
    "postings-de-saturated.npy",
    "postings-de-terms-starts.npy",
    "postings-de-terms-text.npy",
    "postings-de.json",
    "postings-en-idf.npy",
    "postings-en-offsets.npy",
    "postings-en-rows.npy",
    "postings-en-saturated.npy",
    "postings-en-terms-starts.npy",
    "postings-en-terms-text.npy",
    "postings-en.json",
    "products-offsets.npy",
    "products.jsonb",
    "vectors.faiss",
    "words.json",
]


@pytest.fixture
def home(shop, tmp_path):
    """A copy of the hand-written shop that may be broken."""
    return Path(shutil.copytree(shop, tmp_path / "shop"))


def build(home, products=None, encoder=None, settings=None):
    return build_snapshot(products or shop_products(), home, settings or Settings(), encoder or StubEncoder())


# --- damage ----------------------------------------------------------------------------------------


def test_every_file_of_a_snapshot_is_tried(shop):
    assert sorted(path.name for path in (shop / "snapshots" / "1").iterdir()) == FILES


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_byte_is_found(home, name):
    path = home / "snapshots" / "1" / name
    whole = path.read_bytes()
    chance = random.Random(name)
    for _ in range(12):
        damaged = bytearray(whole)
        damaged[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        if name == "manifest.json" and same_manifest(damaged, whole):
            continue  # a space became a tab
        path.write_bytes(damaged)
        with pytest.raises(BadSnapshot, match=name.removesuffix(".json")):
            load_snapshot(home)
    path.write_bytes(whole)
    assert len(load_snapshot(home)) == 36


def same_manifest(left, right):
    try:
        return msgspec.json.decode(left) == msgspec.json.decode(right)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_cut_file_is_found(home, name, share):
    path = home / "snapshots" / "1" / name
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(BadSnapshot, match=name.removesuffix(".json")):
        load_snapshot(home)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_found(home, name):
    (home / "snapshots" / "1" / name).unlink()
    with pytest.raises(BadSnapshot, match=name.removesuffix(".json")) as told:
        load_snapshot(home)
    assert "Index the feed again" in told.value.message


def test_another_format_is_refused(home):
    path = home / "snapshots" / "1" / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"format": %d' % FORMAT, b'"format": 99'))
    with pytest.raises(BadSnapshot, match=f"has format 99, this version reads {FORMAT}"):
        load_snapshot(home)


def test_an_empty_directory_says_how_to_make_an_index(tmp_path):
    with pytest.raises(NotFound, match="tresen index FEED --out"):
        load_snapshot(tmp_path)


def test_a_damaged_new_generation_leaves_the_old_one_serving(home, open_shop):
    service = open_shop()
    build(service.home)
    (service.home / "snapshots" / "2" / "vectors.faiss").write_bytes(b"")
    with pytest.raises(BadSnapshot):
        service.refresh()
    assert service.snapshot.number == 1
    assert service.search(SearchRequest(q="Pumps"), Identity()).hits[0].id == "pumps-women-black"


# --- whole or not at all ---------------------------------------------------------------------------


def test_the_manifest_is_written_last_and_current_after_it(home, monkeypatch):
    written = []
    write = snapshots.replace_file

    def watching(path, data):
        if path.name == "manifest.json":
            manifest = msgspec.json.decode(data)
            there = {file.name: file.stat().st_size for file in path.parent.iterdir()}
            assert there == {name: entry["bytes"] for name, entry in manifest["files"].items()}
            assert current_number(home) == 1
        written.append(path.name)
        write(path, data)

    monkeypatch.setattr(snapshots, "replace_file", watching)
    build(home)
    assert written == ["manifest.json", "CURRENT"]
    assert current_number(home) == 2


KILLED = """
import os, signal, sys
from pathlib import Path
from search.index import snapshot as snapshots
from search.index.build import build_snapshot
from search.settings import Settings
from tests.stand_ins import PATIENT, StubEncoder, shop_products

home, where = Path(sys.argv[1]), sys.argv[2]

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def on_progress(stage, done, total):
    if stage == where:
        die()

if where == "rename":
    os.rename = die
elif where == "current":
    os.replace = die
elif where == "manifest":
    snapshots.replace_file = lambda path, data: (path.write_bytes(data[: len(data) // 2]), die())
build_snapshot(shop_products(), home, Settings(), StubEncoder(), None, on_progress)
"""


@pytest.mark.parametrize("where", ["analyse", "embed", "write", "manifest", "rename", "current"])
def test_a_killed_build_leaves_the_old_generation_serving(home, where):
    killed = subprocess.run([sys.executable, "-c", KILLED, str(home), where], cwd=ROOT, timeout=60)
    assert killed.returncode == -9
    assert current_number(home) == 1
    assert load_snapshot(home).number == 1
    again = build(home)
    assert load_snapshot(home).number == again.number
    assert not list((home / "snapshots").glob(".building-*"))


def test_the_answers_before_and_after_a_rebuild_are_the_same(home):
    before = ranking(home, "schwarze shorts")
    build(home)
    assert ranking(home, "schwarze shorts") == before


# --- generations -----------------------------------------------------------------------------------


def test_three_generations_are_kept(home):
    for _ in range(4):
        build(home)
    assert generations(home) == [3, 4, 5]
    assert current_number(home) == 5


def test_as_many_generations_are_kept_as_set(home):
    for _ in range(2):
        build(home, settings=Settings().but(feed={"keep_snapshots": 1}))
    assert generations(home) == [3]


def test_the_generation_that_serves_is_never_dropped(home):
    for _ in range(2):
        build(home)
    make_current(home, 1)
    snapshots.drop_old(home, 1)
    assert generations(home) == [1, 3]
    assert load_snapshot(home).number == 1


def test_an_older_generation_can_be_loaded_by_number(home):
    build(home, products=shop_products()[:5])
    assert len(load_snapshot(home)) == 5
    assert len(load_snapshot(home, 1)) == 36


# --- what is built ---------------------------------------------------------------------------------


def ranking(home, text):
    answer = Pipeline(load_snapshot(home), StubEncoder(), PATIENT, Clock()).search(SearchRequest(q=text))
    return [(hit.id, hit.score) for hit in answer.hits]


@pytest.mark.parametrize("seed", range(3))
def test_a_feed_in_another_order_gives_the_same_rankings(shop, tmp_path, seed):
    shuffled = shop_products()
    random.Random(seed).shuffle(shuffled)
    build(tmp_path, shuffled)
    for text in ("shorts", "schwarzes shirt", "laptop", "warm winter", ""):
        assert ranking(tmp_path, text) == ranking(shop, text)


def test_a_second_build_embeds_only_what_changed(home):
    unchanged, changed = StubEncoder(), StubEncoder()
    build(home, encoder=unchanged)
    assert unchanged.documents == 0
    products = shop_products()
    products[3] = msgspec.structs.replace(products[3], title={"de": "Etwas anderes"})
    products[4] = msgspec.structs.replace(products[4], price_cents=1)
    build(home, products, encoder=changed)
    assert changed.documents == 1


def test_the_same_text_is_embedded_once(tmp_path):
    encoder = StubEncoder()
    told = []
    cache = EmbeddingCache(tmp_path, encoder.name, encoder.dimension)
    vectors = embed_documents(["Shirt", "Hose", "Shirt"], encoder, cache, told.append)
    assert encoder.documents == 2
    assert sum(told) <= 3
    assert vectors[0].tolist() == vectors[2].tolist()


def test_two_models_do_not_share_vectors(tmp_path):
    one = EmbeddingCache(tmp_path, "a/b", 64)
    other = EmbeddingCache(tmp_path, "a_b", 64)
    assert one.folder != other.folder


@pytest.mark.parametrize(("file", "tail"), [("keys", b"half a key"), ("vectors", b"\0" * 100), ("keys", b"\0" * 16)])
def test_a_torn_tail_of_the_cache_is_cut(tmp_path, file, tail):
    encoder = StubEncoder()
    texts = ["Shirt", "Hose", "Rock"]
    cache = EmbeddingCache(tmp_path, encoder.name, encoder.dimension)
    embed_documents(texts, encoder, cache, lambda done: None)
    with (cache.folder / file).open("ab") as torn:
        torn.write(tail)
    opened = EmbeddingCache(tmp_path, encoder.name, encoder.dimension)
    assert len(opened) == 3
    vectors = embed_documents([*texts, "Neu"], encoder, opened, lambda done: None)
    np.testing.assert_array_equal(vectors, StubEncoder().encode_document([*texts, "Neu"]))
    assert encoder.documents == 4


def test_a_cache_that_lost_its_last_vector_embeds_it_again(tmp_path):
    encoder = StubEncoder()
    cache = EmbeddingCache(tmp_path, encoder.name, encoder.dimension)
    embed_documents(["Shirt", "Hose"], encoder, cache, lambda done: None)
    path = cache.folder / "vectors"
    path.write_bytes(path.read_bytes()[:-1])
    opened = EmbeddingCache(tmp_path, encoder.name, encoder.dimension)
    assert "Shirt" in opened
    assert "Hose" not in opened


def test_the_manifest_says_how_the_snapshot_was_made(shop):
    manifest = read_manifest(shop / "snapshots" / "1")
    assert (manifest.products, manifest.model, manifest.dimension) == (36, "stub", 64)
    assert manifest.lexical == Settings().lexical


def test_a_shop_without_an_encoder_is_lexical_only(tmp_path):
    build_snapshot(shop_products(), tmp_path, Settings(), None)
    loaded = load_snapshot(tmp_path)
    assert loaded.dense is None
    answer = Pipeline(loaded, None, Settings(), Clock()).search(SearchRequest(q="Pumps"))
    assert answer.hits[0].id == "pumps-women-black"
    assert answer.degraded == []


def test_products_are_found_by_their_own_and_their_variants_ids(snapshot):
    row = snapshot.documents.row_of("shorts-men-blue")
    assert snapshot.documents.row_of("shorts-men-blue/M") == row
    assert snapshot.documents.product(row).title["de"] == "Cargoshorts Tom"
    assert snapshot.documents.row_of("nobody") is None
    assert [product.id for product in snapshot.documents] == [product.id for product in shop_products()]


def test_no_products_and_equal_ids_are_refused(tmp_path):
    with pytest.raises(BadFeed, match="no product"):
        build_snapshot([], tmp_path, Settings(), None)
    with pytest.raises(BadFeed, match="Two products have the id 'shed'"):
        build(tmp_path, [*shop_products(), next(p for p in shop_products() if p.id == "shed")])


def test_labels_name_every_level_of_a_category(snapshot):
    labels = snapshot.labels["en"]["category"]
    assert labels["Damen"] == "Women"
    assert labels["Damen > Röcke"] == "Women > Skirts"


def test_the_words_of_the_catalogue_are_counted_by_product(snapshot):
    assert snapshot.words.counts["rock"] == 1
    assert snapshot.words.starting_with("lauf", 5)[0] == "laufschuhe"
    assert snapshot.words.starting_with("xyz", 5) == []

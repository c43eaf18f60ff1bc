"""Which words are proposed as synonyms: near by name and by products, and not for another reason."""

import numpy as np
import pytest

from search.index.build import build_snapshot
from search.index.snapshot import load_snapshot
from search.proposals import cached_proposals, propose_synonyms
from search.settings import Settings
from search.types import Product

#: Words that mean the same have the same place; all others one of their own.
MEANING = {"handy": "phone", "mobiltelefon": "phone", "sofa": "couch", "couch": "couch", "divan": "couch"}
PLACES = 64


class Meanings:
    """An encoder that knows what words mean: a text is the sum of its words' directions."""

    name, dimension = "meanings", PLACES

    def __init__(self):
        self.encoded = 0

    def encode_query(self, texts):
        """(n,) texts -> (n, 64)"""
        return self.encode_document(texts)

    def encode_document(self, texts):
        """(n,) texts -> (n, 64)"""
        self.encoded += len(texts)
        vectors = np.array([sum(self._of(word) for word in text.lower().replace(".", "").split()) for text in texts])
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    def _of(self, word):
        meaning = MEANING.get(word.strip(","), word.strip(","))
        direction = np.random.default_rng(sum(map(ord, meaning)) * 7919 + len(meaning)).normal(size=PLACES)
        return direction / np.linalg.norm(direction)


KINDS = {
    "Handy": "Telefonie Akku Strom",
    "Mobiltelefon": "Telefonie Akku Strom",
    "Sofa": "Wohnen Polster Stoff",
    "Couch": "Wohnen Polster Stoff",
    "Teppich": "Boden Flor Knoten",
    "Lampe": "Licht Schirm Birne",
    "Gabel": "Essen Zinken Stahl",
    "Hammer": "Schlag Nagel Stiel",
}


def shop(home, kinds=KINDS, brands=("Nord", "Süd", "West", "Ost")):
    products = [
        Product(
            id=f"{kind}-{at}", title={"de": f"{kind} Modell {at}"}, description={"de": text}, brand=brand, categories=()
        )
        for kind, text in kinds.items()
        for at, brand in enumerate(brands)
    ]
    build_snapshot(products, home, Settings(), Meanings())
    return load_snapshot(home)


def pairs(snapshot):
    return [tuple(item.words) for item in propose_synonyms(snapshot, "de", Meanings())]


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    return shop(tmp_path_factory.mktemp("proposals"))


def test_two_names_for_one_thing_are_proposed_with_their_evidence(snapshot):
    found = {tuple(item.words): item for item in propose_synonyms(snapshot, "de", Meanings())}
    assert set(found) == {("handy", "mobiltelefon"), ("couch", "sofa")}
    item = found[("handy", "mobiltelefon")]
    assert item.products == [4, 4]
    assert item.together == 0
    assert item.cosine > 0.9
    assert item.alike > 0.8


def test_words_that_stand_together_in_titles_are_none(tmp_path):
    both = {f"{kind} Mobiltelefon" if kind == "Handy" else kind: text for kind, text in KINDS.items()}
    assert ("handy", "mobiltelefon") not in pairs(shop(tmp_path, both))


def test_one_name_for_two_things_is_none(tmp_path):
    other = {**KINDS, "Mobiltelefon": "Garten Garten Garten Erde Erde Erde", "Handy": "Strom Strom Strom Strom"}
    assert ("handy", "mobiltelefon") not in pairs(shop(tmp_path, other))


def test_the_name_of_a_brands_line_is_none(tmp_path):
    assert pairs(shop(tmp_path, brands=("Nord", "Nord", "Nord", "Nord"))) == []


def test_they_are_worked_out_once_for_a_snapshot(tmp_path):
    snapshot, encoder = shop(tmp_path), Meanings()
    first = cached_proposals(snapshot, "de", encoder)
    encoded = encoder.encoded
    assert encoded
    assert cached_proposals(load_snapshot(tmp_path), "de", encoder) == first
    assert encoder.encoded == encoded


def test_progress_is_told_to_the_end(snapshot):
    done = {}

    def told(step, more, total):
        done[step] = (done.get(step, (0,))[0] + more, total)

    propose_synonyms(snapshot, "de", Meanings(), told)
    assert set(done) == {"read", "encode", "compare"}
    assert all(so_far == total for so_far, total in done.values())

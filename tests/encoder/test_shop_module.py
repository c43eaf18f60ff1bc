"""The shop encoder as a sentence-transformers model is the oracle of the server's own path.

Marked model: torch takes seconds to import.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.encoder.shop import load_shop
from search.errors import MissingModel
from tests.encoder.test_shop import SILENT, TEXTS
from tests.encoder.tiny_model import DIMENSION, write_tiny

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tiny(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def both(folder):
    from search.encoder.shop_module import sentence_transformer

    return load_shop(folder), sentence_transformer(folder)


words = st.text("abcdefghijklmnopqrstuvwxyzäöüßÄÖÜ0123456789-.,/&' 日👟\u0308", max_size=300) | st.text(max_size=40)


@settings(deadline=None)
@given(st.lists(words, min_size=1, max_size=6))
def test_any_texts_have_the_vectors_of_the_oracle(both, texts):
    encoder, oracle = both
    for side in ("encode_query", "encode_document"):
        found = getattr(encoder, side)(texts)
        expected = getattr(oracle, side)(texts)
        says = expected.any(1)
        assert np.array_equal(says, found.any(1))
        assert (found * expected).sum(1)[says].min(initial=1) >= 0.9999


def test_queries_and_documents_go_through_their_own_heads(both):
    _, oracle = both
    query, document = oracle.encode_query(TEXTS), oracle.encode_document(TEXTS)
    assert (query * document).sum(1).max() < 0.999
    assert np.array_equal(oracle.encode(TEXTS), document), "what is neither is a document"


def test_texts_that_say_nothing_are_zeros_there_too(both):
    assert not both[1].encode_query(SILENT).any()


@pytest.mark.parametrize("heads", [{}, None])
def test_the_library_loads_the_folder_saves_it_and_loads_what_it_saved(tmp_path, heads):
    from sentence_transformers import SentenceTransformer

    folder = write_tiny(tmp_path / "tiny", heads)
    model = SentenceTransformer(str(folder), trust_remote_code=True, device="cpu")
    assert (model.get_embedding_dimension(), model.max_seq_length) == (DIMENSION, 96)
    model.save_pretrained(str(tmp_path / "saved"))
    assert np.array_equal(load_shop(tmp_path / "saved").encode_query(TEXTS), load_shop(folder).encode_query(TEXTS))
    again = SentenceTransformer(str(tmp_path / "saved"), trust_remote_code=True, device="cpu")
    assert np.array_equal(again.encode_query(TEXTS), model.encode_query(TEXTS))


def test_the_library_cuts_vectors_as_the_server_does(folder):
    from search.encoder.shop_module import sentence_transformer

    found = sentence_transformer(folder, dimensions=3).encode_query(TEXTS, normalize_embeddings=True)
    np.testing.assert_allclose(found, load_shop(folder, dimensions=3).encode_query(TEXTS), atol=1e-5)


def test_a_damaged_folder_is_refused_by_the_library_too(tmp_path):
    from search.encoder.shop_module import sentence_transformer

    folder = write_tiny(tmp_path / "tiny")
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(MissingModel, match="another tokenizer.json"):
        sentence_transformer(folder)

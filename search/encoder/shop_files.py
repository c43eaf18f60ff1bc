"""The folder of a shop encoder: what is in it, how it is written, and that it is what was written. No torch here.

tokenizer.json     a `tokenizers` Unigram model over words (Metaspace), without special tokens
model.safetensors  `table` (V, d) int8 with `scale` (V,) float16: row = int8 × scale; and a head for each side, float16:
                   `query.inner.weight` (h, d), `query.inner.bias` (h,), `query.outer.weight` (d, h),
                   `query.outer.bias` (d,), the same for `document`, or `shared.*` for both; none is the identity
config.json        name, format, dimension, longest (pieces of a text that are read), unknown (what other letters are)
modules.json, config_sentence_transformers.json   what sentence-transformers needs to load the folder
card.json          sha256 of the other files, and what its makers say about the model
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer, models, pre_tokenizers

from search.errors import MissingModel
from search.settings import DEFAULT_MODEL

#: The name of the model that comes with the server, and its folder.
NAME = DEFAULT_MODEL
SHIPPED = Path(__file__).parent / "tresen-shop"

FORMAT = 1
CARD = "card.json"
#: What decides the vectors; the card must name these.
NEEDED = ("config.json", "model.safetensors", "tokenizer.json")
MODULE = "search.encoder.shop_module.ShopModule"
PARTS = ("inner.weight", "inner.bias", "outer.weight", "outer.bias")
#: The largest piece of a row as it is stored.
LARGEST = 127

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class Config:
    """What is fixed about a model beside its weights.

    `longest` counts pieces: the rest of a text is not read. `unknown` is the piece of letters that are not known.
    """

    name: str
    dimension: int
    longest: int = 96
    unknown: int = 0


@dataclass(frozen=True, eq=False, slots=True)
class ShopModel:
    """A model as it is stored: `arrays` by the names in the file, `about` is what the card says.

    `fingerprint` tells models of one name apart: eight hex digits of the checksums of what decides the vectors.
    """

    tokenizer: Tokenizer
    arrays: Arrays
    config: Config
    about: Mapping[str, Any]
    fingerprint: str = ""

    def head(self, side: str) -> tuple[np.ndarray, ...] | None:
        """Weights and biases of a side's head in the order of PARTS, float32; None for the identity."""
        for name in (side, "shared"):
            if f"{name}.inner.weight" in self.arrays:
                return tuple(self.arrays[f"{name}.{part}"].astype(np.float32) for part in PARTS)
        return None


def quantise(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows (V, d) float32 to int8 (V, d) and a scale for each row (V,) float16.

    row ≈ 2^k × scale × int8, with one k for all rows that puts the largest scale between 1 and 2: only the direction of
    a mean counts, and so the short rows of frequent words keep the precision of float16. A row of zeros has scale 0.

    >>> table, scale = quantise(np.array([[0.5, -0.25], [0.0, 0.0]], np.float32))
    >>> table.tolist()
    [[127, -64], [0, 0]]
    """
    largest = np.abs(rows).max(1) / LARGEST
    if not largest.any():
        return np.zeros(rows.shape, np.int8), np.zeros(len(rows), np.float16)
    factor = np.exp2(-np.floor(np.log2(largest.max())))
    scale = (largest * factor).astype(np.float16)
    steps = rows * factor / np.where(scale > 0, scale, 1).astype(np.float32)[:, None]
    table = np.clip(np.rint(steps), -LARGEST, LARGEST).astype(np.int8)
    table[scale == 0] = 0
    return table, scale


def write_model(
    folder: Path,
    tokenizer: Tokenizer,
    rows: np.ndarray,
    heads: Mapping[str, np.ndarray],
    config: Config,
    about: Mapping[str, Any] | None = None,
) -> None:
    """Write a model's folder from what was trained.

    Args:
        folder: made if it is not there; its files are replaced.
        tokenizer: Unigram with Metaspace; special tokens are dropped.
        rows: (V, dimension) float32, one for each piece, at least as many as the tokenizer knows.
        heads: `query.inner.weight` … and `document.…`, or `shared.…`; empty for none. Two equal ones are stored once.
        config: name, dimension, pieces that are read.
        about: what the card says beside the checksums: data, licences, figures.

    Raises:
        ValueError: shapes that do not fit, or a tokenizer whose pieces cross words.
    """
    table, scale = quantise(np.asarray(rows, np.float32))
    arrays: Arrays = {"table": table, "scale": scale}
    arrays |= {name: np.ascontiguousarray(array, np.float16) for name, array in _once(heads).items()}
    told = json.loads(tokenizer.to_str())
    told["added_tokens"] = []
    clean = Tokenizer.from_str(json.dumps(told, ensure_ascii=False))
    write_arrays(folder, ShopModel(clean, arrays, config, about or {}))
    (folder / "modules.json").write_text(
        json.dumps([{"idx": 0, "name": "0", "path": "", "type": MODULE}], indent=2), encoding="utf-8"
    )
    (folder / "config_sentence_transformers.json").write_text(
        json.dumps({"model_type": "SentenceTransformer", "prompts": {}, "similarity_fn_name": "cosine"}, indent=2),
        encoding="utf-8",
    )
    _write_card(folder, config.name, about or {})


def _once(heads: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
    """Both sides' arrays, as `shared` where they are the same."""
    query, document = ({part: heads.get(f"{side}.{part}") for part in PARTS} for side in ("query", "document"))
    if any(array is None for array in (*query.values(), *document.values())):
        return heads
    same = all(np.array_equal(query[part], document[part]) for part in PARTS)  # type: ignore[arg-type]
    return {f"shared.{part}": array for part, array in query.items() if array is not None} if same else heads


def write_arrays(folder: Path, model: ShopModel) -> None:
    """Write the files that decide the vectors, as they are stored, and a card for them.

    Raises:
        ValueError: shapes that do not fit, or a tokenizer whose pieces cross words.
    """
    problem = _mismatch(model)
    if problem:
        raise ValueError(problem)
    folder.mkdir(parents=True, exist_ok=True)
    model.tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    save_file(model.arrays, folder / "model.safetensors")
    config = model.config
    told = {"name": config.name, "format": FORMAT, "dimension": config.dimension}
    told |= {"longest": config.longest, "unknown": config.unknown}
    (folder / "config.json").write_text(json.dumps(told, indent=2), encoding="utf-8")
    _write_card(folder, config.name, model.about)


def _write_card(folder: Path, name: str, about: Mapping[str, Any]) -> None:
    written = (*NEEDED, "modules.json", "config_sentence_transformers.json")
    sums = {file: _sha256(folder / file) for file in sorted(written) if (folder / file).is_file()}
    card = {**about, "name": name, "format": FORMAT, "sha256": sums}
    (folder / CARD).write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def shop_model(name: str) -> tuple[Path, int | None] | None:
    """Where a shop encoder's folder is, and how many dimensions are asked for; None for encoders of other kinds.

    A folder with a card is one of ours.

    >>> folder, dimensions = shop_model("tresen-shop-2@128")
    >>> folder.name, dimensions
    ('tresen-shop', 128)
    >>> shop_model("use-multilingual-v3") is None
    True
    """
    model, _, cut = name.rpartition("@") if name.rpartition("@")[2].isdecimal() else (name, "", "")
    folder = SHIPPED if model == NAME else Path(model)
    known = model == NAME or (folder / CARD).is_file()
    return (folder, int(cut) if cut else None) if known else None


def read_model(folder: Path) -> ShopModel:
    """The model of a folder, checked.

    Raises:
        MissingModel: a file is missing, damaged or of another format; the message says what to do.
    """
    card = check_files(folder)
    try:
        told = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        config = Config(told["name"], told["dimension"], told["longest"], told["unknown"])
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        arrays = load_file(folder / "model.safetensors")
    except (ValueError, KeyError, TypeError, SafetensorError) as error:
        raise _refused(folder, f"cannot be read ({error})") from error
    about = {name: value for name, value in card.items() if name not in ("name", "format", "sha256")}
    sums = "".join(card["sha256"][name] for name in NEEDED)
    model = ShopModel(tokenizer, arrays, config, about, hashlib.sha256(sums.encode()).hexdigest()[:8])
    problem = _mismatch(model)
    if problem:
        raise _refused(folder, f"does not fit together: {problem}")
    return model


def check_files(folder: Path) -> dict[str, Any]:
    """The card of a folder whose files are, byte for byte, those that the card names.

    Raises:
        MissingModel: they are not.
    """
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        sums, version = dict(card["sha256"]), card["format"]
    except FileNotFoundError as error:
        raise _refused(folder, f"has no {CARD}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise _refused(folder, f"has a {CARD} that cannot be read") from error
    if version != FORMAT:
        raise MissingModel(
            f"The encoder in {folder} has format {version}, this server reads {FORMAT}. Install the tresen it is from.",
            str(folder),
        )
    for name in dict.fromkeys([*NEEDED, *sums]):
        if not (folder / name).is_file():
            raise _refused(folder, f"has no {name}")
        found, expected = _sha256(folder / name), str(sums.get(name, "none"))
        if found != expected:
            raise _refused(folder, f"has another {name} than its card (sha256 {found[:8]}…, expected {expected[:8]}…)")
    return card


def _refused(folder: Path, told: str) -> MissingModel:
    remedy = "Install tresen again" if folder == SHIPPED else "Fetch or export the folder again"
    return MissingModel(f"The encoder in {folder} {told}. {remedy}, every file as it is.", str(folder))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _mismatch(model: ShopModel) -> str | None:
    """What does not fit, in words; None where all does."""
    pre = model.tokenizer.pre_tokenizer
    if not isinstance(model.tokenizer.model, models.Unigram) or not isinstance(pre, pre_tokenizers.Metaspace):
        return "the tokenizer is not a Unigram model over words (Metaspace)"
    if not pre.split or pre.prepend_scheme != "always" or model.tokenizer.get_added_tokens_decoder():
        return "the tokenizer has special tokens, or pieces that cross words"
    dimension, table = model.config.dimension, model.arrays.get("table")
    pieces = model.tokenizer.get_vocab_size()
    if table is None or table.dtype != np.int8 or table.shape[1:] != (dimension,) or len(table) < pieces:
        return f"the table is not int8 of ({pieces}, {dimension})"
    if model.arrays.get("scale", table).shape != (len(table),):
        return "each row needs one scale"
    return _mismatch_of_heads(model.arrays, dimension)


def _mismatch_of_heads(arrays: Arrays, dimension: int) -> str | None:
    names = set(arrays) - {"table", "scale"}
    sides = {name.partition(".")[0] for name in names}
    if sides - {"query", "document", "shared"} or ("shared" in sides and len(sides) > 1):
        return f"heads of {', '.join(sorted(sides))}: known are query and document, or shared"
    for side in sorted(sides):
        if not {f"{side}.{part}" for part in PARTS} <= names:
            return f"the head of {side} is not whole"
        inner, first, outer, second = (arrays[f"{side}.{part}"].shape for part in PARTS)
        hidden = inner[:1]
        if (inner, first, outer, second) != ((*hidden, dimension), hidden, (dimension, *hidden), (dimension,)):
            return f"the head of {side} has shapes {inner}, {first}, {outer}, {second}"
    expected = {f"{side}.{part}" for side in sides for part in PARTS}
    return f"unknown arrays: {', '.join(sorted(names - expected))}" if names - expected else None

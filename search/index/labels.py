"""What people of other languages read instead of a value: "schwarz" is "black" in English."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from search.types import Product

FILE = "labels.json"
#: language -> field -> value -> label
Labels = dict[str, dict[str, dict[str, str]]]
#: The same, each label with the id of the product that it is from.
LabelsBy = dict[str, dict[str, dict[str, tuple[str, str]]]]


def collect_labels(products: Sequence[Product]) -> Labels:
    """Language -> field -> value -> label, of a whole catalogue; every level of a category path too."""
    return merge_labels([read_labels(products)])


def read_labels(products: Iterable[Product]) -> LabelsBy:
    """The same of a part of a catalogue, each label with the product that it is from."""
    collected: LabelsBy = {}
    for product in products:
        for language, fields in product.labels.items():
            into = collected.setdefault(language, {})
            for name, values in fields.items():
                known = into.setdefault(name, {})
                for value, label in values.items():
                    _offer(known, value, label, product.id)
                    if name == "category":
                        _label_levels(known, value.split(" > "), label.split(" > "), product.id)
    return collected


def merge_labels(parts: Iterable[LabelsBy]) -> Labels:
    """The labels of all parts; where products differ, that of the one whose id comes first."""
    merged: LabelsBy = {}
    for part in parts:
        for language, fields in part.items():
            for name, values in fields.items():
                known = merged.setdefault(language, {}).setdefault(name, {})
                for value, (label, id) in values.items():
                    _offer(known, value, label, id)
    return {
        language: {name: {value: label for value, (label, _) in known.items()} for name, known in fields.items()}
        for language, fields in merged.items()
    }


def _offer(known: dict[str, tuple[str, str]], value: str, label: str, id: str) -> None:
    if value not in known or id < known[value][1]:
        known[value] = label, id


def _label_levels(known: dict[str, tuple[str, str]], path: list[str], label: list[str], id: str) -> None:
    _offer(known, path[-1], label[-1], id)
    if len(path) == len(label):
        for depth in range(1, len(path)):
            _offer(known, " > ".join(path[:depth]), " > ".join(label[:depth]), id)


def save_labels(labels: Labels, folder: Path) -> None:
    """Write the labels of a catalogue."""
    (folder / FILE).write_bytes(msgspec.json.encode(labels, order="deterministic"))


def load_labels(folder: Path) -> Labels:
    """Read what `save_labels` wrote."""
    return msgspec.json.decode((folder / FILE).read_bytes(), type=Labels)

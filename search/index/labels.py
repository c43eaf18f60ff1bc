"""What people of other languages read instead of a value: "schwarz" is "black" in English."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from search.types import Product

FILE = "labels.json"
#: language -> field -> value -> label
Labels = dict[str, dict[str, dict[str, str]]]


def collect_labels(products: Sequence[Product]) -> Labels:
    """Language -> field -> value -> label, of a whole catalogue; every level of a category path too."""
    collected: Labels = {}
    for product in products:
        for language, fields in product.labels.items():
            into = collected.setdefault(language, {})
            for name, values in fields.items():
                known = into.setdefault(name, {})
                for value, label in values.items():
                    known.setdefault(value, label)
                    if name == "category":
                        _label_levels(known, value.split(" > "), label.split(" > "))
    return collected


def _label_levels(known: dict[str, str], path: list[str], label: list[str]) -> None:
    known.setdefault(path[-1], label[-1])
    if len(path) == len(label):
        for depth in range(1, len(path)):
            known.setdefault(" > ".join(path[:depth]), " > ".join(label[:depth]))


def save_labels(products: Sequence[Product], folder: Path) -> None:
    """Write the labels of a catalogue."""
    (folder / FILE).write_bytes(msgspec.json.encode(collect_labels(products)))


def load_labels(folder: Path) -> Labels:
    """Read what `save_labels` wrote."""
    return msgspec.json.decode((folder / FILE).read_bytes(), type=Labels)

"""Which attributes are tastes in a shop, and how much each counts: five everywhere, and the fields that the shop names.

The fields are data of the settings (`personal.attributes`), by the names of the catalogue's columns; what a catalogue
does not have is no taste of it. How much more than the five they tell is not known of any shop before its log speaks:
they weigh 0.5 as these do, unless the shop says otherwise, or learns it (`tresen learn`). Age group and material come
with 0.3, as colours do: with 0.5 three more judged queries of the demo shop were harmed (docs/figures.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import msgspec

from search.settings import Personal
from search.types import TASTES

#: Of a field that is named without one.
USUAL_WEIGHT = 0.5


@lru_cache(maxsize=32)
def _own(attributes: tuple[str, ...]) -> Mapping[str, float]:
    parted = (entry.partition("=") for entry in attributes)
    return {name: float(weight) if weight else USUAL_WEIGHT for name, _, weight in parted}


def own_tastes(settings: Personal) -> tuple[str, ...]:
    """The fields that are tastes beside the five.

    >>> own_tastes(Personal(attributes=("material", "heel_height_cm=0.3")))
    ('material', 'heel_height_cm')
    """
    return tuple(_own(settings.attributes))


def weights_of(settings: Personal) -> dict[str, float]:
    """Attribute -> weight; of fields that a catalogue does not have too.

    >>> weights_of(Personal(brand=0.7, attributes=("material=0.3", "label")))
    {'brand': 0.7, 'gender': 0.5, 'price_band': 0.5, 'category': 0.5, 'color': 0.3, 'material': 0.3, 'label': 0.5}
    """
    return {**{name: getattr(settings, name) for name in TASTES}, **_own(settings.attributes)}


def with_weights(settings: Personal, weights: Mapping[str, float]) -> Personal:
    """The settings with other weights, of tastes and of repeat purchase; of what they do not weigh, nothing.

    >>> with_weights(Personal(attributes=("material",)), {"brand": 0.8, "material": 0.25, "gone": 1.0}).attributes
    ('material=0.25',)
    """
    fields = {name: value for name, value in weights.items() if name in (*TASTES, "repeat")}
    own = {name: weights.get(name, value) for name, value in _own(settings.attributes).items()}
    if own != _own(settings.attributes):
        fields["attributes"] = tuple(f"{name}={value!r}" for name, value in own.items())  # type: ignore[assignment]
    return msgspec.structs.replace(settings, **fields)

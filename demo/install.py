"""Puts the made-up shop on disk and lets its shoppers shop."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from demo.generate import write_feed
from demo.shoppers import SHOPPERS, shopper_events
from search.messages import EventIn

if TYPE_CHECKING:
    from search.service import Service

EXAMPLES: dict[str, Any] = {
    "de": [
        "Shorts",
        "Laufschuhe",
        "sparsamer schwarzer Laptop",
        "Shrit",
        "Pumps",
        "Gartenhaus",
        "etwas Warmes für den Winter",
    ],
    "en": ["shorts", "running shoes", "black laptop", "garden shed", "something warm for winter"],
    "kiosk": {
        "de": ["Shorts", "Pumps", "Laufschuhe", "Winterjacke", "Kopfhörer", "Grill"],
        "en": ["shorts", "court shoes", "running shoes", "winter jacket", "headphones", "barbecue"],
    },
}
FEED = "demo.jsonl"
SYNONYMS = "synonyms.txt"
#: Told in batches, as a shop would send them.
BATCH = 200


def install_demo(home: Path, seed: int, now: datetime) -> Path:
    """Write the feed and what the pages need to know of the demo; the feed's path."""
    feed = home / FEED
    if not (home / SYNONYMS).exists():  # somebody may have edited it
        shutil.copyfile(Path(__file__).parent / SYNONYMS, home / SYNONYMS)
    write_feed(feed, seed, now.date())
    shoppers = [
        {
            "id": shopper.id,
            "name": shopper.name,
            "story": {"de": shopper.story, "en": shopper.story_en},
            "kiosk": shopper.session_only,
            "new": shopper.visits == 0,
        }
        for shopper in SHOPPERS
    ]
    (home / "demo.json").write_bytes(msgspec.json.encode({"shoppers": shoppers, "examples": EXAMPLES}))
    return feed


def tell_histories(service: Service, home: Path, seed: int, now: datetime) -> int:
    """Send the shoppers' histories to the store, as the shop would have; events accepted."""
    with (home / FEED).open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    events = [msgspec.convert(event, EventIn) for event in shopper_events(rows, seed, now)]
    return sum(service.record(events[at : at + BATCH], history=True)().accepted for at in range(0, len(events), BATCH))

"""A snapshot, opened: a pipeline and a suggester over it, with what all shoppers teach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from search.errors import MissingModel
from search.index.overlay.apply import Encode
from search.index.snapshot import Manifest, Snapshot
from search.learned.buying import Buying
from search.learned.segmenting import Segmenting
from search.learned.trending import Trending
from search.learned.weights import WeightsInForce
from search.lists.files import Lists
from search.live import encoding
from search.pipeline import Pipeline
from search.renewed import renewed, renewed_suggester
from search.rerank.pairs import pairs_of
from search.settings import Settings
from search.suggest import Suggester
from search.types import Encoder

EncoderLoader = Callable[[str], Encoder]


@dataclass(frozen=True, eq=False)
class Generation:
    """One snapshot with all that answers from it."""

    pipeline: Pipeline
    suggester: Suggester


class Opening:
    """Opens snapshots of one shop.

    Args:
        load_encoder: name -> encoder.
        now: seconds since 1970.
    """

    def __init__(self, home: Path, settings: Settings, load_encoder: EncoderLoader, now: Callable[[], float]):
        self._settings, self._load_encoder, self._now = settings, load_encoder, now
        self._encoders: dict[str, Encoder | None] = {}
        self.buying = Buying(home, settings.personal, now)
        self.trending = Trending(home, settings.business, settings.privacy.retention_days, now)
        self.segmenting = Segmenting(home, settings.personal, now)
        self.weights = WeightsInForce(home, settings.personal)

    def open(self, snapshot: Snapshot, lists: Lists, changed: Snapshot) -> Generation:
        """A generation, with what changed over it since.

        Args:
            changed: the snapshot with the changes of products; itself where there are none.
        """
        pipeline = Pipeline(snapshot, self.encoder(snapshot.manifest), self._settings, self._now, lists)
        pipeline = pipeline if changed is snapshot else renewed(pipeline, changed)
        self._hand_to(pipeline)
        pipeline = self.weights.given_to(pipeline)
        popularity, corrector = pipeline.declared.popularity, pipeline.understanding.corrector
        return Generation(pipeline, Suggester(pipeline.snapshot, popularity, corrector))

    def follow(self, generation: Generation, indexed: Snapshot) -> Generation:
        """The same generation with other products in it; see `search.renewed`."""
        before = generation.pipeline
        pipeline = renewed(before, indexed)
        if indexed.postings is not before.indexed.postings:
            self._hand_to(pipeline)
        return Generation(pipeline, renewed_suggester(generation.suggester, pipeline))

    def _hand_to(self, pipeline: Pipeline) -> None:
        self.buying.hand_to(pipeline)
        pairs_of(pipeline.catalogue)  # laid out before anybody asks
        self.trending.hand_to(pipeline)
        self.segmenting.hand_to(pipeline)

    def encoder(self, manifest: Manifest) -> Encoder | None:
        """The encoder that the snapshot was built with; None where it cannot be loaded: lexical results."""
        model = manifest.model
        if model is not None and model not in self._encoders:
            try:
                self._encoders[model] = self._load_encoder(model)
            except MissingModel:
                self._encoders[model] = None
        encoder = self._encoders[model] if model else None
        # a folder may have been made anew, of other dimensions, under its old name
        return encoder if encoder and encoder.dimension == manifest.dimension else None

    def encode(self, snapshot: Snapshot) -> Encode | None:
        """What makes vectors of products for a snapshot."""
        return encoding(self.encoder(snapshot.manifest), snapshot.manifest.dimension)

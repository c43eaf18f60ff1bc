"""A snapshot, opened: a pipeline and a suggester over it, with what all shoppers teach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import msgspec

from search.answer.texts import present
from search.errors import BadRequest, MissingModel, NotFound
from search.index.overlay.apply import Encode
from search.index.snapshot import Manifest, Snapshot
from search.learned.buying import Buying
from search.learned.segmenting import Segmenting
from search.learned.trending import Trending
from search.learned.weights import WeightsInForce
from search.lists.files import Lists
from search.live import encoding
from search.messages import SearchAnswer, SearchRequest, Suggestion
from search.pipeline import Pipeline
from search.renewed import renewed, renewed_suggester
from search.rerank.pairs import pairs_of
from search.settings import Settings
from search.suggest import Suggester
from search.threads import one_for_each_search
from search.types import Encoder, Identity, ProfileStore

EncoderLoader = Callable[[str], Encoder]


@dataclass(frozen=True, eq=False)
class Generation:
    """One snapshot with all that answers from it. `opened` counts openings: followers of one have the same number."""

    pipeline: Pipeline
    suggester: Suggester
    opened: int = 0

    def search(
        self, request: SearchRequest, store: ProfileStore, identity: Identity, deadline_ms: float | None = None
    ) -> SearchAnswer:
        """Answer one search, with something else to look for where nothing is found."""
        answer = self.pipeline.search(request, store, identity, deadline_ms)
        if answer.total:
            return answer
        offers = self.suggester.popular(request.lang or answer.query.language)
        return msgspec.structs.replace(answer, offers=offers)

    def prepare(self) -> None:
        """Work out what the first search would wait for."""
        for analyzer in self.pipeline.snapshot.analyzers.values():
            if analyzer.splitter is not None:
                analyzer.splitter.prepare()

    def suggest(self, text: str, language: str | None, most: int) -> list[Suggestion]:
        """Lines to offer under a half-typed query.

        Raises:
            BadRequest: a language that the catalogue does not have.
        """
        known = self.pipeline.snapshot.languages
        if language and language not in known:
            raise BadRequest(f"This catalogue has no texts in '{language}'. Known: {', '.join(known)}.", "lang")
        return self.suggester.suggest(text, language or self.pipeline.understanding.detect(text), most)

    def product(self, id: str, language: str | None, branch: str | None) -> dict:
        """One product as it is shown.

        Raises:
            NotFound: no product and no variant has that id.
        """
        snapshot = self.pipeline.snapshot
        row = snapshot.documents.row_of(id)
        if row is None:
            raise NotFound(f"No product with the id '{id}'.", "id")
        shown = language or snapshot.languages[0], self.pipeline.today, branch
        return present(snapshot.documents.product(row), *shown, [])


class Opening:
    """Opens snapshots of one shop.

    Args:
        load_encoder: name -> encoder.
        now: seconds since 1970.
    """

    def __init__(self, home: Path, settings: Settings, load_encoder: EncoderLoader, now: Callable[[], float]):
        self._settings, self._load_encoder, self._now = settings, load_encoder, now
        self._encoders: dict[str, Encoder | None] = {}
        one_for_each_search()
        self._opened = count(1)
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
        self.hand_to(pipeline)
        pipeline = self.weights.given_to(pipeline)
        popularity, corrector = pipeline.declared.popularity, pipeline.understanding.corrector
        return Generation(pipeline, Suggester(pipeline.snapshot, popularity, corrector), next(self._opened))

    def follow(self, generation: Generation, indexed: Snapshot) -> Generation:
        """The same generation with other products in it; see `search.renewed`."""
        before = generation.pipeline
        pipeline = renewed(before, indexed)
        if indexed.postings is not before.indexed.postings:
            self.hand_to(pipeline)
        return replace(generation, pipeline=pipeline, suggester=renewed_suggester(generation.suggester, pipeline))

    def hand_to(self, pipeline: Pipeline) -> None:
        """Let a pipeline rank by what all shoppers teach."""
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

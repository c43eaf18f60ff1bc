"""An index as another encoder would have made it: its vectors, their noise and its kinds anew, in memory.

The words' side stays as it is, and nothing is written but the vectors' cache. So encoders are laid side by side over
one index, without a build for each; `tresen-eval run … --encoder MODEL` prints what a rebuilt index would.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec

from search.index.corrections import read_corrections
from search.index.dense import build_dense
from search.index.embedding_cache import EmbeddingCache, embed_documents
from search.index.fields import encoded_text
from search.index.kinds import learn_kinds
from search.index.snapshot import Snapshot
from search.types import Encoder

#: advance(step, done, total)
Advance = Callable[[str, int, int], None]
#: Texts that are encoded before they are written to the cache.
CHUNK = 512


def reencoded(snapshot: Snapshot, encoder: Encoder, cache: Path, corrections: str, advance: Advance) -> Snapshot:
    """The snapshot with this encoder's vectors in place of its own.

    Args:
        cache: folder of the vectors' cache; an index's own is `cache/embeddings` below it.
        corrections: the setting `kinds.corrections` that the index was built with.
        advance: hears of the texts that were encoded.
    """
    built = snapshot.manifest
    products = list(snapshot.documents)
    texts = [encoded_text(each, built.analysis.languages, built.dense.max_characters) for each in products]
    vectors = EmbeddingCache(cache, encoder.name + getattr(encoder, "fingerprint", ""), encoder.dimension)
    shortest_first = sorted(texts, key=lambda text: (len(text), text))  # even batches: no text waits for a longer one
    embed_documents(shortest_first, encoder, vectors, lambda done: advance("embed", done, len(texts)), CHUNK)
    dense = build_dense(vectors.read(texts))
    own, listed = dense.vectors(), read_corrections(corrections)
    kinds = {
        language: learn_kinds(products, language, own, dense.noise, encoder, listed) for language in snapshot.kinds
    }
    manifest = msgspec.structs.replace(built, model=encoder.name, dimension=encoder.dimension, noise=dense.noise)
    return replace(snapshot, dense=dense, kinds=kinds, manifest=manifest)

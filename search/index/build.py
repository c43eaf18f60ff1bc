"""Products to a published snapshot: analyse, embed, lay out, seal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from search import __version__
from search.errors import BadFeed
from search.index.columns import save_columns
from search.index.compounds import Compounds, save_compounds
from search.index.compressed import LEAST_COMPRESSED, build_compressed, save_compressed
from search.index.corrections import read_corrections
from search.index.dense import VectorIndex, build_dense, save_dense
from search.index.documents import save_documents
from search.index.embedding_cache import EmbeddingCache, embed_documents
from search.index.fields import (
    analysed,
    build_columns,
    encoded_text,
    exact_keys,
    field_weights,
    languages_of,
    searched_texts,
)
from search.index.keys import KeyRows, save_keys
from search.index.kind_files import save_kinds
from search.index.kinds import learn_kinds
from search.index.labels import save_labels
from search.index.languages import count_languages, save_languages
from search.index.posting_files import save_postings
from search.index.postings import build_postings, mean_lengths, weigh
from search.index.snapshot import EXACT, FORMAT, Manifest, drop_old, generations, list_files, publish, snapshots_folder
from search.index.vocabulary import count_texts, count_words, save_words
from search.lists.files import ListFiles, Lists
from search.settings import Settings
from search.types import Encoder, Product
from search.words.analysis import Analyzer
from search.words.compounds import LANGUAGES, Splitter

#: stage ("analyse", "embed", "write"), products done since the last call, products in all
Progress = Callable[[str, int, int], None]


def build_snapshot(
    products: Sequence[Product],
    home: Path,
    settings: Settings,
    encoder: Encoder | None,
    source: dict[str, Any] | None = None,
    on_progress: Progress = lambda stage, done, total: None,
    changes: int = 0,
) -> Manifest:
    """Index the products as the next generation under `home` and make it CURRENT.

    `changes` is the number of the last change of products that it has, or supersedes. Without an encoder the
    snapshot is lexical only. Old generations beyond `feed.keep_snapshots` go.

    Raises:
        BadFeed: no products, or two with the same id.
        BadInput: a list of compounds that cannot be read.
    """
    _check_ids(products)
    lists = ListFiles(home, settings.analysis).read()
    products = sorted(products, key=lambda product: product.id)  # so that ties by row are ties by id
    home.mkdir(parents=True, exist_ok=True)
    number = max(generations(home), default=0) + 1
    building = snapshots_folder(home) / f".building-{number}"
    drop_old(home, settings.feed.keep_snapshots)
    building.mkdir(parents=True)
    _write_lexical(products, building, settings, lists, on_progress)
    dense = _write_dense(products, building, home, settings, encoder, on_progress) if encoder else None
    _write_kinds(products, building, settings, encoder, dense)
    on_progress("write", 0, len(products))
    save_documents(products, building)
    save_columns(build_columns(products), building)
    save_labels(products, building)
    save_words(count_words(products), building)
    searched = languages_of(products, settings.analysis.languages)
    save_languages(count_languages(products, searched), building)
    exact = ((key, row) for row, product in enumerate(products) for key in sorted(exact_keys(product)))
    save_keys(KeyRows.of(exact), building, EXACT)
    manifest = Manifest(
        format=FORMAT,
        number=number,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        version=__version__,
        products=len(products),
        model=encoder.name if encoder else None,
        dimension=encoder.dimension if encoder else 0,
        noise=dense.noise if dense else 0.0,
        analysis=settings.analysis,
        searched=searched,
        lexical=settings.lexical,
        dense=settings.dense,
        source=source or {},
        files=list_files(building),
        changes=changes,
    )
    publish(building, home, manifest)
    drop_old(home, settings.feed.keep_snapshots)
    on_progress("write", len(products), len(products))
    return manifest


def _check_ids(products: Sequence[Product]) -> None:
    if not products:
        raise BadFeed("The feed holds no product that can be indexed.")
    seen: set[str] = set()
    for product in products:
        if product.id in seen:
            raise BadFeed(
                f"Two products have the id '{product.id}'. Give each its own, or one group id to variants.", "id"
            )
        seen.add(product.id)


def _write_lexical(
    products: Sequence[Product], folder: Path, settings: Settings, lists: Lists, on_progress: Progress
) -> None:
    weights = field_weights(settings.lexical)
    languages = languages_of(products, settings.analysis.languages)
    for language in languages:
        texts = [searched_texts(product, language) for product in products]
        analyzer = Analyzer(language, _learn_compounds(texts, language, lists, folder))
        documents, parts = [], []
        for product in products:
            terms, beside = analysed(product, language, analyzer)
            documents.append(terms)
            parts.append(beside)
            on_progress("analyse", 1, len(products) * len(languages))
        lengths = mean_lengths(documents, weights)
        weighed = weigh(documents, weights, settings.lexical.b, parts, settings.lexical.parts, lengths)
        save_postings(build_postings(weighed, settings.lexical.k1, lengths), folder, language)


def _learn_compounds(texts: Sequence[dict[str, str]], language: str, lists: Lists, folder: Path) -> Splitter | None:
    """The splitter of a language that writes compounds, from all texts but codes; saved with the snapshot."""
    if language not in LANGUAGES:
        return None
    joined = (" ".join(text for name, text in fields.items() if name != "codes") for fields in texts)
    compounds = Compounds(count_texts(joined), dict(lists.splits_of_file or {}), dict(lists.splits))
    save_compounds(compounds, folder, language)
    return compounds.splitter()


def _write_dense(
    products: Sequence[Product], folder: Path, home: Path, settings: Settings, encoder: Encoder, on_progress: Progress
) -> VectorIndex:
    texts = [encoded_text(product, settings.analysis.languages, settings.dense.max_characters) for product in products]
    model = encoder.name + getattr(encoder, "fingerprint", "")  # a folder may be trained anew under its old name
    cache = EmbeddingCache(home / "cache" / "embeddings", model, encoder.dimension)
    vectors = embed_documents(texts, encoder, cache, lambda done: on_progress("embed", done, len(products)))
    if len(vectors) > max(settings.dense.exhaustive, LEAST_COMPRESSED) and vectors.shape[1] % 4 == 0:
        save_compressed(index := build_compressed(vectors), folder)
        return index
    save_dense(exact := build_dense(vectors), folder)
    return exact


def _write_kinds(
    products: Sequence[Product],
    folder: Path,
    settings: Settings,
    encoder: Encoder | None,
    dense: VectorIndex | None,
) -> None:
    corrections = read_corrections(settings.kinds.corrections)
    vectors, noise = (dense.vectors(), dense.noise) if dense else (None, 0.0)
    for language in languages_of(products, settings.analysis.languages):
        save_kinds(learn_kinds(products, language, vectors, noise, encoder, corrections), folder, language)

"""A snapshot with changes of products, from the one before: what the changes do not touch is shared.

A product that changed keeps its row, a new one has one behind the last, one that is gone leaves a row that nothing
finds. Texts, columns, keys, vectors, words and counts are as if the generation had been built of these products, idf
too. What is learned of all products together stays the generation's: the mean lengths of fields, what is noise, the
kinds and how they are told, how compounds are split, labels of values that have one, and whose price is low for its
type. Products with the same score stand by row, new ones behind the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np

from search.index.columns import Columns
from search.index.fields import analysed, columns_of, encoded_text, exact_keys, field_weights
from search.index.kinds import Kinds
from search.index.labels import Labels, collect_labels
from search.index.languages import own_texts
from search.index.overlay.columns import with_prices, with_rows
from search.index.overlay.delta import Delta
from search.index.overlay.dense import changeable_vectors
from search.index.overlay.documents import ChangedDocuments, changeable, changeable_keys
from search.index.overlay.kinds import KindReader, with_kinds
from search.index.phrases import Phrases
from search.index.postings import Postings, weigh
from search.index.prices import Prices
from search.index.snapshot import Snapshot
from search.index.vocabulary import exchanged, recounted, texts_of
from search.types import Product, Rows, Variant, Vectors
from search.words.analysis import Analyzer

#: (n,) texts -> (n, dimension) vectors of length 1.
Encode = Callable[[Sequence[str]], Vectors]
#: What may change of a product without anything but columns changing.
ONLY_COLUMNS = ("price_cents", "sale_price_cents", "sale_from", "sale_until", "popularity", "margin", "image", "url")
_COMPARED = tuple(name for name in Product.__struct_fields__ if name not in (*ONLY_COLUMNS, "variants"))
_COMPARED_OF_VARIANTS = tuple(
    name for name in Variant.__struct_fields__ if name not in ("stock", "price_cents", "sale_price_cents")
)


#: Columns of which nothing is learned, by how they begin; measures in titles are read by filters alone.
PRICES_AND_STOCK = ("_list_price", "_sale_", "_price_band", "stock", "in_stock", "_margin", "_measure_", "popularity")
#: What the encoder reads, and what tells what a product is.
NAMED_BY = ("title", "description", "brand", "categories", "product_type", "labels", "attributes")


@dataclass(frozen=True, slots=True)
class Change:
    """A row's product before and after; None for none."""

    row: int
    before: Product | None
    after: Product | None

    @property
    def is_light(self) -> bool:
        """True where nothing but prices, stock and the like changed."""
        one, other = self.before, self.after
        if one is None or other is None or len(one.variants) != len(other.variants):
            return False
        variants = zip(one.variants, other.variants, strict=True)
        return _alike(one, other, _COMPARED) and all(_alike(*pair, _COMPARED_OF_VARIANTS) for pair in variants)


def _alike(one: msgspec.Struct, other: msgspec.Struct, names: Sequence[str]) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in names)


def with_changes(
    snapshot: Snapshot, products: Mapping[str, Product | None], encode: Encode | None, number: int
) -> Snapshot:
    """The snapshot in which some products are others.

    Args:
        snapshot: as it was loaded, or as this function made it; without the shop's live lists.
        products: id -> the product from now on, None for one that is gone (or was never there).
        encode: makes vectors of texts; None where the encoder is missing: then nothing changed is near to anything.
        number: of the last change that is in it.
    """
    documents = changeable(snapshot.documents)
    changes = _changes(documents, products)
    if not changes:
        return replace(snapshot, changes=number)
    after = documents.with_products({change.row: change.after for change in changes})
    prices = _prices(snapshot, changes, len(after))
    columns = prices.columns
    heavy = [change for change in changes if not change.is_light]
    if not heavy:
        return snapshot.restocked(prices, after, number)
    gone = np.array(after.gone, np.int32)
    postings = {
        language: _postings(snapshot, language, held, heavy, after, len(gone))
        for language, held in snapshot.postings.items()
    }
    vectors = _vectors(snapshot, heavy, encode)
    dense = snapshot.dense
    if dense is not None and (vectors or len(after) > len(dense)):
        dense = changeable_vectors(dense, snapshot.manifest.dimension).with_rows(vectors, len(after))
    searched = snapshot.manifest.searched
    told = [exchanged(texts_of(change.before, searched), texts_of(change.after, searched)) for change in heavy]
    return replace(
        snapshot,
        postings=postings,
        dense=dense,
        base_columns=columns,
        prices=prices,
        documents=after,
        words=snapshot.words.changed(*zip(*told, strict=True)),
        labels=_labels(snapshot.labels, [change.after for change in heavy if change.after]),
        exact=changeable_keys(snapshot.exact).with_keys(
            {change.row: exact_keys(change.after) if change.after else () for change in heavy}
        ),
        analyzers={
            language: replace(analyzer, vocabulary=postings[language])
            for language, analyzer in snapshot.analyzers.items()
        },
        kinds={language: _kinds(snapshot, language, heavy, vectors, len(after)) for language in snapshot.kinds},
        spoken=_spoken(snapshot.spoken, heavy),
        changes=number,
        gone=gone,
        taught=(snapshot.taught or snapshot.base_columns) if _are_taught(snapshot.base_columns, columns) else None,
    )


def _are_taught(before: Columns, after: Columns) -> bool:
    """True where nothing but prices and stock changed in the columns: who learns from all of them learns the same."""
    names = {**before.columns, **after.columns}
    changed = [name for name in names if before.columns.get(name) is not after.columns.get(name)]
    return before.size == after.size and all(name.startswith(PRICES_AND_STOCK) for name in changed)


def _changes(documents: ChangedDocuments, products: Mapping[str, Product | None]) -> list[Change]:
    """What changes, by row; new products in the order in which they are named."""
    found, behind = [], len(documents)
    for id, after in products.items():
        row = documents.row_of(id)
        if row is not None and documents.id_of(row) == id:
            found.append(Change(row, documents.product(row), after))
        elif after is not None:
            former = documents.former_row(id)
            found.append(Change(behind if former is None else former, None, after))
            behind += former is None
    return sorted((change for change in found if change.before != change.after), key=lambda change: change.row)


def _prices(snapshot: Snapshot, changes: Sequence[Change], size: int) -> Prices:
    """The columns with the changed rows in them, and what products cost by them."""
    rows = np.array([change.row for change in changes], np.int32)
    fresh = columns_of(((c.row, c.after) for c in changes if c.after), size)
    columns = with_rows(snapshot.base_columns, rows, fresh, snapshot.bands)
    return with_prices(snapshot.prices, columns, rows, fresh)


def _postings(
    snapshot: Snapshot, language: str, held: Postings, heavy: Sequence[Change], after: ChangedDocuments, gone: int
) -> Postings:
    """A language's postings with the changed products read anew, as the others were read."""
    analyzer, settings = Analyzer(language, snapshot.analyzer(language).splitter), snapshot.manifest.lexical
    there = [change for change in heavy if change.after]
    read = [analysed(change.after, language, analyzer) for change in there if change.after]
    terms, parts = [terms for terms, _ in read], [beside for _, beside in read]
    weighed = weigh(terms, field_weights(settings), settings.b, parts, settings.parts, held.lengths)
    fresh: dict[int, Mapping[str, float]] = {change.row: {} for change in heavy}
    for change, weights in zip(there, weighed, strict=True):
        fresh[change.row] = {term: f * (held.k1 + 1) / (f + held.k1) for term, f in weights.items()}
    delta = held.delta or Delta(np.zeros(held.size, bool))
    found = replace(held, delta=delta.with_rows(fresh), size=len(after), gone=gone)
    return replace(found, adjacent=Phrases(after, found, language).rows)


def _vectors(snapshot: Snapshot, heavy: Sequence[Change], encode: Encode | None) -> dict[int, Vectors | None]:
    """Row -> its vector, of the products whose text changed; None of those that are gone."""
    if snapshot.dense is None:
        return {}
    found: dict[int, Vectors | None] = {change.row: None for change in heavy if change.after is None}
    texts = {change.row: text for change in heavy if (text := _new_text(snapshot, change)) is not None}
    dimension = snapshot.manifest.dimension
    vectors = encode(list(texts.values())) if encode and texts else np.zeros((len(texts), dimension), np.float32)
    return found | dict(zip(texts, vectors, strict=True))


def _new_text(snapshot: Snapshot, change: Change) -> str | None:
    """A product's text for the encoder; None where it is gone, or called and described as before."""
    if change.after is None or (change.before and _alike(change.before, change.after, NAMED_BY)):
        return None
    return encoded_text(change.after, snapshot.manifest.analysis.languages, snapshot.manifest.dense.max_characters)


def _kinds(
    snapshot: Snapshot, language: str, heavy: Sequence[Change], vectors: Mapping[int, Vectors | None], size: int
) -> Kinds:
    kinds = snapshot.kinds[language]
    after: dict[int, list[int]] = {change.row: [] for change in heavy if change.after is None}
    named = {
        change.row: change.after
        for change in heavy
        if change.after and (change.before is None or not _alike(change.before, change.after, NAMED_BY))
    }
    own = [vectors.get(row) for row in named]
    read = KindReader(kinds, language).read(list(named.values()), own, snapshot.manifest.noise)
    return with_kinds(kinds, after | dict(zip(named, read, strict=True)), size)


def _labels(labels: Labels, products: Sequence[Product]) -> Labels:
    """With the labels of values that have none yet."""
    found = {language: dict(fields) for language, fields in labels.items()}
    for language, fields in collect_labels(products).items():
        into = found.setdefault(language, {})
        for name, values in fields.items():
            into[name] = {**values, **into.get(name, {})}
    return found


def _spoken(spoken: dict[str, dict[str, int]], heavy: Sequence[Change]) -> dict[str, dict[str, int]]:
    found = {}
    for place, (language, counts) in enumerate(spoken.items()):
        texts = [[own_texts(of, language, not place) for of in (change.before, change.after)] for change in heavy]
        found[language] = recounted(counts, *zip(*(exchanged(*pair) for pair in texts), strict=True))
    return found


def changed_rows(snapshot: Snapshot) -> Rows:
    """The rows that are not the generation's, ascending."""
    return np.array(changeable(snapshot.documents).changed_rows, np.int32)

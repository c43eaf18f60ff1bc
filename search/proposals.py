"""Which words of the catalogue may be synonyms? Proposed by their vectors, with evidence, for a person to accept.

Two words are proposed where both their names and their products are near:

    score(a, b) = ∛(name² · products) · (1 − in titles) · (1 − in all texts / 2)

    name       cosine of the words' own vectors, less the mean of all words
    products   cosine of the mean vectors of the products that hold each in their name, less the mean of all products
    in titles  products that have both in their name, over the smaller number of those that have one; in all texts alike

An encoder that sees one word guesses ("Ernte" is near to "sanft"); what the products are keeps that apart. Names alone
put 2 useful pairs among the first 30 of a shop with many product lines. Words that stand together in titles are seldom
synonyms but say two things about one product.

Left out: what shares a stem, a part or a spelling (a stretch of four letters: those the search finds anyway, and of
"Nassfutter" and "Trockenfutter" no one means the other), values of attributes (colours), brands and names of product
lines (words of one brand only), in German everything that is no noun, and pairs of which neither names products.
"""

from __future__ import annotations

import contextlib
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

import msgspec
import numpy as np

from search.index.columns import KeywordColumn
from search.index.fields import in_language
from search.index.snapshot import Snapshot, home_of
from search.messages import SynonymProposal
from search.text import STOP_WORDS, clean, stem, words
from search.types import Encoder, Product, Scores, Vectors
from search.words.analysis import Analyzer

#: step ("read", "encode", "compare"), how many more are done, how many there are
Progress = Callable[[str, int, int], None]
SHORTEST = 4
_STOP = frozenset().union(*STOP_WORDS.values())
#: Of the words, the most frequent; a word of so few products, or of so many (a share), says too little.
MOST_WORDS, LEAST_PRODUCTS, ONE_IN, MOST_SHARE = 5_000, 3, 4_000, 0.2
#: A noun is written with a capital so often; a name of a brand begins a title so often.
NOUN, FIRST = 0.7, 0.3
#: Letters in a row that two words may not share, and how alike their spelling may be.
SHARED_LETTERS, ALIKE = 4, 0.75
#: Among each other's so many nearest words, and so near by name and by products.
NEIGHBOURS, LEAST_NAME, LEAST_PRODUCT = 3, 0.55, 0.3
LEAST_SCORE = 0.5
MOST_PROPOSED = 500
CHUNK = 256
#: Of the evidence: what was worked out by another is worked out again.
VERSION = 1
#: A field with more values than this names products, not attributes.
MOST_VALUES = 300
NAMES = ("category", "product_type", "_category_leaf")


@dataclass(slots=True)
class _Word:
    """What is counted of one word: its forms, rows, rows that have it in their name, how it is written."""

    forms: Counter[str] = field(default_factory=Counter)
    rows: list[int] = field(default_factory=list)
    named: list[int] = field(default_factory=list)
    capitals: int = 0
    first: int = 0

    @property
    def form(self) -> str:
        return min(self.forms, key=lambda form: (-self.forms[form], form))


def propose_synonyms(
    snapshot: Snapshot, language: str, encoder: Encoder, on_progress: Progress = lambda step, done, total: None
) -> list[SynonymProposal]:
    """The pairs of the catalogue's words that may be synonyms in a language, the surest first, ties by word."""
    counted = _count(snapshot, language, on_progress)
    known = _vocabulary(counted, snapshot, language)
    if len(known) < 2 or snapshot.dense is None:
        return []
    names = _encode([word.form for word in known], encoder, on_progress)
    products = _centres(known, snapshot.dense.vectors())
    on_progress("compare", 0, 1)
    pairs = _near_pairs(names, products)
    analyzer = snapshot.analyzer(language)
    found = [
        _proposal(known[a], known[b], language, float(names[a] @ names[b]), float(products[a] @ products[b]))
        for a, b in pairs
        if max(len(known[a].named), len(known[b].named)) >= LEAST_PRODUCTS
        and not _are_related(known[a].form, known[b].form, analyzer)
    ]
    on_progress("compare", 1, 1)
    sure = [item for item in found if item.score >= LEAST_SCORE]
    return sorted(sure, key=lambda item: (-item.score, item.words))[:MOST_PROPOSED]


def _count(snapshot: Snapshot, language: str, on_progress: Progress) -> dict[str, _Word]:
    counted: dict[str, _Word] = defaultdict(_Word)
    for row, product in enumerate(snapshot.documents):
        _count_product(counted, row, product, language)
        if row % CHUNK == CHUNK - 1:
            on_progress("read", CHUNK, len(snapshot))
    on_progress("read", len(snapshot) % CHUNK, len(snapshot))
    return counted


def _count_product(counted: dict[str, _Word], row: int, product: Product, language: str) -> None:
    named = (clean(in_language(product.title, language)), *_kinds(product, language))
    for place, text in enumerate((*named, clean(product.description.get(language, "")))):
        for word in words(text, language):
            if len(word.text) < SHORTEST or not word.text.isalpha() or word.text in _STOP:
                continue
            entry = counted[word.term]
            entry.forms[word.text] += 1
            entry.capitals += text[word.start].isupper()
            entry.first += place == 0 and word.start == 0
            for rows in (entry.rows, entry.named) if place < len(named) else (entry.rows,):
                if not rows or rows[-1] != row:
                    rows.append(row)


def _kinds(product: Product, language: str) -> Iterator[str]:
    """The names of a product's kind: the last level of its categories, and its type."""
    labels = product.labels.get(language, {})
    for path in product.categories:
        yield labels.get("category", {}).get(" > ".join(path), " > ".join(path)).split(" > ")[-1]
    if product.product_type:
        yield labels.get("product_type", {}).get(product.product_type, product.product_type)


def _vocabulary(counted: dict[str, _Word], snapshot: Snapshot, language: str) -> list[_Word]:
    """The words that can be synonyms, the most frequent first."""
    least, most = max(LEAST_PRODUCTS, len(snapshot) // ONE_IN), MOST_SHARE * len(snapshot)
    attributes, is_name = _attribute_terms(snapshot, language), _names_of(snapshot)
    kept = [
        (term, word)
        for term, word in counted.items()
        if least <= len(word.rows) <= most
        and term not in attributes
        and (language != "de" or word.capitals >= NOUN * word.forms.total())
        and not is_name(word)
    ]
    kept.sort(key=lambda item: (-len(item[1].rows), item[0]))
    return [word for _, word in kept[:MOST_WORDS]]


def _attribute_terms(snapshot: Snapshot, language: str) -> set[str]:
    """Terms of brands and of attributes' values: near to each other, but not the same."""
    terms: set[str] = set()
    labels = snapshot.labels.get(language, {})
    for name, column in snapshot.base_columns.columns.items():
        if not isinstance(column, KeywordColumn) or name in NAMES:
            continue
        if name == "brand" or len(column.values) <= MOST_VALUES:
            texts = {text for value in column.values for text in (value, labels.get(name, {}).get(value, value))}
            terms.update(word.term for text in texts for word in words(text, language))
    return terms


def _names_of(snapshot: Snapshot) -> Callable[[_Word], bool]:
    """Says of a word whether it is somebody's name: one brand's; without brands, what titles begin with."""
    column = snapshot.base_columns.keyword("brand")
    if column is None or len(column.rows) < len(snapshot) / 2:
        return lambda word: word.first > FIRST * len(word.rows)
    code = np.full(snapshot.size, -1)
    code[column.rows] = column.codes
    return lambda word: len(np.unique(code[word.rows])) < 2


def _encode(forms: Sequence[str], encoder: Encoder, on_progress: Progress) -> Vectors:
    """(w, dimension) unit vectors of words, less their mean."""
    parts = []
    for start in range(0, len(forms), CHUNK):
        parts.append(encoder.encode_document(forms[start : start + CHUNK]))
        on_progress("encode", len(parts[-1]), len(forms))
    return _centred(np.concatenate(parts))


def _centres(known: Sequence[_Word], vectors: Vectors) -> Vectors:
    """(w, dimension) unit vectors of the words' products: those that have it in their name, else all that hold it."""
    means = [vectors[word.named or word.rows].mean(axis=0) for word in known]
    return _centred(np.stack(means), vectors.mean(axis=0))


def _centred(vectors: Vectors, middle: Vectors | None = None) -> Vectors:
    moved = vectors - (vectors.mean(axis=0) if middle is None else middle)
    return moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9)


def _near_pairs(names: Vectors, products: Vectors) -> Iterator[tuple[int, int]]:
    """Pairs (a < b) among each other's nearest by name, whose products are near too."""
    nearest = [_nearest(names, names @ names[at], at) for at in range(len(names))]
    for a, others in enumerate(nearest):
        for b in sorted(others):
            if a < b and a in nearest[b] and products[a] @ products[b] >= LEAST_PRODUCT:
                yield a, b


def _nearest(names: Vectors, cosines: Scores, own: int) -> set[int]:
    best = np.argsort(-cosines, kind="stable")[: NEIGHBOURS + 1].tolist()
    return {other for other in best if other != own and cosines[other] >= LEAST_NAME}


def _are_related(a: str, b: str, analyzer: Analyzer) -> bool:
    """True for words that share a part or look alike: not two names for one thing, or found without help."""
    match = SequenceMatcher(None, a, b, autojunk=False)
    if match.find_longest_match().size >= SHARED_LETTERS or match.ratio() >= ALIKE:
        return True
    language = analyzer.language
    return not {stem(a, language), *analyzer.parts(a)}.isdisjoint({stem(b, language), *analyzer.parts(b)})


def _proposal(a: _Word, b: _Word, language: str, name: float, products: float) -> SynonymProposal:
    together, titles = len(set(a.rows) & set(b.rows)), len(set(a.named) & set(b.named))
    in_titles = titles / max(min(len(a.named), len(b.named)), 1)
    in_texts = together / min(len(a.rows), len(b.rows))
    first, second = sorted((a, b), key=lambda word: word.form)
    return SynonymProposal(
        words=[first.form, second.form],
        language=language,
        score=round(np.cbrt(name**2 * products).item() * (1 - in_titles) * (1 - in_texts / 2), 3),
        cosine=round(name, 3),
        alike=round(products, 3),
        products=[len(first.rows), len(second.rows)],
        together=together,
    )


def cached_proposals(
    snapshot: Snapshot, language: str, encoder: Encoder, on_progress: Progress = lambda step, done, total: None
) -> list[SynonymProposal]:
    """The same, worked out once for each snapshot and kept under `cache/proposals` of the index directory."""
    folder = home_of(snapshot) / "cache" / "proposals"
    path = folder / f"{snapshot.number}-{snapshot.manifest.checksum[:8]}-{language}-{VERSION}.json"
    with contextlib.suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode(path.read_bytes(), type=list[SynonymProposal])
    found = propose_synonyms(snapshot, language, encoder, on_progress)
    with contextlib.suppress(OSError):  # then it is worked out again
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob(f"*-{language}-*.json"):
            old.unlink(missing_ok=True)
        new = path.with_suffix(f".{threading.get_ident()}")
        new.write_bytes(msgspec.json.encode(found))
        new.replace(path)
    return found

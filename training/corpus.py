"""What the student learns from: texts to be read like their teachers, and pairs that belong together.

Pairs come in sources, a source in groups: all queries of a group fit all its documents. Groups stand in an order in
which neighbours are alike (one category of the lexicon, one kind of electronics), and a batch takes runs of them: what
a query has to be told apart from is its neighbour, not something far away.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np

from demo.generate import generate_rows
from eval.misspell import misspell
from training.catalogues import Listed, electronics, fashion, groceries, without_codes
from training.generate import Combiner, Pair
from training.lexicon import LANGUAGES, Attribute, ProductType
from training.parts import compounds_of, splitter_of

#: Characters of a text that gets a misspelt copy.
LONGEST_MISSPELT = 40
#: Kinds of things that one department of a grocer gets: what is told last is often misplaced.
MOST_KINDS = 12
#: Titles of a catalogue that one product type gets.
MOST_TITLES = 40

#: Groups of a source at most: what tells the groups of two sources apart.
GROUPS = 10_000_000

_WORD = re.compile(r"[a-z]+")


@dataclass(slots=True)
class Bank:
    """Every text once, with its row."""

    texts: list[str] = field(default_factory=list)
    _rows: dict[str, int] = field(default_factory=dict)

    def row(self, text: str) -> int:
        """The row of a text, new or known."""
        text = " ".join(text.split())
        if text not in self._rows:
            self._rows[text] = len(self.texts)
            self.texts.append(text)
        return self._rows[text]

    def knows(self, text: str) -> bool:
        """Whether the text has a row."""
        return " ".join(text.split()) in self._rows

    def rows(self, texts: Iterable[str]) -> list[int]:
        """The rows of texts, blank ones left out."""
        return [self.row(text) for text in texts if text.strip()]


@dataclass(slots=True)
class Source:
    """Groups of queries and documents (rows of the bank), in an order of neighbours; its share of a batch.

    Groups of one label are no opposites of each other (no label: each group is its own). `opposites` of a group:
    document rows and the groups that they are of, found by `training/negatives.py`; empty until then.
    """

    name: str
    share: float
    run: int
    queries: list[list[int]] = field(default_factory=list)
    documents: list[list[int]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    opposites: list[list[tuple[int, int]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.labels += [""] * (len(self.queries) - len(self.labels))

    def add(self, queries: list[int], documents: list[int], label: str = "") -> None:
        """One more group; one without queries or documents is none."""
        if queries and documents:
            self.queries.append(queries)
            self.documents.append(documents)
            self.labels.append(label)

    def label(self, group: int) -> str | int:
        """What groups must not have in common to be opposites."""
        return self.labels[group] or group

    def draw(self, chance: np.random.Generator, count: int) -> tuple[list[int], list[int], list[int]]:
        """`count` pairs from runs of neighbouring groups: query rows, document rows, groups."""
        starts = chance.integers(0, len(self.queries), -(-count // self.run))
        groups = ((starts[:, None] + np.arange(self.run)) % len(self.queries)).ravel()[:count]
        luck = chance.random((2, count))
        queries = [self.queries[g][int(luck[0, i] * len(self.queries[g]))] for i, g in enumerate(groups)]
        documents = [self.documents[g][int(luck[1, i] * len(self.documents[g]))] for i, g in enumerate(groups)]
        return queries, documents, groups.tolist()

    def draw_opposites(self, chance: np.random.Generator, groups: Sequence[int]) -> tuple[list[int], list[int]]:
        """One opposite of each group that has some: document rows, their groups."""
        kept = [self.opposites[group] for group in groups if self.opposites and self.opposites[group]]
        luck = chance.random(len(kept))
        drawn = [of[int(part * len(of))] for of, part in zip(kept, luck, strict=True)]
        return [row for row, _ in drawn], [group for _, group in drawn]


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Pairs of a batch (n,): rows of queries and documents, groups; and opposites (m,): document rows, their groups."""

    queries: np.ndarray
    documents: np.ndarray
    groups: np.ndarray
    opposites: np.ndarray
    opposite_groups: np.ndarray


@dataclass(slots=True)
class Corpus:
    """All texts, all sources, and which texts are read like which: (text row, row of the text that teachers read).

    `english`: rows that are English by where they come from, whatever their words.
    """

    bank: Bank
    sources: list[Source]
    examples: list[tuple[int, int]]
    english: set[int] = field(default_factory=set)

    def draw(self, chance: np.random.Generator, count: int) -> Drawn:
        """`count` pairs from all sources by their shares, and an opposite for each that has one."""
        queries, documents, groups, opposites, of = [], [], [], [], []
        filled = [source for source in self.sources if source.queries]
        total = sum(source.share for source in filled)
        for number, source in enumerate(filled):
            q, d, g = source.draw(chance, max(source.run, round(count * source.share / total)))
            queries += q
            documents += d
            groups += [number * GROUPS + each for each in g]
            rows, owners = source.draw_opposites(chance, g)
            opposites += rows
            of += [number * GROUPS + each for each in owners]
        whole = (queries, documents, groups, opposites, of)
        return Drawn(*(np.array(each, np.int64) for each in whole))

    def without(self, texts: set[str]) -> Corpus:
        """The same, with some texts neither drawn nor read."""
        out = {row for row, text in enumerate(self.bank.texts) if text in texts}
        sources = []
        for source in self.sources:
            kept = Source(source.name, source.share, source.run)
            for queries, documents, label in zip(source.queries, source.documents, source.labels, strict=True):
                kept.add(
                    [row for row in queries if row not in out], [row for row in documents if row not in out], label
                )
            sources.append(kept)
        return Corpus(self.bank, sources, [each for each in self.examples if not out & set(each)], self.english)


def build_corpus(
    types: Sequence[ProductType],
    attributes: Sequence[Attribute],
    data: Path,
    words: Sequence[str],
    seed: int,
    added: bool = False,
) -> Corpus:
    """The corpus from the lexicon, the catalogues below `data`, the demo shop, and single words.

    Args:
        added: with a grocer's kinds of things, and compounds in their parts.
    """
    bank = Bank()
    devices, clothes = list(electronics(data)), list(fashion(data))
    read = [_lexicon(bank, types), _attributes(bank, attributes)]
    before = len(bank.texts)
    read += [
        _named(bank, types, [*devices, *clothes]),
        _catalogue(bank, sorted(devices, key=lambda each: (each.kind, each.title))),
        _facts(bank, clothes),
    ]
    read += [_groceries(bank)] if added else []
    english = set(range(before, len(bank.texts)))
    read.append(_demo(bank))
    bank.rows(words)
    pairs = Combiner(types, attributes, seed).pairs(4) if attributes else ()
    combined = _made("combinations", 0.2, 4, bank, pairs)
    named_twice = Combiner(types, attributes, seed).articles(4, words) if words else ()
    articles = _made("articles", 0.15, 6, bank, named_twice)
    right = len(bank.texts)  # what follows has no teachers' vectors of its own
    wrong = _misspelt(bank, right, seed)
    torn, parts = _in_parts(bank, types, right) if added else ([], Source("parts", 0.0, 1))
    misspelt = Source("misspelt", 0.05, 1)
    for row, meant in wrong:
        misspelt.add([row], [meant])
    examples = [(row, row) for row in range(right)] + wrong + torn
    return Corpus(bank, [*read, combined, articles, misspelt, parts], examples, english)


def _in_parts(bank: Bank, types: Sequence[ProductType], right: int) -> tuple[list[tuple[int, int]], Source]:
    """Compounds typed in parts: (row, row of the whole word), and pairs of both with the type's titles.

    Args:
        right: rows from here on are read like others.
    """
    splitter = splitter_of(
        [text for each in types for text in (*each.names["de"], *each.titles["de"], *each.needs["de"])]
    )
    found, source = [], Source("parts", 0.05, 8)
    for each in types:
        for name, typed in compounds_of(each, splitter):
            rows = [bank.row(text) for text in typed if not bank.knows(text)]
            found += [(row, bank.row(name)) for row in rows if row >= right]
            source.add(rows, [bank.row(name), *(bank.row(title) for title in each.titles["de"])])
    return found, source


def _misspelt(bank: Bank, count: int, seed: int) -> list[tuple[int, int]]:
    """(row of a misspelt copy, row of the right text) of the short ones among the first `count` texts."""
    found = []
    for row in range(count):
        text = bank.texts[row]
        if len(text) <= LONGEST_MISSPELT:
            changed, error = misspell(text, LANGUAGES[row % 2], seed)
            if error != "none" and not bank.knows(changed):
                found.append((bank.row(changed), row))
    return found


def _lexicon(bank: Bank, types: Sequence[ProductType]) -> Source:
    source = Source("lexicon", 0.7, 16)
    for each in types:
        names = [bank.row(name) for language in LANGUAGES for name in each.names[language]]
        needs = [bank.row(need) for language in LANGUAGES for need in each.needs[language]]
        titles = [bank.row(title) for language in LANGUAGES for title in each.titles[language]]
        source.add(names + needs, names + titles)
    return source


def _attributes(bank: Bank, attributes: Sequence[Attribute]) -> Source:
    source = Source("attributes", 0.05, 4)
    for each in attributes:
        forms = [bank.row(form) for language in LANGUAGES for form in each.forms[language]]
        source.add(forms + [bank.row(say) for language in LANGUAGES for say in each.says[language]], forms)
    return source


def _made(name: str, share: float, run: int, bank: Bank, pairs: Iterable[Pair]) -> Source:
    """Made pairs, gathered by their groups; those whose names begin alike side by side."""
    source = Source(name, share, run)
    groups: dict[str, tuple[list[int], list[int]]] = {}
    for pair in pairs:
        queries, documents = groups.setdefault(pair.group, ([], []))
        queries.append(bank.row(pair.query))
        documents.append(bank.row(pair.document))
    for group in sorted(groups):
        source.add(*groups[group])
    return source


def _named(bank: Bank, types: Sequence[ProductType], listed: Sequence[Listed]) -> Source:
    """Real titles under the product type whose English name they hold, the longest; not what is "for" such a thing."""
    source = Source("named", 0.2, 16)
    owner = {_singular(name): each.id for each in types for name in each.names["en"]}
    titles: dict[str, list[int]] = {}
    for product in listed:
        name = _longest_name(product.title, owner)
        if name and len(found := titles.setdefault(owner[name], [])) < MOST_TITLES:
            found.append(bank.row(product.title))
    for each in types:
        source.add(bank.rows((*each.names["en"], *each.needs["en"])), titles.get(each.id, []))
    return source


def _longest_name(title: str, names: Container[str]) -> str | None:
    words = [_singular(word) for word in _WORD.findall(title.lower())]
    for length in (3, 2, 1):
        for start in range(len(words) - length + 1):
            name = " ".join(words[start : start + length])
            if name in names and "for" not in words[max(0, start - 3) : start]:
                return name
    return None


def _singular(text: str) -> str:
    return " ".join(word.removesuffix("s") for word in text.lower().split())


def _catalogue(bank: Bank, listed: Sequence[Listed]) -> Source:
    source = Source("electronics", 0.45, 1)
    for each in listed:
        title, whole = bank.row(each.title), bank.row(f"{each.title}. {each.description}"[:300])
        queries = [without_codes(each.title), without_codes(each.title, 4), each.description]
        source.add(bank.rows(queries), [title, whole], each.kind)
    return source


def _facts(bank: Bank, clothes: Sequence[Listed]) -> Source:
    source = Source("fashion", 0.05, 8)
    by_facts: dict[str, list[str]] = {}
    for each in clothes:
        by_facts.setdefault(each.description, []).append(each.title)
    for facts in sorted(by_facts, key=lambda text: text.split()[::-1]):
        source.add([bank.row(facts)], [bank.row(title) for title in by_facts[facts][:8]])
    return source


def _groceries(bank: Bank) -> Source:
    """What a grocer's department is called, and the kinds of things in it."""
    source = Source("groceries", 0.02, 8)
    for department, kinds in groceries():
        source.add(bank.rows([department]), bank.rows(kinds[:MOST_KINDS]))
    return source


def _demo(bank: Bank) -> Source:
    source = Source("demo", 0.05, 4)
    rows = {row["item_group_id"]: row for row in generate_rows(today=date(2026, 1, 1))}
    for row in rows.values():
        titles = [row[name] for name in ("title", "title_en") if row.get(name)]
        texts = [row[name] for name in ("description", "description_en") if row.get(name)]
        whole = [f"{title}. {text}"[:300] for title, text in zip(titles, texts, strict=False)]
        source.add(bank.rows(titles + texts), bank.rows(titles + whole))
    return source

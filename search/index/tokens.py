"""The words of some products in one language, as numbers: read once, and weighed when the whole catalogue is known.

What a word is split into, and what it weighs, depends on all products; where it stands does not. So the texts of a feed
are read in chunks, by several processes, and no text is read twice.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from search.index.fields import KEYS, SEARCHED, codes, searched_texts, whole_code
from search.text import folded
from search.types import Product
from search.words.analysis import Analyzer, is_code_token, is_marked, read_token, tokens

#: The fields of a product, in this order.
FIELDS = (*SEARCHED, KEYS)
#: Fields whose texts many products share.
REPEATED = frozenset({"brand", "category", "attributes"})
_CODES, _KEYS = FIELDS.index("codes"), FIELDS.index(KEYS)


class Numbers(dict[str, int]):
    """Text -> its number, in the order of first appearance; whatever is asked for gets one.

    >>> numbers = Numbers()
    >>> numbers["b"], numbers["a"], numbers["b"], list(numbers)
    (0, 1, 0, ['b', 'a'])
    """

    def __missing__(self, text: str) -> int:
        number = self[text] = len(self)
        return number


class Tokens(msgspec.Struct, frozen=True):
    """The tokens of n products in one language: `numbers` (t,) int32 of all their fields, one after the other, `ends`
    (n · fields,) int64 where each field of each product ends."""

    numbers: np.ndarray
    ends: np.ndarray

    @property
    def products(self) -> int:
        """n."""
        return len(self.ends) // len(FIELDS)

    @property
    def counts(self) -> NDArray[np.int64]:
        """(n, fields) tokens of each."""
        return np.diff(self.ends, prepend=0).reshape(-1, len(FIELDS))

    def places(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """(t,) the product of each token, and its field."""
        counts = self.counts
        products = np.repeat(np.arange(len(counts)), counts.sum(axis=1))
        return products, np.repeat(np.tile(np.arange(len(FIELDS)), len(counts)), counts.ravel())


def read_tokens(products: Sequence[Product], language: str, numbers: Numbers) -> Tokens:
    """The tokens of products in a language; new ones get a number."""
    found, ends, number = array("i"), array("q"), numbers.__getitem__
    known: dict[str, array[int]] = {}
    for product in products:
        for name, text in searched_texts(product, language).items():
            if name in REPEATED:
                if text not in known:
                    known[text] = array("i", map(number, tokens(text, language)))
                found.extend(known[text])
            else:
                found.extend(map(number, tokens(text, language)))
            ends.append(len(found))
        found.extend(map(number, map(whole_code, codes(product))))
        ends.append(len(found))
    return Tokens(np.array(found, np.int32), np.array(ends, np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class Spoken:
    """Folded words of tokens: `words`, and the word of each token `of` (w,), −1 where it is none of letters alone."""

    words: list[str]
    of: NDArray[np.int32]

    @classmethod
    def in_tokens(cls, written: Sequence[str]) -> Spoken:
        """Of these tokens, by number."""
        numbers = Numbers()
        words = ("" if is_marked(token) else folded(token) for token in written)
        of = np.array([numbers[word] if word.isalpha() else -1 for word in words], np.int32)
        return cls(list(numbers), of)

    def counted(self, texts: Sequence[Tokens]) -> dict[str, int]:
        """Word -> products that hold it, in any of the languages, in any field but the codes."""
        held = np.sort(np.concatenate([np.empty(0, np.int64), *map(self._held, texts)]))
        held = held[np.append(True, held[1:] != held[:-1])] if len(held) else held
        counts = np.bincount(held % max(len(self.words), 1), minlength=len(self.words)).tolist()
        return {word: count for word, count in zip(self.words, counts, strict=True) if count}

    def _held(self, tokens: Tokens) -> NDArray[np.int64]:
        """(product, word) of all tokens, as one number each."""
        products, fields = tokens.places()
        words = self.of[tokens.numbers]
        kept = (words >= 0) & (fields < _CODES)
        return products[kept].astype(np.int64) * len(self.words) + words[kept]


def lengths_of(tokens: Tokens, written: Sequence[str]) -> NDArray[np.int64]:
    """(n, fields) terms in each field: its tokens, but codes only where they are the field."""
    code = np.fromiter(map(is_code_token, written), bool, len(written))
    products, fields = tokens.places()
    beside = code[tokens.numbers] & (fields != _KEYS)
    codes = np.bincount(products[beside] * len(FIELDS) + fields[beside], minlength=tokens.products * len(FIELDS))
    return tokens.counts - codes.reshape(-1, len(FIELDS))


class Weighed(msgspec.Struct, frozen=True):
    """What the terms of a chunk's products weigh: `terms` in any order; the entries of term k are so many `counts` (k,)
    int64 of `rows` (m,) int32 and `frequencies` (m,) float64, term by term, ascending by product in each."""

    terms: list[str]
    counts: np.ndarray
    rows: np.ndarray
    frequencies: np.ndarray


def weigh_tokens(
    tokens: Tokens,
    written: Sequence[str],
    rows: NDArray[np.int32],
    analyzer: Analyzer,
    weights: Mapping[str, float],
    b: float,
    part: float,
    mean: Mapping[str, float],
) -> Weighed:
    """Weighted, length-normalised term frequencies of products, as `search.index.postings.weigh`, all at once.

    Args:
        written: the tokens by number.
        rows: (n,) of each product.
        analyzer: of the tokens' language; its splitter tells the parts.
        weights, b, part, mean: as for `weigh`.
    """
    table = _Table.of(tokens, written, analyzer)
    weight = np.array([weights.get(name, 0.0) for name in FIELDS])
    usual, lengths = np.array([mean.get(name, 0.0) for name in FIELDS]), lengths_of(tokens, written)
    # a field that nothing had when the mean was taken has the usual length
    share = weight / (1 - b + b * np.divide(lengths, usual, out=np.ones(lengths.shape), where=usual > 0))
    products, fields = tokens.places()
    searched = weight[fields] > 0
    products, fields, numbers = products[searched], fields[searched], tokens.numbers[searched]
    each, main = share[products, fields], ~table.code[numbers] | (fields == _KEYS)
    at, beside = table.beside_of(numbers)
    terms = np.concatenate([table.terms[numbers], beside])
    keys = terms.astype(np.int64) * len(rows) + np.concatenate([products, products[at]])
    values = np.concatenate([np.where(main, each, each * part), each[at] * part])
    order = np.argsort(keys, kind="stable")
    keys, values = keys[order], values[order]
    starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])) if len(keys) else np.empty(0, np.intp)
    sums = np.add.reduceat(values, starts) if len(starts) else np.empty(0)
    found, where = np.divmod(keys[starts], max(len(rows), 1))
    counts = np.bincount(found, minlength=len(table.names))
    held = np.flatnonzero(counts)
    return Weighed([table.names[term] for term in held.tolist()], counts[held], rows[where], sums)


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """What tokens stand for: the number `terms` (w,) of their term among `names`, whether they are a `code` (w,), and
    the terms that stand beside token w: beside[ends[w − 1] : ends[w]]."""

    names: list[str]
    terms: NDArray[np.int32]
    code: NDArray[np.bool_]
    beside: NDArray[np.int32]
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, tokens: Tokens, written: Sequence[str], analyzer: Analyzer) -> _Table:
        """Of the tokens that occur; the others, of other languages, stand for nothing."""
        names, beside, count = Numbers(), array("i"), len(written)
        terms, code, ends = np.zeros(count, np.int32), np.zeros(count, bool), np.zeros(count, np.int64)
        occur = np.zeros(count, bool)
        occur[tokens.numbers] = True
        for number in np.flatnonzero(occur).tolist():
            read = read_token(written[number], analyzer.language)
            terms[number], code[number] = names[read.term], is_code_token(written[number])
            stands = (*analyzer.parts(read.word), *read.spelled) if read.word else ()
            beside.extend([names[term] for term in stands])
            ends[number] = len(stands)
        return cls(list(names), terms, code, np.array(beside, np.int32), np.cumsum(ends))

    def beside_of(self, numbers: NDArray[np.int32]) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
        """What stands beside tokens (t,): the place 0..t−1 of each, and the term."""
        begin = np.append(0, self.ends)[numbers]
        counts = self.ends[numbers] - begin
        at = np.repeat(np.arange(len(numbers)), counts)
        before = np.cumsum(counts) - counts
        return at, self.beside[np.arange(len(at)) + np.repeat(begin - before, counts)]

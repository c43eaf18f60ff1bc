"""In which of the shop's languages a query is written, by the words of the catalogue's own texts; no model.

For each word and language an evidence in nats, 0 for the language that it speaks for most:

    known in some language:  e_l(w) = log(n_l(w) + ½) − max over m of log(n_m(w) + ½)
    known in none:           e_l(w) = max(−3, ½ · Σ_g (log P_l(g) − …)), g the word's trigrams, against the best as well
    language(q) = argmax over l of Σ_w e_l(w) + 1 nat for the leading language

n_l(w) is the number of products whose texts in l hold w as written, P_l(g) the share of a trigram among those of the
language's words, so that a misspelt or unknown word speaks for the language that it is written like ("Heizlüffter").
Words with digits tell nothing; brands are counted in every language, so neither do they.

The three constants were chosen on one half of the demo shop's judged queries, of home-en's and drugstore-de-hard's (by
hash), each also misspelt.

Source: Cavnar and Trenkle, N-Gram-Based Text Categorization, SDAIR 1994; Dunning, CRL MCCS-94-273, 1994.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from search.text import words

#: Nats: for the leading language; half a product more than there is; how much trigrams count, and at most.
PRIOR, SMOOTHING, GRAMS, MOST = 1.0, 0.5, 0.5, 3.0


@dataclass(frozen=True, eq=False)
class Languages:
    """Language -> word as written, folded -> products that hold it; the leading language first."""

    counts: Mapping[str, Mapping[str, int]]

    def detect(self, text: str) -> str:
        """The language of a text; the leading one where nothing speaks for another.

        >>> shop = Languages({"de": {"schuhe": 9, "shorts": 4}, "en": {"shoes": 9, "shorts": 4}})
        >>> [shop.detect(text) for text in ("shoes", "Shorts", "schuuhe", "dv7")]
        ['en', 'de', 'de', 'de']
        """
        evidence = self.evidence(text)
        return max(evidence, key=lambda language: evidence[language])

    def evidence(self, text: str) -> dict[str, float]:
        """Language -> nats, the leading one's head start included; "handy hülle" speaks as "Handyhülle" does, too."""
        total = dict.fromkeys(self.counts, 0.0)
        total[next(iter(total))] = PRIOR
        found = [word.text for word in words(text, "") if word.text.isalpha()]
        joined = (first + second for first, second in pairwise(found))
        for word in (*found, *(word for word in joined if self._is_held(word))):
            for language, nats in self._of_word(word).items():
                total[language] += nats
        return total

    def _is_held(self, word: str) -> bool:
        return any(word in counts for counts in self.counts.values())

    def _of_word(self, word: str) -> dict[str, float]:
        held = {language: counts.get(word, 0) for language, counts in self.counts.items()}
        if any(held.values()):
            return _against_best({language: math.log(number + SMOOTHING) for language, number in held.items()})
        written = {language: self._as_written(word, language) for language in self.counts}
        return {language: max(-MOST, GRAMS * nats) for language, nats in _against_best(written).items()}

    def _as_written(self, word: str, language: str) -> float:
        """The log-probability of a word's trigrams in a language."""
        seen, total = self._grams[language]
        return sum(math.log((seen.get(gram, 0) + SMOOTHING) / total) for gram in trigrams(word))

    @cached_property
    def _grams(self) -> dict[str, tuple[Counter[str], float]]:
        """Language -> its words' trigrams, each word once, and how many there are."""
        found = {}
        for language, counts in self.counts.items():
            seen = Counter(gram for word in counts for gram in trigrams(word))
            found[language] = seen, seen.total() + SMOOTHING
        return found


def trigrams(word: str) -> Iterator[str]:
    """Three letters in a row, beginning and end marked.

    >>> list(trigrams("rot"))
    ['^ro', 'rot', 'ot$']
    """
    marked = f"^{word}$"
    return (marked[at : at + 3] for at in range(len(marked) - 2))


def _against_best(nats: Mapping[str, float]) -> dict[str, float]:
    best = max(nats.values())
    return {language: value - best for language, value in nats.items()}

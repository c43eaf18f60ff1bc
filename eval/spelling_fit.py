"""`python -m eval.spelling_fit`: the settings of the noisy channel that make the right readings likeliest.

    maximise  Σ over files ( mean log P(right reading) over the misspelt words
                           + UNKNOWN · mean log P(as typed) over right words that the catalogue does not hold )

over β, γ, unfamiliar, unfamiliar_letter and the temperature, by steps along each that are halved where none helps.
Only pairs of the fitting half are read (`eval.spelling.half_of`). Right words that the catalogue does not hold are
those of the right sides; with a word list, which holds them all, each is taken out in turn.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Annotated

import msgspec
import typer

from eval.spelling import Pair, folded, half_of, read_pairs, understanding_of
from eval.terminal import run_app
from search.cli import err, out, print_json
from search.errors import BadInput
from search.index.snapshot import load_snapshot
from search.pipeline import Pipeline
from search.settings import Settings, Spelling
from search.spelling.channel import Reading, probabilities
from search.spelling.speller import Speller, Typed, read_typed
from search.text import Word, words
from search.understand.query import Understanding

#: What an unknown right word weighs beside a misspelt one. The lists' held-out words are all common ones, whose
#: inflections are all in the list: at 1.0 nothing is ever sure.
UNKNOWN = 0.03
#: setting -> first step
STEPS = {"beta": 1.0, "gamma": 0.2, "unfamiliar": 1.0, "unfamiliar_letter": 0.2, "temperature": 0.4}
SMALLEST_STEP = 1 / 32

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Case:
    """A doubtful word's readings, itself first, the stems of the right one, and whether it was misspelt."""

    readings: tuple[Reading, ...]
    right: tuple[str, ...]
    misspelt: bool


@app.command()
def fit(
    pairs: Annotated[list[Path], typer.Option(help="wrong<TAB>right; once for each file.")],
    index: Annotated[list[Path], typer.Option(help="Index directory, for each file.")],
    lang: Annotated[list[str], typer.Option(help="Language, for each file.")],
    words_list: Annotated[
        list[str] | None, typer.Option("--list", help="LANG=FILE: a word list beside the index.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Fit the channel on the fitting halves of files of pairs."""
    if not len(pairs) == len(index) == len(lang):
        raise BadInput("Give --pairs, --index and --lang equally often.", "--pairs")
    lists = [item.partition("=")[::2] for item in words_list or []]
    files = []
    for file, home, language in zip(pairs, index, lang, strict=True):
        with err.status(f"Reading {file} …"):
            own = [Path(path) for code, path in lists if code == language]
            pipeline = Pipeline(load_snapshot(home), None, Settings())
            understanding = understanding_of(pipeline, own, language, Settings())
            fitting = [pair for pair in read_pairs(file) if half_of(pair) == "fit"]
            files.append(list(cases(fitting, understanding, language, bool(own))))
    settings, value = climb(files, Spelling())
    found = {name: round(getattr(settings, name), 3) for name in STEPS}
    if json:
        print_json({"settings": found, "log_likelihood": value, "cases": [len(file) for file in files]})
    else:
        out.print(f"{found}\nmean log likelihood {value:.4f} over {', '.join(str(len(file)) for file in files)} words")


def cases(pairs: Sequence[Pair], understanding: Understanding, language: str, held_out: bool) -> Iterator[Case]:
    """The doubtful words of both sides, where there is something to choose from."""
    corrector = understanding.corrector
    if corrector is None:
        return
    speller, vocabulary = Speller(corrector, understanding.settings), understanding.vocabulary(language)
    for pair in pairs:
        for text in (pair.wrong, pair.right):
            stated = understanding.lexicon.stated(text, language)
            kept = frozenset(word.text for item in stated for word in words(item.text, language))
            query = read_typed(text, language, vocabulary, kept)
            for token in query.tokens:
                case = _case(pair, query, token, speller, text == pair.wrong, held_out)
                if case and len({reading.terms for reading in case.readings}) > 1:
                    yield case


def _case(pair: Pair, query: Typed, token: Word, speller: Speller, misspelt: bool, held_out: bool) -> Case | None:
    doubtful = query.is_doubtful(token, speller.settings.hardly_any)
    if not doubtful and (misspelt or not held_out or token.start in query.fixed):
        return None
    typed, others = speller.readings(query, token)
    if not doubtful:
        others = [reading for reading in others if reading.terms != typed.terms]
        typed = Reading(typed.text, typed.terms, 0, 0.0, 0, 0.0, known=False)
    right = _right(pair, query, token, others) if misspelt else None
    return Case((typed, *others), right or typed.terms, misspelt)


def _right(pair: Pair, query: Typed, token: Word, others: Sequence[Reading]) -> tuple[str, ...] | None:
    """The stems of the reading that makes the right side of this word, None where none does."""
    typed, right = [word.text for word in query.tokens], folded(pair.right).split()
    at = query.tokens.index(token)
    for reading in others:
        if [*typed[:at], *reading.text.split(), *typed[at + 1 :]] == right:
            return reading.terms
    if len(typed) == len(right):
        return next((reading.terms for reading in others if reading.text == right[at]), None)
    return None


def likelihood(files: Sequence[Sequence[Case]], settings: Spelling) -> float:
    """The sum above, in nats."""
    total = 0.0
    for file in files:
        for misspelt, weight in ((True, 1.0), (False, UNKNOWN)):
            logs = [
                math.log(max(probabilities(case.readings, settings)[case.right], 1e-12))
                for case in file
                if case.misspelt is misspelt
            ]
            total += weight * fmean(logs) if logs else 0.0
    return total


def climb(files: Sequence[Sequence[Case]], settings: Spelling) -> tuple[Spelling, float]:
    """The settings with the greatest likelihood, from these on, and that likelihood."""
    best, size = likelihood(files, settings), 1.0
    while size >= SMALLEST_STEP:
        moved = False
        for name, step in STEPS.items():
            for direction in (size, -size):
                other = msgspec.structs.replace(settings, **{name: getattr(settings, name) + direction * step})
                if other.beta < 0 or other.gamma < 0 or other.temperature <= 0:
                    continue
                value = likelihood(files, other)
                if value > best + 1e-6:
                    settings, best, moved = other, value, True
                    break
        size = size if moved else size / 2
    return settings, best


if __name__ == "__main__":
    run_app(app)

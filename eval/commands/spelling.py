"""`tresen-eval spelling`: what becomes of misspelt queries, of right ones, and of model numbers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from eval.documents.spelling import ClassFigures, CleanFigures, Spelling
from eval.terminal import Json, SettingsFile, made
from search.cli import err, out, print_json
from search.errors import BadInput
from search.settings import read_settings

if TYPE_CHECKING:
    from eval.spelling import Clean, Read

EXAMPLES = 20


def spelling(
    pairs: Annotated[Path, typer.Argument(help="wrong<TAB>right, a pair a line.", metavar="PAIRS")],
    index: Annotated[Path | None, typer.Option(help="Index directory whose words are known.")] = None,
    words_list: Annotated[
        list[Path] | None, typer.Option("--list", help="Also known: a word a line, as rare as can be.")
    ] = None,
    lang: Annotated[str, typer.Option(help="Language of the pairs.")] = "de",
    half: Annotated[str, typer.Option(help="fit, report or all: pairs by a hash of the right side.")] = "all",
    queries: Annotated[Path | None, typer.Option(help="queries.tsv: also right queries, to see what changes.")] = None,
    settings_file: SettingsFile = None,
    json: Json = False,
) -> None:
    """Measure corrections and proposals by class of error."""
    from eval.judged.qrels import read_queries
    from eval.spelling import half_of, model_numbers, read_clean, read_pair, read_pairs, understanding_of
    from search.index.snapshot import load_snapshot
    from search.pipeline import Pipeline

    started = time.perf_counter()
    if index is None and not words_list:
        raise BadInput("Which words are known? Give --index, --list or both.", "--index")
    if half not in ("fit", "report", "all"):
        raise BadInput(f"No half '{half}'. There are fit, report and all.", "--half")
    settings = read_settings(settings_file)
    chosen = [pair for pair in read_pairs(pairs) if half in ("all", half_of(pair))]
    with err.status("Reading words …"):
        pipeline = Pipeline(load_snapshot(index), None, settings) if index else None
        understanding = understanding_of(pipeline, words_list or [], lang, settings)
    with err.status("Understanding queries …"):
        read = [read_pair(pair, understanding, lang) for pair in chosen]
        clean = [_clean("right sides", read_clean((pair.right for pair in chosen), understanding, lang))]
        if queries:
            clean.append(_clean(queries.name, read_clean(read_queries(queries).values(), understanding, lang)))
        if pipeline is not None:
            clean.append(_clean("model numbers", read_clean(model_numbers(pipeline), understanding, lang)))
    lost = [item for item in read if not item.reachable]
    document = Spelling(
        made=made(started, pipeline=pipeline, home=index, settings=settings, files={"pairs": pairs}),
        half=half,
        classes=figures(read),
        unreachable=len(lost),
        unreachable_changed=_share([item.corrected != item.pair.wrong for item in lost]),
        unreachable_asked=_share([item.proposed != item.corrected for item in lost]),
        clean=clean,
    )
    if json:
        print_json(document)
    else:
        show(document)


def figures(read: Sequence[Read]) -> list[ClassFigures]:
    """A line a class, then single edits together, then all; without pairs whose sides are the same words."""
    from eval.spelling import CLASSES, SINGLE

    wrong = [item for item in read if item.error != "none"]
    groups = {name: [item for item in wrong if item.error == name] for name in CLASSES}
    groups["single edits"] = [item for item in wrong if item.error in SINGLE]
    groups["all"] = wrong
    return [_figures(name, group) for name, group in groups.items() if group]


def _figures(name: str, group: Sequence[Read]) -> ClassFigures:
    reachable = [item for item in group if item.reachable]
    return ClassFigures(
        name=name,
        pairs=len(group),
        reachable=len(reachable),
        proposed=_share([item.reached(item.proposed) for item in reachable]),
        corrected=_share([item.reached(item.corrected) for item in reachable]),
        proposed_search=_share([item.reached(item.proposed, by_stem=True) for item in reachable]),
        corrected_search=_share([item.reached(item.corrected, by_stem=True) for item in reachable]),
    )


def _clean(name: str, found: Clean) -> CleanFigures:
    blanks = sum(one.replace(" ", "").casefold() == two.replace(" ", "").casefold() for one, two in found.changed)
    return CleanFigures(name, found.queries, len(found.changed), blanks, found.asked, list(found.changed[:EXAMPLES]))


def _share(held: Sequence[bool]) -> float:
    return sum(held) / len(held) if held else 0.0


# --- for people ------------------------------------------------------------------------------------


def show(document: Spelling) -> None:
    """The figures as tables."""
    title = f"recall@1 of reachable pairs, half: {document.half}; in brackets by stem"
    table = Table("error", "pairs", "reachable", "proposed or corrected", "corrected", title=title)
    for row in document.classes:
        proposed, corrected = (
            f"{text:.1%} ({search:.1%})"
            for text, search in ((row.proposed, row.proposed_search), (row.corrected, row.corrected_search))
        )
        table.add_row(row.name, f"{row.pairs:,}", f"{row.reachable:,}", proposed, corrected)
    out.print(table)
    out.print(
        f"{document.unreachable:,} pairs whose right words are not all known: {document.unreachable_changed:.1%} "
        f"searched for as something else, {document.unreachable_asked:.1%} asked about."
    )
    clean = Table("right as they are", "queries", "changed", "only a blank", "asked about")
    for group in document.clean:
        changed = f"{group.changed:,} ({group.changed / max(group.queries, 1):.2%})"
        clean.add_row(escape(group.name), f"{group.queries:,}", changed, f"{group.only_blanks:,}", f"{group.asked:,}")
    out.print(clean)
    for group in document.clean:
        for typed, searched in group.examples:
            out.print(f"[dim]{escape(group.name)}: {escape(typed)} → {escape(searched)}[/dim]")

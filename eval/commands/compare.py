"""`tresen-eval compare`: configurations, documents or other engines' runs on the same queries."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from eval.documents import Compare, Comparison, Difference, QueryDifference, Run, Shown, read_document
from eval.terminal import Json, OutFile, Seed, answer, made
from search.cli import out, progress_bars
from search.errors import BadInput

if TYPE_CHECKING:
    from eval.compare import Side
    from search.index.snapshot import Snapshot

#: Losses that the terminal shows with both lists.
TOLD = 5


def compare(
    files: Annotated[
        list[Path],
        typer.Argument(help="Documents of `run --out`, or TREC runs; the first is the baseline.", metavar="RUN…"),
    ],
    metric: Annotated[str, typer.Option(help="Decides wins, slices and worst losses.")] = "nDCG@10",
    stage: Annotated[str | None, typer.Option(help="Compare this stage; the one that shoppers get without.")] = None,
    names: Annotated[str, typer.Option(help="Of the runs, with commas; the files' names without.")] = "",
    qrels: Annotated[Path | None, typer.Option(help="Judgements; TREC runs need them.")] = None,
    queries: Annotated[Path | None, typer.Option(help="For TREC runs: queries.tsv, for texts and slices.")] = None,
    index: Annotated[Path | None, typer.Option(help="For TREC runs: an index, for slices and twins.")] = None,
    lang: Annotated[str | None, typer.Option(help="For slices of TREC runs: language of the queries.")] = None,
    least: Annotated[int, typer.Option(min=1, help="Slices with fewer queries are not tested.")] = 10,
    permutations: Annotated[int, typer.Option(min=100, help="Of the randomisation test.")] = 10_000,
    seed: Seed = 0,
    json: Json = False,
    out_file: OutFile = None,
) -> None:
    """Compare two or more runs on the same queries: differences, p, slices, worst losses."""
    from eval.compare import Rule, check_sides
    from eval.compare import compare as compare_sides
    from eval.measures import TWINS

    started = time.perf_counter()
    called = names_of(files, names)
    if all(map(is_document, files)):
        sides, gain, notes = read_documents(files, called, stage, bool(names))
    elif any(map(is_document, files)):
        lines = next(path for path in files if not is_document(path))
        raise BadInput(
            "Documents and TREC runs do not mix, and this file is no document. Write the other one's run with "
            "`run --run-out`.",
            str(lines),
        )
    else:
        if metric == TWINS and index is None:
            raise BadInput("Twins are found by an index's titles: give --index.", "--index")
        sides, gain, notes = read_runs(files, called, qrels, queries, index, lang)
    check_sides(sides, metric)
    rule = Rule(metric, permutations, least, seed)
    with progress_bars() as advance:
        compared = [compare_sides(sides[0], side, rule, lambda what: advance("tests", 1, None)) for side in sides[1:]]
    document = Compare(
        made=made(
            started, seed=seed, files={**dict(zip(called, files, strict=True)), "qrels": qrels, "queries": queries}
        ),
        gain=gain,
        baseline=sides[0].name,
        metric=metric,
        stage=" → ".join(dict.fromkeys(side.stage for side in sides)),
        permutations=permutations,
        comparisons=compared,
        notes=notes,
    )
    answer(document, json, out_file, show)


def names_of(files: Sequence[Path], names: str) -> list[str]:
    """What each file is called: --names, or the file's name without its ending.

    >>> names_of([Path("a/before.json"), Path("after.json")], "")
    ['before', 'after']
    """
    if not names:
        return [path.stem for path in files]
    called = [name.strip() for name in names.split(",")]
    if len(called) != len(files):
        raise BadInput(f"{len(files)} files need {len(files)} --names, these are {len(called)}.", "--names")
    return called


def is_document(path: Path) -> bool:
    """Whether a file holds JSON rather than lines of a TREC run."""
    try:
        with path.open("rb") as file:
            return file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    except OSError as error:
        raise BadInput(f"The file cannot be read: {error.strerror}.", str(path)) from error


def read_documents(
    files: Sequence[Path], called: Sequence[str], stage: str | None, named: bool
) -> tuple[list[Side], str, list[str]]:
    """The configurations of all documents, the gain they were measured with, and notes.

    One document's keep their names; of several each is called like its file, and by both if it has more than one.

    Raises:
        BadInput: no document of `run`, or documents that were measured differently.
    """
    from eval.compare import sides_of

    runs: list[Run] = []
    for path in files:
        document = read_document(path)
        if not isinstance(document, Run):
            raise BadInput(f"{path} is no document of `tresen-eval run`. Write one with run --out FILE.", str(path))
        runs.append(document)
    for what, seen in (("gains", [run.gain for run in runs]), ("pools", [run.pool for run in runs])):
        if len(set(seen)) > 1:
            raise BadInput(
                f"These runs were measured with different {what}: {', '.join(map(str, seen))}.", str(files[-1])
            )
    sides = []
    for name, run in zip(called, runs, strict=True):
        found = sides_of(run, stage, "" if len(runs) == 1 else f"{name}: ")
        sides += (
            [type(found[0])(name, found[0].stage, found[0].queries)]
            if len(found) == 1 and (named or len(runs) > 1)
            else found
        )
    judged = dict.fromkeys(run.made.files.get("qrels", "") for run in runs)
    notes = [f"The runs name different judgements: {', '.join(judged)}."] if len(judged) > 1 else []
    return sides, runs[0].gain, notes


def read_runs(
    files: Sequence[Path],
    called: Sequence[str],
    qrels: Path | None,
    queries: Path | None,
    index: Path | None,
    lang: str | None,
) -> tuple[list[Side], str, list[str]]:
    """TREC runs as sides, measured on the queries that somebody judged and some run ranks.

    A query that one run has and another lacks counts 0 there: an engine that finds nothing writes nothing. With an
    index twins count too.
    """
    from eval.compare import side_of_run
    from eval.judged.qrels import read_qrels, read_queries, with_relevant
    from eval.judged.runs import read_run
    from eval.judged.twins import twins_of
    from eval.measures import GAIN, per_query
    from search.index.snapshot import load_snapshot

    if qrels is None:
        raise BadInput("TREC runs are measured here: give --qrels (and --queries for texts).", "--qrels")
    runs = [read_run(path) for path in files]
    asked = set().union(*runs)
    judged = {id: of for id, of in with_relevant(read_qrels(qrels)).items() if id in asked}
    if not judged:
        raise BadInput(f"{qrels} judges no query of these runs. Are the ids the same?", "--qrels")
    texts = read_queries(queries) if queries else {}
    snapshot = load_snapshot(index) if index else None
    twin = twins_of(snapshot.documents) if snapshot else None
    slices = slices_of({id: texts[id] for id in judged if id in texts}, queries, judged, snapshot, lang)
    sides = [
        side_of_run(name, run, per_query(judged, run, twin), judged, texts, slices)
        for name, run in zip(called, runs, strict=True)
    ]
    notes = [
        f"{name} ranks nothing for {missing:,} of the queries: counted as 0."
        for name, run in zip(called, runs, strict=True)
        if (missing := len(judged.keys() - run.keys()))
    ]
    return sides, GAIN, notes


def slices_of(
    texts: Mapping[str, str],
    queries: Path | None,
    judged: Mapping[str, Mapping[str, int]],
    snapshot: Snapshot | None,
    lang: str | None,
) -> dict[str, list[str]]:
    """Query id -> its slices, found by the words of an index; none without one."""
    if snapshot is None or queries is None:
        return {}
    from eval.judged.qrels import read_counts
    from eval.slices import Slicer
    from search.pipeline import Pipeline
    from search.settings import Settings

    detect = Pipeline(snapshot, None, Settings()).understanding.detect
    slicer = Slicer(snapshot, read_counts(queries))
    return {id: slicer.slices(id, text, lang or detect(text), judged[id]) for id, text in texts.items()}


# --- for people ------------------------------------------------------------------------------------


def show(document: Compare) -> None:
    """Every comparison: all queries, slices, worst losses side by side."""
    for note in document.notes:
        out.print(f"[yellow]{escape(note)}[/yellow]")
    for comparison in document.comparisons:
        out.print(overall_table(document, comparison))
        for one in comparison.overall:
            if one.metric == document.metric and one.n:
                out.print(f"Lost by more than 0.02: {100 * one.far_losses / one.n:.1f} % of the queries.")
        if comparison.left_out:
            out.print(f"Left out: {comparison.left_out:,} queries that only one of the two was asked.")
        if comparison.slices:
            out.print(slice_table(document.metric, comparison))
        if comparison.small_slices:
            out.print(f"Not tested: {comparison.small_slices:,} slices with too few queries (--least).")
        by_id = {query.id: query for query in comparison.queries}
        for id in comparison.worst[:TOLD]:
            out.print(side_by_side(by_id[id], document))
            features = moved_sentence(by_id[id])
            if features:
                out.print(features)


def overall_table(document: Compare, comparison: Comparison) -> Table:
    """Every metric over all common queries."""
    n = comparison.overall[0].n if comparison.overall else 0
    title = f"{comparison.name} against {document.baseline}: {n:,} queries, stage {document.stage}"
    table = Table("metric", "A", "B", "B − A", "p", "won/lost\n/tied", title=escape(title))
    for one in comparison.overall:
        style = "bold" if one.metric == document.metric else ""
        table.add_row(
            escape(one.metric), f"{one.a:.4f}", f"{one.b:.4f}", _gap(one), _p(one.p), _score(one), style=style
        )
    return table


def slice_table(metric: str, comparison: Comparison) -> Table:
    """The slices, the surest difference first."""
    table = Table("slice", "n", "A", "B − A", "p", "Holm", "won/lost\n/tied", title=f"{metric} by slice")
    for name, one in sorted(comparison.slices.items(), key=lambda item: item[1].p):
        p_holm = one.p_holm if one.p_holm is not None else one.p
        cells = (f"{one.n:,}", f"{one.a:.4f}", _gap(one), _p(one.p), _p(p_holm), _score(one))
        table.add_row(escape(name), *cells, style="bold" if p_holm < 0.05 else "")
    return table


def _gap(one: Difference) -> str:
    gap = one.difference
    return f"{gap.mean:+.4f}\n[dim]\\[{gap.low:+.3f}, {gap.high:+.3f}][/dim]"


def _p(p: float) -> str:
    return f"{p:.3f}" if p >= 0.001 else "<.001"


def _score(one: Difference) -> str:
    return f"{one.wins:,}/{one.losses:,}/{one.ties:,}"


def side_by_side(query: QueryDifference, document: Compare) -> Table:
    """Both lists of a query; gains in front, "·" where nobody judged."""
    title = f"{query.text or query.id}: {document.metric} {query.a:.3f} → {query.b:.3f}"
    table = Table("", "gain", "A", "gain", "B", title=escape(title))
    for rank in range(max(len(query.top_a), len(query.top_b))):
        table.add_row(str(rank + 1), *_shown(query.top_a, rank), *_shown(query.top_b, rank))
    return table


def _shown(top: Sequence[Shown], at: int) -> tuple[str, str]:
    if at >= len(top):
        return "", ""
    one = top[at]
    return "·" if one.gain is None else str(one.gain), escape((one.title or one.id)[:60])


def moved_sentence(query: QueryDifference) -> str:
    """The judged product that lost most places, with the features that changed; empty where there are none."""
    fallen = [one for one in query.moved if one.gain and one.rank_a and (one.rank_b or 99) > one.rank_a]
    if not fallen:
        return ""
    one = max(fallen, key=lambda one: (one.gain or 0, (one.rank_b or 99) - (one.rank_a or 0)))
    changed = [
        f"{name} {value:.3g} → {one.features_b[name]:.3g}"
        for name, value in one.features_a.items()
        if name in one.features_b and abs(one.features_b[name] - value) > 1e-6
    ]
    places = f"{one.rank_a} → {one.rank_b or 'not shown'}"
    return escape(
        f"Fell: {(one.title or one.id)[:60]} (gain {one.gain}), rank {places}" + "".join(f", {c}" for c in changed)
    )

"""`tresen-eval gate`: nothing may become worse than the baseline."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from eval.gate import (
    Baseline,
    Finding,
    compare_counts,
    compare_relevance,
    read_baseline,
    write_baseline,
)
from eval.terminal import Json, made
from search.cli import err, import_feed, make_demo, out, print_json, progress_bars
from search.errors import BadInput

if TYPE_CHECKING:
    from eval.guard import JudgedCatalogue, Measured
    from search.settings import Settings

DATA = Path("../shared/data")
DEMO, OWN, DEMO_SEED = "demo", "demo, shoppers' own choices", 7


@dataclass(slots=True)
class Measurement:
    """All that a gate looks at. `left_out` says what could not be looked at, and why."""

    collections: dict[str, Measured] = field(default_factory=dict)
    harm: dict[str, int] = field(default_factory=dict)
    violations: dict[str, int] = field(default_factory=dict)
    off: list[Finding] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def findings(self, before: Baseline) -> Iterator[Finding]:
        """Every check against a baseline."""
        yield from self.off
        yield from compare_counts("stated intents overruled", before.violations, self.violations)
        yield from compare_counts("harm, worse by more than 0.1", before.harm, self.harm)
        for name, collection in before.collections.items():
            if name in self.collections:
                measured = self.collections[name]
                yield from compare_relevance(name, collection, measured.collection, measured.slices)
            elif not any(told.startswith(f"{name}:") for told in self.left_out):
                yield Finding(name, False, "not measured any more. Write a new baseline if that is meant.")

    def baseline(self, started: float, before: Baseline | None) -> Baseline:
        """The same as a new bar; what was left out keeps its old one."""
        kept = before.collections if before else {}
        now = {name: measured.collection for name, measured in self.collections.items()}
        return Baseline(made=made(started), collections={**kept, **now}, harm=self.harm, violations=self.violations)


def gate(
    baseline: Annotated[Path, typer.Argument(help="What the search could do before.", metavar="BASELINE.json")],
    demo: Annotated[
        Path | None, typer.Option(help="Index of the demo shop, as `tresen demo` makes it; made anew without.")
    ] = None,
    data: Annotated[Path, typer.Option(help="Catalogues with judged queries; left out where they are not.")] = DATA,
    work: Annotated[Path, typer.Option(help="Folder for the indexes that are made.")] = Path(".gate"),
    write: Annotated[bool, typer.Option("--write", help="Write what was measured as the new baseline.")] = False,
    json: Json = False,
) -> None:
    """Fail where the search became worse than a baseline."""
    started = time.perf_counter()
    before = None if write and not baseline.exists() else read_baseline(baseline)
    measured = measure(demo, data, work)
    now = measured.baseline(started, before)
    findings = list(measured.findings(before or now))
    passed = all(finding.passed for finding in findings)
    if write:
        write_baseline(baseline, now)
    if json:
        print_json({"passed": passed, "left_out": measured.left_out, "findings": msgspec.to_builtins(findings)})
    else:
        show(findings, measured.left_out)
        if write:
            out.print(f"Written to {escape(str(baseline))}. Say in the commit why a figure fell, if one did.")
    if not passed and not write:
        sys.exit(1)


def measure(demo: Path | None, data: Path, work: Path) -> Measurement:
    """Everything that the gate looks at, with bars on standard error."""
    from eval.guard import CATALOGUES

    found = Measurement()
    if demo is None:
        demo = fresh(work / DEMO)
        make_demo(demo, DEMO_SEED, _settings(), noon())
    measure_demo(found, demo)
    for catalogue in CATALOGUES:
        if (data / catalogue.feed).is_file():
            found.collections[catalogue.name] = measure_catalogue(catalogue, data, work)
        else:
            found.left_out.append(f"{catalogue.name}: no {data / catalogue.feed}")
    return found


def measure_demo(found: Measurement, home: Path) -> None:
    """The demo shop: relevance, harm, stated intents, personalization off."""
    import demo
    from eval.experiments import Experiment
    from eval.guard import count_violations, harm, own_choices, strangers, switched_off
    from eval.workers import open_index

    judged = Path(demo.__file__).parent / "judged"
    experiment = Experiment(index=home, queries=judged / "queries.tsv", qrels=judged / "qrels.txt", base=_settings())
    with err.status("Loading index and encoder …"):
        index = open_index(home, jobs=2)
    with index:
        with progress_bars() as advance:
            found.collections[DEMO] = strangers(index, experiment, advance)
        with progress_bars() as advance:
            found.harm = harm(index, experiment, advance)
        with progress_bars() as advance:
            found.off = [switched_off(index, experiment, advance)]
    with progress_bars() as advance:
        found.collections[OWN] = own_choices(home, advance)
    with progress_bars() as advance:
        found.violations = count_violations(home, advance)


def measure_catalogue(catalogue: JudgedCatalogue, data: Path, work: Path) -> Measured:
    """Index a catalogue of the evaluation data and ask its judged queries."""
    from eval.experiments import Experiment
    from eval.guard import strangers
    from eval.workers import open_index

    home = fresh(work / catalogue.name)
    languages = {"languages": (catalogue.lang,)}
    import_feed(data / catalogue.feed, home, _settings().but(analysis=languages), {}, None, with_vectors=True)
    experiment = Experiment(
        index=home,
        queries=data / catalogue.judged / "queries.tsv",
        qrels=data / catalogue.judged / "qrels.txt",
        lang=catalogue.lang,
        limit=catalogue.limit,
        base=_settings(),
    )
    with open_index(home, jobs=2) as index, progress_bars() as advance:
        return strangers(index, experiment, advance)


def noon() -> datetime:
    """Noon of yesterday (UTC): histories end at the same hour every day, so that counts do not depend on the clock."""
    return datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)


def fresh(folder: Path) -> Path:
    """An empty folder in place of an old index: what is measured is this version's.

    Raises:
        BadInput: the folder holds something else, which is left alone.
    """
    if folder.exists():
        if any(folder.iterdir()) and not (folder / "snapshots").is_dir():
            raise BadInput(f"{folder} holds no index that could be replaced. Name another folder.", "--work")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder


def _settings() -> Settings:
    from eval.guard import PATIENT

    return PATIENT


def show(findings: list[Finding], left_out: list[str]) -> None:
    """The checks as a table, the failed ones in words."""
    table = Table("", "check", "figures")
    for finding in findings:
        mark = "[green]✓[/green]" if finding.passed else "[red]✗[/red]"
        table.add_row(mark, escape(finding.check), escape(finding.told))
    out.print(table)
    for told in left_out:
        out.print(f"[yellow]Left out: {escape(told)}[/yellow]")
    if not all(finding.passed for finding in findings):
        err.print(
            "[bold red]The search became worse.[/bold red] Find the queries with tresen-eval run and compare. "
            "If the loss is meant, write a new baseline with --write and say why."
        )

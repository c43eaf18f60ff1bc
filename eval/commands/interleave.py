"""`tresen-eval interleave`: who wins an interleaving experiment, and a proof that the experiment itself works."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from eval.documents import Interleave, Interval, Made
from eval.terminal import Json, OutFile, Seed, answer, made
from search.cli import err, out, progress_bars
from search.errors import BadInput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from eval.online.interleave import Counted
    from eval.online.prove import Pair

#: An A/A shorter than the stop rule needs to see a bias of this share has shown nothing.
AA_BIAS = 0.55
#: Most points of p that a document keeps.
POINTS = 1_000


def interleave(
    log: Annotated[
        Path | None, typer.Argument(help="JSON lines: key, a, b, events; in the order of time.", metavar="[LOG]")
    ] = None,
    aa: Annotated[Path | None, typer.Option("--aa", help="Log of an A/A: both rankings from the same ranker.")] = None,
    aa_done: Annotated[bool, typer.Option("--aa-done", help="An A/A on this site was checked before.")] = False,
    credit: Annotated[str, typer.Option(help="Credit of each event; a product's greatest counts.")] = (
        "click=1,cart=3,purchase=10"
    ),
    effects: Annotated[str, typer.Option(help="True shares of wins to plan for and to plant.")] = "0.52,0.55,0.6",
    alpha: Annotated[float, typer.Option(min=0.0001, max=0.5, help="Most false winners among equals.")] = 0.05,
    prove: Annotated[bool, typer.Option("--prove", help="Simulate A/A and planted effects.")] = False,
    runs: Annotated[int, typer.Option(min=10, help="With --prove: experiments of each kind.")] = 500,
    sessions: Annotated[int, typer.Option(min=100, help="With --prove: sessions of each, ties included.")] = 10_000,
    run_a: Annotated[Path | None, typer.Option(help="With --prove: TREC run of ranker A.")] = None,
    run_b: Annotated[Path | None, typer.Option(help="With --prove: TREC run of ranker B.")] = None,
    seed: Seed = 0,
    json: Json = False,
    out_file: OutFile = None,
) -> None:
    """Count the wins of interleaved sessions, with a p that may be looked at any time."""
    started = time.perf_counter()
    shares, weights = read_effects(effects), read_credit(credit)
    files = {"log": log, "aa": aa, "run_a": run_a, "run_b": run_b}

    def stamp() -> Made:
        return made(started, seed=seed if prove else None, files=files)

    if prove:
        document = proof(read_pairs(log, run_a, run_b, seed), shares, alpha, runs, sessions, seed, stamp)
    elif log is None and aa is None:
        raise BadInput("Nothing to count. Give a log of interleaved answers, --aa LOG, or --prove.", "LOG")
    else:
        document = verdict_of(log, aa, aa_done, weights, shares, alpha, stamp)
    answer(document, json, out_file, show)


def read_effects(text: str) -> list[float]:
    """Shares of wins, as of "0.52,0.55".

    >>> read_effects("0.52, 0.6")
    [0.52, 0.6]
    """
    try:
        shares = [float(part) for part in text.split(",")]
    except ValueError:
        shares = [0.0]
    if not all(0.505 <= share < 0.99 for share in shares):
        raise BadInput(
            f"'{text}' are no effects. Write shares of wins from 0.505 to 0.99: --effects 0.52,0.55", "--effects"
        )
    return shares


def read_credit(text: str) -> dict[str, float]:
    """Event -> credit, as of "click=1,cart=3".

    >>> read_credit("click=1,cart=3")
    {'click': 1.0, 'cart': 3.0}
    """
    weights: dict[str, float] = {}
    for part in text.split(","):
        name, _, value = part.partition("=")
        try:
            weights[name.strip()] = float(value)
        except ValueError:
            raise BadInput(f"'{part}' is no credit. Write --credit click=1,cart=3,purchase=10.", "--credit") from None
    if any(not 0 <= weight < 1e6 for weight in weights.values()):
        raise BadInput("A credit is a number from 0 to a million.", "--credit")
    return weights


def read_pairs(log: Path | None, run_a: Path | None, run_b: Path | None, seed: int) -> list[Pair]:
    """Pairs of rankings for the simulation: of a log, of two TREC runs, or made up; at most 500, drawn by the seed."""
    import numpy as np

    from eval.judged.runs import read_run
    from eval.online.interleave import read_interleaved
    from eval.online.prove import made_up_pairs

    if (run_a is None) != (run_b is None):
        raise BadInput("Two rankers are compared: give both --run-a and --run-b.", "--run-b" if run_a else "--run-a")
    pairs: Sequence[Pair]
    if run_a is not None and run_b is not None:
        a, b = read_run(run_a), read_run(run_b)
        pairs = [(a[query], b[query]) for query in a if query in b]
        if not pairs:
            raise BadInput(f"{run_a} and {run_b} have no query in common.", "--run-b")
    elif log is not None:
        pairs = [(answer.a, answer.b) for answer in read_interleaved(log)]
    else:
        pairs = made_up_pairs(seed)
    if len(pairs) <= 500:
        return list(pairs)
    return [pairs[at] for at in np.sort(np.random.default_rng(seed).permutation(len(pairs))[:500])]


def plan(shares: Sequence[float], alpha: float) -> dict[str, Any]:
    """Decided sessions that each effect needs: with a fixed length, and under the stop rule."""
    from eval.online.sequential import sessions_fixed, stopping_time

    stops = {share: stopping_time(share, alpha) for share in shares}
    return {
        "sessions_needed": {_odds(share): sessions_fixed(share, alpha) for share in shares},
        "sessions_mean": {_odds(share): round(stop.mean) for share, stop in stops.items()},
        "sessions_sequential": {_odds(share): stop.at_power for share, stop in stops.items()},
    }


def _odds(share: float) -> str:
    return f"{100 * share:.3g}/{100 * (1 - share):.3g}"


def proof(
    pairs: Sequence[Pair],
    shares: Sequence[float],
    alpha: float,
    runs: int,
    sessions: int,
    seed: int,
    stamp: Callable[[], Made],
) -> Interleave:
    """The simulated experiments: two kinds without a difference, one for each planted effect."""
    from eval.online import prove
    from eval.online.sequential import stopped_by

    differing = [pair for pair in pairs if list(pair[0]) != list(pair[1])]
    if not differing:
        raise BadInput("Each pair of rankings is one list twice; nothing can be planted in them.", "LOG")
    same = prove.draw_up([(a, a) for a, _ in pairs], shared=True)
    lists = prove.draw_up(differing, shared=False)
    lifts = [prove.lift_for(lists, share) for share in shares]
    with progress_bars() as advance:

        def simulated(name: str, lists: prove.Lists, lift: float, number: int, swap: bool = False) -> prove.Stopped:
            return prove.simulate(
                lists, lift, runs, sessions, seed + number, swap, alpha, lambda done: advance(name, done, runs)
            )

        aa = simulated("A/A", same, 0.0, 1)
        equals = simulated("equal quality", lists, max(lifts), 2, swap=True)
        found = [
            prove.power_of(simulated(_odds(share), lists, lift, 3 + number), share)
            for number, (share, lift) in enumerate(zip(shares, lifts, strict=True))
        ]
    return Interleave(
        made=stamp(),
        mode="simulation",
        alpha=alpha,
        false_positives=float((aa.winner != 0).mean()),
        false_positive_runs=runs,
        nulls={
            "the same ranker twice": float((aa.winner != 0).mean()),
            "two rankers of equal quality": float((equals.winner != 0).mean()),
            "the same ranker twice, an ordinary p after every session": float(aa.naive.mean()),
        },
        exact_false_positives=stopped_by(int(aa.decided.max()), 0.5, alpha),
        power=found,
        simulated_sessions=sessions,
        **plan(shares, alpha),
    )


def verdict_of(
    log: Path | None,
    aa: Path | None,
    aa_done: bool,
    weights: Mapping[str, float],
    shares: Sequence[float],
    alpha: float,
    stamp: Callable[[], Made],
) -> Interleave:
    """Count an A/A, an A/B, or both; an A/B has no p and no verdict before an A/A was long enough and fair."""
    from eval.online.interleave import count, read_interleaved
    from eval.online.sequential import p_path, share_interval

    with err.status("Counting wins …"):
        of_aa = count(read_interleaved(aa), weights, shared=True) if aa else None
        counted = count(read_interleaved(log), weights) if log else of_aa
    assert counted is not None
    aa_p = float(p_path(of_aa.won_by_b)[-1]) if of_aa and len(of_aa.won_by_b) else None
    missing = "" if aa_done and not of_aa else aa_trouble(len(of_aa.won_by_b) if of_aa else None, aa_p, alpha)
    told = not missing or not log
    path = p_path(counted.won_by_b if told else [])
    p = float(path[-1]) if len(path) else None
    low, high = share_interval(counted.wins_a, counted.wins_b, alpha)
    decided = len(counted.won_by_b)
    return Interleave(
        made=stamp(),
        mode="A/B" if log else "A/A",
        alpha=alpha,
        sessions=decided + counted.ties,
        wins_a=counted.wins_a,
        wins_b=counted.wins_b,
        ties=counted.ties,
        p_always_valid=p,
        verdict=sentence(counted, p, missing, bool(log), alpha),
        path=thin(path),
        path_step=max(1, ceil(len(path) / POINTS)),
        share_b=Interval(counted.wins_b / decided, low, high) if decided and told else None,
        identical_lists=counted.identical,
        stray_events=counted.stray,
        aa_sessions=len(of_aa.won_by_b) if of_aa else 0,
        aa_p=aa_p,
        **plan(shares, alpha),
    )


def aa_trouble(decided: int | None, p: float | None, alpha: float) -> str:
    """Why an A/A does not yet vouch for the experiment; empty if it does.

    >>> aa_trouble(5_000, 0.7, 0.05)
    ''
    """
    from eval.online.sequential import stopping_time

    needed = stopping_time(AA_BIAS, alpha).at_power
    if decided is None:
        return "Run an A/A first (both rankings from the same ranker) and give its log with --aa, or say --aa-done."
    if p is not None and p <= alpha:
        return f"The A/A found a winner among equals (p {p:.2g}): look for a fault in lists, logging or bots first."
    if decided < needed:
        return f"The A/A is too short: {decided:,} decided sessions, a bias of {_odds(AA_BIAS)} needs {needed:,}."
    return ""


def sentence(counted: Counted, p: float | None, missing: str, is_ab: bool, alpha: float) -> str:
    """The verdict."""
    if not is_ab:
        return missing or f"A/A passed: no winner among equals in {len(counted.won_by_b):,} decided sessions."
    if missing:
        return f"No verdict. {missing}"
    if p is None:
        return "No verdict: no session has a winner yet."
    if p > alpha:
        return f"No winner yet (p {p:.2g}). Go on; looking again costs nothing."
    return f"{'B' if leads_when_found(counted, alpha) else 'A'} wins (p {p:.2g}). The experiment may stop."


def leads_when_found(counted: Counted, alpha: float) -> bool:
    """Whether B was ahead when the rule first stopped: p never rises again, but who leads can change afterwards."""
    from eval.online.sequential import p_path

    first = int((p_path(counted.won_by_b) <= alpha).argmax())
    return bool(counted.won_by_b[: first + 1].mean() > 0.5)


def thin(path: Sequence[float] | NDArray[np.float64]) -> list[float]:
    """At most `POINTS` values of a path, evenly spaced.

    >>> thin([0.5, 0.25])
    [0.5, 0.25]
    """
    step = max(1, ceil(len(path) / POINTS))
    return [float(p) for p in path[step - 1 :: step]]


def show(document: Interleave) -> None:
    """The counts and the verdict, or the simulation; then what each effect needs."""
    if document.mode == "simulation":
        show_proof(document)
    else:
        show_counts(document)
    table = Table(
        "true share", "fixed length", "stop rule, mean", "stop rule, 80 % found", title="Decided sessions needed"
    )
    for effect, needed in document.sessions_needed.items():
        mean, most = document.sessions_mean[effect], document.sessions_sequential[effect]
        table.add_row(effect, f"{needed:,}", f"{mean:,}", f"{most:,}")
    out.print(table)


def show_counts(document: Interleave) -> None:
    """Wins, p and verdict of logged sessions."""
    table = Table("", "sessions", "A wins", "B wins", "ties", "share of B", "p (any time)")
    share = document.share_b
    table.add_row(
        document.mode,
        *(f"{value:,}" for value in (document.sessions, document.wins_a, document.wins_b, document.ties)),
        f"{share.mean:.3f} [{share.low:.3f}, {share.high:.3f}]" if share else "–",
        f"{document.p_always_valid:.2g}" if document.p_always_valid is not None else "–",
    )
    out.print(table)
    if document.mode == "A/B" and document.aa_sessions:
        out.print(f"A/A before: {document.aa_sessions:,} decided sessions, p {document.aa_p:.2g}.")
    if document.mode == "A/B" and document.identical_lists:
        out.print(f"Answers whose two lists are the same, which say nothing: {document.identical_lists:,}.")
    if document.stray_events:
        out.print(
            f"[yellow]{document.stray_events:,} events are on products of neither list; they count nothing.[/yellow]"
        )
    out.print(f"[bold]{document.verdict}[/bold]")


def show_proof(document: Interleave) -> None:
    """False positives and power of the simulated experiments."""
    runs, sessions = document.false_positive_runs, document.simulated_sessions
    nulls = Table("without a difference", "a winner was declared", title=f"{runs:,} runs of {sessions:,} sessions each")
    for name, share in document.nulls.items():
        nulls.add_row(name, f"{share:.1%}")
    nulls.add_row("the same ranker twice, computed exactly", f"{document.exact_false_positives:.1%}")
    out.print(nulls)
    power = Table("planted share of B", "B was found", "mean decided sessions to the stop")
    for row in document.power:
        power.add_row(_odds(row.effect), f"{row.found:.1%}", f"{row.mean_sessions:,.0f}" if row.mean_sessions else "–")
    out.print(power)

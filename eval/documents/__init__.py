"""What every command of the suite answers: one JSON document, which `tresen-eval report` draws.

A document carries what made it (`Made`): command, version, index, settings, seed. Metrics are shares in 0..1
unless they say otherwise; times are milliseconds; an `Interval` is a mean with its 95 % bootstrap interval.

    run         relevance and time of every stage, one or several configurations
    compare     configurations against the first one: differences, intervals, p values, slices, worst losses
    calibrate   what was fitted on one half of the queries, and what it gives on the other
    replay      real shoppers, chronologically: personal against anonymous
    simulate    shoppers with planted tastes
    intents     queries that state something, asked by the opposite profile
    interleave  team draft: A/A, power, stopping
    logs        inverse propensity estimates from logged clicks
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from eval.documents.judged import (
    Calibrate,
    Candidate,
    Compare,
    Comparison,
    Configuration,
    Difference,
    Moved,
    QueryDifference,
    QueryResult,
    Run,
    Shown,
    Times,
)
from eval.documents.made import IndexInfo, Interval, Made
from eval.documents.online import Estimate, Interleave, Logs, Power
from eval.documents.personal import Gain, IntentCount, Intents, LiftBin, Recovery, Replay, Simulate, Violation
from search.errors import BadInput

__all__ = [
    "Calibrate",
    "Candidate",
    "Compare",
    "Comparison",
    "Configuration",
    "Difference",
    "Document",
    "Estimate",
    "Gain",
    "IndexInfo",
    "IntentCount",
    "Intents",
    "Interleave",
    "Interval",
    "LiftBin",
    "Logs",
    "Made",
    "Moved",
    "Power",
    "QueryDifference",
    "QueryResult",
    "Recovery",
    "Replay",
    "Run",
    "Shown",
    "Simulate",
    "Times",
    "Violation",
    "read_document",
    "write_document",
]

Document = Run | Compare | Calibrate | Replay | Simulate | Intents | Interleave | Logs

_DECODER = msgspec.json.Decoder(Document)


def write_document(path: Path, document: Document) -> None:
    """Write a document as indented JSON."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(document)) + b"\n")


def read_document(path: Path) -> Document:
    """Read what a command wrote with --out or --json.

    Raises:
        BadInput: no such file, no JSON, or JSON of something else; `place` is the file.
    """
    try:
        return _DECODER.decode(path.read_bytes())
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.", str(path)) from error
    except msgspec.MsgspecError as error:
        raise BadInput(
            f"{path} is no document of tresen-eval ({error}). Write one with --out FILE or --json.", str(path)
        ) from error

"""`tresen-eval`: Tresen's relevance suite. One file a command, in `eval/commands/`.

Exit codes: 0 done, 1 a clear error (told in one sentence), 2 wrong usage.
"""

from __future__ import annotations

import typer

from eval.commands.bm25 import bm25
from eval.commands.calibrate import calibrate
from eval.commands.compare import compare
from eval.commands.compounds import compounds
from eval.commands.encoders import encoders
from eval.commands.gate import gate
from eval.commands.intents import intents
from eval.commands.interleave import interleave
from eval.commands.load import load
from eval.commands.logs import logs
from eval.commands.misspell import misspell
from eval.commands.replay import replay
from eval.commands.report import report
from eval.commands.run import run
from eval.commands.simulate import simulate
from eval.commands.spelling import spelling
from eval.terminal import run_app

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Tresen's relevance suite (docs/evaluation.md).")


@app.callback()
def suite() -> None:
    """Relevance suite of Tresen."""


COMMANDS = (
    run,
    compare,
    calibrate,
    bm25,
    replay,
    simulate,
    intents,
    interleave,
    logs,
    report,
    gate,
    load,
    spelling,
    misspell,
    compounds,
    encoders,
)
for command in COMMANDS:
    app.command()(command)


def main() -> None:
    """The entry point of `tresen-eval`."""
    run_app(app)


if __name__ == "__main__":
    main()

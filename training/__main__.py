"""`python -m training`: make the encoder, or check its texts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from search.errors import TresenError
from search.terminal.console import err, out, progress_bars

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="How the encoder of our own is made (docs/encoder-training.md)."
)
Data = Annotated[Path, typer.Option(help="Folder with electronics-en/ and fashion-en/.")]
Work = Annotated[Path, typer.Option(help="Where wheels, vectors and the fit are kept; run again, it goes on.")]


@app.command()
def make(
    folder: Annotated[Path, typer.Argument(help="The model's folder, written at the end.")],
    data: Data,
    work: Work = Path(".training"),
    steps: Annotated[int | None, typer.Option(min=1, help="Steps of the fit.")] = None,
    types: Annotated[int | None, typer.Option(min=8, help="Only the first N product types: a trial.")] = None,
    teachers: Annotated[str, typer.Option(help="Which teachers, by comma: use, e5, minilm.")] = "use,minilm",
    pieces: Annotated[int, typer.Option(min=500, help="Most pieces of the vocabulary.")] = 90_000,
    threads: Annotated[int, typer.Option(min=1, help="Torch threads.")] = 2,
) -> None:
    """Fetch the teachers, read the texts, fit the student, write its folder."""
    import torch

    from training.card import about
    from training.fit import Recipe
    from training.make import Plan, shorter
    from training.make import make as make_model

    torch.set_num_threads(threads)
    plan = Plan(data, work, shorter(Recipe(), steps), tuple(teachers.split(",")), types, pieces, threads)
    with progress_bars() as advance:
        make_model(plan, folder, advance, about(plan))
    out.print(f"The model is in {escape(str(folder))}.")


@app.command()
def check() -> None:
    """Say which texts of the lexicon are near-duplicates of the paraphrase set; the fit leaves them out."""
    from eval.encoders import near_duplicates, read_paraphrases
    from training.lexicon import read_attributes, read_types
    from training.make import written

    texts = [text for of in written(read_types(), read_attributes()).values() for text in of]
    found = near_duplicates([text for text in texts if " " in text], read_paraphrases().texts())
    for text, other in found:
        out.print(f"left out: {escape(text)}  [dim]like {escape(other)}[/dim]")
    out.print(f"{len(texts):,} texts, {len(found)} near-duplicates of the paraphrase set, all left out of the fit.")


def main() -> None:
    """Run; every error of ours is one sentence and exit code 1."""
    try:
        app()
    except TresenError as error:
        err.print(f"[bold red]Error[/bold red] {escape(error.message)}")
        sys.exit(1)


if __name__ == "__main__":
    main()

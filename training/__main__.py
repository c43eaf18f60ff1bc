"""`python -m training`: make the encoder, check its texts, or measure it on types that it was not taught."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from search.errors import TresenError
from search.terminal.console import err, out, progress_bars

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="How the encoder of our own is made (docs/encoders.md)."
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
    hold: Annotated[bool, typer.Option(help="Leave out a tenth of the product types, for `held`.")] = False,
    opposites: Annotated[int, typer.Option(min=0, help="Hard opposites a step, found by BM25.")] = 0,
    added: Annotated[
        bool, typer.Option("--added", help="Read a grocer's kinds of things and compounds in parts.")
    ] = False,
    pieces: Annotated[int, typer.Option(min=500, help="Most pieces of the vocabulary.")] = 90_000,
    threads: Annotated[int, typer.Option(min=1, help="Torch threads.")] = 2,
) -> None:
    """Fetch the teachers, read the texts, fit the student, write its folder."""
    import torch

    from training.card import about
    from training.fit import Recipe
    from training.make import Plan, varied
    from training.make import make as make_model

    torch.set_num_threads(threads)
    recipe = varied(Recipe(), steps, opposites, added)
    plan = Plan(data, work, recipe, tuple(teachers.split(",")), types, hold, pieces, threads)
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


@app.command()
def held(
    models: Annotated[
        list[str], typer.Argument(help="Encoders: names or folders; one made with --hold for an answer.")
    ],
) -> None:
    """How well encoders find the titles of held-out product types, among all titles, from needs and other names."""
    from eval.encoders import measure_paraphrases
    from eval.measures import means
    from search.embed import load_encoder
    from training.held import held_parts, held_set
    from training.lexicon import read_types

    given, parts = held_set(read_types()), held_parts(read_types())
    titles = ", ".join(f"{len(of):,} {language}" for language, of in given.products.items())
    out.print(f"{len(given.queries):,} queries, titles: {titles}; {len(parts.queries):,} compounds in parts; nDCG@10")
    for model in models:
        with progress_bars() as advance:
            advance(model, 0, 1)
            encoder = load_encoder(model)
            found = measure_paraphrases(encoder, given)
            found["in parts"] = measure_paraphrases(encoder, parts)["de"]
            advance(model, 1, 1)
        row = "  ".join(f"{of} {means(values)['nDCG@10']:.3f}" for of, values in found.items())
        out.print(f"{escape(model)}  {row}")


def main() -> None:
    """Run; every error of ours is one sentence and exit code 1."""
    try:
        app()
    except TresenError as error:
        err.print(f"[bold red]Error[/bold red] {escape(error.message)}")
        sys.exit(1)


if __name__ == "__main__":
    main()

"""`python -m eval.bench.million NAME`: how long a catalogue of a million products takes an encoder, in one process.

The texts are made: each is a real product's with its words in another order and a number of its own, so that no two are
the same and none is cached. Variants are for speed only; what is found among them means nothing.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from eval.bench.encode import product_texts
from eval.bench.machine import describe, told
from eval.terminal import run_app
from search.cli import out, print_json
from search.embed import load_encoder
from search.errors import BadInput
from search.terminal.console import progress_bars

app = typer.Typer(add_completion=False)
BATCH = 4096


@app.command()
def million(
    name: Annotated[str, typer.Argument(help="Encoder: a name or a folder.")],
    feed: Annotated[Path | None, typer.Option(help="A feed whose products are varied; the demo shop's else.")] = None,
    products: Annotated[int, typer.Option(min=1, help="How many variants.")] = 1_000_000,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Encode very many made products and tell how long it took."""
    texts = list(product_texts(feed))
    if not texts:
        raise BadInput(f"{feed} has no products.", "--feed")
    machine = describe()
    encoder = load_encoder(name)
    made = variants(texts, products)
    wall, cpu = time.perf_counter(), time.process_time()
    with progress_bars() as advance:
        while batch := list(islice(made, BATCH)):
            encoder.encode_document(batch)
            advance("encode", len(batch), products)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    report = {
        "encoder": name,
        "products": products,
        "made": f"variants of {len(texts)} real products",
        "words": round(sum(len(text.split()) for text in texts) / len(texts) + 1, 1),
        "seconds": round(wall, 1),
        "cpu_seconds": round(cpu, 1),
        "machine": machine,
    }
    if json:
        print_json(report)
        return
    out.print(
        f"{name}: {products:,} products (made: {report['made']}, {report['words']} words each) in {wall:,.1f} s, "
        f"{cpu:,.1f} s of processor time; making them is part of it"
    )
    out.print(told(machine))


def variants(texts: Sequence[str], count: int) -> Iterator[str]:
    """`count` texts that differ, in turns from each real one: its words in another order, and a number.

    >>> list(variants(["rote warme Hose"], 2))
    ['rote Hose warme variant1', 'Hose warme rote variant2']
    """
    chance = random.Random(0)
    for number in range(count):
        words = texts[number % len(texts)].split()
        chance.shuffle(words)
        yield " ".join([*words, f"variant{number + 1}"])


if __name__ == "__main__":
    run_app(app)

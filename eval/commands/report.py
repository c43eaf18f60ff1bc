"""`tresen-eval report`: documents drawn as one HTML page that needs nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from eval.documents import read_document
from search.cli import out
from search.errors import BadInput


def report(
    files: Annotated[list[Path], typer.Argument(help="Documents that commands wrote with --out.", metavar="FILE...")],
    out_file: Annotated[Path, typer.Option("--out", help="The page to write.")] = Path("report.html"),
    lang: Annotated[str, typer.Option(help="Language of the page: en or de.")] = "en",
) -> None:
    """Draw documents of the other commands as one self-contained HTML page."""
    documents = [(path.name, read_document(path)) for path in files]
    from eval.report.page import render

    page = render(documents, lang, datetime.now(UTC).isoformat(timespec="seconds"))
    try:
        out_file.parent.mkdir(parents=True, exist_ok=True)
        out_file.write_text(page, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{out_file} cannot be written: {error.strerror}.", "--out") from error
    size = out_file.stat().st_size / 1e6
    kinds = ", ".join(type(document).__name__.lower() for _, document in documents)
    out.print(
        f"{escape(str(out_file))}: {kinds}; {size:.1f} MB. Open it in any browser; it loads nothing else.",
        soft_wrap=True,
    )

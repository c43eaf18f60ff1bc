"""`tresen traits import`: what a customer system says of shoppers, from a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from search.errors import BadInput
from search.settings import read_settings
from search.terminal.console import Config, Home, Json, err, out, print_json

if TYPE_CHECKING:
    from search.messages.traits import ShopperTraitsIn

traits = typer.Typer(no_args_is_help=True, help="What your customer system says of shoppers: import.")


@traits.command("import")
def import_traits(
    home: Home,
    file: Annotated[
        Path, typer.Argument(help="JSON lines, each as POST /v1/traits takes.", exists=True, dir_okay=False)
    ],
    settings_file: Config = None,
    json: Json = False,
) -> None:
    """Keep what every line says of its shopper; nothing if one is wrong. Stop the server first, or post to it."""
    from search.personal.importing import keep_all
    from search.service import Service

    found = read_lines(file)
    with err.status("Loading the index …"):
        service = Service(home, read_settings(settings_file))
    with service:
        done = keep_all(found, service.store, service.generation.pipeline)
    if json:
        print_json(done)
    else:
        out.print(f"{done.stored:,} shoppers' traits kept, {done.without_consent:,} sent without leave.")


def read_lines(file: Path) -> list[ShopperTraitsIn]:
    """The lines of an import.

    Raises:
        BadInput: a line that cannot be read; the place names it.
    """
    import msgspec

    from search.messages.traits import ShopperTraitsIn

    found, decoder = [], msgspec.json.Decoder(ShopperTraitsIn)
    for number, line in enumerate(file.read_bytes().splitlines(), 1):
        if not line.strip():
            continue
        try:
            found.append(decoder.decode(line))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise BadInput(f"Line {number} cannot be read: {error}.", f"{file}:{number}") from error
    return found

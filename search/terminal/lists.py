"""`tresen synonyms` and `tresen compounds`: the shop's own lists from the terminal. A running server notices within a
second."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from search.errors import BadInput, NotFound
from search.settings import read_settings
from search.terminal.console import Config, Home, Json, err, out, print_json, progress_bars

if TYPE_CHECKING:
    from search.lists.curator import Curator

synonyms = typer.Typer(no_args_is_help=True, help="The shop's synonyms: list, add, remove, import, propose.")
compounds = typer.Typer(no_args_is_help=True, help="How the shop splits compounds: list, add, remove, import.")

Entry = Annotated[str, typer.Argument(help='"a = b", "a => b" or "a -> b" (docs/query.md).')]
Split = Annotated[str, typer.Argument(help='"word = part part", or "word =": never split.')]
ListFile = Annotated[Path, typer.Argument(help="A list, one entry a line.", exists=True, dir_okay=False)]


def curator(home: Path, settings_file: Path | None) -> Curator:
    """What edits the lists of an index directory, without loading it.

    Raises:
        NotFound: there is no index.
    """
    from search.lists.curator import Curator
    from search.lists.files import ListFiles

    if not (home / "CURRENT").is_file():
        raise NotFound(f"{home} holds no index. Make one: tresen index FEED --out {home}", str(home))
    return Curator(ListFiles(home, read_settings(settings_file).analysis))


@synonyms.command("list")
def list_synonyms(home: Home, settings_file: Config = None, json: Json = False) -> None:
    """Every synonym that counts, with the id to remove it by."""
    found = curator(home, settings_file).synonyms()
    if json:
        print_json(found)
        return
    table = Table("id", "synonym", "from")
    for item in found.synonyms:
        table.add_row(item.id, escape(item.line), item.source)
    out.print(table)


@synonyms.command("add")
def add_synonym(home: Home, entry: Entry, settings_file: Config = None) -> None:
    """Add a synonym."""
    _import_synonyms(home, entry, "entry", settings_file)


@synonyms.command("import")
def import_synonyms(home: Home, file: ListFile, settings_file: Config = None) -> None:
    """Add every entry of a file; none if one of them is wrong."""
    _import_synonyms(home, file.read_text(encoding="utf-8"), str(file), settings_file)


def _import_synonyms(home: Path, text: str, place: str, settings_file: Path | None) -> None:
    from search.words.synonyms import read_synonyms

    try:
        entries = read_synonyms(text)
    except ValueError as error:
        raise BadInput(str(error), place) from error
    for item in curator(home, settings_file).add_synonyms(entries):
        out.print(f"{item.id}  {escape(item.line)}")


@synonyms.command("remove")
def remove_synonym(home: Home, id: Annotated[str, typer.Argument()], settings_file: Config = None) -> None:
    """Remove a synonym by its id."""
    out.print(f"removed: {escape(curator(home, settings_file).remove_synonym(id).line)}")


@synonyms.command("propose")
def propose(
    home: Home,
    lang: Annotated[str | None, typer.Option(help="Language; the leading one without it.")] = None,
    size: Annotated[int, typer.Option(min=1, max=500, help="Proposals.")] = 50,
    settings_file: Config = None,
    json: Json = False,
) -> None:
    """Words of the catalogue that may be synonyms, for a person to accept with `tresen synonyms add`."""
    from search.service import Service

    with err.status("Loading index and encoder …"):
        service = Service(home, read_settings(settings_file))
    with service, progress_bars() as advance:
        found = service.proposals(lang, size, advance)
    if json:
        print_json(found)
        return
    table = Table("score", "entry", "cosine", "alike", "products", "together")
    for item in found.proposals:
        numbers = (f"{item.cosine:.2f}", f"{item.alike:.2f}", " / ".join(map(str, item.products)), str(item.together))
        table.add_row(f"{item.score:.2f}", escape(" = ".join(item.words)), *numbers)
    out.print(table)


@compounds.command("list")
def list_compounds(home: Home, settings_file: Config = None, json: Json = False) -> None:
    """Every split of the shop's own; what is learned from the catalogue is not listed."""
    found = curator(home, settings_file).compounds()
    if json:
        print_json(found)
        return
    table = Table("word", "parts", "from")
    for item in found.compounds:
        table.add_row(escape(item.word), escape(" + ".join(item.parts)) or "never split", item.source)
    out.print(table)


@compounds.command("add")
def add_compound(home: Home, entry: Split, settings_file: Config = None) -> None:
    """Split a word so, or never."""
    _import_compounds(home, entry, "entry", settings_file)


@compounds.command("import")
def import_compounds(home: Home, file: ListFile, settings_file: Config = None) -> None:
    """Add every split of a file; none if one of them is wrong."""
    _import_compounds(home, file.read_text(encoding="utf-8"), str(file), settings_file)


def _import_compounds(home: Path, text: str, place: str, settings_file: Path | None) -> None:
    from search.lists.files import make_split
    from search.words.compounds import read_listed

    try:
        splits = [make_split(word, parts) for word, parts in read_listed(text).items()]
    except ValueError as error:
        raise BadInput(str(error), place) from error
    for item in curator(home, settings_file).add_compounds(splits):
        out.print(f"{escape(item.word)} = {escape(' '.join(item.parts))}")


@compounds.command("remove")
def remove_compound(home: Home, word: Annotated[str, typer.Argument()], settings_file: Config = None) -> None:
    """Remove a split from the list: what the file or the catalogue says counts again."""
    item = curator(home, settings_file).remove_compound(word)
    out.print(f"removed: {escape(item.word)} = {escape(' '.join(item.parts))}")

"""Logs as JSON lines: one object a line, each checked, with file:line in every error."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from search.errors import BadInput

T = TypeVar("T", bound=msgspec.Struct)


def read_lines(path: Path, kind: type[T]) -> Iterator[tuple[str, T]]:
    """file:line and the object, of every line that is not empty.

    Raises:
        BadInput: the file cannot be read, a line is no such object, or there is none at all.
    """
    decoder = msgspec.json.Decoder(kind)
    number = read = 0
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    read += 1
                    yield f"{path}:{number}", decoder.decode(line.removeprefix(BOM_UTF8))
    except OSError as error:
        raise BadInput(f"The file cannot be read: {error.strerror}.", str(path)) from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        fields = ", ".join(field.name for field in msgspec.structs.fields(kind))
        raise BadInput(
            f"This line cannot be used: {error}. A line is a JSON object with the fields {fields}.", f"{path}:{number}"
        ) from error
    if not read:
        raise BadInput("The log is empty.", str(path))

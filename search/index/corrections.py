"""A merchandiser's corrections of what kinds of product the shop has."""

from __future__ import annotations

from pathlib import Path

from search.errors import BadSettings


def read_corrections(place: str) -> dict[str, str]:
    """A merchandiser's file: a line "word = kind" each, "word =" for a word that is no kind; # begins a remark.

    Raises:
        BadSettings: the file cannot be read, or a line has another form.
    """
    try:
        lines = Path(place).read_text(encoding="utf-8").splitlines() if place else []
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(
            f"The corrections of kinds in {place} cannot be read: {error}.", "kinds.corrections"
        ) from error
    found = {}
    for number, line in enumerate(lines, 1):
        word, equals, kind = line.partition("#")[0].partition("=")
        if word.strip() and not equals:
            raise BadSettings(f"Line {number} of {place} is no correction. Write: word = kind", "kinds.corrections")
        if word.strip():
            found[word.strip().casefold()] = kind.strip().casefold()
    return found

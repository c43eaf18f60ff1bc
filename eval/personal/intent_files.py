"""Sets of queries that state something (demo/intents/*.toml), read and checked.

    [profiles.womens]   a history, as conditions on products
    [[patterns]]        what a group of queries states; keys of a query replace those of its pattern

A message names the file and counts patterns and queries from 1; it never repeats a query, for a set may have been
put aside.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from eval.personal.facts import Conditions
from search.errors import BadInput
from search.types import EventType

#: The set to develop with, and the one that was put aside: only its counts are told.
KNOWN, ASIDE = "known", "aside"
#: Tastes that a query can silence; size is not learned yet, so it is silent anyway.
Silent = Literal["brand", "gender", "price_band", "category", "color", "size"]
Language = Annotated[str, Meta(pattern="^[a-z]{2}$")]
Text = Annotated[str, Meta(min_length=1)]

T = TypeVar("T")


class Looks(Struct, frozen=True, forbid_unknown_fields=True):
    """So many events of one type, each with a product that `where` holds for."""

    type: EventType
    times: Annotated[int, Meta(ge=1, le=1000)]
    where: Conditions


class Profile(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody's history."""

    story: str
    events: Annotated[list[Looks], Meta(min_length=1)]


class Stated(Struct, frozen=True, forbid_unknown_fields=True):
    """One query; None is what its pattern says."""

    q: Text
    lang: Language | None = None
    profile: str | None = None
    kind: Conditions | None = None
    expect: Conditions | None = None
    silent: list[Silent] | None = None
    unmoved: bool | None = None


class Pattern(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Queries that state the same kind of thing."""

    id: Text
    states: str
    profile: str
    lang: Language = "de"
    kind: Conditions | None = None
    expect: Conditions | None = None
    silent: list[Silent] = []
    unmoved: bool = False
    queries: Annotated[list[Stated], Meta(min_length=1)]


@dataclass(frozen=True, slots=True)
class Intent:
    """A query with all that its pattern says of it. `place` tells where it stands, without its text."""

    pattern: str
    place: str
    q: str
    lang: str
    profile: str
    kind: Conditions | None
    expect: Conditions | None
    silent: tuple[str, ...]
    unmoved: bool


@dataclass(frozen=True, slots=True)
class IntentSet:
    """A file of them."""

    path: Path
    profiles: Mapping[str, Profile]
    intents: list[Intent]


def demo_files() -> dict[str, Path]:
    """The demo shop's sets: name -> file.

    Raises:
        BadInput: they are not there, as in an installation without its sources.
    """
    import demo

    folder = Path(demo.__file__).parent / "intents"
    if not folder.is_dir():
        raise BadInput("The demo shop's queries are not installed. Name a file of your own: --set FILE.", "--set")
    return {name: folder / f"{name}.toml" for name in (KNOWN, ASIDE)}


def read_intents(path: Path) -> IntentSet:
    """Read a set.

    Raises:
        BadInput: no such file, no TOML, an unknown or missing key, an unknown profile, a query that claims nothing.
    """
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.", str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} is no TOML: {error}.", str(path)) from error
    unknown = sorted(tree.keys() - {"profiles", "patterns"})
    if unknown or not tree.get("profiles") or not tree.get("patterns"):
        found = f" It has '{unknown[0]}' as well." if unknown else ""
        raise BadInput(f"A set of intents has [profiles.NAME] and [[patterns]], nothing else.{found}", str(path))
    profiles = {
        name: _read(profile, Profile, f"Profile '{name}'", path) for name, profile in _table(tree, path).items()
    }
    patterns = [
        _read(pattern, Pattern, f"Pattern {number}", path) for number, pattern in enumerate(tree["patterns"], 1)
    ]
    return IntentSet(path, profiles, _intents(patterns, profiles, path))


def _table(tree: Mapping[str, Any], path: Path) -> dict[str, Any]:
    if not isinstance(tree["profiles"], dict) or not isinstance(tree["patterns"], list):
        raise BadInput("Write profiles as [profiles.NAME] and patterns as [[patterns]].", str(path))
    return tree["profiles"]


def _read(value: Any, shape: type[T], name: str, path: Path) -> T:
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as error:
        said, _, at = str(error).partition(" - at ")
        part = re.search(r"(querie|event)s\[(\d+)\]", at)
        place = f", {'query' if part[1] == 'querie' else 'event'} {int(part[2]) + 1}" if part else ""
        field = re.search(r"\.(\w+)(?:\[[^]]*\])*`$", at)
        where = f" ({field[1]})" if field and field[1] not in ("queries", "events") else ""
        raise BadInput(f"{name}{place}: {said}{where}. demo/intents/known.toml shows the keys.", str(path)) from error


def _intents(patterns: list[Pattern], profiles: Mapping[str, Profile], path: Path) -> list[Intent]:
    intents, seen = [], set()
    for number, pattern in enumerate(patterns, 1):
        if pattern.id in seen:
            raise BadInput(f"Pattern {number} has the id of one before it; give it another.", str(path))
        seen.add(pattern.id)
        for at, query in enumerate(pattern.queries, 1):
            intent = _intent(pattern, query, f"pattern {number}, query {at}")
            if intent.profile not in profiles:
                raise BadInput(f"No profile of the name that {intent.place} asks as.", str(path))
            if intent.expect is None and not intent.silent and not intent.unmoved:
                raise BadInput(f"Say what {intent.place} expects: expect, silent or unmoved.", str(path))
            intents.append(intent)
    return intents


def _intent(pattern: Pattern, query: Stated, place: str) -> Intent:
    def own(name: str) -> Any:
        said = getattr(query, name)
        return getattr(pattern, name) if said is None else said

    return Intent(
        pattern=pattern.id,
        place=place,
        q=query.q,
        lang=own("lang"),
        profile=own("profile"),
        kind=own("kind"),
        expect=own("expect"),
        silent=tuple(own("silent")),
        unmoved=own("unmoved"),
    )

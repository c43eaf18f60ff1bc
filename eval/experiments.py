"""An experiment: which queries are asked of which index, in which configurations. One TOML file.

index = "DIR"                        # paths are relative to the file
queries = "queries.tsv"
qrels = "qrels.txt"                  # or a CSV of ratings, which needs no queries
lang = "de"                          # optional, as filter, pool, limit, seed, half, encoder
[settings]                           # of all configurations, as in a settings file
spelling.enabled = false
[grid]                               # every combination is a configuration, the first is the baseline …
"fusion.floor" = [0.2, 0.3]
[[configurations]]                   # … or a list
name = "no spelling"
settings = {"spelling.enabled" = false}
lexical_only = false
[shoppers]                           # each query is asked by each of them
events = "events.jsonl"              # without: what the index's server knows of them
ids = ["anna"]
now = "2026-11-01T12:00:00Z"         # without: the time of the last event
[slices]                             # own slices, by ids or by the query's text
shoes = {regex = "schuh|shoe"}
season = {queries = "season.txt"}
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from eval.events import moment
from eval.judged.halves import Half
from search.errors import BadInput, BadSettings
from search.settings import Settings, read_settings, settings_table
from search.types import Personalize

DEFAULT_SEED = 7
#: What is fixed when an index is built: another value here would change nothing, and look like a finding.
BUILT_IN = ("analysis.", "lexical.", "dense.", "feed.", "server.")
NOT_BUILT_IN = ("lexical.coverage", "dense.least")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*?)`")
_PLACE = re.compile(r" - at `\$\.?(.*?)`$")


class Way(Struct, frozen=True, forbid_unknown_fields=True):
    """One of [[configurations]]. `settings` are on top of the experiment's; names are dotted."""

    name: Annotated[str, Meta(min_length=1)]
    settings: dict[str, Any] = {}
    lexical_only: bool = False


class Shoppers(Struct, frozen=True, forbid_unknown_fields=True):
    """[shoppers]: who asks, and where what is known of them stands."""

    events: str | None = None
    ids: list[str] = []
    now: str | None = None
    personalize: Personalize = "full"
    strength: Annotated[int, Meta(ge=0, le=100)] = 100


class Slice(Struct, frozen=True, forbid_unknown_fields=True):
    """One of [slices]: queries whose ids or texts stand in a file, one a line, or whose text a regex finds."""

    queries: str | None = None
    regex: str | None = None

    @property
    def path(self) -> Path | None:
        """The file of ids or texts."""
        return Path(self.queries) if self.queries else None


class ExperimentFile(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the TOML file says; defaults are those of `tresen-eval run`."""

    index: str
    queries: str | None = None
    qrels: str
    lang: str | None = None
    filter: str = ""
    pool: bool = False
    limit: Annotated[int, Meta(ge=1)] | None = None
    half: Half = "both"
    encoder: str | None = None
    seed: Annotated[int, Meta(ge=0)] = DEFAULT_SEED
    settings: dict[str, Any] = {}
    grid: dict[str, Any] = {}
    configurations: list[Way] = []
    shoppers: Shoppers | None = None
    slices: dict[str, Slice] = {}


@dataclass(frozen=True, slots=True)
class NamedSettings:
    """One configuration: the settings that it searches with, and what of them it varies."""

    name: str
    settings: Settings
    varied: Mapping[str, Any] = field(default_factory=dict)
    lexical_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """An experiment with its paths resolved. `place` is the file that it stands in, None for a command line.

    `half`: only the queries of one half, so that what is chosen on one is told on the other; `encoder`: another one
    than the index was built with.
    """

    index: Path
    queries: Path | None
    qrels: Path
    lang: str | None = None
    filter: str = ""
    pool: bool = False
    limit: int | None = None
    half: Half = "both"
    encoder: str | None = None
    seed: int = DEFAULT_SEED
    base: Settings = field(default_factory=Settings)
    ways: tuple[NamedSettings, ...] = ()
    shoppers: Shoppers | None = None
    events: Path | None = None
    slices: Mapping[str, Slice] = field(default_factory=dict)
    place: Path | None = None

    def configurations(self) -> tuple[NamedSettings, ...]:
        """The configurations, the baseline first; one with the base settings where none is named."""
        return self.ways or (NamedSettings("settings", self.base),)

    @property
    def now(self) -> float | None:
        """The time that [shoppers] names."""
        said = self.shoppers.now if self.shoppers else None
        return moment(said, f"{self.place}: shoppers.now") if said else None


def read_experiment(path: Path, limit: int | None = None, seed: int | None = None) -> Experiment:
    """Read an experiment's file.

    Args:
        limit, seed: in place of the file's.

    Raises:
        BadInput: no TOML, a key that nobody knows, or a value that does not fit; the message names file and key.
    """
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"The experiment cannot be read: {error.strerror}.", str(path)) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"The experiment is no TOML: {error}.", str(path)) from error
    _check_each(tree.get("slices"), path)
    try:
        said = msgspec.convert(tree, ExperimentFile)
    except msgspec.ValidationError as error:
        raise _misfit(error, path) from error
    _check_slices(said, path)
    folder = path.parent
    events = said.shoppers.events if said.shoppers else None
    experiment = Experiment(
        index=folder / said.index,
        queries=folder / said.queries if said.queries else None,
        qrels=folder / said.qrels,
        lang=said.lang,
        filter=said.filter,
        pool=said.pool,
        limit=said.limit if limit is None else limit,
        half=said.half,
        encoder=said.encoder,
        seed=said.seed if seed is None else seed,
        base=_settings(flat(said.settings), path, "settings"),
        ways=tuple(_ways(said, path)),
        shoppers=said.shoppers,
        events=folder / events if events else None,
        slices={
            name: Slice(str(folder / one.queries) if one.queries else None, one.regex)
            for name, one in said.slices.items()
        },
        place=path,
    )
    _ = experiment.now  # a wrong time is told before anything is loaded
    return experiment


def _check_each(slices: object, path: Path) -> None:
    """Slice by slice, because a misfit of the whole file tells no name."""
    for name, one in slices.items() if isinstance(slices, Mapping) else ():
        try:
            msgspec.convert(one, Slice)
        except msgspec.ValidationError as error:
            write = f'Write {name} = {{queries = "FILE"}} or {name} = {{regex = "…"}}.'
            raise BadInput(f"slices.{name}: {_PLACE.sub('', str(error))}. {write}", str(path)) from error


def _misfit(error: msgspec.ValidationError, path: Path) -> BadInput:
    text = str(error)
    found = _PLACE.search(text)
    where = found.group(1) if found else ""
    unknown = _UNKNOWN.match(text)
    if unknown:
        known = ", ".join(struct.name for struct in msgspec.structs.fields(_struct_at(where)))
        inside = f"{where}." if where else ""
        return BadInput(f"No key '{inside}{unknown.group(1)}' in an experiment. Known keys: {known}.", str(path))
    return BadInput(f"{where or 'The experiment'}: {_PLACE.sub('', text)}.", str(path))


def _struct_at(where: str) -> type[Struct]:
    for start, kind in (("configurations", Way), ("shoppers", Shoppers)):
        if where.startswith(start):
            return kind
    return ExperimentFile


def _check_slices(said: ExperimentFile, path: Path) -> None:
    for name, one in said.slices.items():
        if (one.queries is None) == (one.regex is None):
            raise BadInput(f"slices.{name}: give either queries (a file of ids) or regex.", str(path))
        try:
            re.compile(one.regex or "")
        except re.error as error:
            raise BadInput(f"slices.{name}: '{one.regex}' is no regular expression ({error}).", str(path)) from error


def flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested tables as dotted names: TOML reads `fusion.floor = 0.3` as a table in a table.

    >>> flat({"fusion": {"floor": 0.3}, "spelling.enabled": False})
    {'fusion.floor': 0.3, 'spelling.enabled': False}
    """
    leaves: dict[str, Any] = {}
    for name, value in tree.items():
        if isinstance(value, Mapping):
            leaves |= flat(value, f"{prefix}{name}.")
        else:
            leaves[prefix + name] = value
    return leaves


def _settings(leaves: Mapping[str, Any], path: Path, key: str) -> Settings:
    known = {name for name, *_ in settings_table()}
    for name in leaves:
        if name not in known:
            raise BadInput(f"{key}: no setting '{name}'. docs/settings.md lists every setting.", str(path))
    try:
        return read_settings(None, flags=leaves)
    except BadSettings as error:
        raise BadInput(f"{key}: {error.message}", str(path)) from error


def _ways(said: ExperimentFile, path: Path) -> Iterator[NamedSettings]:
    if said.grid and said.configurations:
        raise BadInput(
            "Give either [grid] or [[configurations]], not both: a grid makes its configurations.", str(path)
        )
    base, seen = flat(said.settings), set[str]()
    for at, way in enumerate(_grid(said, path) if said.grid else said.configurations):
        key = "grid" if said.grid else f"configurations[{at}] ('{way.name}')"
        varied = flat(way.settings)
        for name in varied:
            if name.startswith(BUILT_IN) and name not in NOT_BUILT_IN:
                raise BadInput(
                    f"{key}: {name} is no setting of a search. An index is built with it, or the server started: "
                    "make two indexes and two experiments, and compare their runs.",
                    str(path),
                )
        if way.name in seen:
            raise BadInput(f"{key}: a second configuration of that name.", str(path))
        seen.add(way.name)
        yield NamedSettings(way.name, _settings({**base, **varied}, path, key), varied, way.lexical_only)


def _grid(said: ExperimentFile, path: Path) -> list[Way]:
    axes = flat(said.grid)
    for name, values in axes.items():
        if not isinstance(values, list) or not values:
            raise BadInput(f'grid: {name} needs a list of values: "{name}" = [0.2, 0.3].', str(path))
    combinations = [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]
    return [Way(_name(combination), combination) for combination in combinations]


def _name(combination: Mapping[str, Any]) -> str:
    """What a grid's configuration is called: each setting without its section, where that is clear."""
    leaves = [name.partition(".")[2] for name in combination]
    clear = len(set(leaves)) == len(leaves)
    told = zip(leaves if clear else combination, combination.values(), strict=True)
    return ", ".join(f"{name} {value}" for name, value in told)

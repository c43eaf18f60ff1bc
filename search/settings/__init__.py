"""One frozen tree of settings, read once at start and handed down as values.

Later wins: defaults < a TOML file < the environment (TRESEN_SERVER__PORT=9000) < flags. Every leaf has a
default, a unit and a help text; docs/settings.md is generated from them and a test keeps it so.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from search.errors import BadSettings
from search.settings.personal import Business, Personal, Privacy, State
from search.settings.words import Share, unit

PREFIX = "TRESEN_"
#: Short names for what newcomers set most.
SHORTCUTS = {"TRESEN_PORT": "server.port", "TRESEN_HOST": "server.host"}
#: The encoder that an index is built with where nobody names another one.
DEFAULT_MODEL = "tresen-shop-2"


class Server(Struct, frozen=True, forbid_unknown_fields=True):
    """The HTTP server."""

    host: Annotated[str, unit("Address to listen on. Without keys only loopback is allowed.")] = "127.0.0.1"
    port: Annotated[int, unit("Port to listen on.", ge=0, le=65535)] = 8000
    cors_origins: Annotated[
        tuple[str, ...],
        unit("Origins whose pages may call the server (the shop's search bar), such as https://shop.example."),
    ] = ()
    workers: Annotated[
        int,
        unit(
            "Processes that answer searches, beside the one that serves and writes; 0: that one does it itself, with "
            "`threads`. As many as cores is right (docs/performance.md).",
            "processes",
            ge=0,
            le=256,
        ),
    ] = 0
    threads: Annotated[int, unit("Searches that run at the same time.", "threads", ge=1)] = 4
    queue: Annotated[int, unit("Requests that may wait for a thread; more are answered 429.", "requests", ge=0)] = 64
    cache_mb: Annotated[
        float, unit("Memory for what frequent queries need not have worked out again; 0 keeps nothing.", "MB", ge=0)
    ] = 128.0
    deadline_ms: Annotated[
        float,
        unit(
            "What a search may take, waiting for a thread included. Stages that would begin late in it are left out, "
            "and the answer says so.",
            "ms",
            gt=0,
        ),
    ] = 1000.0
    search_body_bytes: Annotated[int, unit("Largest body of a search.", "bytes", ge=1)] = 64 * 1024
    events_body_bytes: Annotated[int, unit("Largest body of events.", "bytes", ge=1)] = 1024 * 1024
    lists_body_bytes: Annotated[int, unit("Largest body of synonyms or splits.", "bytes", ge=1)] = 4 * 1024 * 1024
    products_body_bytes: Annotated[int, unit("Largest body of products.", "bytes", ge=1)] = 64 * 1024 * 1024
    json_depth: Annotated[int, unit("Deepest nesting of brackets in a body.", "levels", ge=1)] = 32
    watch_seconds: Annotated[float, unit("How often the server looks for a new index.", "s", gt=0)] = 1.0


class Analysis(Struct, frozen=True, forbid_unknown_fields=True):
    """How texts become words."""

    languages: Annotated[tuple[str, ...], unit("Languages of the shop, the first one leads.")] = ("de", "en")
    compounds_file: Annotated[
        str | None,
        unit("The shop's own splits of compounds (docs/query.md); null: compounds.txt in the index directory."),
    ] = None
    synonyms_file: Annotated[
        str | None, unit("The shop's own synonyms (docs/query.md); null: synonyms.txt in the index directory.")
    ] = None


class Lexical(Struct, frozen=True, forbid_unknown_fields=True):
    """BM25 over fields."""

    # A compromise between four catalogues, searched on one half of each one's judged queries and settled by hand
    # (docs/figures.md); what suits one shop: `tresen-eval calibrate --fields`.
    k1: Annotated[float, unit("Saturation of a word's frequency.", ge=0)] = 1.0
    b: Annotated[float, unit("Share of length normalisation, in each field; rank-bm25's default.", ge=0, le=1)] = 0.75
    title: Annotated[float, unit("Weight of a word in the title.", ge=0)] = 2.5
    brand: Annotated[float, unit("Weight of a word in the brand.", ge=0)] = 2.0
    category: Annotated[float, unit("Weight of a word in the category path and the product type.", ge=0)] = 1.0
    description: Annotated[float, unit("Weight of a word in the description.", ge=0)] = 1.0
    attributes: Annotated[float, unit("Weight of a word in the attributes.", ge=0)] = 0.5
    codes: Annotated[
        float, unit("Weight of a piece of an id, a model number or an EAN, read as a word; a whole one counts 1.", ge=0)
    ] = 0.1
    parts: Annotated[float, unit("Weight of a compound's part against a word that stands by itself.", ge=0, le=1)] = 0.6
    coverage: Annotated[
        float, unit("Part of the score that depends on the share of the query's words found.", ge=0, le=1)
    ] = 0.4


class Dense(Struct, frozen=True, forbid_unknown_fields=True):
    """The encoder and its index."""

    model: Annotated[
        str,
        unit(
            "Encoder: 'tresen-shop-2' ('tresen-shop-2@128' for its first 128 dimensions), 'use-multilingual-v3', "
            "or a folder or name that sentence-transformers loads."
        ),
    ] = DEFAULT_MODEL
    least: Annotated[
        float,
        unit(
            "Calibrated cosine (0 unrelated, 1 the same) below which a product that no word finds is no result.",
            ge=0,
            le=1,
        ),
    ] = 0.3
    batch_size: Annotated[int, unit("Texts encoded together when building.", "texts", ge=1)] = 64
    threads: Annotated[
        int, unit("Torch threads when building; 0 is one a core. Queries always use one.", "threads", ge=0)
    ] = 0
    max_characters: Annotated[int, unit("Length of a product's text that is encoded.", "characters", ge=1)] = 400
    exhaustive: Annotated[
        int,
        unit(
            "Up to so many products every vector is compared with a query; of more, the nearest are found in brief.",
            "products",
            ge=0,
        ),
    ] = 100_000


class Fusion(Struct, frozen=True, forbid_unknown_fields=True):
    """From two legs to one relevance R in (0, 1]."""

    floor: Annotated[float, unit("Share of the best R below which a product is no result.", ge=0, le=1)] = 0.3
    lexical_weight: Annotated[
        Share | None,
        unit("The lexical leg's share, 0 to 1, where both legs find something; null: found for each query."),
    ] = None
    dense_trust: Annotated[
        float,
        unit("How much the dense leg's sureness counts where the share is found for each query.", ge=0, le=2),
    ] = 0.9
    # The plateau of 0.05 to 0.15 on the fitting halves of three catalogues; at 0.2 the demo shop loses
    # (docs/figures.md).
    adjacent: Annotated[
        float,
        unit("What a title gains at most for the query's words standing side by side in it: 0.1 is a tenth.", ge=0),
    ] = 0.1


class KindSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """The product before its accessory: what a product is, and what a query wants."""

    enabled: Annotated[bool, unit("Rank by the kind of product that a query wants.")] = True
    penalty: Annotated[
        float,
        unit("Share of a word's score that a product loses at most where the word names another kind.", ge=0, le=1),
    ] = 0.5
    credit: Annotated[
        float,
        unit("A product of the wanted kind counts as if it held this much of the word that names it.", ge=0, le=1),
    ] = 0.5
    least: Annotated[
        float, unit("Nearness of a kind's name to a query (0 unlike, 1 the same) from which it is meant.", ge=0, le=1)
    ] = 0.6
    most_words: Annotated[
        int, unit("A query of more words names one product; its kind decides nothing.", "words", ge=1)
    ] = 4
    corrections: Annotated[
        str, unit("File of lines 'word = kind' ('word =': no kind), read when the feed is indexed; empty: none.")
    ] = ""


class Spelling(Struct, frozen=True, forbid_unknown_fields=True):
    """When a word is read as another."""

    enabled: Annotated[bool, unit("Correct words that have no hits.")] = True
    max_edits: Annotated[int, unit("Most edits of a long word (8 letters or more).", "edits", ge=0, le=2)] = 2
    hardly_any: Annotated[int, unit("A word with at most this many hits may be read as another.", "products", ge=0)] = 1
    # β, γ, unfamiliar and temperature: the greatest likelihood (−1.124 nats a word) of the fitting halves of 2,218
    # German misspellings (vocabulary: 70,787 drugstore products and Debian's wngerman) and 1,739 English shop queries
    # (54,667 home-improvement titles): `python -m eval.spelling_fit`.
    beta: Annotated[float, unit("What an edit costs a reading.", "per edit", ge=0, le=50)] = 5.9
    gamma: Annotated[float, unit("Weight of the hits of the whole query with a reading.", "", ge=0, le=10)] = 0.9
    unfamiliar: Annotated[
        float, unit("Score of a word of six letters as typed that the catalogue does not hold …", "", ge=-50, le=50)
    ] = -4.8
    unfamiliar_letter: Annotated[
        float, unit("… and what each letter more adds: long words are seldom near others by chance.", "", ge=-5, le=5)
    ] = -0.7
    temperature: Annotated[float, unit("Scores are divided by this before the softmax.", "", gt=0, le=50)] = 2.7
    sure: Annotated[float, unit("Least probability of a correction without asking.", "", ge=0, le=1)] = 0.9
    margin: Annotated[float, unit("Least lead of such a correction over the next reading.", "nats", ge=0)] = 2.0
    propose: Annotated[float, unit("Least probability of a proposal.", "", ge=0, le=1)] = 0.3


class Relax(Struct, frozen=True, forbid_unknown_fields=True):
    """What is done for a query that finds nothing, or hardly anything (docs/query.md)."""

    enabled: Annotated[bool, unit("Take visible steps instead of an empty page.")] = True
    least: Annotated[
        float,
        unit(
            "Least probability with which a word that no product holds, or hardly any, is read as another.", ge=0, le=1
        ),
    ] = 0.5
    meant: Annotated[
        float,
        unit(
            "Calibrated cosine from which a query none of whose words is sold is searched as typed, "
            "if the other reading has a lower one.",
            ge=0,
            le=1,
        ),
    ] = 0.35
    sold: Annotated[
        float,
        unit(
            "Calibrated cosine from which such a query is searched as typed, whatever the other reading has.",
            ge=0,
            le=1,
        ),
    ] = 0.52
    similar: Annotated[
        float,
        unit("Takes the place of `dense.least` where neither words nor meaning find anything.", ge=0, le=1),
    ] = 0.25


class UnderstandingSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What is read from a query's words (docs/query.md)."""

    enabled: Annotated[
        bool,
        unit("Read kinds, sizes, negations, materials, measures and adjectives too; false: brands, colours, prices."),
    ] = True
    boost: Annotated[
        float, unit("Taken from a product for each stated attribute that it contradicts.", "log-odds", ge=0, le=10)
    ] = 2.0
    context_boost: Annotated[
        float,
        unit(
            "Taken from a product that nothing of what the shopper typed elsewhere goes with.", "log-odds", ge=0, le=10
        ),
    ] = 1.5  # less than `boost`: all of it together weighs less than one thing that the query itself states
    adjectives: Annotated[
        str, unit("The shop's own adjectives (TOML file), beside search/understand/adjectives.toml.")
    ] = ""
    learn_adjectives: Annotated[bool, unit("Learn what adjectives mean from the catalogue's descriptions.")] = True


class Import(Struct, frozen=True, forbid_unknown_fields=True):
    """Reading feeds."""

    max_rejected: Annotated[
        float, unit("Share of rejected rows above which an import fails as a whole.", ge=0, le=1)
    ] = 0.2
    keep_snapshots: Annotated[int, unit("Generations of the index that stay on disk.", "snapshots", ge=1)] = 3
    processes: Annotated[
        int, unit("Processes that read a feed of more than 20,000 products; 0 is one a core.", "processes", ge=0)
    ] = 0


class Changes(Struct, frozen=True, forbid_unknown_fields=True):
    """Changes of single products, from one generation of the index to the next."""

    merge: Annotated[bool, unit("Whether the next generation is built when enough has changed.")] = True
    merge_share: Annotated[
        float, unit("Changed products, of all, from which on it is built …", "share", gt=0, le=1)
    ] = 0.1
    merge_least: Annotated[int, unit("… if there are at least so many.", "products", ge=1)] = 2000
    memory_mb: Annotated[
        float,
        unit(
            "Most memory for what changed, as estimated; half of it is merged, beyond it writes are answered 429.",
            "MB",
            gt=0,
        ),
    ] = 512.0
    gather_ms: Annotated[
        float, unit("Changes that come within this time go live together; at least as long as they take.", "ms", ge=0)
    ] = 10.0


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that can be set."""

    server: Server = Server()
    analysis: Analysis = Analysis()
    lexical: Lexical = Lexical()
    dense: Dense = Dense()
    fusion: Fusion = Fusion()
    kinds: KindSettings = KindSettings()
    personal: Personal = Personal()
    privacy: Privacy = Privacy()
    state: State = State()
    business: Business = Business()
    spelling: Spelling = Spelling()
    relax: Relax = Relax()
    understanding: UnderstandingSettings = UnderstandingSettings()
    feed: Import = Import()
    changes: Changes = Changes()

    def but(self, **sections: Mapping[str, Any]) -> Settings:
        """The same settings with some leaves changed: `settings.but(spelling={"enabled": False})`."""
        changed = {name: msgspec.structs.replace(getattr(self, name), **leaves) for name, leaves in sections.items()}
        return msgspec.structs.replace(self, **changed)


def read_settings(
    path: Path | None = None, environ: Mapping[str, str] | None = None, flags: Mapping[str, Any] | None = None
) -> Settings:
    """Settings from a TOML file, the environment and flags (`{"server.port": 9000}`), in that order.

    Raises:
        BadSettings: an unknown name or a value that does not fit; the message names both.
    """
    tree: dict[str, Any] = {}
    if path is not None:
        try:
            tree = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise BadSettings(f"Settings file {path} cannot be read: {error}.", str(path)) from error
    for name, value in _from_environment(os.environ if environ is None else environ):
        _put(tree, name, value)
    for name, value in (flags or {}).items():
        if value is not None:
            _put(tree, name, value)
    try:
        return msgspec.convert(tree, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise BadSettings(f"{error}. docs/settings.md lists every setting.", "settings") from error


def _from_environment(environ: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    lists = {name for name, default, *_ in settings_table() if isinstance(default, tuple)}
    for key, value in environ.items():
        if key in SHORTCUTS:
            yield SHORTCUTS[key], value
        elif key.startswith(PREFIX) and "__" in key:
            name = key.removeprefix(PREFIX).lower().replace("__", ".")
            yield name, [part.strip() for part in value.split(",") if part.strip()] if name in lists else value


def _put(tree: dict[str, Any], name: str, value: Any) -> None:
    section, _, leaf = name.partition(".")
    leaves = tree.setdefault(section, {})
    if isinstance(leaves, dict):  # anything else is refused when the tree is read
        leaves[leaf] = value


def settings_table() -> Iterator[tuple[str, Any, str, str]]:
    """Every setting: (name, default, unit, help), in the order of the code."""
    for section in msgspec.structs.fields(Settings):
        for leaf in msgspec.structs.fields(section.type):
            kind = msgspec.inspect.type_info(leaf.type)
            extra = getattr(kind, "extra", None) or {}
            meta = next(m for m in leaf.type.__metadata__ if isinstance(m, Meta))
            yield f"{section.name}.{leaf.name}", leaf.default, extra.get("unit", ""), meta.description or ""

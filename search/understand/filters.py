"""The filter language: `brand:Adidas,Puma AND price:20..50 AND NOT (color:rot OR color:"dunkel rot")`.

    filter  = any ("OR" any)*            any = one ("AND" one)*           one = "NOT" one | "(" filter ")" | clause
    clause  = field ":" value ("," value)*   or   field ":" low ".." high  (either end may be left out)

Values with spaces, commas, brackets or quotes stand in double quotes, \\" inside. AND binds tighter than OR.
An LALR grammar (lark), so that depth costs no stack; still at most 20 brackets deep and 256 clauses.
"""

from __future__ import annotations

import re
from functools import lru_cache

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken

from search.errors import BadFilter
from search.types import And, Clause, Filter, Not, Or

MAX_DEPTH = 20
MAX_CLAUSES = 256
MAX_CHARACTERS = 16_384

GRAMMAR = r"""
    start: _filter
    _filter: any | either
    either: any ("OR" any)+
    ?any: one | both
    both: one ("AND" one)+
    ?one: clause | negation | "(" inner ")"
    ?inner: any | either
    negation: "NOT" one
    clause: FIELD values
    values: value ("," value)*
    value: QUOTED | BARE
    FIELD.2: /[^\W\d][\w.-]*\s*:\s*/
    QUOTED: /"(?:[^"\\]|\\.)*"/
    BARE: /(?!(?:AND|OR|NOT)(?![^\s()]))[^\s,()"]+/
    %ignore /\s+/
"""


class _Build(Transformer):
    def start(self, parts: list[Filter]) -> Filter:
        return parts[0]

    def either(self, parts: list[Filter]) -> Filter:
        return Or(tuple(parts))

    def both(self, parts: list[Filter]) -> Filter:
        return And(tuple(parts))

    def negation(self, parts: list[Filter]) -> Filter:
        return Not(parts[0])

    def value(self, parts: list[Token]) -> tuple[str, bool]:
        token = parts[0]
        quoted = token.type == "QUOTED"
        return (token[1:-1].replace('\\"', '"').replace("\\\\", "\\") if quoted else str(token)), quoted

    def values(self, parts: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
        return parts

    def clause(self, parts: list) -> Clause:
        name, values = str(parts[0]).strip().removesuffix(":").strip(), parts[1]
        text, quoted = values[0]
        if len(values) == 1 and not quoted and ".." in text:
            low, _, high = text.partition("..")
            if not low and not high:
                raise BadFilter(f"'{name}:..' has no bound. Write {name}:20..50, {name}:20.. or {name}:..50.", name)
            return Clause(name, low=low or None, high=high or None)
        return Clause(name, values=tuple(text for text, _ in values))


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", lexer="contextual", transformer=_Build())


def parse_filter(text: str) -> Filter:
    """A filter's text to its tree; empty text lets everything through.

    Raises:
        BadFilter: it does not parse, or is too deep or too long; the message names the place.

    >>> parse_filter("brand:Adidas,Puma")
    Clause(field='brand', values=('Adidas', 'Puma'), low=None, high=None)
    """
    if not text.strip():
        return And(())
    _check_size(text)
    try:
        tree: Filter = _parser().parse(text)  # type: ignore[assignment]
    except UnexpectedInput as error:
        raise BadFilter(_explain(error, text), "filter") from error
    except BadFilter:
        raise
    except Exception as error:  # lark wraps what the transformer raises
        raise (
            error.__context__ if isinstance(error.__context__, BadFilter) else BadFilter(str(error), "filter")
        ) from error
    return tree


def _check_size(text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise BadFilter(f"The filter has {len(text)} characters; at most {MAX_CHARACTERS} are read.", "filter")
    depth = deepest = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    if deepest > MAX_DEPTH or text.count("NOT") > MAX_CLAUSES:
        raise BadFilter(f"The filter is nested too deeply; at most {MAX_DEPTH} brackets are read.", "filter")
    if text.count(":") > MAX_CLAUSES or text.count(",") > 4 * MAX_CLAUSES:
        raise BadFilter(f"The filter is too long; at most {MAX_CLAUSES} clauses are read.", "filter")


def _explain(error: UnexpectedInput, text: str) -> str:
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        place = "its end"
    else:
        place = f"character {error.column}, near '{text[error.column - 1 :][:20]}'"
    advice = "Write field:value, joined by AND, OR, NOT: brand:Adidas AND price:20..50."
    return f"The filter cannot be read at {place}. {advice}"


def conjuncts(tree: Filter) -> tuple[Filter, ...]:
    """The parts that must all hold: those of a top-level AND, else the filter itself."""
    return tree.parts if isinstance(tree, And) else (tree,)


def fields_of(tree: Filter) -> set[str]:
    """All fields that a filter reads."""
    if isinstance(tree, Clause):
        return {tree.field}
    if isinstance(tree, Not):
        return fields_of(tree.part)
    return {name for part in tree.parts for name in fields_of(part)}


def without(tree: Filter, name: str) -> Filter:
    """The filter without the conjuncts that read only this field: what its own facet is counted under."""
    return And(tuple(part for part in conjuncts(tree) if fields_of(part) != {name}))


def written(clause: Clause) -> str:
    """A clause as the filter language writes it.

    >>> written(Clause("price", high="50")), written(Clause("color", values=("rot", "dunkel rot")))
    ('price:..50', 'color:rot,"dunkel rot"')
    """
    if clause.is_range:
        return f"{clause.field}:{clause.low or ''}..{clause.high or ''}"
    return f"{clause.field}:{','.join(map(_quoted, clause.values))}"


def _quoted(value: str) -> str:
    bare = re.fullmatch(r"[\w-]+", value) and value not in ("AND", "OR", "NOT")
    return value if bare else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'

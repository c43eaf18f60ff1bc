"""The filter language.

1. Any text becomes a tree or a BadFilter, never another exception.
2. Any value survives quoting; any tree survives being written and read.
3. AND binds tighter than OR, NOT tightest.
4. Too deep and too long is refused before it is parsed.
"""

import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from search.errors import BadFilter
from search.types import And, Clause, Not, Or
from search.understand.filters import conjuncts, fields_of, parse_filter, without

RED, BLUE, CHEAP = Clause("color", ("rot",)), Clause("color", ("blau",)), Clause("price", high="50")

pieces = st.sampled_from(
    [
        "brand",
        ":",
        ",",
        "..",
        "(",
        ")",
        '"',
        "\\",
        " ",
        "AND",
        "OR",
        "NOT",
        "20",
        "rot",
        "price:",
        "ö",
        "\n",
        "-",
        ".",
        "\0",
    ]
)


@given(st.text() | st.lists(pieces, max_size=20).map("".join) | st.lists(pieces, max_size=20).map(" ".join))
@example('brand:"a')
@example("NOT " * 300 + "a:b")
@example("(" * 21 + "a:b" + ")" * 21)
@example("a:" + "x," * 5000)
@example("brand:.. ")
def test_any_text_is_a_filter_or_a_bad_filter(text):
    read = tree_or_error(text)
    if isinstance(read, BadFilter):
        assert read.message
        assert read.place
    else:
        assert isinstance(read, And | Or | Not | Clause)
        fields_of(read)


def tree_or_error(text):
    try:
        return parse_filter(text)
    except BadFilter as error:
        return error


def quoted(value):
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


@given(st.lists(st.text(), min_size=1, max_size=3))
@example(['\\"'])
@example(["a\\"])
@example(['"', "\\\\"])
@example(["AND", "20..50"])
@example(["zwei\nZeilen"])
def test_any_value_survives_quoting(values):
    assert parse_filter("brand:" + ",".join(map(quoted, values))) == Clause("brand", tuple(values))


names = st.text(string.ascii_lowercase + "äß_.-", min_size=1, max_size=6).map(lambda text: "f" + text)
clauses = st.builds(
    lambda name, values: Clause(name, tuple(values)), names, st.lists(st.text(), min_size=1, max_size=3)
)
ranges = st.builds(
    lambda name, low, high: Clause(name, low=str(low), high=str(high)), names, st.integers(), st.integers()
)
trees = st.recursive(
    clauses | ranges,
    lambda part: (
        part.map(Not)
        | st.lists(part, min_size=2, max_size=3).map(lambda parts: And(tuple(parts)))
        | st.lists(part, min_size=2, max_size=3).map(lambda parts: Or(tuple(parts)))
    ),
    max_leaves=6,
)


def written(tree):
    match tree:
        case Clause(field, _, low, high) if tree.is_range:
            return f"{field}:{low}..{high}"
        case Clause(field, values):
            return f"{field}:{','.join(map(quoted, values))}"
        case Not(part):
            return f"NOT ({written(part)})"
        case And(parts):
            return " AND ".join(f"({written(part)})" for part in parts)
        case Or(parts):
            return " OR ".join(f"({written(part)})" for part in parts)


@given(trees)
def test_any_tree_survives_being_written_and_read(tree):
    assert parse_filter(written(tree)) == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", And(())),
        ("  ", And(())),
        ("color:rot", RED),
        ("color : rot", RED),
        ("color:rot,blau", Clause("color", ("rot", "blau"))),
        ('color:"rot" , blau', Clause("color", ("rot", "blau"))),
        ("price:20..50", Clause("price", low="20", high="50")),
        ("price:..50", CHEAP),
        ("price:20..", Clause("price", low="20")),
        ('size:"20..50"', Clause("size", ("20..50",))),
        ("time:12:30", Clause("time", ("12:30",))),
        ("größe:XL", Clause("größe", ("XL",))),
        ("stock.mitte:1..", Clause("stock.mitte", low="1")),
        ("color:rot OR color:blau AND price:..50", Or((RED, And((BLUE, CHEAP))))),
        ("(color:rot OR color:blau) AND price:..50", And((Or((RED, BLUE)), CHEAP))),
        ("NOT color:rot AND price:..50", And((Not(RED), CHEAP))),
        ("NOT (color:rot AND price:..50)", Not(And((RED, CHEAP)))),
        ("NOT NOT color:rot", Not(Not(RED))),
        ("brand:ORION", Clause("brand", ("ORION",))),
        ("brand:Anderson AND color:rot", And((Clause("brand", ("Anderson",)), RED))),
    ],
)
def test_what_is_written_is_what_is_meant(text, tree):
    assert parse_filter(text) == tree


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("brand", "character 1"),
        ("brand:", "its end"),
        ("color:rot color:blau", "character 11, near 'color:blau'"),
        ("color:rot AND", "its end"),
        ("(color:rot", "its end"),
        ("color:rot)", "character 10"),
        ('brand:"a', "character 7"),
        ("price:..", "'price:..' has no bound"),
        ("brand:AND", "cannot be read"),
        ("(" * 21 + "a:b" + ")" * 21, "at most 20 brackets"),
        ("NOT " * 257 + "a:b", "nested too deeply"),
        (" OR ".join(["a:b"] * 257), "at most 256 clauses"),
        ("a:" + "x" * 17_000, "at most 16384"),
    ],
)
def test_a_filter_that_cannot_be_read_says_where_and_how(text, message):
    with pytest.raises(BadFilter) as told:
        parse_filter(text)
    assert message in told.value.message


def test_the_largest_filter_that_is_allowed_is_read():
    assert len(parse_filter(" OR ".join(["a:b"] * 256)).parts) == 256
    assert parse_filter("(" * 20 + "a:b" + ")" * 20) == Clause("a", ("b",))


def test_a_facets_own_clauses_can_be_left_out():
    tree = parse_filter("color:rot AND price:..50 AND (color:blau OR brand:x)")
    assert len(conjuncts(tree)) == 3
    assert without(tree, "color") == And(conjuncts(tree)[1:])
    assert without(RED, "color") == And(())
    assert fields_of(tree) == {"color", "price", "brand"}

"""Filters, facets and prices over columns.

1. Any filter lets through the products that a plain loop over them lets through.
2. A facet counts what is there; choosing one of its values leaves as many results as it counted.
3. Unknown fields and values of the wrong kind are refused in a sentence that helps.
4. Prices are those of the day.
5. What is saved is what is loaded.
"""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.errors import BadFilter, UnknownField
from search.index.column_files import load_columns, save_columns
from search.index.columns import ColumnsBuilder, KeywordColumn, NumberColumn
from search.index.fields import build_columns
from search.index.prices import priced
from search.rerank.traits import read_catalogue
from search.types import And, Clause, Not, Or, Product, Variant
from search.understand.filters import parse_filter
from tests.stand_ins import NOW, shop_products

TODAY = NOW.date()
PRODUCTS = shop_products()
COLUMNS = priced(build_columns(PRODUCTS), TODAY)

# --- any filter against a plain loop ---------------------------------------------------------------

words = st.lists(st.sampled_from(["rot", "Rot", "blau", "dunkel rot", "ÄSTHETIK"]), max_size=3, unique=True)
numbers = st.integers(-3, 9).map(float) | st.sampled_from([0.5, 19.99])
made_up = st.fixed_dictionaries({}, optional={"color": words, "material": words, "power_w": numbers, "weight": numbers})


@st.composite
def clauses(draw):
    if draw(st.booleans()):
        values = draw(st.lists(st.sampled_from(["rot", "ROT", "blau", "Dunkel Rot", "ästhetik", "pink"]), min_size=1))
        return Clause(draw(st.sampled_from(["color", "material"])), tuple(values))
    name = draw(st.sampled_from(["power_w", "weight"]))
    if draw(st.booleans()):
        return Clause(name, tuple(str(n) for n in draw(st.lists(numbers, min_size=1, max_size=3))))
    low, high = draw(st.none() | numbers), draw(st.none() | numbers)
    return Clause(name, low=str(low or 0), high=None if high is None else str(high))


trees = st.recursive(
    clauses(),
    lambda part: (
        part.map(Not)
        | st.lists(part, max_size=3).map(lambda parts: And(tuple(parts)))
        | st.lists(part, max_size=3).map(lambda parts: Or(tuple(parts)))
    ),
    max_leaves=8,
)


def lets_through(tree, attributes):
    """The filter over one product's attributes, as plainly as it can be said."""
    match tree:
        case And(parts):
            return all(lets_through(part, attributes) for part in parts)
        case Or(parts):
            return any(lets_through(part, attributes) for part in parts)
        case Not(part):
            return not lets_through(part, attributes)
        case Clause(field, _, low, high) if tree.is_range:
            number = attributes.get(field)
            return (
                number is not None and (low is None or number >= float(low)) and (high is None or number <= float(high))
            )
        case Clause(field, values) if isinstance(attributes.get(field), float):
            return attributes[field] in [float(value) for value in values]
        case Clause(field, values):
            wanted = {value.casefold() for value in values}
            return any(word.casefold() in wanted for word in attributes.get(field) or [])


@given(st.lists(made_up, max_size=8), trees)
def test_a_filter_lets_through_what_a_plain_loop_lets_through(attributes, tree):
    everything = {"color": ["rot"], "material": ["rot"], "power_w": 1.0, "weight": 1.0}  # so that each field is known
    rows = [everything, *attributes]
    products = [Product(id=str(n), title={"de": "x"}, attributes=dict(row)) for n, row in enumerate(rows)]
    assert build_columns(products).mask(tree).tolist() == [lets_through(tree, row) for row in rows]


def ids(filter_text):
    return {PRODUCTS[row].id for row in np.flatnonzero(COLUMNS.mask(parse_filter(filter_text)))}


def test_filters_of_the_hand_written_shop():
    assert ids("power_w:..45") == {"laptop-eco", "laptop-office", "laptop-student"}
    assert ids("power_w:45") == {"laptop-office", "laptop-student"}
    assert ids("gender:herren AND product_type:shorts AND NOT color:blau") == {"shorts-men-black", "shorts-men-green"}
    assert ids('brand:"jack & jones",kamill') == {"shirt-men-blue", "cream"}
    assert ids("category:Haushalt") == {"heater", "kettle", "toaster"}
    assert ids('category:"Haushalt > Küche"') == {"kettle", "toaster"}
    assert ids("released:2026-05-20..2026-05-31") == {
        p.id for p in PRODUCTS if p.released and p.released >= date(2026, 5, 20)
    }
    assert ids("brand:Niemand") == set()
    assert ids("") == {product.id for product in PRODUCTS}


def test_stock_counts_by_branch():
    assert "shirt-men-white" not in ids("in_stock:mitte,west")
    assert "laptop-gamer" not in ids("in_stock:mitte")
    assert ids("stock:0") == {"shirt-men-white"}
    assert ids("stock.mitte:0") == {"shirt-men-white", "laptop-gamer"}


# --- facets ----------------------------------------------------------------------------------------


def test_a_facet_counts_the_candidates_that_have_each_value():
    genders = COLUMNS.keyword("gender")
    shorts = COLUMNS.mask(parse_filter("product_type:Shorts"))
    counts = dict(zip(genders.values, genders.counts(np.flatnonzero(shorts))[0].tolist(), strict=True))
    assert counts == {"damen": 4, "herren": 3, "jungen": 1, "mädchen": 1, "unisex": 0}


def test_choosing_a_facet_value_leaves_as_many_products_as_were_counted():
    everything = np.arange(COLUMNS.size)
    for name in COLUMNS.names():
        column = COLUMNS.column(name)
        if isinstance(column, KeywordColumn):
            for value, count in zip(column.values, column.counts(everything)[0].tolist(), strict=True):
                assert COLUMNS.mask(Clause(name, (value,))).sum() == count


@pytest.mark.parametrize("share", [0.0, 0.002, 0.02, 0.3, 1.0])
def test_the_entries_of_products_are_those_whose_row_is_theirs(share):
    random = np.random.default_rng(7)
    column = np.sort(random.integers(0, 20_000, 30_000)).astype(np.int32)
    rows = np.flatnonzero(random.random(20_000) < share)
    places = KeywordColumn([], column, np.zeros(len(column), np.int32)).of(rows)[1]
    assert places.tolist() == np.flatnonzero(np.isin(column, rows)).tolist()


@pytest.mark.parametrize("share", [0.0, 0.002, 0.02, 0.3, 0.9, 1.0])
@pytest.mark.parametrize("shape", ["one each", "one each, none behind", "gaps", "several", "nothing"])
def test_values_are_counted_alike_however_they_are_spread(shape, share):
    random = np.random.default_rng(7)
    held = {
        "one each": np.arange(5_000),
        "one each, none behind": np.arange(4_000),
        "gaps": np.sort(random.permutation(5_000)[:3_000]),
        "several": np.sort(random.integers(0, 5_000, 9_000)),
        "nothing": np.empty(0, int),
    }[shape].astype(np.int32)
    codes = random.integers(0, 7, len(held)).astype(np.int32)
    column = KeywordColumn([f"v{code}" for code in range(7)], held, codes)
    rows = np.flatnonzero(random.random(5_000) < share).astype(np.int32)
    counts, having = column.counts(rows)
    inside = np.isin(held, rows)
    assert counts.tolist() == np.bincount(codes[inside], minlength=7).tolist()
    assert having == len(set(held[inside].tolist()))
    assert codes[column.places(rows)].tolist() == codes[inside].tolist()


def test_values_that_differ_in_case_only_are_found_together():
    products = [Product(id=str(n), title={}, brand=brand) for n, brand in enumerate(["Nike", "NIKE", "nike", "Puma"])]
    assert build_columns(products).mask(Clause("brand", ("nIKE",))).tolist() == [True, True, True, False]


# --- one product's values --------------------------------------------------------------------------


def test_a_product_with_several_values_has_them_all():
    products = [
        Product(id="a", title={}, attributes={"color": ["rot", "blau", "rot"]}),
        Product(id="b", title={}, variants=(Variant(id="b1", color="grün"), Variant(id="b2", color="blau"))),
    ]
    columns = build_columns(products)
    color = columns.keyword("color")
    assert color.of_row(0) == ["blau", "rot"]
    assert color.of_row(1) == ["blau", "grün"]
    positions, codes = read_catalogue(columns).attributes["color"].entries(np.array([1, 0], np.int32))
    assert positions.tolist() == [0, 0, 1, 1]
    assert [color.values[code] for code in codes] == ["blau", "grün", "blau", "rot"]


def test_a_number_among_words_becomes_a_word_and_keeps_all_its_digits():
    products = [
        Product(id="a", title={}, attributes={"model": 1234567.0}),
        Product(id="b", title={}, attributes={"model": ["X1"]}),
    ]
    columns = build_columns(products)
    assert columns.keyword("model").of_row(0) == ["1234567"]
    assert columns.mask(Clause("model", ("1234567",))).tolist() == [True, False]


def test_an_attribute_cannot_take_a_field_of_the_server():
    columns = build_columns([Product(id="a", title={}, price_cents=500, attributes={"price": 7.0, "_x": ["y"]})])
    assert priced(columns, TODAY).number("price").of_row(0) == 5.0
    assert columns.number("attributes.price").of_row(0) == 7.0
    assert columns.keyword("attributes._x").of_row(0) == ["y"]


def test_overlong_words_are_no_column():
    builder = ColumnsBuilder()
    builder.keyword("note", 0, "x" * 121)
    assert builder.freeze(1).names() == []


def test_internal_columns_are_not_listed():
    assert not [name for name in COLUMNS.names() if name.startswith("_")]
    assert "_price_band" in COLUMNS


# --- errors ----------------------------------------------------------------------------------------


def test_an_unknown_field_is_refused_with_the_known_ones():
    with pytest.raises(
        UnknownField, match=r"No field 'colr'\..* Known fields: age_group, brand, category, color, "
    ) as told:
        COLUMNS.mask(parse_filter("colr:rot"))
    assert told.value.place == "filter"


def test_a_long_list_of_fields_is_cut():
    products = [Product(id="a", title={}, attributes={f"field{n:02d}": ["x"] for n in range(60)})]
    with pytest.raises(UnknownField, match="and 20 more"):
        build_columns(products).column("nix")


def test_a_range_over_words_is_refused():
    with pytest.raises(BadFilter, match=r"'brand' holds words; a range needs a number\. Write brand:value"):
        COLUMNS.mask(parse_filter("brand:a..b"))


@pytest.mark.parametrize("text", ["price:cheap", "price:x..5", "price:nan", "price:inf..", "released:2026-13-01"])
def test_a_word_for_a_number_is_refused(text):
    with pytest.raises(BadFilter, match="holds numbers; '.*' is none"):
        COLUMNS.mask(parse_filter(text))


# --- prices of the day -----------------------------------------------------------------------------


def price_of(id, day):
    columns = priced(build_columns(PRODUCTS), day)
    row = next(row for row, product in enumerate(PRODUCTS) if product.id == id)
    return columns.number("price").of_row(row), columns.number("discount").of_row(row)


@pytest.mark.parametrize(
    ("day", "told"),
    [
        (date(2026, 5, 31), (59.99, None)),
        (date(2026, 6, 1), (30.0, 50.0)),
        (date(2026, 6, 30), (30.0, 50.0)),
        (date(2026, 7, 1), (59.99, None)),
    ],
)
def test_a_sale_price_holds_on_its_first_and_last_day_and_in_between(day, told):
    assert price_of("shorts-women-sale", day) == told


def test_a_sale_that_is_over_or_has_not_begun_changes_nothing():
    assert price_of("shirt-men-blue", TODAY) == (17.99, None)
    assert price_of("laptop-office", TODAY) == (799.0, None)


def test_a_shop_without_prices_has_no_price_column():
    assert "price" not in priced(build_columns([Product(id="a", title={})]), TODAY)


# --- on disk ---------------------------------------------------------------------------------------


def test_what_is_saved_is_what_is_loaded(tmp_path):
    saved = build_columns(PRODUCTS)
    save_columns(saved, tmp_path)
    loaded = load_columns(tmp_path)
    assert loaded.size == saved.size
    assert list(loaded.columns) == list(saved.columns)
    for name, column in saved.columns.items():
        again = loaded.column(name)
        assert type(again) is type(column)
        assert again.rows.tolist() == column.rows.tolist()
        if isinstance(column, NumberColumn):
            assert again.numbers.tolist() == column.numbers.tolist()
        else:
            assert again.values == column.values
            assert again.codes.tolist() == column.codes.tolist()


def test_no_columns_at_all_can_be_saved(tmp_path):
    save_columns(replace(build_columns([Product(id="a", title={})])), tmp_path)
    assert load_columns(tmp_path).names() == []

"""What a feed becomes: products, rejections with line and field, or one clear refusal.

Properties proved here:
 1. any JSON line is a product or a rejection, never an exception;
 2. a price written in German, English or Swiss notation reads as what was written;
 3. however the rows of groups are shuffled, the same products with the same variants come out;
 4. products come while the file is read: neither reading nor memory runs ahead.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import tracemalloc
from datetime import date
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import catalog.values as values
from catalog.values import Unreadable
from catalog_loader import FeedReport, Mapping, check, guess_mapping, load, read_mapping
from search.errors import BadFeed
from search.types import Product, Rejected, Variant

ENGLISH = Mapping(languages=("en", "de"))


@pytest.fixture
def feed(tmp_path):
    """Writes a feed and loads it: feed("name", text or rows) -> (products, report)."""

    def loaded(name: str, content, mapping: Mapping | None = None, **options):
        path = tmp_path / name
        path.write_bytes(as_bytes(name, content))
        report = FeedReport()
        return list(load(path, mapping, report=report, **options)), report

    return loaded


def as_bytes(name: str, content) -> bytes:
    if isinstance(content, list):
        content = "\n".join(json.dumps(row, ensure_ascii=False) for row in content)
    data = content.encode() if isinstance(content, str) else content
    return gzip.compress(data) if name.endswith(".gz") and not data.startswith(b"\x1f\x8b") else data


def rejected(report: FeedReport) -> list[tuple[int, str, str]]:
    return [(r.line, r.field, r.reason) for r in report.rejections]


# --- fields --------------------------------------------------------------------------------------


def test_a_german_csv_fills_every_field_without_a_mapping(feed):
    products, report = feed(
        "feed.csv",
        "Artikelnummer;Titel;Beschreibung;Marke;Kategorie;Preis;Angebotspreis;Aktionszeitraum;Größe;Farbe;"
        "Bestand;EAN;Herstellernummer;Erscheinungsdatum;Bildlink;Produktlink;Beliebtheit;Marge;Absatz (cm)\n"
        "4711;Pumps Ava;Aus Leder;Nordkai;Damen > Schuhe | Sale;1.129,95 €;99,95 €;01.10.2026/31.12.2026;38;"
        "rot;3;4006381333931;AV-1;20.10.2026;https://x/1.jpg;https://x/1;12,5;31,5;8,5\n",
    )
    assert report.rejected == 0
    assert products == [
        Product(
            id="4711",
            title={"de": "Pumps Ava"},
            description={"de": "Aus Leder"},
            brand="Nordkai",
            categories=(("Damen", "Schuhe"), ("Sale",)),
            product_type="Schuhe",
            price_cents=112995,
            currency="EUR",
            sale_price_cents=9995,
            sale_from=date(2026, 10, 1),
            sale_until=date(2026, 12, 31),
            released=date(2026, 10, 20),
            popularity=12.5,
            margin=31.5,
            mpn="AV-1",
            gtin="4006381333931",
            image="https://x/1.jpg",
            url="https://x/1",
            attributes={"color": ["rot"], "absatz_cm": 8.5},
            variants=(Variant(id="4711", size="38", stock={"online": 3}),),
        )
    ]


def test_a_google_feed_fills_the_same_fields(feed):
    (product,), _ = feed(
        "feed.tsv",
        "g:id\tg:title\tg:price\tg:sale_price\tg:sale_price_effective_date\tg:availability\tg:product_type\t"
        "g:gender\na1\tShorts\t15.00 EUR\t12.00 EUR\t2026-10-20T08:00+0100/2026-12-31T20:00+0100\tin_stock\t"
        "Women > Shorts\tfemale\n",
    )
    assert (product.price_cents, product.sale_price_cents, product.currency) == (1500, 1200, "EUR")
    assert (product.sale_from, product.sale_until) == (date(2026, 10, 20), date(2026, 12, 31))
    assert (product.categories, product.product_type) == ((("Women", "Shorts"),), "Shorts")
    assert product.attributes == {"gender": ["damen"]}
    assert product.variants == (Variant(id="a1", stock={"online": 1}),)


def test_json_keeps_its_types_and_nested_attributes_are_flattened(feed):
    (product,), _ = feed(
        "feed.jsonl",
        [
            {
                "id": 7,
                "title": "Lampe",
                "price": 12.5,
                "currency": "EUR",
                "category": ["Haus", "Licht"],
                "Dimmbar": True,
                "power w": 9,
                "year": "2011",
                "tags": ["neu", "LED"],
                "leer": "",
                "attributes": {"sockel": "E27", "color": "weiß", "size": 1.5, "price": 3, "nichts": None},
                "maße": {"höhe": 12},
            }
        ],
    )
    assert product.id == "7"
    assert product.categories == (("Haus", "Licht"),)
    assert product.attributes == {
        "dimmbar": ["true"],
        "power_w": 9.0,
        "year": ["2011"],
        "tags": ["neu", "LED"],
        "sockel": ["E27"],
        "color": ["weiß"],
        "size": 1.5,
        "feed_price": 3.0,
        "maße_höhe": 12.0,
    }


def test_other_languages_become_texts_and_labels(feed):
    (product,), _ = feed(
        "feed.csv",
        "id,title,title_en,description_en,category,category_en,color,color_en,gender,gender_en,fit,fit_en,note_en\n"
        "1,Hose,Trousers,Warm,Damen > Hosen,Women > Trousers,schwarz,black,Frauen,women,schmal,slim,hello\n",
    )
    assert product.title == {"de": "Hose", "en": "Trousers"}
    assert product.description == {"en": "Warm"}
    assert product.labels == {
        "en": {
            "category": {"Damen > Hosen": "Women > Trousers"},
            "product_type": {"Hosen": "Trousers"},
            "color": {"schwarz": "black"},
            "gender": {"damen": "women"},
            "fit": {"schmal": "slim"},
        }
    }
    assert product.attributes == {
        "color": ["schwarz"],
        "gender": ["damen"],
        "fit": ["schmal"],
        "note_en": ["hello"],
    }


def test_the_first_language_is_that_of_the_bare_columns_and_keeps_its_word_for_a_gender(feed):
    (product,), _ = feed("feed.jsonl", [{"id": "1", "title": "Jeans", "titel_de": "Jeans!", "gender": "Men"}], ENGLISH)
    assert product.title == {"en": "Jeans", "de": "Jeans!"}
    assert product.attributes == {"gender": ["herren"]}
    assert product.labels == {"en": {"gender": {"herren": "Men"}}}


@pytest.mark.parametrize(
    ("said", "read"),
    [("Women", "damen"), ("frauen", "damen"), ("MALE", "herren"), ("Männer", "herren"), ("Unisex", "unisex")]
    + [("girls", "mädchen"), ("Mädchen", "mädchen"), ("boys", "jungen"), ("Divers", "divers")],
)
def test_genders_are_read_in_both_languages(said, read):
    assert values.gender(said) == read


def test_stock_is_read_by_branch_as_object_as_columns_and_as_one_number(feed):
    products, _ = feed(
        "feed.jsonl",
        [
            {"id": "1", "title": "a", "stock": {"mitte": 3, "online": "0"}},
            {"id": "2", "title": "b", "stock_mitte": 2, "Bestand Nord": "-1", "availability": "in stock"},
            {"id": "3", "title": "c", "stock": 5.0, "availability": "out_of_stock"},
            {"id": "4", "title": "d", "availability": "https://schema.org/OutOfStock"},
            {"id": "5", "title": "e", "availability": "preorder"},
        ],
    )
    stocks = [product.variants[0].stock if product.variants else None for product in products]
    assert stocks == [{"mitte": 3, "online": 0}, {"mitte": 2, "nord": 0}, {"online": 5}, {"online": 0}, None]
    assert products[4].attributes == {"availability": ["preorder"]}


def test_a_cell_holds_several_values_only_where_the_mapping_says_so(feed):
    content = "id,title,color,material\n1,Hose,rot|blau,Wolle|Seide\n"
    (product,), _ = feed("feed.csv", content, Mapping(separators={"color": "|"}))
    assert product.attributes == {"color": ["rot", "blau"], "material": ["Wolle|Seide"]}


def test_codes_in_csv_cells_stay_texts_and_quantities_become_numbers(feed):
    (product,), _ = feed("feed.csv", "id;title;a;b;c;d\n007;Hose;0042;12345678;1.234;15,6\n")
    assert product.id == "007"
    assert product.attributes == {"a": ["0042"], "b": ["12345678"], "c": 1234.0, "d": 15.6}


def test_the_best_header_wins_a_field_and_the_others_stay_as_attributes(feed):
    (product,), _ = feed("feed.csv", "sku,id,Farbe,color,Name,title,x,x\nS1,1,rot,red,Nein,Ja,a,b\n")
    assert (product.id, product.title) == ("1", {"de": "Ja"})
    assert product.attributes == {
        "sku": ["S1"],
        "farbe": ["rot"],
        "color": ["red"],
        "name": ["Nein"],
        "x": ["a"],
        "x_8": ["b"],
    }


def test_an_own_column_goes_before_the_nested_one(feed):
    (product,), _ = feed("feed.jsonl", [{"attributes": {"color": "Navy"}, "id": "1", "title": "a", "color": "blau"}])
    assert product.attributes == {"color": ["blau"], "feed_color": ["Navy"]}


# --- prices --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "cents", "code"),
    [
        ("15.00 EUR", 1500, "EUR"),
        ("1.234,56 €", 123456, "EUR"),
        ("€ 12", 1200, "EUR"),
        ("USD 1,299.00", 129900, "USD"),
        ("1'299.00 CHF", 129900, "CHF"),
        ("1\u202f299,00\xa0€", 129900, "EUR"),
        ("12,– €", 1200, "EUR"),
        ("¥1500", 150000, "JPY"),
        ("100 zł", 10000, "PLN"),
        ("12", 1200, None),
        (12.5, 1250, None),
        ("12,5", 1250, None),
        (1.005, 101, None),
        ("0", 0, None),
    ],
)
def test_prices_are_read_in_every_usual_notation(written, cents, code):
    assert values.price(written) == (cents, code)


def test_three_digits_after_one_separator_are_thousands_except_after_an_english_point():
    assert values.price("1.234") == values.price("1,234") == values.price("1,234", english=True) == (123400, None)
    assert values.price("1.234", english=True) == (123, None)
    assert values.price("0.234") == (23, None)


@pytest.mark.parametrize(
    "written", ["-5 EUR", -5, "NaN", "1e3", "abc 3", "1.2.3", "12.", "€ 5 EUR", "5 Stück", True, "9" * 80]
)
def test_what_is_no_price_is_refused(written):
    with pytest.raises(Unreadable) as caught:
        values.price(written)
    assert caught.value.field == "price"


@given(
    cents=st.integers(0, 10**11),
    notation=st.sampled_from([(".", ","), (",", "."), ("'", "."), (" ", ","), ("", ",")]),
)
def test_a_price_reads_as_what_was_written(cents, notation):
    groups, point = notation
    whole = f"{cents // 100:,}".replace(",", groups)
    assert values.price(f"{whole}{point}{cents % 100:02} €") == (cents, "EUR")


@given(st.text(max_size=80) | st.floats() | st.integers())
def test_any_price_is_read_or_refused(written):
    try:
        cents, _ = values.price(written)
    except Unreadable:
        return
    assert 0 <= cents <= values.MAX_PRICE_CENTS


@given(st.decimals(0, 10**7, places=3))
def test_an_unambiguous_number_reads_as_itself(amount):
    assert values.number(f"0{amount:f}") == Decimal(f"{amount:f}")


# --- groups --------------------------------------------------------------------------------------


def test_rows_of_a_group_become_variants_of_one_product(feed):
    (product,), report = feed(
        "feed.csv",
        "id;item_group_id;title;price;size;color;material;stock;ean\n"
        "a-s;a;Shirt S;20 EUR;S;rot;Leinen;1;111\n"
        "a-m;a;Shirt M;18 EUR;M;rot;Leinen;0;112\n"
        "a-x;a;Shirt M blau;20 EUR;M;blau;Leinen;2;113\n",
    )
    assert (report.rows, report.products) == (3, 1)
    assert (product.id, product.title, product.price_cents) == ("a", {"de": "Shirt S"}, 1800)
    assert product.attributes == {"material": ["Leinen"]}
    assert product.gtin is None
    assert product.variants == (
        Variant(id="a-s", size="S", color="rot", gtin="111", price_cents=2000, stock={"online": 1}),
        Variant(id="a-m", size="M", color="rot", gtin="112", stock={"online": 0}),
        Variant(id="a-x", size="M", color="blau", gtin="113", price_cents=2000, stock={"online": 2}),
    )


def test_what_all_rows_share_is_the_products(feed):
    (product,), _ = feed("feed.csv", "id,group,title,size,color,mpn\n1,g,Rock,36,rot,M1\n2,g,Rock,38,rot,M1\n")
    assert (product.attributes, product.mpn) == ({"color": ["rot"]}, "M1")
    assert product.variants == (Variant(id="1", size="36"), Variant(id="2", size="38"))


def test_scattered_groups_meet_and_leave_with_their_last_row(feed):
    products, _ = feed("feed.csv", "id,group,title,size\n1,g,G,S\n2,,Solo,\n3,h,H,S\n4,g,G,M\n5,h,H,M\n6,,Ende,\n")
    assert [product.id for product in products] == ["2", "g", "h", "6"]
    assert [variant.id for variant in products[1].variants] == ["1", "4"]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(groups=st.lists(st.sampled_from(["", "a", "b", "c"]), min_size=1, max_size=12), seed=st.integers(0, 99))
def test_shuffled_rows_make_the_same_products(feed, groups, seed):
    rows = [{"id": f"r{i}", "title": "T", "group": g, "size": str(i), "stock": i} for i, g in enumerate(groups)]
    shuffled = random.Random(seed).sample(rows, len(rows))

    def shape(products):
        return {product.id: {(v.id, v.size, v.stock["online"]) for v in product.variants} for product in products}

    straight, report = feed("feed.jsonl", rows)
    mixed, _ = feed("feed.jsonl", shuffled)
    assert report.rejected == 0
    assert shape(straight) == shape(mixed)
    assert sum(len(variants) for variants in shape(mixed).values()) == len(rows)


def test_a_parent_row_speaks_for_its_group_wherever_it_stands(feed):
    products, report = feed(
        "feed.csv",
        "id;parent_id;Titel;Marke;Preis;Größe;fit\nk1;p;;;;S;\nk2;p;;;25;M;\np;;Hemd Arne;Nordkai;20;;schmal\n",
    )
    assert report.rejected == 0
    (product,) = products
    assert (product.id, product.title, product.brand) == ("p", {"de": "Hemd Arne"}, "Nordkai")
    assert (product.price_cents, product.attributes) == (2000, {"fit": ["schmal"]})
    assert product.variants == (Variant(id="k1", size="S"), Variant(id="k2", size="M", price_cents=2500))


def test_a_bad_variant_is_rejected_alone(feed):
    (product,), report = feed(
        "feed.csv",
        "id,group,title,price,size\n1,g,Rock,20,S\n2,g,Rock,viel,M\n3,g,Rock,20 USD,L\n4,g,Rock,20,XL\n",
    )
    assert [variant.id for variant in product.variants] == ["1", "3", "4"]
    assert rejected(report) == [(3, "price", "not a price: 'viel'")]


def test_a_group_has_one_currency(feed):
    (product,), report = feed("feed.csv", "id,group,title,price,size\n1,g,Rock,20 EUR,S\n2,g,Rock,20 USD,M\n")
    assert [variant.id for variant in product.variants] == ["1"]
    assert rejected(report) == [(3, "currency", "not that of its group: 'USD'")]


def test_a_sale_of_some_variants_is_theirs_alone(feed):
    (product,), _ = feed("feed.csv", "id,group,title,price,sale_price,size\n1,g,R,20,15,S\n2,g,R,20,,M\n")
    assert (product.price_cents, product.sale_price_cents) == (2000, None)
    assert [variant.sale_price_cents for variant in product.variants] == [1500, None]


def test_a_group_without_any_title_is_rejected_row_by_row(feed):
    products, report = feed("feed.csv", "id,group,title,size\n1,g,,S\n2,g,,M\n3,,Rock,\n")
    assert [product.id for product in products] == ["3"]
    assert rejected(report) == [(2, "title", "no title"), (3, "title", "no title")]


def test_json_rows_may_list_their_variants(feed):
    (product,), report = feed(
        "feed.jsonl",
        [
            {
                "id": "p",
                "title": "Rock",
                "price": 20,
                "mpn": "M1",
                "attributes": {"color": "rot"},
                "variants": [
                    {"id": "p-s", "size": "S", "stock": {"mitte": 1}},
                    {"id": "p-m", "size": "M", "price": 22},
                    {"size": "L"},
                ],
            }
        ],
    )
    assert (product.price_cents, product.mpn, product.attributes) == (2000, "M1", {"color": ["rot"]})
    assert product.variants == (
        Variant(id="p-s", size="S", stock={"mitte": 1}),
        Variant(id="p-m", size="M", price_cents=2200),
    )
    assert rejected(report) == [(1, "id", "no id")]


def test_groups_that_first_show_up_late_are_still_merged_and_never_share_an_id(feed):
    plain = [{"id": f"n{i}", "title": "T"} for i in range(1001)]
    late = [{"id": "v1", "title": "G", "group": "g", "size": "S"}, {"id": "x1", "title": "X", "group": "n5"}]
    products, report = feed("feed.jsonl", [*plain, *late, {"id": "v2", "title": "G", "group": "g", "size": "M"}])
    assert len({product.id for product in products}) == len(products) == 1002
    assert [variant.id for variant in products[-1].variants] == ["v1", "v2"]
    assert rejected(report) == [(1003, "id", "duplicate id: 'n5'")]


# --- rejections ----------------------------------------------------------------------------------


def test_every_rejection_names_line_field_and_reason(feed):
    rows = [
        '{"id": "ok", "title": "Rock"}',
        '{"title": "x"}',
        '{"id": "2"}',
        '{"id": "ok", "title": "x"}',
        '{"id": "4", "title": "x", "price": "viel"}',
        '{"id": "5", "title": "x", "price": 5, "sale_price": 6}',
        '{"id": "6", "title": "x",, "price": 5}',
        '{"id": "7", "title": "\\ud800"}',
        '{"id": "' + "8" * 257 + '", "title": "x"}',
        '{"id": "9\\u0007", "title": "x"}',
        '{"id": "10", "title": "x", "stock": "viele"}',
        '{"id": "11", "title": "x", "released": "bald"}',
        '{"id": "12", "title": "x", "price": -1}',
        '{"id": "13", "title": "x", "sale_price_effective_date": "2026-12-31/2026-10-20"}',
        '{"id": "14", "title": "x", "currency": "Taler"}',
        "[1]",
    ]
    products, report = feed("feed.jsonl", "\n".join(rows))
    assert [product.id for product in products] == ["ok"]
    assert rejected(report) == [
        (2, "id", "no id"),
        (3, "title", "no title"),
        (4, "id", "duplicate id: 'ok', first on line 1"),
        (5, "price", "not a price: 'viel'"),
        (6, "sale_price", "above the price: 6"),
        (7, "row", "invalid JSON: object keys must be strings, column 26"),
        (8, "row", "lone surrogate: \\ud800, column 23"),
        (9, "id", "longer than 256 characters: '" + "8" * 78 + "…"),
        (10, "id", "contains a control character: '9\\x07'"),
        (11, "stock", "not a number: 'viele'"),
        (12, "released", "not a day: 'bald'"),
        (13, "price", "below zero: -1"),
        (14, "sale_price_effective_date", "ends before it begins: '2026-12-31/2026-10-20'"),
        (15, "currency", "not a currency: 'Taler'"),
        (16, "row", "not a JSON object: [1]"),
    ]


def test_rows_with_too_few_or_many_columns_are_rejected_with_their_line(feed):
    products, report = feed("feed.csv", "id,title\n1,a\n\n2\n3,b,c\n4,d\n,\n")
    assert [product.id for product in products] == ["1", "4"]
    assert rejected(report) == [
        (4, "row", "wrong number of columns: 1 instead of 2"),
        (5, "row", "wrong number of columns: 3 instead of 2"),
    ]
    assert report.rows == 4


def test_a_rejection_is_told_at_once_and_only_a_hundred_are_kept(feed):
    told: list[Rejected] = []
    _, report = feed("feed.csv", "id,title\n" + ",x\n" * 250 + "1,a\n", on_reject=told.append)
    assert (len(told), report.rejected, len(report.rejections)) == (250, 250, 100)
    assert report.reasons == {("id", "no id"): 250}


def test_a_sale_price_without_a_price_is_the_price(feed):
    (product,), _ = feed("feed.jsonl", [{"id": "1", "title": "a", "sale_price": "5 EUR"}])
    assert (product.price_cents, product.sale_price_cents, product.currency) == (500, None, "EUR")


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["1.234,5 €", "S", "2026-10-20"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
columns = st.sampled_from(
    ["id", "title", "title_en", "description", "category", "category_en", "price", "sale_price", "currency"]
    + ["sale_price_effective_date", "stock", "stock_mitte", "availability", "released", "popularity", "margin", "gtin"]
    + ["size", "color", "color_en", "gender", "brand", "group", "attributes", "variants", "product_type", "x"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=st.lists(st.dictionaries(columns | st.text(max_size=5), json_values, max_size=6), max_size=4))
def test_any_json_row_is_a_product_or_a_rejection(feed, rows):
    content = "\n".join(json.dumps(row) for row in [{"id": "first", "title": "x", "group": "g"}, *rows])
    products, report = feed("feed.jsonl", content)
    assert report.rows >= len(rows) + 1
    assert report.products == len(products)
    assert len({product.id for product in products}) == len(products)
    for product in products:
        assert msgspec.convert(msgspec.to_builtins(product), Product) == product


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60).filter(lambda line: b"\n" not in line and line.strip()))
def test_any_bytes_are_a_rejection_and_never_cost_the_next_row(feed, line):
    content = b'{"id": "1", "title": "a"}\n' + line + b'\n{"id": "2", "title": "b"}\n'
    products, report = feed("feed.jsonl", content)
    assert [product.id for product in products] == ["1", "2"]
    assert report.rejected == report.rows - 2


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.text(alphabet='ab ;,"\n\t|äß', max_size=6), min_size=3, max_size=3), max_size=5))
def test_any_cells_survive_being_written_as_csv(feed, cells):
    rows = [["id", "title", "x", "y", "z"], *([f"r{i}", "T", *row] for i, row in enumerate(cells))]
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\n").writerows(rows)
    products, report = feed("feed.csv", out.getvalue())
    assert (report.rejected, len(products)) == (0, len(cells))
    for product, row in zip(products, cells, strict=True):
        expected = {name: [text] for name, cell in zip("xyz", row, strict=True) if (text := values.text(cell))}
        assert product.attributes == expected


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(alphabet='ab;"\n', max_size=80))
def test_any_csv_text_is_rows_and_rejections(feed, text):
    products, report = feed("feed.csv", "id;title\nfirst;x\n" + text)
    assert products[0].id == "first"
    assert report.rows == len(products) + report.rejected


def test_an_open_quote_costs_one_line_and_not_the_file(feed):
    rows = "".join(f"{i};Rock {i};x\n" for i in range(3, 900))
    products, report = feed("feed.csv", f'id;title;x\n1;"Rock\n2;Hose;y\n{rows}')
    assert rejected(report) == [(2, "row", "quotes do not pair up: 2 instead of 3")]
    assert len(products) == 898


def test_a_stray_quote_does_not_swallow_the_rows_up_to_the_next_one(feed):
    content = 'id;title;x\n1;Rock;"y\n2;Hose;y\n3;"Hemd";y\n4;"17" Monitor";z\n5;Nagel 5";z\n'
    products, report = feed("feed.csv", content)
    assert report.rejected == 0
    assert [product.id for product in products] == ["1", "2", "3", "4", "5"]
    assert [product.title["de"] for product in products[3:]] == ['17 Monitor"', 'Nagel 5"']


def test_a_cell_may_hold_line_breaks_and_lines_still_count(feed):
    products, report = feed("feed.csv", 'id,title,description\n1,a,"eins\nzwei"\n,b,\n')
    assert products[0].description == {"de": "eins\nzwei"}
    assert rejected(report) == [(4, "id", "no id")]


# --- files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", list(",;\t|"))
@pytest.mark.parametrize("name", ["feed.csv", "feed.csv.gz", "feed.txt"])
def test_separator_and_packing_are_recognised(feed, delimiter, name):
    content = "\ufeffid,title,price\n1,Müsli,2\n".replace(",", delimiter)
    (product,), _ = feed(name, content)
    assert (product.id, product.title, product.price_cents) == ("1", {"de": "Müsli"}, 200)


@pytest.mark.parametrize("name", ["feed.jsonl", "feed.ndjson", "feed.jsonl.gz", "feed.ndjson.gz", "feed.csv"])
def test_json_lines_are_recognised_by_name_and_content(feed, name):
    (product,), _ = feed(name, [{"id": "1", "title": "Müsli"}])
    assert product.title == {"de": "Müsli"}


@pytest.mark.parametrize("name", ["feed.csv", "feed.jsonl"])
def test_windows_1252_is_read_and_reported(feed, name):
    content = (
        "id,title\n1,Größe €\n2,b\n" if name == "feed.csv" else '{"id":"1","title":"Größe €"}\n{"id":"2","title":"b"}'
    )
    products, report = feed(name, content.encode("cp1252"))
    assert products[0].title == {"de": "Größe €"}
    assert report.not_utf8 == 1


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("feed.csv", b"", "is empty"),
        ("feed.csv.gz", b"", "is empty"),
        ("feed.jsonl", b'[{"id": "1"}]', "JSON array"),
        ("feed.json", b'\n [\n{"id": "1"}]', "JSON array"),
        ("feed.csv.gz", b"\x1f\x8bnonsense", "gzip data is broken"),
        ("feed.xml", b"<rss></rss>", "neither CSV nor JSON lines"),
        ("feed.csv", "id,title\n".encode("utf-16"), "UTF-16"),
        ("feed.csv", b"id\n1\n", "only one column"),
        ("feed.csv", b"id,price\n1,2\n", "no column for title"),
        ("feed.csv", b"titel,preis\n1,2\n", "no column for id"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_at_once(tmp_path, name, content, sentence):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadFeed, match=sentence) as caught:
        load(path)
    assert str(path) in caught.value.message


def test_a_missing_file_a_directory_and_a_false_gz_are_refused(tmp_path):
    (tmp_path / "x.csv.gz").write_bytes(b"id,title\n1,a\n")
    for name, sentence in [("no.csv", "does not exist"), ("", "is a directory"), ("x.csv.gz", "not gzip")]:
        with pytest.raises(BadFeed, match=sentence):
            load(tmp_path / name)


def test_gzip_that_breaks_off_is_refused_after_what_could_be_read(tmp_path):
    path = tmp_path / "feed.csv.gz"
    rows = "".join(f"{i},{random.Random(i).random()}\n" for i in range(20_000))
    path.write_bytes(gzip.compress(f"id,title\n{rows}".encode())[:-5000])
    products = load(path)
    assert next(products).id == "0"
    with pytest.raises(BadFeed, match="after line"):
        list(products)


# --- mapping -------------------------------------------------------------------------------------


def mapping_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mapping.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_mapping_names_what_the_header_does_not(feed, tmp_path):
    mapping = read_mapping(
        mapping_file(
            tmp_path,
            """
            currency = "eur"
            ignore = ["EK"]
            [columns]
            id = "Nr"
            title = "Text 1"
            title_en = "Text 2"
            stock_mitte = "Lager 1"
            [attributes]
            heel_height_cm = "Absatz"
            [separators]
            color = "/"
            """,
        )
    )
    (product,), _ = feed(
        "feed.csv",
        "Nr,Text 1,Text 2,Lager 1,Absatz,EK,Farbe,Preis\n1,Pumps,Heels,3,8,5,rot/blau,50\n",
        mapping,
    )
    assert product == Product(
        id="1",
        title={"de": "Pumps", "en": "Heels"},
        price_cents=5000,
        currency="EUR",
        attributes={"heel_height_cm": 8.0, "color": ["rot", "blau"]},
        variants=(Variant(id="1", stock={"mitte": 3}),),
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[columns]\ncolr = 'x'", "No field 'colr'. Known fields: id, group, title"),
        ("colums = 1", "No key 'colums' in a mapping. Known keys: languages"),
        ("languages = []", "at least one language"),
        ("currency = 'Taler'", "not a currency"),
        ("[columns]\nid = 'A'\nmpn = 'A'", "cannot feed both id and mpn"),
        ("[columns]\nid = 1", "table of texts"),
        ("not toml", "is not TOML"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused_with_file_and_key(tmp_path, text, sentence):
    with pytest.raises(BadFeed, match=sentence) as caught:
        read_mapping(mapping_file(tmp_path, text))
    assert "mapping.toml" in caught.value.message


def test_a_mapping_may_not_name_a_column_that_is_not_there(tmp_path):
    path = tmp_path / "feed.csv"
    path.write_text("id,title\n1,a\n")
    with pytest.raises(BadFeed, match="no column 'Titl'. Its columns: id, title"):
        load(path, Mapping(columns={"Titl": "title"}))


def test_guessing_names_only_what_is_clear():
    mapping = guess_mapping(["Artikelnummer", "Bezeichnung", "Menge", "Bestand Mitte", "Farbe", "color_en"])
    assert mapping.columns == {
        "Artikelnummer": "id",
        "Bezeichnung": "title",
        "Bestand Mitte": "stock_mitte",
        "Farbe": "color",
        "color_en": "color_en",
    }


# --- a whole import ------------------------------------------------------------------------------


def test_a_filter_skips_rows_without_rejecting_them(feed):
    rows = [{"id": str(i), "title": "x", "retailer": retailer} for i, retailer in enumerate("abca")]
    products, report = feed("feed.jsonl", rows, where={"retailer": {"a", "b"}})
    assert [product.id for product in products] == ["0", "1", "3"]
    assert (report.rows, report.skipped, report.rejected) == (4, 1, 0)
    check(report)


def test_a_feed_passes_with_a_fifth_of_its_rows_rejected_and_fails_with_more(feed):
    good = [{"id": str(i), "title": "x"} for i in range(8)]
    _, report = feed("feed.jsonl", [*good, {"id": "8"}, {"id": "9"}])
    check(report)
    _, report = feed("feed.jsonl", [*good, {"id": "8"}, {"id": "9"}, {"title": "x"}])
    with pytest.raises(BadFeed) as caught:
        check(report)
    assert caught.value.message.endswith(
        "feed.jsonl: 3 of 11 rows were rejected (27%), more than 20% may not be. Most often: "
        "title: no title (2), id: no id (1). First: line 9, title: no title; "
        "line 10, title: no title; line 11, id: no id."
    )


def test_a_feed_with_nothing_left_fails(feed):
    for content, options, sentence in [
        ("id,title\n", {}, "no rows under the header"),
        ("id,title\n1,a\n", {"where": {"id": {"2"}}}, "leaves none of 1 rows"),
        ("id,title\n1,\n", {}, "nothing is left"),
    ]:
        _, report = feed("feed.csv", content, **options)
        with pytest.raises(BadFeed, match=sentence):
            check(report)


def test_progress_counts_the_packed_bytes_and_ends_at_the_files_size(tmp_path):
    path = tmp_path / "feed.csv.gz"
    rows = "".join(f"{i},{random.Random(i).random()}\n" for i in range(30_000))
    path.write_bytes(gzip.compress(f"id,title\n{rows}".encode()))
    seen: list[int] = []
    list(load(path, on_bytes=seen.append))
    assert seen == sorted(seen)
    assert seen[-1] == path.stat().st_size
    assert len(set(seen)) > 2


def test_products_come_while_the_file_is_read(tmp_path):
    path = tmp_path / "feed.jsonl"
    row = json.dumps({"title": "x" * 2000})[:-1]
    with path.open("w") as file:
        file.writelines(f'{row}, "id": "{i}"}}\n' for i in range(10_000))
    seen: list[int] = []
    tracemalloc.start()
    products = load(path, on_bytes=seen.append)
    next(products)
    assert seen[-1] < path.stat().st_size / 5
    for _ in products:
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < path.stat().st_size / 2

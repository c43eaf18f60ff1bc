"""The made-up shop is big, varied, bilingual and free of nonsense a machine can find.

1. The same seed gives the same rows and events.
2. There are at least 60 product types and 2,300 to 2,700 products.
3. Prices, dates, stock, colours and GTINs have the form a shop's export has.
4. Texts: no open placeholder, English for every German text, no description twice too often.
5. Shoppers' histories refer to existing products, in order.
6. A wrong data file is refused with its file, type and key.
"""

import random
import re
from collections import Counter
from datetime import UTC, date, datetime
from itertools import islice

import pytest

from demo import generate
from demo.departments import FOLDER, DataError, read_shop
from demo.generate import SIZE_RUNS, generate_rows, gtin, write_feed
from demo.install import install_demo
from demo.shoppers import EVENT_TYPES, SHOPPERS, shopper_events
from search.words.synonyms import read_synonyms

TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BILINGUAL = ("title", "description", "category", "product_type", "color", "material", "gender")


@pytest.fixture(scope="module")
def rows():
    return list(generate_rows(7, today=TODAY))


@pytest.fixture(scope="module")
def groups(rows):
    return {row["item_group_id"]: row for row in rows}


@pytest.fixture(scope="module")
def events(rows):
    return shopper_events(rows, 7, NOW)


def cents(price):
    assert re.fullmatch(r"\d+,\d\d EUR", price)
    return int(price.removesuffix(" EUR").replace(",", ""))


def test_the_same_seed_gives_the_same_rows(rows, tmp_path):
    assert rows == list(generate_rows(7, today=TODAY))
    assert write_feed(tmp_path / "feed.jsonl", 7, TODAY) == len(rows)


def test_another_seed_gives_other_rows(rows):
    assert rows[:100] != list(islice(generate_rows(8, today=TODAY), 100))


def test_there_are_at_least_60_product_types(groups):
    assert len({group["product_type"] for group in groups.values()}) >= 60


def test_there_are_2300_to_2700_products(groups):
    assert 2300 <= len(groups) <= 2700


def test_every_type_has_as_many_products_as_it_asks_for():
    shop = read_shop(SIZE_RUNS)
    short = {t.id for t in shop.types if len(generate.draw_products(t, shop, random.Random(1))) < t.count}
    assert short == set()


def test_ids_are_unique_and_sizes_make_the_variants(rows):
    assert len({row["id"] for row in rows}) == len(rows)
    assert all((row["id"] == row["item_group_id"]) == ("size" not in row) for row in rows)


def test_no_two_products_look_alike(groups):
    own = {"id", "item_group_id", "gtin", "popularity", "release_date", "size", "description", "description_en"}
    own |= {"stock_mitte", "stock_west", "stock_online", "sale_price", "sale_price_effective_date"}
    looks = Counter(tuple(sorted((k, str(v)) for k, v in g.items() if k not in own)) for g in groups.values())
    assert [dict(look)["title"] for look, times in looks.items() if times > 1] == []


def test_prices_parse_and_end_as_german_prices_do(rows):
    assert {cents(row["price"]) % 100 for row in rows} <= {49, 90, 95, 99}


def test_a_sale_price_is_below_the_price_and_has_dates(rows):
    reduced = [row for row in rows if "sale_price" in row]
    assert 0.12 < len({row["item_group_id"] for row in reduced}) / len({row["item_group_id"] for row in rows}) < 0.24
    for row in reduced:
        assert cents(row["sale_price"]) < cents(row["price"])
        start, end = map(date.fromisoformat, row["sale_price_effective_date"].split("/"))
        assert start < end


def test_every_variant_has_stock_in_both_branches_and_online(rows):
    for column in ("stock_mitte", "stock_west", "stock_online"):
        assert all(isinstance(row[column], int) and row[column] >= 0 for row in rows)
    assert any(row["stock_mitte"] == row["stock_west"] == 0 for row in rows)


def test_release_dates_lie_within_four_years_and_some_are_new(groups):
    ages = [(TODAY - date.fromisoformat(group["release_date"])).days for group in groups.values()]
    assert min(ages) >= 0 and max(ages) <= 4 * 366
    assert 0.02 < sum(age < 30 for age in ages) / len(ages) < 0.09


def test_gtins_are_valid_in_store_numbers(rows):
    for row in rows:
        digits = [int(digit) for digit in row["gtin"]]
        assert row["gtin"].startswith("200") and len(digits) == 13
        assert (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10 == 0
    assert len({row["gtin"] for row in rows}) == len(rows)
    assert gtin(42)[:-1] == "200000000042"


def test_every_row_says_that_it_is_made_up(rows):
    assert all(row["made_up"] is True for row in rows)


def test_every_german_text_has_an_english_one(rows):
    for row in rows:
        assert all((key in row) == (f"{key}_en" in row) for key in BILINGUAL), row["id"]
        assert row["title"] and row["title_en"] and row["description"] and row["description_en"]


def test_texts_have_no_open_placeholder_and_no_double_space(rows):
    for row in rows:
        for key in ("title", "title_en", "description", "description_en"):
            assert not re.search(r"[{}]|  | [,.]|\bNone\b|\.\.(?!\.)", row[key]), row[key]


def test_sentences_begin_with_a_capital_and_end_with_a_stop(groups):
    for group in groups.values():
        for key in ("description", "description_en"):
            assert group[key][-1] in ".!?", group[key]
            assert not group[key][0].islower(), group[key]


def test_no_description_template_covers_more_than_two_percent(groups):
    shop, used = read_shop(SIZE_RUNS), Counter()
    for product_type in shop.types:
        rng, own = random.Random(f"7:{product_type.id}"), Counter()
        for product in generate.draw_products(product_type, shop, rng):
            own[generate.sentence_ids(generate.draw_template(product, shop, Counter(own), rng))] += 1
        used.update({(product_type.id, *ids): times for ids, times in own.items()})
        assert max(own.values()) <= max(3, 0.25 * own.total()), product_type.id
    assert max(used.values()) <= 0.02 * len(groups)


def test_nearly_every_title_is_its_own(groups):
    assert len({group["title"] for group in groups.values()}) > 0.99 * len(groups)


def test_a_winter_jacket_with_and_without_a_hood_and_heels_to_18_cm_exist(groups):
    hoods = {g.get("hood") for g in groups.values() if g["product_type"] == "Winterjacke"}
    heels = {g.get("heel_height_cm") for g in groups.values() if g["product_type"] == "Pumps"}
    assert hoods == {"mit Kapuze", "ohne Kapuze"}
    assert {5, 14, 16, 18} <= heels


def test_histories_have_30_to_80_events_and_newcomers_have_none(events):
    counts = Counter(event["shopper"] for event in events)
    assert set(counts) == {"anna", "bernd", "cem", "familie-vogt"}
    assert all(30 <= count <= 80 for count in counts.values()), counts
    assert [shopper.id for shopper in SHOPPERS if shopper.session_only] == ["kiosk"]


def test_events_refer_to_existing_products_in_order(events, groups):
    assert {event["product_id"] for event in events} <= set(groups)
    assert {event["type"] for event in events} <= EVENT_TYPES
    times = [datetime.fromisoformat(event["time"]) for event in events]
    assert times == sorted(times) and times[-1] < NOW
    assert len({event["event_id"] for event in events}) == len(events)


def test_events_are_the_same_for_the_same_seed(events, rows):
    assert events == shopper_events(rows, 7, NOW)


def test_the_family_buys_its_nappies_again(events, groups):
    bought = Counter(
        event["product_id"] for event in events if event["shopper"] == "familie-vogt" and event["type"] == "purchase"
    )
    assert max(n for group, n in bought.items() if groups[group]["product_type"] == "Windeln") >= 3


TYPE = """
[[types]]
id = "kappe"
count = 2
product_type = "Kappe"
product_type_en = "Cap"
category = "Accessoires > Kappen"
category_en = "Accessories > Caps"
colors = ["schwarz"]
price = [9.99, 19.99]
titles = [{de = "{brand} Kappe", en = "{brand} cap"}]
openers = [{de = "Kappe.", en = "Cap."}]
details = [{de = "Leicht.", en = "Light."}, {de = "Weit.", en = "Wide."}]
closers = [{de = "Waschbar.", en = "Washable."}]
lines = [{name = "Kai", brand = "Nordkai"}]
"""


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"schwarz"', '"schwrz"', ["colors", "schwrz"]),
        ("{brand} Kappe", "{brnd} Kappe", ["titles", "brnd"]),
        ('en = "Light."', 'en = "Light.", when = {wieght = [1, 2]}', ["details", "wieght"]),
        ("count = 2", "", ["count", "missing"]),
        ("[9.99, 19.99]", "[19.99, 9.99]", ["price"]),
        ('colors = ["schwarz"]', 'sizes = "kappen"', ["sizes", "kappen"]),
    ],
)
def test_a_wrong_data_file_is_refused_with_its_file_type_and_key(tmp_path, old, new, words):
    for name in ("colors.toml", "materials.toml"):
        (tmp_path / name).write_text((FOLDER / name).read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "catalogue").mkdir()
    (tmp_path / "catalogue" / "mode.toml").write_text(TYPE.replace(old, new), encoding="utf-8")
    with pytest.raises(DataError) as refused:
        read_shop(SIZE_RUNS, tmp_path)
    assert all(word in str(refused.value) for word in ["mode.toml", "kappe", *words])


def test_the_demo_ships_synonyms_and_leaves_edited_ones_alone(tmp_path):
    install_demo(tmp_path, 7, datetime(2026, 6, 15, tzinfo=UTC))
    path = tmp_path / "synonyms.txt"
    lines = [entry.line for entry in read_synonyms(path.read_text(encoding="utf-8"))]
    assert "de: pyjama => schlafanzug" in lines
    path.write_text("mine = ours\n", encoding="utf-8")
    install_demo(tmp_path, 7, datetime(2026, 6, 15, tzinfo=UTC))
    assert path.read_text(encoding="utf-8") == "mine = ours\n"

"""What queries state, read over a small catalogue whose right readings are known."""

from __future__ import annotations

import numpy as np
import pytest

from search.errors import BadSettings
from search.index.columns import ColumnsBuilder
from search.rerank.stated import degrees
from search.types import Clause
from search.understand.adjectives import Adjectives, difference, read_adjectives
from search.understand.fields import Kind
from search.understand.intents import Reader
from search.understand.lexicon import build_lexicon
from search.understand.sizes import size_key

RAM, HOODS = (8.0, 16.0, 32.0), ("mit Kapuze", "ohne Kapuze")
DUVETS, PHONES = ("135 x 200 cm", "155 x 220 cm"), ("iPhone 15", "Pixel 8", "Galaxy S24")
COLORS = ("rot", "dunkelrot", "bordeaux", "blau", "schwarz")
SHOES = ["37", "38", "39"]
#: (type, category, how many, fields by place)
GOODS = [
    ("Laufschuhe", "Schuhe > Laufschuhe", 6, lambda n: {"size": SHOES, "gender": ["damen", "herren", "unisex"][n % 3]}),
    ("Winterjacke", "Jacken > Winterjacken", 6, lambda n: {"size": ["S", "L", "XL"], "hood": HOODS[n % 2]}),
    ("Regenjacke", "Jacken > Regenjacken", 4, lambda n: {"age_group": ["kinder", "erwachsene"][n % 2]}),
    ("Jeans", "Hosen > Jeans", 4, lambda n: {"size": ["W32/L34", "W36/L34"]}),
    ("Laptop", "Computer > Laptops", 20, lambda n: {"power_w": 15.0 + n, "weight_kg": 1 + n / 9, "ram_gb": RAM[n % 3]}),
    ("Bettdecke", "Schlafen > Bettdecken", 9, lambda n: {"size": DUVETS[n % 2], "tog": 3.0 + n}),
    ("Staubsauger", "Haushalt > Staubsauger", 6, lambda n: {"noise_db": 60.0 + n}),
    ("Windeln", "Baby > Windeln", 5, lambda n: {"diaper_size": 1.0 + n}),
    ("Gürtel", "Accessoires > Gürtel", 4, lambda n: {"material": ["Leder", "Glattleder", "Kunstleder", "Leinen"][n]}),
    ("Kleid", "Damen > Kleider", 5, lambda n: {"color": COLORS[n], "season": "sommer"}),
    ("Smartphone-Hülle", "Smartphone > Hüllen", 3, lambda n: {"compatible_with": PHONES[n]}),
    ("Hemd", "Oberteile > Hemden", 3, lambda n: {"material": ["Leinen", "Leinenmischung", "Baumwolle"][n]}),
]  # fmt: skip
TOLD_OF = {"zierlich": [22, 20, 21, 23, 24, 25]}


def shop():
    builder, row = ColumnsBuilder(), 0
    for kind, path, count, fields in GOODS:
        for number in range(count):
            builder.keyword("product_type", row, kind)
            top, leaf = path.split(" > ")
            for level in (top, f"{top} > {leaf}"):
                builder.keyword("category", row, level)
            builder.keyword("brand", row, ["Nike", "Nordkai"][number % 2])
            builder.number("_list_price", row, 10.0 * (number + 1))
            builder.number("_price_band", row, float(number % 8))
            for name, value in fields(number).items():
                for one in value if isinstance(value, list) else [value]:
                    (builder.keyword if isinstance(one, str) else builder.number)(name, row, one)
            row += 1
    return builder.freeze(row)


COLUMNS = shop()


def mentions(term, language):
    return np.array(TOLD_OF.get(term, []), np.int32)


def make_reader(**options):
    named = ("product_type", "category", "material", "season", "hood", "compatible_with")
    fields = [(name, value, value.split(" > ")[-1]) for name in named for value in COLUMNS.keyword(name).values]
    colors = COLUMNS.keyword("color").values
    lexicon = build_lexicon(["Nike", "Nordkai"], colors, {"red": "rot", "black": "schwarz"}, ("de", "en"), fields)
    return Reader(lexicon, COLUMNS, Adjectives(read_adjectives(), mentions, **options), mentions)


READER = make_reader()


def read(text, language="de", **options):
    return READER.read(text, language, **options)


def wishes(text, language="de"):
    """attribute -> value of what is preferred; kinds left out."""
    stated = read(text, language).stated
    return {
        i.attribute: i.value for i in stated if i.effect == "prefer" and i.attribute not in ("product_type", "category")
    }


def kind(text, language="de"):
    return [i.value for i in read(text, language).stated if i.attribute in ("product_type", "category")]


# --- kinds ---


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("laptop", ["Laptop"]),
        ("rote kleider", ["Kleid"]),
        ("hülle für iphone 15", ["Hüllen"]),
        ("gürtel zum kleid", ["Gürtel"]),
        ("jacke", ["Jacken"]),
        ("kinderjacke", ["Jacken"]),
        ("etwas warmes", []),
    ],
)
def test_the_kind_is_what_is_named_before_what_it_is_for(text, value):
    assert kind(text) == value


def test_the_chip_says_what_was_typed_where_kinds_only_end_so():
    assert kind("leinen decke") == kind("Decke aus Leinen") == ["Decke"]
    assert wishes("leinen decke")["material"] == "Leinen"
    assert kind("bettdecke") == ["Bettdecke"]
    assert ("product_type", "Bettdecke") in {
        (clause.field, value) for _, clause in read("decke").stated[0].wanted for value in clause.values
    }


# --- whom it is for ---


@pytest.mark.parametrize("text", ["kinderjacke", "jacke für kinder", "jacke kinder", "kinder regenjacke"])
def test_children_in_all_ways_to_say_it(text):
    assert wishes(text)["age_group"] == "kinder"


@pytest.mark.parametrize(("text", "gender"), [("damenlaufschuhe", "damen"), ("herren laufschuhe", "herren")])
def test_women_and_men_are_grown_up(text, gender):
    assert wishes(text) == {"gender": gender, "age_group": "erwachsene"}


@pytest.mark.parametrize("text", ["regenjacke 6 jahre", "regenjacke für 8-jährige", "raincoat regenjacke 4 years old"])
def test_an_age_in_years_is_an_age_group_of_what_has_one(text):
    assert wishes(text)["age_group"] == "kinder"


@pytest.mark.parametrize("text", ["laptop 2 jahre garantie", "regenjacke 40 jahre", "regenjacke 6 monate"])
def test_other_years_tell_nothing(text):
    assert "age_group" not in wishes(text)


def test_a_gift_says_whom_it_is_for_and_keeps_the_shoppers_own_tastes_quiet():
    stated = read("jacke als geschenk für meine frau").stated
    assert {(i.attribute, i.effect) for i in stated} >= {
        ("gender", "silence"),
        ("brand", "silence"),
        ("gender", "prefer"),
    }


def test_sun_milk_is_not_for_a_son():
    assert wishes("sonnenmilch") == {}


# --- colours and materials ---


def test_a_colour_with_its_family_behind_it():
    [color] = [i for i in read("rotes kleid").stated if i.attribute == "color"]
    assert color.wanted[0] == (1.0, Clause("color", values=("rot",)))
    assert set(color.wanted[1][1].values) == {"dunkelrot", "bordeaux"}


@pytest.mark.parametrize("text", ["gürtel leder", "ledergürtel", "gürtel aus leder"])
def test_leather_is_never_an_imitation(text):
    [material] = [i for i in read(text).stated if i.attribute == "material"]
    assert {value for _, clause in material.wanted for value in clause.values} == {"Leder", "Glattleder"}


@pytest.mark.parametrize("text", ["leinenhemd", "hemd aus leinen", "leinen hemd"])
def test_a_material_in_a_compound_and_beside_it(text):
    assert wishes(text) == {"material": "Leinen"}
    assert kind(text) == ["Hemd"]


def test_a_model_that_it_must_fit():
    assert wishes("hülle für iphone 15") == wishes("iPhone 15 hülle") == {"compatible_with": "iPhone 15"}


# --- sizes and measures ---


@pytest.mark.parametrize(
    ("text", "size", "searched"),
    [
        ("laufschuhe gr. 38", "38", "laufschuhe"),
        ("laufschuhe größe 38", "38", "laufschuhe"),
        ("laufschuhe in 38", "38", "laufschuhe"),
        ("laufschuhe 38", "38", "laufschuhe"),
        ("jeans w32 l34", "W32/L34", "jeans"),
        ("bettdecke 155x220", "155 x 220 cm", "bettdecke"),
        ("winterjacke xl", "XL", "winterjacke"),
        ("windeln größe 4", "4", "windeln"),
        ("größe 38", "38", ""),
        ("laufschuhe eu 38", "38", "laufschuhe"),
        ("laufschuhe größe eu 38", "38", "laufschuhe"),
        ("laufschuhe 38 2/3", "38 2/3", "laufschuhe"),
        ("laufschuhe 38,5", "38,5", "laufschuhe"),
        ("laufschuhe 38/39", "38/39", "laufschuhe"),
        ("laufschuhe größe 37 bis 38", "37..38", "laufschuhe"),
        ("laufschuhe gr. 38-40", "38..40", "laufschuhe"),
        ("winterjacke größe s bis l", "s..l", "winterjacke"),
    ],
)
def test_sizes_are_read_and_no_longer_searched_as_words(text, size, searched):
    assert wishes(text)["size"] == size
    assert read(text).searched == searched


@pytest.mark.parametrize("text", ["winterjacke 2 s", "winterjacke 40 l", "winterjacke 0,5 l"])
def test_a_letter_behind_a_number_is_its_unit_and_no_size(text):
    assert "size" not in wishes(text)
    assert wishes("winterjacke s")["size"] == "S"


def test_a_size_that_the_shop_has_not_fits_those_around_it_nearly():
    [size] = [i for i in read("laufschuhe 38 2/3").stated if i.attribute == "size"]
    assert size.wanted == ((0.7, Clause("size", values=("38", "39"))),)
    [size] = [i for i in read("laufschuhe größe 37 bis 38").stated if i.attribute == "size"]
    assert size.wanted == ((1.0, Clause("size", values=("37", "38"))),)


def test_a_range_of_sizes_is_no_price():
    assert "price" not in {i.attribute for i in read("laufschuhe größe 37 bis 38").stated}


def test_the_s_of_womens_is_no_size():
    assert "size" not in wishes("women's winterjacke", "en")
    assert wishes("winterjacke s", "en")["size"] == "S"


@pytest.mark.parametrize("text", ["laptop 38", "in 38", "laufschuhe 55", "laptop xl", "38 zoll", "laufschuhe 38 €"])
def test_a_bare_number_is_a_size_only_of_a_kind_that_has_it(text):
    assert "size" not in wishes(text)


def test_a_measure_is_a_number_with_the_unit_of_a_field():
    assert wishes("laptop 16 gb") == wishes("laptop 16gb ram") == {"ram_gb": "16"}
    assert wishes("laptop 7 gb") == {"ram_gb": "7"}  # nobody makes it, 8 is near
    assert wishes("laptop 2 gb") == {}


@pytest.mark.parametrize(
    ("text", "language", "value", "searched"),
    [
        ("bettdecke 4 tog", "de", "4", "bettdecke 4 tog"),
        ("bettdecke ca. 4 tog", "de", "4", "bettdecke"),
        ("bettdecke um die 4 tog", "de", "4", "bettdecke"),
        ("bettdecke about 4 tog", "en", "4", "bettdecke"),
        ("bettdecke 4 bis 7 tog", "de", "4..7", "bettdecke"),
        ("bettdecke 4-7 tog", "de", "4..7", "bettdecke"),
        ("bettdecke von 4 tog bis 7 tog", "de", "4..7", "bettdecke"),
        ("bettdecke zwischen 4 und 7 tog", "de", "4..7", "bettdecke"),
        ("bettdecke between 4 and 7 tog", "en", "4..7", "bettdecke"),
        ("bettdecke unter 7 tog", "de", "..7", "bettdecke"),
        ("bettdecke ab 7 tog", "de", "7..", "bettdecke"),
        ("bettdecke 4-7", "de", "4..7", "bettdecke"),
    ],
)
def test_a_measure_a_range_and_one_open_end(text, language, value, searched):
    assert wishes(text, language).get("tog") == value
    assert read(text, language).searched == searched


def test_numbers_near_a_range_fit_the_better_the_nearer_they_are():
    [tog] = [i for i in read("bettdecke 5 bis 7 tog").stated if i.attribute == "tog"]
    duvets = COLUMNS.keyword("product_type").matching(["Bettdecke"], COLUMNS.size)
    [fit] = degrees([tog], COLUMNS, np.flatnonzero(duvets).astype(np.int32)).values()
    assert fit[2:5].tolist() == [1.0, 1.0, 1.0]  # 5, 6 and 7 of 3 … 11 tog
    assert 0 < fit[0] < fit[1] < 1
    assert 1 > fit[5] > fit[6] > fit[7] == 0


def test_a_measure_that_all_products_have_tells_nothing():
    assert wishes("bettdecke ab 1 tog") == wishes("bettdecke unter 50 tog") == {}


@pytest.mark.parametrize("text", ["laptop 13-15 €", "laufschuhe 38-39", "laptop 500-700", "LF14-15"])
def test_two_numbers_are_a_measure_only_where_the_kind_has_such_numbers(text):
    assert not {"power_w", "weight_kg", "ram_gb"} & wishes(text).keys()


def test_the_side_of_a_measure_is_no_wish_for_much_of_it():
    [tog] = [i for i in read("leichte bettdecke 9 tog").stated if i.attribute == "tog"]
    assert tog.value == "9"


def test_measures_in_titles_count_where_no_field_has_the_unit():
    builder = ColumnsBuilder()
    for row, amount in enumerate([200.0, 250.0, 400.0]):
        builder.keyword("product_type", row, "Shampoo")
        builder.number("_measure_ml", row, amount)
    columns = builder.freeze(3)
    lexicon = build_lexicon([], [], {}, ("de",), [("product_type", "Shampoo", "Shampoo")])
    found = Reader(lexicon, columns).read("shampoo um die 0,25 l", "de").stated
    [volume] = [i for i in found if i.attribute == "volume"]
    [fit] = degrees([volume], columns, np.arange(3, dtype=np.int32)).values()
    assert fit[1] == 1 > fit[0] > fit[2] == 0


def test_sizes_are_compared_without_spaces_and_units():
    assert size_key("155 × 220 cm") == size_key("155x220")


# --- prices and negations ---


def test_a_price_is_no_longer_searched_as_words():
    reading = read("laptop unter 50 euro")
    assert reading.searched == "laptop"
    assert [(i.attribute, i.effect) for i in reading.stated if i.attribute == "price"] == [("price", "limit")]


@pytest.mark.parametrize(
    ("text", "language", "clause"),
    [
        ("jacke ohne kapuze", "de", Clause("hood", values=("mit Kapuze",))),
        ("kleid nicht rot", "de", Clause("color", values=("rot", "dunkelrot"))),
        ("gürtel kein leder", "de", Clause("material", values=("Leder", "Glattleder"))),
        ("dress not red", "en", Clause("color", values=("rot", "dunkelrot"))),
        ("laufschuhe nicht von nike", "de", Clause("brand", values=("Nike",))),
    ],
)
def test_negations_leave_out(text, language, clause):
    reading = read(text, language)
    [unwanted] = [i for i in reading.stated if i.effect == "exclude"]
    assert unwanted.wanted == ((1.0, clause),)
    assert reading.searched == text.split()[0]


def test_a_list_of_what_is_not_wanted():
    assert [i.value for i in read("kleid nicht rot oder blau").stated if i.effect == "exclude"] == ["rot", "blau"]


def test_what_no_field_knows_stays_a_word():
    reading = read("jacke ohne reißverschluss")
    assert reading.searched == "jacke ohne reißverschluss"
    assert not [i for i in reading.stated if i.effect == "exclude"]


# --- something like it ---


@pytest.mark.parametrize(
    ("text", "language", "named", "searched"),
    [
        ("laufschuhe wie nike", "de", "nike", "laufschuhe"),
        ("wie iphone 15 hülle", "de", "iphone 15 hülle", "iphone 15 hülle"),
        ("ähnlich wie nordkai laufschuhe", "de", "nordkai laufschuhe", "laufschuhe"),
        ("kleid wie nike unter 50 €", "de", "nike", "kleid"),
        ("something like nike", "en", "nike", "nike"),
        ("similar to nordkai jeans", "en", "nordkai jeans", "jeans"),
    ],
)
def test_what_a_product_shall_be_like_is_told_and_not_required(text, language, named, searched):
    reading = read(text, language)
    assert [i.value for i in reading.stated if i.attribute == "similar"] == [named]
    assert reading.searched == searched
    assert all(i.effect == "silence" for i in reading.stated if i.attribute == "brand")


@pytest.mark.parametrize(
    "text", ["kleid wie neu", "jacke wie bestellt", "wie", "laufschuhe nike", "wie viel kostet ein laptop"]
)
def test_like_is_no_comparison_where_nothing_of_the_catalogue_is_named(text):
    assert "similar" not in {i.attribute for i in read(text).stated}


def test_a_named_product_tells_of_what_kind_it_is():
    TOLD_OF["pegasus"] = [0, 2, 4]  # running shoes
    reading = read("ähnlich wie pegasus")
    assert reading.searched == "pegasus Laufschuhe"
    [similar] = [i for i in reading.stated if i.attribute == "similar"]
    assert similar.wanted == ((1.0, Clause("product_type", values=("Laufschuhe",))),)


def test_a_comparison_can_be_switched_off():
    reading = read("laufschuhe wie nike", off=["similar"])
    assert reading.searched == "laufschuhe wie nike"
    assert [i.effect for i in reading.stated if i.attribute == "similar"] == ["off"]


# --- a word read by its product type ---


@pytest.mark.parametrize(
    ("text", "language", "wish"),
    [
        ("sparsamer laptop", "de", {"power_w": "low"}),
        ("leichter laptop", "de", {"weight_kg": "low"}),
        ("lightweight laptop", "en", {"weight_kg": "low"}),
        ("leichte bettdecke", "de", {"tog": "low"}),
        ("warme bettdecke", "de", {"tog": "high"}),
        ("leiser staubsauger", "de", {"noise_db": "low"}),
        ("stromsparender laptop", "de", {"power_w": "low"}),
        ("sparsames kleid", "de", {"price": "cheap"}),
        ("stromsparendes kleid", "de", {}),
        ("sparsam", "de", {"price": "cheap"}),
        ("leicht", "de", {}),
        ("leise laufschuhe", "de", {}),
    ],
)
def test_an_adjective_means_what_it_means_for_that_kind(text, language, wish):
    assert wishes(text, language) == wish


def test_an_adjective_is_learned_from_what_descriptions_say_of_it():
    assert wishes("zierlicher laptop") == {"weight_kg": "low"}
    assert not make_reader(learn=False).read("zierlicher laptop", "de").stated[1:]


def test_a_difference_is_measured_in_standard_errors():
    laptops = Kind(COLUMNS, (Clause("product_type", values=("Laptop",)),))
    called = np.zeros(COLUMNS.size, bool)
    called[TOLD_OF["zierlich"]] = True
    assert difference(laptops, "power_w", called) < -2
    assert difference(laptops, "power_w", ~called) == pytest.approx(-difference(laptops, "power_w", called))
    assert difference(laptops, "power_w", np.zeros(COLUMNS.size, bool)) == 0.0


def test_a_shop_can_overrule_the_adjectives(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text('[leicht]\nwords = ["leicht"]\nlow = ["power_w"]\n', encoding="utf-8")
    table = read_adjectives(str(own))
    assert table["leicht"].low == ("power_w",)
    assert "sparsam" in table
    own_reader = Reader(READER.lexicon, COLUMNS, Adjectives(table, mentions), mentions)
    [adjective] = [i for i in own_reader.read("leichter laptop", "de").stated if i.attribute != "product_type"][:1]
    assert adjective.attribute == "power_w"


@pytest.mark.parametrize("text", ["[leicht", "[leicht]\nwords = 1\n", '[leicht]\nwords = ["a"]\nlittle = ["b"]\n'])
def test_adjectives_that_cannot_be_read_are_refused(tmp_path, text):
    own = tmp_path / "own.toml"
    own.write_text(text, encoding="utf-8")
    with pytest.raises(BadSettings, match="own.toml"):
        read_adjectives(str(own))


# --- switched off ---


def test_what_is_switched_off_is_told_and_searched_as_words():
    reading = read("laptop unter 50 euro", off=["price"])
    assert reading.searched == "laptop unter 50 euro"
    assert [i.effect for i in reading.stated if i.attribute == "price"] == ["off"]


def test_a_brand_and_a_word_of_its_own_name_a_line():
    TOLD_OF["zoom"] = [0, 2]
    assert ("line", "zoom") in {(i.attribute, i.value) for i in read("nike zoom laufschuhe").stated}
    assert "line" not in {i.attribute for i in read("nordkai zoom laufschuhe").stated}


def test_a_size_that_says_its_sort_needs_no_kind():
    for text, size in (("XL", "XL"), ("w32 l34", "W32/L34"), ("XL herren", "XL")):
        [stated] = [item for item in read(text).stated if item.attribute == "size"]
        assert (stated.value, stated.searched) == (size, False)
    for text in ("38", "Nicker XL", "xl kabel"):
        assert not [item for item in read(text).stated if item.attribute == "size"], text


def test_a_size_of_two_numbers_is_nearly_the_first_of_them():
    [size] = [item for item in read("jeans gr. 36").stated if item.attribute == "size"]
    assert size.wanted == ((0.7, Clause("size", values=("W36/L34",))),)
    assert "gr" not in read("jeans gr. 36").searched


def test_a_measure_that_none_of_the_kind_has_is_no_word_that_others_are_found_by():
    assert read("laptop 9 gb ram").searched == "laptop ram"
    assert read("laptop 16 gb ram").searched == "laptop 16 gb ram"


def test_a_field_named_before_its_number_needs_no_kind():
    [ram] = [item for item in read("ram 16").stated if item.attribute == "ram_gb"]
    assert ram.value == "16"
    assert not [item for item in read("w 16").stated if item.near]


def test_the_kinds_of_the_own_language_come_before_what_another_calls_so():
    fields = [("product_type", "Hemd", "shirt", "en"), ("product_type", "Regenjacke", "raincoat", "en")]
    borrowed = [("product_type", "Bettdecke", "jacke", "en")]
    own = build_lexicon([], [], {}, ("de", "en"), [*fields, *borrowed])
    reader = Reader(own, COLUMNS)
    [kind] = [item for item in reader.read("jacke", "de").stated if item.attribute == "product_type"]
    assert set(kind.wanted[0][1].values) == {"Winterjacke", "Regenjacke"}
    [kind] = [item for item in reader.read("shirt", "de").stated if item.attribute == "product_type"]
    assert kind.wanted[0][1].values == ("Hemd",)


def test_a_kind_ends_as_another_in_the_language_of_the_query():
    fields = [("product_type", "Hemd", "boots", "en"), ("product_type", "Kleid", "hiking boots", "en")]
    reader = Reader(build_lexicon([], [], {}, ("de", "en"), fields), COLUMNS)
    [kind] = [item for item in reader.read("boots", "en").stated if item.attribute == "product_type"]
    assert kind.wanted == (
        (1.0, Clause("product_type", values=("Hemd",))),
        (0.7, Clause("product_type", values=("Kleid",))),
    )

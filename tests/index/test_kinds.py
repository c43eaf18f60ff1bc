"""What a product is, learned from titles, types and attributes of a small shop without an encoder."""

import pytest

from search.errors import BadSettings
from search.index.corrections import read_corrections
from search.index.kind_files import load_kinds, save_kinds
from search.index.kinds import learn_kinds
from search.index.naming import phrases, type_heads
from search.types import Product


def shop(*titles, language="en", **more):
    """Products with these titles, each of the brand that its title begins with."""
    return [
        Product(id=f"{n:03}", title={language: title}, brand=title.split(" ")[0], **more)
        for n, title in enumerate(titles)
    ]


TITLES = (
    [f"Acme L{n} Laptop 15 inch" for n in range(5)]
    + [f"Bolt B{n} Laptop Bag" for n in range(5)]
    + [f"Bolt C{n} Charger for Laptop" for n in range(5)]
)


@pytest.mark.parametrize(
    ("title", "named"),
    [
        ("Case for iPhone 15", [["case"]]),
        ("Nordkai Damen-Shorts aus Leinen in Marine", [["nordkai", "damen", "shorts"]]),
        ("HP C4195A printer drum - 20000 pages", [["hp"], ["printer", "drum"], ["pages"]]),
        ("StarTech 3-in-1 Laptop Lock 1.8 m", [["startech"], ["laptop", "lock"]]),
        ("HDMI Female to DVI-D Adapter", [["dvi", "d", "adapter"]]),
        ("13 in Privacy Screen", [["privacy", "screen"]]),
        ("", []),
    ],
)
def test_a_title_is_cut_at_numbers_and_punctuation_and_ends_at_what_the_product_is_for(title, named):
    assert phrases(title) == named


def test_a_product_is_what_ends_its_name_not_what_it_is_for():
    kinds = learn_kinds(shop(*TITLES), "en")
    assert [kinds.of_row(row)[:1] for row in (0, 5, 10)] == [["laptop"], ["bag"], ["charger"]]


def test_a_colour_at_the_end_of_a_title_is_no_kind():
    black = shop(*[f"Acme L{n} Laptop Black" for n in range(5)], attributes={"color": ["Black"]})
    assert learn_kinds(black, "en").labels == ["laptop"]


def test_a_german_adjective_at_the_end_of_a_title_is_no_kind():
    kinds = learn_kinds(shop(*[f"Solvik W{n} Decke, warm" for n in range(5)], language="de"), "de")
    assert kinds.labels == ["decke"]


def test_the_feeds_type_comes_first():
    products = shop(*[f"Acme Model{n} Royal" for n in range(5)], product_type="Smartphone-Hülle")
    assert learn_kinds(products, "de").of_row(0)[0] == "hülle"


def test_without_a_type_the_category_tells_and_may_name_two():
    [product] = shop("x", categories=(("Damen", "Jacken & Mäntel"),))
    assert list(type_heads(product, "de")) == ["jacken", "mäntel"]


def test_a_merchandiser_names_another_kind_or_none(tmp_path):
    file = tmp_path / "kinds.txt"
    file.write_text("# ours\ncharger = power supply  # as our customers say\nBag =\n", encoding="utf-8")
    corrections = read_corrections(str(file))
    assert corrections == {"charger": "power supply", "bag": ""}
    kinds = learn_kinds(shop(*TITLES), "en", corrections={**corrections, "charger": "adapter"})
    assert kinds.of_row(10) == ["adapter"]
    assert kinds.of_row(5) == []
    assert kinds.corrected["bag"] == -1


def test_a_file_of_corrections_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(BadSettings, match="cannot be read"):
        read_corrections(str(tmp_path / "none.txt"))
    (tmp_path / "bad.txt").write_text("charger adapter\n")
    with pytest.raises(BadSettings, match="Line 1 .* Write: word = kind"):
        read_corrections(str(tmp_path / "bad.txt"))


def test_kinds_read_from_disk_are_those_written(tmp_path):
    kinds = learn_kinds(shop(*TITLES), "en", corrections={"sleeve": "bag"})
    save_kinds(kinds, tmp_path, "en")
    loaded = load_kinds(tmp_path, "en")
    assert (loaded.labels, loaded.terms, loaded.scale) == (kinds.labels, kinds.terms, kinds.scale)
    assert [loaded.of_row(row) for row in range(15)] == [kinds.of_row(row) for row in range(15)]
    assert (loaded.corrected, loaded.endings) == (kinds.corrected, kinds.endings)


def test_a_shop_without_titles_has_no_kinds():
    assert len(learn_kinds(shop("", ""), "en")) == 0


def test_a_series_before_model_numbers_is_no_kind():
    titles = [f"Acme Photosmart M{n}25 Printer" for n in range(5)] + [f"Acme Photosmart C{n}40" for n in range(5)]
    kinds = learn_kinds(shop(*titles), "en")
    assert kinds.labels == ["printer"]


def test_what_stands_before_to_does_not_name_an_adapter():
    assert learn_kinds(shop(*[f"Acme USB to VGA Adapter, L{n}" for n in range(5)]), "en").of_row(0) == ["adapter"]


def test_a_size_or_a_class_that_numbers_follow_is_no_kind_and_a_unit_is_none():
    creams = [f"Meer Sonnencreme LSF {n}, 50 ml" for n in (15, 20, 30, 50)]
    nappies = [f"Wal Windeln Gr. {n}, 20 Stück" for n in (3, 4, 5, 6)]
    plain = [f"{brand} {kind}" for brand in ("Tau", "Hof", "Reet", "Moos") for kind in ("Sonnencreme", "Windeln")]
    washing = [f"Klar Vollwaschmittel {n}-WL" for n in (20, 40, 60, 80)]
    kinds = learn_kinds(shop(*creams, *nappies, *plain, *washing, language="de"), "de")
    assert set(kinds.labels) == {"sonnencreme", "windeln", "vollwaschmittel"}


def test_a_kind_that_is_sold_by_size_stays_one():
    assert learn_kinds(shop(*[f"Nike Laufschuhe {n}" for n in range(38, 44)], language="de"), "de").labels == [
        "laufschuhe"
    ]


def test_a_slash_stands_between_two_names_of_a_product():
    titles = [f"Acme P{n} power adapter/inverter" for n in range(5)] + [f"Bolt A{n} adapter" for n in range(5)]
    assert learn_kinds(shop(*titles), "en").of_row(0) == ["adapter", "inverter"]

"""Where something can be had, as a query says it, and what it does to the order."""

import numpy as np
import pytest

from search.index.columns import ColumnsBuilder
from search.rerank.stated import degrees, restriction
from search.types import And
from search.understand.availability import Availability
from search.understand.intents import Reader
from search.understand.lexicon import build_lexicon

FIELDS = ["stock", "stock.mitte", "stock.berlin-west", "stock.online", "price"]


def read(text, branch=None, fields=FIELDS):
    return list(Availability(fields).read(text, branch))


def places(stated):
    return [clause.field for degree, clause in stated.wanted if degree == 1]


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("laptop auf lager", "auf lager"),
        ("sofort verfügbare pumps", "sofort verfügbare"),
        ("sofort lieferbar pumps", "sofort lieferbar"),
        ("pumps vorrätig", "vorrätig"),
        ("sneakers in stock", "in stock"),
        ("laptop available now", "available now"),
    ],
)
def test_what_is_there_is_wished_for_wherever_it_is(text, read_as):
    [stated] = read(text)
    assert (stated.attribute, stated.text, stated.effect, stated.searched) == ("availability", read_as, "prefer", False)
    assert places(stated) == ["stock"]


@pytest.mark.parametrize("text", ["heute abholen laptop", "zum abholen", "laptop pick up today", "click & collect"])
def test_something_to_fetch_is_in_any_branch_and_not_online(text):
    [stated] = read(text)
    assert places(stated) == ["stock.mitte", "stock.berlin-west"]
    assert stated.wanted[-1][0] == 0.5


@pytest.mark.parametrize("text", ["heute abholen", "auf lager", "pick up today"])
def test_the_branch_that_asks_is_meant(text):
    [stated] = read(text, "mitte")
    assert stated.value == "mitte"
    assert places(stated) == ["stock.mitte"]


@pytest.mark.parametrize(
    ("text", "branch"),
    [
        ("pumps in filiale mitte", "mitte"),
        ("pumps in der filiale Mitte", "mitte"),
        ("pumps im markt berlin west", "berlin-west"),
        ("pumps filiale berlin-west heute abholen", "berlin-west"),
        ("sneakers in stock at the mitte store", "mitte"),
        ("laptop online verfügbar", "online"),
    ],
)
def test_a_branch_that_is_named_counts_before_the_one_that_asks(text, branch):
    found = read(text, "mitte")
    assert {stated.value for stated in found} == {branch}
    assert {field for stated in found for field in places(stated)} == {f"stock.{branch}"}


@pytest.mark.parametrize("text", ["pumps mitte", "online kurs", "filiale", "verfügung", "lagerregal", "mitte märz"])
def test_other_words_say_nothing_about_it(text):
    assert read(text) == []


def test_a_catalogue_without_stock_knows_no_availability():
    assert read("laptop auf lager", "mitte", ["price"]) == []


def test_what_is_there_fits_what_is_elsewhere_fits_by_half_and_nothing_is_hidden():
    builder = ColumnsBuilder()
    for row, (mitte, west) in enumerate([(2, 0), (0, 3), (0, 0)]):
        builder.number("stock.mitte", row, mitte)
        builder.number("stock.west", row, west)
        builder.number("stock", row, mitte + west)
    columns = builder.freeze(4)
    reading = Reader(build_lexicon([], [], {}, ("de",)), columns).read("heute abholen", "de", branch="mitte")
    assert reading.searched == ""
    fit = degrees(reading.stated, columns, np.arange(4, dtype=np.int32))["availability"]
    assert fit.tolist() == [1.0, 0.5, 0.0, 0.5]  # the last one does not tell
    assert restriction(reading.stated, columns) == And(())


def test_it_can_be_switched_off_and_its_words_are_words_again():
    builder = ColumnsBuilder()
    builder.number("stock", 0, 1)
    reading = Reader(build_lexicon([], [], {}, ("de",)), builder.freeze(1)).read(
        "auf lager", "de", off=["availability"]
    )
    assert reading.searched == "auf lager"
    assert [stated.effect for stated in reading.stated] == ["off"]

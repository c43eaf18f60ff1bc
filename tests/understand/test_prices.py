"""What a query says about the price: limits, wishes and words; and what only looks like one."""

import pytest

from search.understand.prices import amount, read_prices


def prices(text):
    return [(item.effect, item.value) for item in read_prices(text)]


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("laptop bis 50 €", "..50"),
        ("laptop unter 500", "..500"),
        ("schuhe bis zu 80 Euro", "..80"),
        ("max. 30 eur", "..30"),
        ("höchstens 50", "..50"),
        ("nicht mehr als 19,99 €", "..19.99"),
        ("kleid unter 1.000 €", "..1000"),
        ("ab 100", "100.."),
        ("über 100 euro", "100.."),
        ("mindestens 30 €", "30.."),
        ("zwischen 20 und 40", "20..40"),
        ("von 20 bis 40 euro", "20..40"),
        ("20-40 €", "20..40"),
        ("shoes under 50 euros", "..50"),
        ("less than $30", "..30"),
        ("up to £20", "..20"),
        ("at most 5", "..5"),
        ("between 20 and 50 euros", "20..50"),
        ("laptop over 1200 euros", "1200.."),
        ("50 € oder weniger", "..50"),
    ],
)
def test_limits(text, limit):
    assert prices(text) == [("limit", limit)]


@pytest.mark.parametrize(
    ("text", "effect", "value"),
    [
        ("kaugummi unter 1 cent", "limit", "..0.01"),
        ("unter 50 Cent", "limit", "..0.5"),
        ("under 50 cents", "limit", "..0.5"),
        ("zwischen 50 cent und 2 euro", "limit", "0.5..2"),
        ("50-99 ct", "limit", "0.5..0.99"),
        ("ab 99 ct", "limit", "0.99.."),
        ("99 cent oder weniger", "limit", "..0.99"),
        ("joghurt 50 Cent", "prefer", "0.5"),
        ("seife um die 80 ct", "prefer", "0.8"),
    ],
)
def test_cents_are_hundredths(text, effect, value):
    assert prices(text) == [(effect, value)]


def test_what_is_no_money_here_is_no_price():
    assert prices("seife 50p") == prices("monitor 1080p") == prices("socks under 50p") == []
    assert [item.value for item in read_prices("socks under 50p", pence=True)] == ["..0.5"]
    assert not list(read_prices("monitor 1080p", pence=True))
    assert not list(read_prices("napkins 100 ct", language="en"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("shirt 20€", "20"),
        ("um die 80 euro", "80"),
        ("kleid für 40 euro", "40"),
        ("günstige schuhe", "cheap"),
        ("cheap laptop", "cheap"),
        ("preiswerter laptop", "cheap"),
        ("premium kopfhörer", "dear"),
        ("luxury watch", "dear"),
        ("vergünstigte Golfschläger", "sale"),
        ("Sale", "sale"),
        ("shoes on sale", "sale"),
    ],
)
def test_wishes_hide_nothing(text, value):
    assert prices(text) == [("prefer", value)]


@pytest.mark.parametrize(
    "text",
    [
        "ab 3 Jahren",
        "ab 12 Monaten",
        "unter 2 kg",
        "unter 2kg",
        "bis 30 m",
        "powerbank ab 10000 mah",
        "fernseher bis 55 zoll",
        'tv under 55"',
        "laptop unter 1,5 kg",
        "bettdecke bis 135 x 200",
        "air max 95",
        "über uns",
        "unterhose",
        "iphone 15",
        "wholesale",
        "größe 42",
        "heels 14 bis 18 cm",
    ],
)
def test_other_numbers_are_no_prices(text):
    assert prices(text) == []


def test_a_word_that_is_no_unit_may_follow():
    assert prices("kleid unter 50 rot") == prices("unter 50 schuhe") == [("limit", "..50")]


def test_what_was_written_is_quoted_with_its_place():
    [stated] = read_prices("Kleid bis 50 € rot")
    assert (stated.text, stated.start, stated.searched) == ("bis 50 €", 6, False)


def test_nothing_is_read_twice():
    assert prices("günstig bis 50 € reduziert") == [("limit", "..50"), ("prefer", "cheap"), ("prefer", "sale")]


def test_a_catalogue_without_prices_is_not_asked_for_any():
    assert list(read_prices("laptop bis 50 €", priced=False)) == []
    assert list(read_prices("Sale", on_sale=False)) == []


@pytest.mark.parametrize(("text", "value"), [("1.299,90", 1299.9), ("1,000", 1000), ("19,99", 19.99), ("7.5", 7.5)])
def test_amounts_in_both_notations(text, value):
    assert amount(text) == value

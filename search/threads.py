"""How many threads one search may use: one. Several searches share the cores, not the parts of one."""

from __future__ import annotations

from threadpoolctl import threadpool_limits


def one_for_each_search() -> None:
    """Tell numpy's BLAS, for this process and from now on.

    Left alone it multiplies the 2,000 vectors by which a query's noise is measured on all cores, and its threads wait
    for the next time without sleeping: 54 ms of processor time a search of a million products, 23 with one.
    """
    threadpool_limits(1, user_api="blas")

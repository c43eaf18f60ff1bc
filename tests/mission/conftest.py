"""The hand-written shop for this folder's tests: however busy the machine, nothing is left out for lack of time."""

from __future__ import annotations

import pytest

from search.service import Service
from tests.conftest import OpenShop


@pytest.fixture
def service(open_shop: OpenShop) -> Service:
    """A service of its own, with default settings but for a deadline that no machine misses."""
    return open_shop(server={"deadline_ms": 60_000.0})

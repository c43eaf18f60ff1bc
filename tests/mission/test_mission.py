"""The mission's rows, each through HTTP on the demo shop, and each with its feature switched off."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from search.app import create_app
from search.embed import load_encoder
from search.service import Service
from search.settings import Settings
from tests.mission import checks

pytestmark = pytest.mark.model

NO_TASTES = {"personal": {"bound": 0.0}}
NOTHING_LASTS = {"personal": {"session_half_life_minutes": 1e-9, "half_life_days": 1e-9}}


@pytest.fixture(scope="module")
def served(demo_server) -> Iterator[httpx.Client]:
    """A client of the demo shop in a process of its own."""
    with httpx.Client(base_url=demo_server.url, timeout=60) as client:
        yield client


def test_m3_spelling_errors(served):
    checks.m3_spelling_errors(served)


def test_m9_dynamic_categories(served):
    checks.m9_dynamic_categories(served)


def test_m10_entry_query(served):
    checks.m10_entry_query(served)


def test_m20_women_after_womens_products(served):
    checks.m20_women_after_womens_products(served)


def test_m21_past_preferences(served):
    checks.m21_past_preferences(served)


def test_m26_a_session_is_enough(served):
    checks.m26_session_only(served)


def test_m33_the_dial(served):
    checks.m33_dial(served)


def test_m35_signals_weigh_differently(served):
    checks.m35_signals_weigh_differently(served)


def test_m41_an_event_is_in_the_next_request(served):
    checks.m41_next_request(served)


def test_m60_a_kiosk_shows_its_branch_and_forgets(served):
    checks.m60_kiosk(served)


@pytest.fixture(scope="module")
def demo_encoder():
    """The real encoder, loaded once."""
    return load_encoder()


@pytest.mark.parametrize(
    ("check", "off"),
    [
        (checks.m3_spelling_errors, {"spelling": {"enabled": False}}),
        (checks.m10_entry_query, {"understanding": {"context_boost": 0.0}}),
        (checks.m20_women_after_womens_products, NO_TASTES),
        (checks.m21_past_preferences, NO_TASTES),
        (checks.m26_session_only, NOTHING_LASTS),
        (checks.m33_dial, {"personal": {"places": 0}}),
        (checks.m35_signals_weigh_differently, NO_TASTES),
        (checks.m41_next_request, NOTHING_LASTS),
        (checks.m60_kiosk, {"business": {"sold_out": 0.0}}),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_each_check_fails_when_its_feature_is_switched_off(
    check: Callable, off: dict, demo_home: Path, demo_encoder, tmp_path
):
    home = tmp_path / "demo"
    shutil.copytree(demo_home, home)
    with (
        Service(home, Settings().but(**off), load_encoder=lambda _: demo_encoder) as service,
        TestClient(create_app(lambda: service), base_url="http://127.0.0.1") as client,
        pytest.raises(AssertionError),
    ):
        check(client)

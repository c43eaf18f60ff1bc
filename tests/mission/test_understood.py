"""The mission's rows about understanding a query, each through HTTP on the demo shop, and each switched off."""

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
from tests.mission import understood

pytestmark = pytest.mark.model

NOTHING_UNDERSTOOD = {"understanding": {"enabled": False}}
NO_WEIGHT = {"understanding": {"boost": 0.0}}
NO_TASTES = {"personal": {"bound": 0.0}}


@pytest.fixture(scope="module")
def served(demo_server) -> Iterator[httpx.Client]:
    """A client of the demo shop in a process of its own."""
    with httpx.Client(base_url=demo_server.url, timeout=60) as client:
        yield client


def test_m1_a_word_is_read_by_its_product_type(served):
    understood.m1_a_word_is_read_by_its_product_type(served)


def test_m2_every_word_is_read_and_told(served):
    understood.m2_every_word_is_read_and_told(served)


def test_m4_a_broad_query_shows_its_width(served):
    understood.m4_a_broad_query_shows_its_width(served)


def test_m7_dimensions_norms_and_part_numbers_are_exact(served):
    understood.m7_dimensions_norms_and_part_numbers_are_exact(served)


def test_m8_numbers_near_a_range_come_first(served):
    understood.m8_numbers_near_a_range_come_first(served)


@pytest.fixture(scope="module")
def demo_encoder():
    """The real encoder, loaded once."""
    return load_encoder()


@pytest.mark.parametrize(
    ("check", "off"),
    [
        (understood.m1_a_word_is_read_by_its_product_type, NOTHING_UNDERSTOOD),
        (understood.m1_a_word_is_read_by_its_product_type, NO_WEIGHT),
        (understood.m2_every_word_is_read_and_told, NOTHING_UNDERSTOOD),
        (understood.m4_a_broad_query_shows_its_width, NO_TASTES),
        (understood.m7_dimensions_norms_and_part_numbers_are_exact, NOTHING_UNDERSTOOD),
        (understood.m8_numbers_near_a_range_come_first, NO_WEIGHT),
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

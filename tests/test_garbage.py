"""What serves is kept from the garbage collector, and let go of when something else serves."""

import gc
import time
import weakref

import msgspec
import pytest
from starlette.testclient import TestClient

from search.app import create_app
from search.garbage import Garbage
from search.messages import SearchRequest
from search.types import Changed, Identity
from tests.stand_ins import PATIENT


class Circle:
    def __init__(self):
        self.own = self


@pytest.fixture
def garbage():
    garbage = Garbage()
    yield garbage
    garbage.end()
    assert gc.get_freeze_count() == 0


def test_what_serves_is_set_aside_when_it_is_named_again(garbage):
    garbage.settle(1)
    assert gc.get_freeze_count() == 0
    garbage.settle(1)
    aside = gc.get_freeze_count()
    assert aside > 1000
    made = [Circle() for _ in range(100)]
    garbage.settle(1)
    assert gc.get_freeze_count() <= aside and made


def test_what_served_before_goes_when_another_one_serves(garbage):
    circle = Circle()
    gone = weakref.ref(circle)
    garbage.settle(1)
    garbage.settle(1)
    del circle
    gc.collect()
    assert gone() is not None, "set aside"
    garbage.settle(2)
    assert gone() is not None, "somebody may still need it"
    garbage.settle(2)
    assert gone() is None and gc.get_freeze_count() > 1000


def test_a_server_sets_aside_what_it_serves_until_it_ends(open_shop):
    def opened():
        return open_shop(PATIENT.but(server={"watch_seconds": 0.01}))

    with TestClient(create_app(opened)) as client:
        until = time.monotonic() + 30
        while not gc.get_freeze_count() and time.monotonic() < until:
            time.sleep(0.01)
        assert gc.get_freeze_count() > 1000
        assert client.get("/v1/search", params={"q": "shorts"}).json()["hits"]
    assert gc.get_freeze_count() == 0


def test_what_changes_of_products_follow_goes_without_the_collector(open_shop):
    """Each holds copies of whole columns: what waited for the collector took gigabytes of a large catalogue's."""

    def followed_by(service, change):
        pipeline = service.generation.pipeline
        service.search(SearchRequest(q="Shorts", shopper="anna"), Identity("anna", None))
        lost = pipeline, pipeline.snapshot, pipeline.indexed, pipeline.columns, service.generation.suggester
        lost = [weakref.ref(one) for one in lost]
        del pipeline
        service.live.submit([change(service.generation.pipeline.indexed.documents)]).result()
        service.search(SearchRequest(q="Shorts", shopper="anna"), Identity("anna", None))
        return [one() for one in lost]

    def retitled(number):
        def change(documents):
            product = documents.product(number)
            title = {language: f"{text} {number}" for language, text in product.title.items()}
            return Changed(kind="put", id=product.id, product=msgspec.structs.replace(product, title=title))

        return change

    def added(documents):
        product = msgspec.structs.replace(documents.product(0), id="new", variants=())
        return Changed(kind="put", id="new", product=product)

    with open_shop(PATIENT) as service:
        followed_by(service, retitled(0))  # what was opened first
        gc.collect()
        gc.disable()
        try:
            for change in (retitled(1), retitled(2), added, retitled(3)):
                assert followed_by(service, change) == [None] * 5
        finally:
            gc.enable()

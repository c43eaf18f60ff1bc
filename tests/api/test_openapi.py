"""The server against its own OpenAPI document (schemathesis): every answer is one that the document describes."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from search.app import create_app
from search.settings import Settings
from tests.stand_ins import build_shop, open_service

#: A filter, a cursor and a catalogue's fields have grammars that no JSON schema tells: refusing them is right.
GRAMMARS = positive_data_acceptance


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    service = open_service(build_shop(tmp_path_factory.mktemp("openapi")), Settings())
    yield schemathesis.openapi.from_asgi("/openapi.json", create_app(lambda: service))
    service.close()


def test_every_answer_is_as_described(described):
    """Generated requests, valid and not: no 5xx, and every answer has a described status, type and shape."""
    tried = []
    for found in described.get_all_operations():
        operation = found.ok()
        tried.append(operation.label)

        @given(case=operation.as_strategy())
        @settings(max_examples=25)
        def conforms(case):
            case.call_and_validate(excluded_checks=[GRAMMARS])

        conforms()
    assert len(tried) >= 12


def test_every_route_is_described(client):
    document = client.get("/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    described = {(path, method.upper()) for path, methods in document["paths"].items() for method in methods}
    served = {
        (route.path, method)
        for route in client.app.routes
        for method in getattr(route, "methods", None) or ()
        if method != "HEAD" and route.path not in ("/", "/me", "/kiosk", "/docs", "/demo.json")
    }
    assert described == served


def test_every_operation_says_what_it_is_for(client):
    for methods in client.get("/openapi.json").json()["paths"].values():
        for operation in methods.values():
            assert operation["summary"].endswith((".", "?"))
            assert operation["operationId"]

"""The OpenAPI 3.1 document, generated from the routes and the shapes in `search.messages`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from search import __version__
from search.messages import Problem

REF = "#/components/schemas/{name}"


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path: what it takes, what it answers, how it may fail.

    `parameters` is a structure whose fields are query parameters; `path` names path parameters.
    """

    method: str
    path: str
    summary: str
    answer: Any
    status: int = 200
    parameters: Any = None
    body: Any = None
    problems: tuple[int, ...] = (400,)
    media_type: str = "application/json"


def document(operations: Iterable[Operation]) -> dict[str, Any]:
    """The whole document."""
    operations = list(operations)
    types = [t for o in operations for t in (o.answer, o.body, o.parameters) if t is not None]
    unique = list({str(t): t for t in [*types, Problem]}.values())
    schemas, components = msgspec.json.schema_components(unique, ref_template=REF)
    schema_of = {str(t): schema for t, schema in zip(unique, schemas, strict=True)}
    paths: dict[str, Any] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, schema_of, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tresen",
            "version": __version__,
            "description": "Semantic and personal site search for shops.",
        },
        "paths": paths,
        "components": {"schemas": components},
    }


def _operation(operation: Operation, schema_of: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    answer = {"description": "The answer."}
    if operation.answer is not None:
        answer["content"] = {operation.media_type: {"schema": schema_of[str(operation.answer)]}}  # type: ignore[assignment]
    slug = operation.path.replace("/", "_").translate({ord("{"): None, ord("}"): None})
    described: dict[str, Any] = {
        "summary": operation.summary,
        "operationId": operation.method.lower() + slug,
        "responses": {str(operation.status): answer, **_problems(operation.problems)},
    }
    parameters = [_path_parameter(part[1:-1]) for part in operation.path.split("/") if part.startswith("{")]
    if operation.parameters is not None:
        parameters += list(_query_parameters(operation.parameters, schema_of, components))
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema_of[str(operation.body)]}},
        }
    return described


def _problems(statuses: Iterable[int]) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": REF.format(name="Problem")}}}
    return {str(status): {"description": "A problem (RFC 9457).", "content": content} for status in statuses}


def _path_parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _query_parameters(type: Any, schema_of: dict[str, Any], components: dict[str, Any]) -> Iterable[dict[str, Any]]:
    """The fields of a structure as query parameters; a nested structure's fields with a dot."""
    for name, schema in _properties(schema_of[str(type)], components).items():
        nested = _properties(schema, components)
        for leaf, leaf_schema in nested.items():
            yield _query_parameter(f"{name}.{leaf}", leaf_schema)
        if not nested:
            yield _query_parameter(name, schema)


def _properties(schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    if "allOf" in schema:
        schema = schema["allOf"][0]
    name = schema.get("$ref", "").rpartition("/")[2]
    return components[name].get("properties", {}) if name else {}


def _query_parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter in a query string cannot be null: that alternative is left out."""
    alternatives = [part for part in schema.get("anyOf", []) if part.get("type") != "null"]
    shown = {**schema, **alternatives[0]} if len(alternatives) == 1 else dict(schema)
    shown.pop("anyOf", None)
    if shown.get("default", 0) is None:
        del shown["default"]
    parameter: dict[str, Any] = {"name": name, "in": "query", "schema": shown}
    if description := shown.pop("description", None):
        parameter["description"] = description
    if shown.get("type") == "array":
        parameter |= {"style": "form", "explode": True}
    return parameter

"""The routes that change products: one, a part of one, or a stream of thousands.

Answered once the change is durable and in the next search. Changes that come together go live together
(`search.live`), so many clients at once cost little more than one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import anyio.to_thread
import msgspec
from starlette.requests import Request
from starlette.responses import Response

from search.api.identity import require_editor
from search.api.lists import NoParameters
from search.api.openapi import Operation
from search.api.requests import decode_json, decode_parameters, read_body
from search.errors import BadFeed, BadInput, BadRequest, NotFound, TooManyChanges
from search.live import MOST_TOGETHER, Outcome
from search.messages import to_json
from search.messages.products import ProductChanged, ProductsAccepted, ProductsRequest, RejectedRow
from search.service import Service
from search.types import Changed, Product, ProductReader, Rejected

#: Rejections that are told word for word.
TOLD = 100
#: Largest body of one product.
ONE_PRODUCT_BYTES = 1024 * 1024
#: The line on which a change stands.
Numbered = tuple[int, Changed]


class ProductRoutes:
    """The handlers over one service."""

    def __init__(self, service: Service):
        self._service = service
        self._server = service.settings.server

    def _reader(self) -> ProductReader:
        if self._service.reader is None:
            raise BadInput("This server was opened without a reader of products. Start it by: tresen serve DIR")
        manifest = self._service.snapshot.manifest
        return self._service.reader(manifest.source, manifest.analysis.languages)

    async def put_product(self, request: Request) -> Response:
        """PUT /v1/products/{id}: a product as it shall be, new or not."""
        id, row = await self._row(request)
        product = self._reader().product(row, id)
        return await self._change(Changed(kind="put", id=id, product=product))

    async def patch_product(self, request: Request) -> Response:
        """PATCH /v1/products/{id}: what shall be otherwise of a product."""
        id, row = await self._row(request)
        documents = self._service.snapshot.documents
        at = documents.row_of(id)
        if at is None or (product := documents.product(at)).id != id:
            owner = "" if at is None else f" It is a variant of '{documents.id_of(at)}'."
            raise NotFound(f"No product with the id '{id}'.{owner}", "id")
        return await self._change(Changed(kind="patch", id=id, patch=self._reader().patch(row, product)))

    async def delete_product(self, request: Request) -> Response:
        """DELETE /v1/products/{id}"""
        require_editor(request.headers)
        decode_parameters(request, NoParameters)
        return await self._change(Changed(kind="delete", id=request.path_params["id"]))

    async def put_products(self, request: Request) -> Response:
        """PUT /v1/products: many, as a JSON array or as JSON lines."""
        require_editor(request.headers)
        wanted = decode_parameters(request, ProductsRequest)
        body = await read_body(request, self._server.products_body_bytes)
        found, rejected, rows = await anyio.to_thread.run_sync(self._reader().products, body)
        changes = [(line, Changed(kind="put", id=product.id, product=product)) for line, product in found]
        return await self._many(changes, rejected, rows, wanted.all_or_nothing)

    async def patch_products(self, request: Request) -> Response:
        """PATCH /v1/products: parts of many, as a JSON array or as JSON lines, each with the id."""
        require_editor(request.headers)
        wanted = decode_parameters(request, ProductsRequest)
        body = await read_body(request, self._server.products_body_bytes)
        documents = self._service.snapshot.documents

        def known(id: str) -> Product | None:
            row = documents.row_of(id)
            product = None if row is None else documents.product(row)
            return product if product is not None and product.id == id else None

        found, rejected, rows = await anyio.to_thread.run_sync(self._reader().patches, body, known)
        changes = [(line, Changed(kind="patch", id=id, patch=patch)) for line, id, patch in found]
        return await self._many(changes, rejected, rows, wanted.all_or_nothing)

    async def _many(
        self, changes: Sequence[Numbered], rejected: Sequence[Rejected], rows: int, all_or_nothing: bool
    ) -> Response:
        if not rows:
            raise BadRequest("The body has no product. Send a JSON array of them, or one a line.", "body")
        if all_or_nothing and rejected:
            raise _nothing_taken(rejected, rows)
        outcomes: list[Outcome] = []
        for some in [changes] if all_or_nothing else _parts(changes):
            try:
                live = self._service.live.submit([change for _, change in some], all_or_nothing)
            except TooManyChanges as error:
                if not outcomes:
                    raise
                outcomes.extend(Outcome(error=error) for _ in changes[len(outcomes) :])  # told with their lines
                break
            done = asyncio.wrap_future(live)
            outcomes.extend(await done)
        refused = [
            Rejected(line, outcome.error.place or "row", outcome.error.message)
            for (line, _), outcome in zip(changes, outcomes, strict=True)
            if outcome.error
        ]
        if all_or_nothing and refused:
            raise _nothing_taken(refused, rows)
        return _json(_accepted(rows, len(changes) - len(refused), [*rejected, *refused], outcomes))

    async def _row(self, request: Request) -> tuple[str, dict[str, Any]]:
        require_editor(request.headers)
        decode_parameters(request, NoParameters)
        body = await read_body(request, ONE_PRODUCT_BYTES)
        return request.path_params["id"], decode_json(body, dict[str, Any], self._server.json_depth)

    async def _change(self, change: Changed) -> Response:
        [outcome] = await asyncio.wrap_future(self._service.live.submit([change]))
        if outcome.error:
            raise outcome.error
        return _json(ProductChanged(change.id, outcome.number))


def _parts(found: Sequence[Numbered]) -> list[Sequence[Numbered]]:
    """So many as go live together, so that others come in between."""
    return [found[at : at + MOST_TOGETHER] for at in range(0, len(found), MOST_TOGETHER)]


def _nothing_taken(rejected: Sequence[Rejected], rows: int) -> BadFeed:
    first = "; ".join(f"line {one.line}, {one.field}: {one.reason}" for one in rejected[:5])
    return BadFeed(f"None of {rows:,} rows was taken: {len(rejected):,} were rejected. First: {first}.", "body")


def _accepted(rows: int, accepted: int, rejected: Sequence[Rejected], outcomes: Sequence[Outcome]) -> ProductsAccepted:
    told = sorted(rejected, key=lambda one: one.line)[:TOLD]
    last = max((outcome.number for outcome in outcomes), default=0)
    listed = [RejectedRow(one.line, one.field, one.reason) for one in told]
    return ProductsAccepted(rows, accepted, len(rejected), listed, last)


def _json(value: msgspec.Struct) -> Response:
    return Response(to_json(value), media_type="application/json")


_PROBLEMS = (400, 403, 413, 429, 507)
TABLE: tuple[tuple[Operation, Callable[..., Awaitable[Response]]], ...] = (
    (
        Operation(
            "PUT",
            "/v1/products",
            "Take many products, as a feed's rows: a JSON array, or JSON lines. Durable, and in the next search.",
            ProductsAccepted,
            parameters=ProductsRequest,
            body=list[dict[str, Any]],
            problems=(*_PROBLEMS, 422),
        ),
        ProductRoutes.put_products,
    ),
    (
        Operation(
            "PATCH",
            "/v1/products",
            "Change parts of many products, each with its id: a JSON array, or JSON lines.",
            ProductsAccepted,
            parameters=ProductsRequest,
            body=list[dict[str, Any]],
            problems=(*_PROBLEMS, 422),
        ),
        ProductRoutes.patch_products,
    ),
    (
        Operation(
            "PUT",
            "/v1/products/{id}",
            "Take a product as it shall be, as a feed's row. Durable, and in the next search.",
            ProductChanged,
            body=dict[str, Any],
            problems=_PROBLEMS,
        ),
        ProductRoutes.put_product,
    ),
    (
        Operation(
            "PATCH",
            "/v1/products/{id}",
            "Change a part of a product (RFC 7396): prices, stock, whatever a feed tells.",
            ProductChanged,
            body=dict[str, Any],
            problems=(*_PROBLEMS, 404),
        ),
        ProductRoutes.patch_product,
    ),
    (
        Operation(
            "DELETE",
            "/v1/products/{id}",
            "Take a product out of the catalogue.",
            ProductChanged,
            problems=(400, 403, 404, 429, 507),
        ),
        ProductRoutes.delete_product,
    ),
)

"""The routes by which a shop's customer system tells what it knows of shoppers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

import anyio.to_thread
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from search.api.lists import NoParameters
from search.api.openapi import Operation
from search.api.requests import decode_json, decode_parameters, read_body
from search.messages import to_json
from search.messages.traits import ShopperTraitsIn, TraitsImported, TraitsIn, TraitsStored
from search.personal.importing import keep_all, keep_traits
from search.service import Service

Many = Annotated[list[ShopperTraitsIn], Meta(min_length=1, max_length=1000)]


class TraitRoutes:
    """The handlers over one service. Writing waits for a disk, so it runs in threads."""

    def __init__(self, service: Service):
        self._service = service
        self._server = service.settings.server

    async def put_traits(self, request: Request) -> Response:
        """PUT /v1/profiles/{id}/traits: all that one system says."""
        decode_parameters(request, NoParameters)
        body = await read_body(request, self._server.search_body_bytes)
        sent = decode_json(body, TraitsIn, self._server.json_depth)
        service, id = self._service, request.path_params["id"]
        return await _answer(lambda: keep_traits(id, sent, service.store, service.generation.pipeline))

    async def post_traits(self, request: Request) -> Response:
        """POST /v1/traits: of many shoppers."""
        decode_parameters(request, NoParameters)
        body = await read_body(request, self._server.events_body_bytes)
        sent = decode_json(body, Many, self._server.json_depth)
        service = self._service
        return await _answer(lambda: keep_all(sent, service.store, service.generation.pipeline))


async def _answer(work: Callable[[], object]) -> Response:
    return Response(to_json(await anyio.to_thread.run_sync(work)), media_type="application/json")


TABLE: tuple[tuple[Operation, Callable[..., Awaitable[Response]]], ...] = (
    (
        Operation(
            "PUT",
            "/v1/profiles/{id}/traits",
            "What a customer system says of a shopper, in place of what it said before.",
            TraitsStored,
            body=TraitsIn,
            problems=(400, 413, 507),
        ),
        TraitRoutes.put_traits,
    ),
    (
        Operation(
            "POST",
            "/v1/traits",
            "What a customer system says of up to 1,000 shoppers.",
            TraitsImported,
            body=Many,
            problems=(400, 413, 507),
        ),
        TraitRoutes.post_traits,
    ),
)

"""The routes by which people say what they like, what fits them, and what must not count."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated

import anyio.to_thread
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from search.api.openapi import Operation
from search.api.requests import decode_json, decode_parameters, read_body
from search.messages import ActionDone, Statement, TasteAction, Touchpoint, to_json
from search.personal.statements import acted, read_statement, told_statement, undo_of, values_of
from search.service import Service
from search.types import StatedTastes


class StatementRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Who states something, and how it is told."""

    lang: Annotated[str, Meta(pattern="^[a-z]{2}$", description="Language of the labels.")] | None = None
    touchpoint: Annotated[Touchpoint, Meta(description="Where it is said; a kiosk's visit is kept in memory only.")] = (
        "web"
    )


class StatementRoutes:
    """The handlers over one service. Writing waits for a disk, so it runs in threads."""

    def __init__(self, service: Service):
        self._service = service
        self._server = service.settings.server

    async def put_profile(self, request: Request) -> Response:
        """PUT /v1/profiles/{id}: the whole statement."""
        wanted = decode_parameters(request, StatementRequest)
        body = await read_body(request, self._server.search_body_bytes)
        sent = decode_json(body, Statement, self._server.json_depth)
        work = partial(self._state, request.path_params["id"], sent, wanted)
        return Response(to_json(await anyio.to_thread.run_sync(work)), media_type="application/json")

    def _state(self, id: str, sent: Statement, wanted: StatementRequest) -> Statement:
        pipeline = self._service.generation.pipeline
        after = self._service.state(id, lambda before: read_statement(sent, before, pipeline), wanted.touchpoint)
        return self._told(after, wanted)

    async def post_taste(self, request: Request) -> Response:
        """POST /v1/profiles/{id}/tastes: one action."""
        wanted = decode_parameters(request, StatementRequest)
        body = await read_body(request, self._server.search_body_bytes)
        action = decode_json(body, TasteAction, self._server.json_depth)
        work = partial(self._act, request.path_params["id"], action, wanted)
        return Response(to_json(await anyio.to_thread.run_sync(work)), media_type="application/json")

    def _act(self, id: str, action: TasteAction, wanted: StatementRequest) -> ActionDone:
        pipeline, befores = self._service.generation.pipeline, []

        def change(before: StatedTastes) -> StatedTastes:
            befores.append(before)
            return acted(before, action, values_of(action, before, pipeline))

        after = self._service.state(id, change, wanted.touchpoint)
        values = values_of(action, befores[-1], pipeline)
        return ActionDone(self._told(after, wanted), undo_of(befores[-1], action, values))

    def _told(self, stated: StatedTastes, wanted: StatementRequest) -> Statement:
        labels = self._service.snapshot.labels
        return told_statement(stated, labels.get(wanted.lang or self._service.snapshot.languages[0], {}))


#: Operation, and the method of StatementRoutes that answers it.
TABLE: tuple[tuple[Operation, Callable[..., Awaitable[Response]]], ...] = (
    (
        Operation(
            "PUT",
            "/v1/profiles/{id}",
            "State what a shopper or session likes, what fits, what must not count.",
            Statement,
            parameters=StatementRequest,
            body=Statement,
            problems=(400, 413, 507),
        ),
        StatementRoutes.put_profile,
    ),
    (
        Operation(
            "POST",
            "/v1/profiles/{id}/tastes",
            "More or less of a value, a taste off or on; at once.",
            ActionDone,
            parameters=StatementRequest,
            body=TasteAction,
            problems=(400, 404, 413, 507),
        ),
        StatementRoutes.post_taste,
    ),
)

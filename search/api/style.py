"""The routes of the style test."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio.to_thread
import msgspec
from starlette.requests import Request
from starlette.responses import Response

from search.api.openapi import Operation
from search.api.requests import decode_json, decode_parameters, read_body
from search.errors import BadRequest
from search.messages import StyleAnswers, StyleRequest, StyleTest, to_json
from search.personal.style import answered, told_test
from search.service import Service
from search.types import StatedTastes


class StyleRoutes:
    """The handlers over one service. Writing waits for a disk, so it runs in threads."""

    def __init__(self, service: Service):
        self._service = service
        self._server = service.settings.server

    async def get_style_test(self, request: Request) -> Response:
        """GET /v1/style-test: what to ask next."""
        wanted = decode_parameters(request, StyleRequest)
        return await self._answer(wanted, None)

    async def post_style_test(self, request: Request) -> Response:
        """POST /v1/style-test: hearts and crosses."""
        body = await read_body(request, self._server.search_body_bytes)
        sent = decode_json(body, StyleAnswers, self._server.json_depth)
        pipeline = self._service.generation.pipeline
        return await self._answer(sent, lambda before: answered(before, sent.answers, pipeline))

    async def delete_style_test(self, request: Request) -> Response:
        """DELETE /v1/style-test: begin anew."""
        wanted = decode_parameters(request, StyleRequest)
        return await self._answer(wanted, lambda before: msgspec.structs.replace(before, answers={}, leanings={}))

    async def _answer(
        self, wanted: StyleRequest | StyleAnswers, change: Callable[[StatedTastes], StatedTastes] | None
    ) -> Response:
        test = await anyio.to_thread.run_sync(self._told, wanted, change)
        return Response(to_json(test), media_type="application/json")

    def _told(
        self, wanted: StyleRequest | StyleAnswers, change: Callable[[StatedTastes], StatedTastes] | None
    ) -> StyleTest:
        service, is_kiosk = self._service, wanted.touchpoint == "kiosk"
        id = wanted.session if is_kiosk else wanted.shopper or wanted.session
        if id is None:
            raise BadRequest("Whose style test? Send a shopper, or the session of this visit.", "session")
        if wanted.lang and wanted.lang not in service.snapshot.languages:
            known = ", ".join(service.snapshot.languages)
            raise BadRequest(f"This catalogue has no texts in '{wanted.lang}'. Known: {known}.", "lang")
        at = wanted.touchpoint
        stated = service.state(id, change, at) if change is not None else service.stated(id, at)
        return told_test(stated, service.generation.pipeline, wanted.lang or service.snapshot.languages[0])


#: Operation, and the method of StyleRoutes that answers it.
TABLE: tuple[tuple[Operation, Callable[..., Awaitable[Response]]], ...] = (
    (
        Operation("GET", "/v1/style-test", "Which two articles to ask about.", StyleTest, parameters=StyleRequest),
        StyleRoutes.get_style_test,
    ),
    (
        Operation(
            "POST",
            "/v1/style-test",
            "A heart or a cross for articles of the style test.",
            StyleTest,
            body=StyleAnswers,
            problems=(400, 413, 507),
        ),
        StyleRoutes.post_style_test,
    ),
    (
        Operation(
            "DELETE",
            "/v1/style-test",
            "Forget the answers; begin anew.",
            StyleTest,
            parameters=StyleRequest,
            problems=(400, 507),
        ),
        StyleRoutes.delete_style_test,
    ),
)

"""The routes of what belongs to a person: links between accounts, devices and visits, from the next search on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from search.api.lists import NoParameters
from search.api.openapi import Operation
from search.api.requests import decode_json, decode_parameters, read_body
from search.errors import NotFound
from search.messages import Export, LinkIn, LinkInfo, to_json
from search.service import Service


class PeopleRoutes:
    """The handlers over one service. Writing waits for a disk, so they run in threads."""

    def __init__(self, service: Service):
        self._service = service
        self._server = service.settings.server

    async def get_export(self, request: Request) -> Response:
        """GET /v1/profiles/{id}/export"""
        decode_parameters(request, NoParameters)
        return await _answer(lambda: self._service.export(request.path_params["id"]))

    async def post_link(self, request: Request) -> Response:
        """POST /v1/profiles/{id}/links"""
        decode_parameters(request, NoParameters)
        body = await read_body(request, self._server.search_body_bytes)
        link = decode_json(body, LinkIn, self._server.json_depth)
        return await _answer(lambda: self._service.link(request.path_params["id"], link))

    async def delete_link(self, request: Request) -> Response:
        """DELETE /v1/profiles/{id}/links/{number}"""
        decode_parameters(request, NoParameters)
        number = _number(request.path_params["number"])
        return await _answer(lambda: self._service.unlink(request.path_params["id"], number))


def _number(text: str) -> int:
    """A link's number, as a path says it; SQLite holds no greater one than 2^63."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise NotFound(f"No link '{text}'. GET /v1/profiles/{{id}} lists the links with their numbers.", "number")
    return int(text)


async def _answer(work: Callable[[], object]) -> Response:
    return Response(to_json(await anyio.to_thread.run_sync(work)), media_type="application/json")


TABLE: tuple[tuple[Operation, Callable[..., Awaitable[Response]]], ...] = (
    (
        Operation("GET", "/v1/profiles/{id}/export", "All that is stored of a person.", Export),
        PeopleRoutes.get_export,
    ),
    (
        Operation(
            "POST",
            "/v1/profiles/{id}/links",
            "Count a device, a visit or another account with a shopper.",
            LinkInfo,
            body=LinkIn,
            problems=(400, 413, 507),
        ),
        PeopleRoutes.post_link,
    ),
    (
        Operation(
            "DELETE",
            "/v1/profiles/{id}/links/{number}",
            "Undo a link: both profiles are what they were without it.",
            LinkInfo,
            problems=(400, 404, 507),
        ),
        PeopleRoutes.delete_link,
    ),
)

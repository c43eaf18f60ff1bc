"""The routes of the catalogue's generations: told, swapped now, put back.

A new generation is built beside the server (`tresen index FEED --out DIR`) and served by itself soon after; the swap
only makes that now.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from search.api.identity import require_editor
from search.api.lists import NoParameters
from search.api.openapi import Operation
from search.api.requests import decode_json, decode_parameters, read_body
from search.errors import BadInput, BadSnapshot
from search.index.generations import Kept, check_generation, kept_generations
from search.index.overlay.apply import changed_rows
from search.index.snapshot import current_number, make_current
from search.messages import to_json
from search.messages.catalog import CatalogInfo, ChangesInfo, GenerationInfo, RollbackIn
from search.service import Service


def told_catalog(service: Service) -> CatalogInfo:
    """The generations of an index directory, as they are told, and what changed since."""
    home, serving = service.home, service.snapshot.number
    kept, current = kept_generations(home), current_number(home)
    before = (one.number for one in kept if one.manifest and (current is None or one.number < current))
    generations = [_told(one) for one in kept]
    return CatalogInfo(serving, current, next(before, None), generations, told_changes(service))


def told_changes(service: Service) -> ChangesInfo:
    """What changed over the generation that serves."""
    snapshot, live, merging = service.snapshot, service.live, service.merging
    last = max(live.log.last, snapshot.manifest.changes)
    held = snapshot.manifest.changes, len(changed_rows(snapshot)), live.bytes
    return ChangesInfo(last, *held, merging.is_running, merging.trouble)


def _told(kept: Kept) -> GenerationInfo:
    made = kept.manifest
    if made is None:
        return GenerationInfo(kept.number, trouble=kept.trouble)
    return GenerationInfo(kept.number, made.products, made.created, made.model, kept.bytes)


class CatalogRoutes:
    """The handlers over one service. They read and check files, so they run in threads."""

    def __init__(self, service: Service):
        self._service = service
        self._server = service.settings.server

    async def get_catalog(self, request: Request) -> Response:
        """GET /v1/catalog"""
        decode_parameters(request, NoParameters)
        return await self._answer(lambda: None)

    async def post_rollback(self, request: Request) -> Response:
        """POST /v1/catalog/rollback: answered once the generation serves."""
        require_editor(request.headers)
        decode_parameters(request, NoParameters)
        body = await read_body(request, self._server.search_body_bytes)
        wanted = decode_json(body, RollbackIn, self._server.json_depth) if body.strip() else RollbackIn()
        return await self._answer(lambda: self._go_back(wanted))

    async def post_swap(self, request: Request) -> Response:
        """POST /v1/catalog/swap: answered once what CURRENT names serves."""
        require_editor(request.headers)
        decode_parameters(request, NoParameters)
        return await self._answer(self._swap)

    async def post_catalog(self, request: Request) -> Response:
        """POST /v1/catalog: build the next generation; answered at once."""
        require_editor(request.headers)
        decode_parameters(request, NoParameters)
        return await self._answer(self._service.merging.begin, 202)

    def _go_back(self, wanted: RollbackIn) -> None:
        number = check_generation(self._service.home, wanted.to)
        if wanted.changes == "drop":
            self._service.drop_changes(number)
        make_current(self._service.home, number)
        self._swap()

    def _swap(self) -> None:
        """Serve what CURRENT names.

        Raises:
            BadInput: that generation is damaged; the one before goes on serving.
        """
        service = self._service
        if current_number(service.home) == service.snapshot.number:
            return
        try:
            service.refresh()
        except BadSnapshot as error:
            told = f"{error.message} Generation {service.snapshot.number} goes on serving."
            raise BadInput(told, "CURRENT") from error

    async def _answer(self, work: Callable[[], object], status: int = 200) -> Response:
        def done() -> CatalogInfo:
            work()
            return told_catalog(self._service)

        told = await anyio.to_thread.run_sync(done)
        return Response(to_json(told), status, media_type="application/json")


_CHANGE = (400, 403, 404)
TABLE: tuple[tuple[Operation, Callable[..., Awaitable[Response]]], ...] = (
    (
        Operation("GET", "/v1/catalog", "Which generations of the catalogue are kept, and which serves.", CatalogInfo),
        CatalogRoutes.get_catalog,
    ),
    (
        Operation(
            "POST",
            "/v1/catalog",
            "Build the next generation of the products as they are; it serves once it is built.",
            CatalogInfo,
            202,
            problems=(400, 403),
        ),
        CatalogRoutes.post_catalog,
    ),
    (
        Operation(
            "POST",
            "/v1/catalog/rollback",
            "Serve the generation before, or a named one, from the next search on.",
            CatalogInfo,
            body=RollbackIn,
            problems=(*_CHANGE, 413, 507),
        ),
        CatalogRoutes.post_rollback,
    ),
    (
        Operation(
            "POST", "/v1/catalog/swap", "Serve a newly indexed generation now.", CatalogInfo, problems=(400, 403)
        ),
        CatalogRoutes.post_swap,
    ),
)

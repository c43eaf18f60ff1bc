"""The routes of groups: which there are, and who is like a shopper. For the shop's own people."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from search.api.openapi import Operation
from search.api.requests import decode_parameters
from search.learned.lookalikes import similar_to, told_segments
from search.messages import to_json
from search.messages.segments import SegmentList, SegmentsRequest, SimilarRequest, SimilarShoppers
from search.service import Service


class SegmentRoutes:
    """The handlers over one service. Profiles are read from a disk, so they run in threads."""

    def __init__(self, service: Service):
        self._service = service

    async def get_segments(self, request: Request) -> Response:
        """GET /v1/segments"""
        wanted = decode_parameters(request, SegmentsRequest)
        service = self._service
        return await _answer(lambda: told_segments(service.segmenting.segments, service.snapshot, wanted.lang))

    async def get_similar(self, request: Request) -> Response:
        """GET /v1/profiles/{id}/similar"""
        wanted = decode_parameters(request, SimilarRequest)
        service, id = self._service, request.path_params["id"]
        known = service.segmenting, service.store, service.generation.pipeline
        return await _answer(lambda: similar_to(id, wanted, *known))


async def _answer(work: Callable[[], object]) -> Response:
    return Response(to_json(await anyio.to_thread.run_sync(work)), media_type="application/json")


TABLE: tuple[tuple[Operation, Callable[..., Awaitable[Response]]], ...] = (
    (
        Operation(
            "GET",
            "/v1/segments",
            "Groups of shoppers with like tastes, of at least 20 people each.",
            SegmentList,
            parameters=SegmentsRequest,
        ),
        SegmentRoutes.get_segments,
    ),
    (
        Operation(
            "GET",
            "/v1/profiles/{id}/similar",
            "The people most like a shopper, at least 20, and what they have in common.",
            SimilarShoppers,
            parameters=SimilarRequest,
            problems=(400, 403, 507),
        ),
        SegmentRoutes.get_similar,
    ),
)

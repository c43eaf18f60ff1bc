"""The routes of the shop's own lists: synonyms and splits of compounds. An edit counts from the next search on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import anyio.to_thread
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from search.api.identity import require_editor
from search.api.openapi import Operation
from search.api.requests import decode_json, decode_parameters, read_body
from search.messages import (
    CompoundIn,
    CompoundInfo,
    CompoundList,
    CompoundsIn,
    ProposalList,
    SynonymIn,
    SynonymInfo,
    SynonymList,
    SynonymsIn,
    to_json,
)
from search.service import Service

T = TypeVar("T")


class NoParameters(Struct, frozen=True, forbid_unknown_fields=True):
    """A path that takes none."""


class ProposalsRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Which proposals."""

    lang: Annotated[str, Meta(pattern="^[a-z]{2}$", description="Language; the leading one if absent.")] | None = None
    size: Annotated[int, Meta(ge=1, le=500, description="Proposals at most.")] = 50


class ListRoutes:
    """The handlers over one service. Reading and writing wait for a disk, so they run in threads."""

    def __init__(self, service: Service):
        self._service = service
        self._server = service.settings.server

    async def _body(self, request: Request, type: type[T]) -> T:
        require_editor(request.headers)
        decode_parameters(request, NoParameters)
        body = await read_body(request, self._server.lists_body_bytes)
        return decode_json(body, type, self._server.json_depth)

    async def get_synonyms(self, request: Request) -> Response:
        """GET /v1/synonyms"""
        decode_parameters(request, NoParameters)
        return await _answer(self._service.curator.synonyms)

    async def put_synonyms(self, request: Request) -> Response:
        """PUT /v1/synonyms: the API's list becomes this one."""
        wanted = await self._body(request, SynonymsIn)
        return await _answer(lambda: self._service.curator.put_synonyms(wanted.synonyms))

    async def post_synonym(self, request: Request) -> Response:
        """POST /v1/synonyms"""
        wanted = await self._body(request, SynonymIn)
        return await _answer(lambda: self._service.curator.add_synonym(wanted), 201)

    async def delete_synonym(self, request: Request) -> Response:
        """DELETE /v1/synonyms/{id}"""
        require_editor(request.headers)
        decode_parameters(request, NoParameters)
        return await _answer(lambda: self._service.curator.remove_synonym(request.path_params["id"]))

    async def get_proposals(self, request: Request) -> Response:
        """GET /v1/synonyms/proposals: the first time for a snapshot it takes as long as encoding its words."""
        wanted = decode_parameters(request, ProposalsRequest)
        return await _answer(lambda: self._service.proposals(wanted.lang, wanted.size))

    async def get_compounds(self, request: Request) -> Response:
        """GET /v1/compounds"""
        decode_parameters(request, NoParameters)
        return await _answer(self._service.curator.compounds)

    async def put_compounds(self, request: Request) -> Response:
        """PUT /v1/compounds: the API's list becomes this one."""
        wanted = await self._body(request, CompoundsIn)
        return await _answer(lambda: self._service.curator.put_compounds(wanted.compounds))

    async def post_compound(self, request: Request) -> Response:
        """POST /v1/compounds"""
        wanted = await self._body(request, CompoundIn)
        return await _answer(lambda: self._service.curator.add_compound(wanted), 201)

    async def delete_compound(self, request: Request) -> Response:
        """DELETE /v1/compounds/{word}"""
        require_editor(request.headers)
        decode_parameters(request, NoParameters)
        return await _answer(lambda: self._service.curator.remove_compound(request.path_params["word"]))


async def _answer(work: Callable[[], object], status: int = 200) -> Response:
    return Response(to_json(await anyio.to_thread.run_sync(work)), status, media_type="application/json")


_WRITING = (400, 403, 413, 507)
_REMOVING = (400, 403, 404, 507)
#: Operation, and the method of ListRoutes that answers it.
TABLE: tuple[tuple[Operation, Callable[..., Awaitable[Response]]], ...] = (
    (Operation("GET", "/v1/synonyms", "The shop's synonyms.", SynonymList), ListRoutes.get_synonyms),
    (
        Operation(
            "PUT", "/v1/synonyms", "Replace the API's synonyms.", SynonymList, body=SynonymsIn, problems=_WRITING
        ),
        ListRoutes.put_synonyms,
    ),
    (
        Operation("POST", "/v1/synonyms", "Add a synonym.", SynonymInfo, 201, body=SynonymIn, problems=_WRITING),
        ListRoutes.post_synonym,
    ),
    (
        Operation(
            "GET",
            "/v1/synonyms/proposals",
            "Words of the catalogue that may be synonyms, for a person to accept.",
            ProposalList,
            parameters=ProposalsRequest,
        ),
        ListRoutes.get_proposals,
    ),
    (
        Operation("DELETE", "/v1/synonyms/{id}", "Remove a synonym of the API's.", SynonymInfo, problems=_REMOVING),
        ListRoutes.delete_synonym,
    ),
    (Operation("GET", "/v1/compounds", "The shop's splits of compounds.", CompoundList), ListRoutes.get_compounds),
    (
        Operation(
            "PUT", "/v1/compounds", "Replace the API's splits.", CompoundList, body=CompoundsIn, problems=_WRITING
        ),
        ListRoutes.put_compounds,
    ),
    (
        Operation(
            "POST",
            "/v1/compounds",
            "Split a word so, or never.",
            CompoundInfo,
            201,
            body=CompoundIn,
            problems=_WRITING,
        ),
        ListRoutes.post_compound,
    ),
    (
        Operation("DELETE", "/v1/compounds/{word}", "Remove a split of the API's.", CompoundInfo, problems=_REMOVING),
        ListRoutes.delete_compound,
    ),
)

"""The routes: each reads a request, asks the service, and writes the answer. No logic of search lives here."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import anyio
import anyio.to_thread
import msgspec
from msgspec import Meta, Struct
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from search.answered import Answered
from search.api.catalog import TABLE as CATALOG_TABLE
from search.api.catalog import CatalogRoutes
from search.api.events import OUTCOMES, TOLD_ASIDE, EventsRequest, read_events
from search.api.identity import identify
from search.api.lists import TABLE as LISTS_TABLE
from search.api.lists import ListRoutes, NoParameters
from search.api.observe import Metrics
from search.api.openapi import Operation, document
from search.api.people import TABLE as PEOPLE_TABLE
from search.api.people import PeopleRoutes
from search.api.products import TABLE as PRODUCTS_TABLE
from search.api.products import ProductRoutes
from search.api.requests import decode_json, decode_parameters, read_body
from search.api.segments import TABLE as SEGMENTS_TABLE
from search.api.segments import SegmentRoutes
from search.api.statements import TABLE as STATEMENTS_TABLE
from search.api.statements import StatementRoutes
from search.api.style import TABLE as STYLE_TABLE
from search.api.style import StyleRoutes
from search.api.suggest import TABLE as SUGGEST_TABLE
from search.api.suggest import SuggestRoutes
from search.api.traits import TABLE as TRAITS_TABLE
from search.api.traits import TraitRoutes
from search.errors import StoreUnavailable, TooBusy
from search.messages import (
    Erased,
    EventIn,
    EventsAccepted,
    Health,
    MultiSearchAnswer,
    MultiSearchRequest,
    ProfileInfo,
    SearchAnswer,
    SearchRequest,
    to_json,
)
from search.service import Service

T = TypeVar("T")
Handler = Callable[[Request], Awaitable[Response]]
LISTS = frozenset({"facet", "fields", "without_tastes", "without_understood"})


class ProductRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """How a product is shown."""

    lang: Annotated[str, Meta(pattern="^[a-z]{2}$", description="Language of the texts.")] | None = None
    branch: Annotated[str, Meta(max_length=64, description="Branch whose stock is told.")] | None = None


class ProfileRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """How a profile is shown."""

    lang: Annotated[str, Meta(pattern="^[a-z]{2}$", description="Language of the labels.")] | None = None


def json_response(value: Any, status: int = 200) -> Response:
    """A value as JSON."""
    return Response(to_json(value), status, media_type="application/json")


def _written(answer: Answered) -> Response:
    return Response(answer.json, media_type="application/json")


class Api:
    """The handlers over one service. Searches run in a bounded pool of threads."""

    def __init__(self, service: Service, metrics: Metrics):
        self.service = service
        self.metrics = metrics
        self._server = service.settings.server
        self._limiters: dict[bool, anyio.CapacityLimiter] = {}

    async def _run(self, work: Callable[[], T], elsewhere: bool = False) -> T:
        """Run in the pool; refuse when too many wait.

        Args:
            elsewhere: the thread only waits for a search process, if there are any.

        Raises:
            TooBusy: more requests wait than the queue holds.
        """
        elsewhere = elsewhere and self._server.workers > 0
        if elsewhere not in self._limiters:
            self._limiters[elsewhere] = anyio.CapacityLimiter(
                self._server.workers if elsewhere else self._server.threads
            )
        limiter = self._limiters[elsewhere]
        if limiter.statistics().tasks_waiting >= self._server.queue:
            raise TooBusy("More searches wait than the server takes. Try again in a second.")
        return await anyio.to_thread.run_sync(work, limiter=limiter)

    # --- searching ---

    async def get_search(self, request: Request) -> Response:
        """GET /v1/search"""
        return _written(await self._search(decode_parameters(request, SearchRequest, LISTS)))

    async def post_search(self, request: Request) -> Response:
        """POST /v1/search"""
        body = await read_body(request, self._server.search_body_bytes)
        return _written(await self._search(decode_json(body, SearchRequest, self._server.json_depth)))

    async def post_multi_search(self, request: Request) -> Response:
        """POST /v1/multi-search"""
        body = await read_body(request, self._server.search_body_bytes)
        wanted = decode_json(body, MultiSearchRequest, self._server.json_depth)
        answers = [msgspec.Raw((await self._search(search)).json) for search in wanted.searches]
        return json_response({"answers": answers})

    async def _search(self, search: SearchRequest) -> Answered:
        came = time.perf_counter()
        waited_ms = lambda: (time.perf_counter() - came) * 1000  # noqa: E731
        answer = await self._run(lambda: self.service.answer(search, identify(search), waited_ms()), elsewhere=True)
        for stage in answer.degraded:
            self.metrics.degraded.labels(stage).inc()
        self.metrics.promises_broken.inc("promise" in answer.degraded)
        if not answer.total:
            self.metrics.zero_hits.inc()
        if answer.is_personal:
            self.metrics.personal.inc()
        return answer

    async def get_product(self, request: Request) -> Response:
        """GET /v1/products/{id}"""
        wanted = decode_parameters(request, ProductRequest)
        return json_response(
            await self._run(lambda: self.service.product(request.path_params["id"], wanted.lang, wanted.branch))
        )

    # --- shoppers ---

    async def post_events(self, request: Request) -> Response:
        """POST /v1/events: answered once the events are durable."""
        wanted = decode_parameters(request, EventsRequest)
        body = await read_body(request, self._server.events_body_bytes)
        events, aside = read_events(body, wanted.format, self._server.json_depth)
        stored: EventsAccepted = await anyio.to_thread.run_sync(self.service.record(events, wanted.consent))
        accepted = msgspec.structs.replace(stored, set_aside=len(aside), aside=aside[:TOLD_ASIDE])
        for outcome in OUTCOMES:
            self.metrics.events.labels(outcome).inc(getattr(accepted, outcome))
        return json_response(accepted, 202)

    async def get_profile(self, request: Request) -> Response:
        """GET /v1/profiles/{id}"""
        wanted = decode_parameters(request, ProfileRequest)
        return json_response(await self._run(lambda: self.service.profile(request.path_params["id"], wanted.lang)))

    async def delete_profile(self, request: Request) -> Response:
        """DELETE /v1/profiles/{id} and /v1/sessions/{id}: forget, with a receipt."""
        decode_parameters(request, NoParameters)
        return json_response(await anyio.to_thread.run_sync(self.service.erase, request.path_params["id"]))

    # --- how the server is ---

    async def get_livez(self, _: Request) -> Response:
        """GET /livez: the loop turns."""
        return json_response(Health("ok"))

    async def get_readyz(self, _: Request) -> Response:
        """GET /readyz: the index is loaded and the state can be read."""
        try:
            await self._run(self.service.store.check)
        except StoreUnavailable as error:
            return json_response(Health(f"not ready: {error.message}"), 503)
        return json_response(self._health())

    def _health(self) -> Health:
        snapshot = self.service.snapshot
        return Health(
            status="ready",
            snapshot=snapshot.number,
            products=len(snapshot),
            model=snapshot.manifest.model,
            branches=[branch for branch in snapshot.branches if branch != "online"],
            languages=list(snapshot.languages),
            weights=self.service.weights.in_force,
            workers=self.service.searching.processes,
        )

    async def get_metrics(self, _: Request) -> Response:
        """GET /metrics"""
        self.metrics.snapshot.set(self.service.snapshot.number)
        self.metrics.products.set(len(self.service.snapshot))
        self.metrics.keep(self.service.searching.kept)
        return Response(generate_latest(self.metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def get_openapi(self, _: Request) -> Response:
        """GET /openapi.json"""
        return json_response(document(operation for operation, _ in self.operations()))

    # --- the table ---

    def operations(self) -> list[tuple[Operation, Handler]]:
        """Every operation with its handler: the routes and the OpenAPI document are made from this."""
        tables = (
            (self, TABLE),
            (SuggestRoutes(self.service, self._run), SUGGEST_TABLE),
            (StatementRoutes(self.service), STATEMENTS_TABLE),
            (PeopleRoutes(self.service), PEOPLE_TABLE),
            (StyleRoutes(self.service), STYLE_TABLE),
            (SegmentRoutes(self.service), SEGMENTS_TABLE),
            (TraitRoutes(self.service), TRAITS_TABLE),
            (ListRoutes(self.service), LISTS_TABLE),
            (CatalogRoutes(self.service), CATALOG_TABLE),
            (ProductRoutes(self.service), PRODUCTS_TABLE),
        )
        return [(operation, getattr(room, handler.__name__)) for room, table in tables for operation, handler in table]

    def routes(self) -> list[Route]:
        """The table as starlette's routes."""
        return [Route(operation.path, handler, methods=[operation.method]) for operation, handler in self.operations()]


_SEARCH = (400, 429)
#: Operation, and the method of Api that answers it.
TABLE: tuple[tuple[Operation, Callable[..., Awaitable[Response]]], ...] = (
    (
        Operation(
            "GET",
            "/v1/search",
            "Search the catalogue.",
            SearchAnswer,
            parameters=SearchRequest,
            problems=_SEARCH,
        ),
        Api.get_search,
    ),
    (
        Operation(
            "POST",
            "/v1/search",
            "Search the catalogue.",
            SearchAnswer,
            body=SearchRequest,
            problems=(400, 413, 429),
        ),
        Api.post_search,
    ),
    (
        Operation(
            "POST",
            "/v1/multi-search",
            "Several searches at once.",
            MultiSearchAnswer,
            body=MultiSearchRequest,
            problems=(400, 413, 429),
        ),
        Api.post_multi_search,
    ),
    (
        Operation(
            "GET",
            "/v1/products/{id}",
            "One product.",
            dict[str, Any],
            parameters=ProductRequest,
            problems=(400, 404, 429),
        ),
        Api.get_product,
    ),
    (
        Operation(
            "POST",
            "/v1/events",
            "Tell what shoppers did.",
            EventsAccepted,
            202,
            parameters=EventsRequest,
            body=list[EventIn] | EventIn,
            problems=(400, 413, 507),
        ),
        Api.post_events,
    ),
    (
        Operation(
            "GET",
            "/v1/profiles/{id}",
            "What is known of a shopper or session.",
            ProfileInfo,
            parameters=ProfileRequest,
            problems=_SEARCH,
        ),
        Api.get_profile,
    ),
    (
        Operation("DELETE", "/v1/profiles/{id}", "Forget a shopper or session.", Erased, problems=(400, 507)),
        Api.delete_profile,
    ),
    (
        Operation("DELETE", "/v1/sessions/{id}", "Forget a session; a kiosk starts anew.", Erased, problems=(400, 507)),
        Api.delete_profile,
    ),
    (Operation("GET", "/livez", "Does the server run?", Health, problems=()), Api.get_livez),
    (Operation("GET", "/readyz", "Can the server answer?", Health, problems=(503,)), Api.get_readyz),
    (Operation("GET", "/metrics", "Prometheus metrics.", None, problems=()), Api.get_metrics),
    (Operation("GET", "/openapi.json", "This document.", dict[str, Any], problems=()), Api.get_openapi),
)

"""The routes of what is offered under the search box, and of taking a search of one's own out of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import anyio.to_thread
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from search.api.identity import identify
from search.api.openapi import Operation
from search.api.requests import decode_parameters
from search.errors import StoreUnavailable
from search.messages import Id, QueryForgotten, SearchRequest, SuggestAnswer, Suggestion, Touchpoint, to_json
from search.service import Service
from search.stopwatch import Stopwatch
from search.types import Consent, Personalize

Run = Callable[[Callable[[], Any]], Awaitable[Any]]


class SuggestRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """What is typed so far, and by whom: their own searches that begin so come first, as far as they allow.

    With nothing typed the shopper's last searches are offered, and nothing to somebody who is not known.
    """

    q: Annotated[str, Meta(max_length=256, description="What is typed so far.")] = ""
    lang: Annotated[str, Meta(pattern="^[a-z]{2}$", description="Language of the answer; found if absent.")] | None = (
        None
    )
    size: Annotated[int, Meta(ge=1, le=20, description="Lines at most.")] = 8
    shopper: Annotated[Id, Meta(description="Who types. Without keys only on loopback.")] | None = None
    session: Annotated[Id, Meta(description="This visit.")] | None = None
    device: Annotated[Id, Meta(description="The browser or app. Read with consent 'full' only.")] | None = None
    consent: Annotated[Consent, Meta(description="What the shopper allows.")] | None = None
    touchpoint: Annotated[Touchpoint, Meta(description="Where the search box stands.")] = "web"
    personalize: Annotated[
        Personalize, Meta(description="Whose own searches: none, this session's, or the past ones too.")
    ] = "full"

    def as_search(self) -> SearchRequest:
        """The same as a search would ask it."""
        return SearchRequest(
            q=self.q,
            shopper=self.shopper,
            session=self.session,
            device=self.device,
            consent=self.consent,
            touchpoint=self.touchpoint,
            personalize=self.personalize,
        )


class ForgetQueryRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Which search is to be forgotten."""

    q: Annotated[str, Meta(max_length=256, description="Its words, as they were offered.")] = ""
    session: (
        Annotated[Id, Meta(description="A visit of theirs, in which they may not have been signed in yet.")] | None
    ) = None
    touchpoint: Annotated[Touchpoint, Meta(description="Where it was: a kiosk's are in memory only.")] = "web"


class SuggestRoutes:
    """The handlers over one service. `run` does work in the searches' pool of threads."""

    def __init__(self, service: Service, run: Run):
        self._service = service
        self._run = run

    async def get_suggest(self, request: Request) -> Response:
        """GET /v1/suggest"""
        asked = decode_parameters(request, SuggestRequest)
        return _json(await self._run(lambda: self._suggest(asked)))

    def _suggest(self, asked: SuggestRequest) -> SuggestAnswer:
        """The shopper's own searches, then what the catalogue offers."""
        service, watch = self._service, Stopwatch(self._service.settings.server.deadline_ms)
        others, degraded = service.suggest(asked.q, asked.lang, asked.size), list[str]()
        try:
            own = self._own(asked)
        except StoreUnavailable:
            own, degraded = [], ["profile"]
        return SuggestAnswer([*own, *others][: asked.size], round(watch.total_ms, 3), degraded)

    def _own(self, asked: SuggestRequest) -> list[Suggestion]:
        wanted, service = asked.as_search(), self._service
        language = asked.lang or service.snapshot.languages[0]
        return service.searches.lines(wanted, identify(wanted), language, asked.size)

    async def delete_query(self, request: Request) -> Response:
        """DELETE /v1/profiles/{id}/queries: answered once the words are out of the file."""
        asked, id = decode_parameters(request, ForgetQueryRequest), request.path_params["id"]
        events = await anyio.to_thread.run_sync(lambda: self._forget(id, asked))
        return _json(QueryForgotten(id, asked.q, events))

    def _forget(self, id: str, asked: ForgetQueryRequest) -> int:
        """Take the words out, and what was learned with them at the next learning, which is due."""
        service = self._service
        events = service.searches.forget(id, asked.q, asked.session, asked.touchpoint == "kiosk")
        if events and asked.touchpoint != "kiosk":
            service.buying.forget()
        return events


def _json(value: Any) -> Response:
    return Response(to_json(value), media_type="application/json")


TABLE: tuple[tuple[Operation, Callable[..., Awaitable[Response]]], ...] = (
    (
        Operation(
            "GET",
            "/v1/suggest",
            "What to offer while typing.",
            SuggestAnswer,
            parameters=SuggestRequest,
            problems=(400, 429),
        ),
        SuggestRoutes.get_suggest,
    ),
    (
        Operation(
            "DELETE",
            "/v1/profiles/{id}/queries",
            "Forget one search of a person: its words leave what is kept of them.",
            QueryForgotten,
            parameters=ForgetQueryRequest,
            problems=(400, 507),
        ),
        SuggestRoutes.delete_query,
    ),
)

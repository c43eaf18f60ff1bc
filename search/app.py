"""The HTTP door: an ASGI application over one index directory."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from search.api.observe import Metrics, Observed
from search.api.problems import HANDLERS
from search.api.routes import Api
from search.errors import TresenError
from search.garbage import Garbage
from search.kernels import load_behind, loops
from search.service import Service

WEB = Path(__file__).parent / "web"
PAGES = {"/": "shop.html", "/me": "me.html", "/kiosk": "kiosk.html", "/docs": "docs.html"}
NO_DEMO = b'{"shoppers":[],"examples":{}}'
HEADERS = {
    b"content-security-policy": b"default-src 'none'; script-src 'self'; style-src 'self'; "
    b"img-src 'self' data: https:; connect-src 'self'; font-src 'self'; base-uri 'none'; "
    b"form-action 'self'; frame-ancestors 'none'",
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
}

log = structlog.get_logger()


class SafeHeaders:
    """Middleware: strict headers on every answer, whatever made it."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *HEADERS.items()]
            await send(message)

        await self.app(scope, receive, sending)


class Assets(StaticFiles):
    """The pages' files. Browsers ask whether they changed, so that modules of two versions never meet."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """A file, or 304 where the browser has it."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


async def watch(service: Service, garbage: Garbage, seconds: float) -> None:
    """Serve a new generation soon after CURRENT names one, and the shop's lists and the learned weights soon after they
    change; what is damaged is reported once and left alone.

    Idle kiosks' sessions leave the memory on the way, and once a day old events the log; now and then is learned anew
    when people buy again, and which groups they fall into."""
    while True:
        await anyio.sleep(seconds)
        garbage.settle((service.generation.opened, loops()))
        service.kiosks.sweep()
        if service.is_prune_due:
            await anyio.to_thread.run_sync(prune, service)
        if service.has_outdated_lists:
            try:
                await anyio.to_thread.run_sync(service.reread_lists)
                log.info("lists read again")
            except TresenError as error:
                log.error("lists refused", reason=str(error))
        if service.weights.is_outdated:
            await anyio.to_thread.run_sync(service.reread_weights)
            log.info("weights read", learned=sorted(service.weights.in_force), trouble=service.weights.trouble)
        if service.buying.is_due:
            await anyio.to_thread.run_sync(service.learn_repeats)
        if service.segmenting.is_due:
            await anyio.to_thread.run_sync(service.learn_segments)
        if not service.is_outdated():
            continue
        try:
            number = await anyio.to_thread.run_sync(service.refresh)
            log.info("swapped", snapshot=number)
        except (TresenError, OSError) as error:
            log.error("swap refused", serving=service.snapshot.number, reason=str(error))


def prune(service: Service) -> None:
    """Let the events go whose time is over; trouble is reported, and tried again the next day."""
    try:
        count = service.prune()
        if count:
            log.info("events pruned", events=count)
    except TresenError as error:
        log.error("events not pruned", reason=str(error))


def create_app(open_service: Callable[[], Service]) -> Starlette:
    """The application. `open_service` is called when the server starts, and closed when it stops."""
    service = open_service()
    metrics = Metrics()
    api = Api(service, metrics)
    routes = api.routes()
    pages = [Route(path, _page(name), methods=["GET"]) for path, name in PAGES.items()]
    pages.append(Route("/demo.json", _demo(service.home), methods=["GET"]))

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        garbage = Garbage()
        service.start_workers()
        load_behind()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch, service, garbage, service.settings.server.watch_seconds)
            tasks.start_soon(anyio.to_thread.run_sync, service.prepare)
            try:
                yield
            finally:
                tasks.cancel_scope.cancel()
                garbage.end()
                service.close()

    origins = list(service.settings.server.cors_origins)
    middleware = [Middleware(Observed, metrics=metrics, routes=[*routes, *pages]), Middleware(SafeHeaders)]
    if origins:
        cors = Middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["content-type"],
        )
        middleware.append(cors)
    app = Starlette(
        routes=[*routes, *pages, Mount("/static", Assets(directory=WEB))],
        middleware=middleware,
        exception_handlers=HANDLERS,  # type: ignore[arg-type]
        lifespan=lifespan,
    )
    app.state.service = service
    app.state.metrics = metrics
    return app


def _page(name: str) -> Callable:
    async def page(_: object) -> Response:
        return FileResponse(WEB / name, headers={"Cache-Control": "no-cache"})

    return page


def _demo(home: Path) -> Callable:
    """The demo's shoppers and example queries; empty for a shop's own index."""

    async def demo(_: object) -> Response:
        path = home / "demo.json"
        return Response(path.read_bytes() if path.is_file() else NO_DEMO, media_type="application/json")

    return demo

"""Every error as `application/problem+json` (RFC 9457): one place, one shape."""

from __future__ import annotations

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from search.errors import TooBusy, TresenError
from search.messages import Problem, to_json

MEDIA_TYPE = "application/problem+json"
TYPES = "https://tresen.example/problems/"
ADVICE = {
    404: "There is nothing at this path. GET /openapi.json lists every path.",
    405: "This path has other methods. GET /openapi.json lists them.",
}

log = structlog.get_logger()


def respond(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """A problem as a response."""
    return Response(to_json(problem), problem.status, headers, MEDIA_TYPE)


async def on_tresen_error(_: Request, error: Exception) -> Response:
    """Our own errors carry their status, code, place and advice."""
    assert isinstance(error, TresenError)
    headers = {"Retry-After": str(error.retry_after_s)} if isinstance(error, TooBusy) else None
    return respond(
        Problem(TYPES + error.code, error.title, error.status, error.message, error.code, error.place), headers
    )


async def on_http_error(_: Request, error: Exception) -> Response:
    """What starlette raises: unknown paths and methods."""
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "http_error")
    detail = ADVICE.get(error.status_code, error.detail)
    return respond(Problem(TYPES + code, error.detail, error.status_code, detail, code), dict(error.headers or {}))


async def on_bug(request: Request, error: Exception) -> Response:
    """What nobody foresaw: logged with its trace, told without it."""
    log.error("bug", path=request.scope.get("route_path", "?"), error=type(error).__name__, exc_info=error)
    detail = "This is a fault of the server, not of the request. It was logged."
    return respond(Problem(TYPES + "bug", "The server made a mistake", 500, detail, "bug"))


HANDLERS = {TresenError: on_tresen_error, HTTPException: on_http_error, Exception: on_bug}

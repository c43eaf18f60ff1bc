"""Metrics and logs. Neither holds a query's text, a shopper's or a session's id, or an address."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger()
BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Metrics:
    """What /metrics tells, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("tresen_requests", "Requests.", ("route", "status"), registry=self.registry)
        self.seconds = Histogram(
            "tresen_request_seconds", "Time to answer.", ("route",), buckets=BUCKETS, registry=self.registry
        )
        self.degraded = Counter(
            "tresen_degraded", "Searches that left a stage out.", ("stage",), registry=self.registry
        )
        self.promises_broken = Counter(
            "tresen_promises_broken",
            "Personal orders that would have broken the promise; the anonymous one was served. Stays 0.",
            registry=self.registry,
        )
        self.zero_hits = Counter("tresen_searches_without_hits", "Searches that found nothing.", registry=self.registry)
        self.personal = Counter(
            "tresen_personal_searches", "Searches that moved at least one hit.", registry=self.registry
        )
        self.events = Counter("tresen_events", "Events by what became of them.", ("outcome",), registry=self.registry)
        self.snapshot = Gauge("tresen_snapshot", "Generation of the index that serves.", registry=self.registry)
        self.products = Gauge("tresen_products", "Products in the index.", registry=self.registry)
        self.kept_bytes, self.kept_found, self.kept_missed = (
            Gauge(f"tresen_kept_{name}", told, ("kept",), registry=self.registry)
            for name, told in (
                ("bytes", "Memory of what is kept of frequent queries (docs/performance.md)."),
                ("found", "Times that it was there, since the index serves."),
                ("missed", "Times that it was not."),
            )
        )

    def keep(self, processes: Iterable[Mapping[str, Sequence[int]]]) -> None:
        """Note what is kept of frequent queries, over all processes: by name bytes, times found, times missed."""
        for name, told in _summed(processes).items():
            for gauge, value in zip((self.kept_bytes, self.kept_found, self.kept_missed), told, strict=True):
                gauge.labels(name).set(value)


def _summed(processes: Iterable[Mapping[str, Sequence[int]]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for process in processes:
        for name, told in process.items():
            found[name] = [one + other for one, other in zip(found.get(name, [0] * len(told)), told, strict=True)]
    return found


class Observed:
    """Middleware: counts, times and logs every request by its route, never by its path or query."""

    def __init__(self, app: ASGIApp, metrics: Metrics, routes: list[Route]):
        self.app = app
        self.metrics = metrics
        self.routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and note what became of it."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started, status = time.perf_counter(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, sending)
        finally:
            seconds, route = time.perf_counter() - started, self._route(scope)
            self.metrics.requests.labels(route, str(status)).inc()
            self.metrics.seconds.labels(route).observe(seconds)
            if not route.startswith("/livez"):
                log.info("request", method=scope["method"], route=route, status=status, ms=round(seconds * 1000, 2))

    def _route(self, scope: Scope) -> str:
        """The matched route's pattern ("/v1/products/{id}"), or "other"."""
        partial = "other"
        for route in self.routes:
            match, _ = route.matches(scope)
            if match is Match.FULL:
                return route.path
            if match is Match.PARTIAL:
                partial = route.path
        return partial

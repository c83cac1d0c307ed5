"""The app put together: middleware, routes, the one mapping of errors, its OpenAPI document."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, MutableMapping
from contextlib import asynccontextmanager
from functools import cache, partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from celery import Celery
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.telemetry import TelemetryConfig

from syncline.api import translate
from syncline.api.auth import needs
from syncline.api.broker import Broker
from syncline.api.context import Context
from syncline.api.errors import ErrorBody
from syncline.api.feed import Feed
from syncline.api.middleware import OPEN_PATHS, Authenticate, LimitBody, RequestLog, Verify
from syncline.api.requests import Caller
from syncline.api.routes import ROUTERS, health, metrics
from syncline.api.sight import Sight
from syncline.api.views.asked import ApplyAsked
from syncline.contract import celery
from syncline.model.access import Scope
from syncline.settings import Settings
from syncline.store import connection, tokens
from syncline.store.connection import Store

if TYPE_CHECKING:
    from syncline.tracing.exporter import Exporter

PREFIX = "/api/v1"
THREADS = 32
"""Store calls at once; each takes about a millisecond and one Redis connection."""

_DESCRIPTION = """\
Keeps a fleet of Kubernetes clusters in line with Git. Send `Authorization: Bearer TOKEN` with every
request but the health checks. Every refusal has the same body, `{"error": {...}}`. Lists come in
pages: give `cursor` back until it is null."""


def describe() -> dict[str, Any]:
    """Return the OpenAPI document; needs neither Redis nor settings."""
    settings = Settings()
    app = create_app(connection.connect(settings.store, key=None), settings)
    return app.openapi()


def create_app(store: Store, settings: Settings, *, exporter: Exporter | None = None) -> FastAPI:
    """Make the app; nothing is asked of Redis before the first request.

    Args:
        store: an open store whose schema is prepared.
        settings: ``server``, and what the broker's Celery app needs.
        exporter: where traces go; None: they are off.
    """
    app = FastAPI(
        title="Syncline",
        version=version("syncline"),
        description=_DESCRIPTION,
        lifespan=_lifespan,
        generate_unique_id_function=_operation_id,
        responses={"default": {"model": ErrorBody, "description": "Refused."}},
        redoc_url=None,
        telemetry=_telemetry(exporter),
    )
    broker = Broker(_celery(settings))
    app.state.context = Context(
        store=store, broker=broker, feed=Feed(store), sight=Sight(store, broker), exporter=exporter
    )
    app.include_router(health.router)
    is_open = settings.server.open_metrics
    app.include_router(metrics.router, dependencies=[] if is_open else [needs(Scope.METRICS)])
    for router in ROUTERS:
        app.include_router(router, prefix=PREFIX)
    translate.install(app)
    app.openapi = partial(_document, app.openapi)  # type: ignore[method-assign]  # FastAPI's own way
    paths = OPEN_PATHS | {metrics.PATH} if is_open else OPEN_PATHS
    authenticate = partial(Authenticate, verify=_verifier(store), open_paths=paths)
    span = dict if exporter is None else exporter.bound
    for layer in (LimitBody, authenticate, partial(RequestLog, span=span)):
        app.add_middleware(layer)  # the last one added is the outermost
    return app


def _telemetry(exporter: Exporter | None) -> TelemetryConfig:
    """FastAPI traces requests itself; without us it would follow variables of its own."""
    off = TelemetryConfig(metrics=False, logs=False, operation_spans=False, auto_configure=False)
    if exporter is None:
        return off | TelemetryConfig(tracing=False)
    return off | TelemetryConfig(tracer_provider=exporter.provider, exclude=_is_asked_for_ever)


def _is_asked_for_ever(scope: MutableMapping[str, Any]) -> bool:
    """Health checks and scrapes come every few seconds, and would be most of the traces."""
    return scope.get("path") in OPEN_PATHS | {metrics.PATH}


def _document(generate: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Add the one model that FastAPI does not see: `apply` reads its body itself."""
    document = generate()
    shape = ApplyAsked.model_json_schema(by_alias=True)
    document["components"]["schemas"].setdefault("ApplyAsked", shape)
    return document


def _operation_id(route: APIRoute) -> str:
    """Name an operation for generated clients: ``targets_history``."""
    return "_".join([*(str(tag) for tag in route.tags), route.name])


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
    feed: Feed = app.state.context.feed
    yield
    feed.close()


def _verifier(store: Store) -> Verify:
    def verify(token: str) -> Caller | None:
        found = tokens.verify(store, token)
        return Caller(name=found.name, scopes=frozenset(found.scopes)) if found else None

    return verify


def _celery(settings: Settings) -> Callable[[], Celery]:
    @cache
    def make() -> Celery:
        made = celery.create_app(settings, name="syncline-server")
        # kombu would wait for a broker that is away; who asks has no time for that.
        made.conf.broker_transport_options |= {"max_retries": 1, "interval_start": 0}
        return made

    return make

"""The gateway's application: routes, problems, metrics, and what lives as long as the process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from anyio import to_thread
from fastapi import APIRouter, Depends, FastAPI

from services.gateway import problems
from services.gateway.access.doorkeeper import Doorkeeper
from services.gateway.access.keyring import Keyring
from services.gateway.access.turnstile import Turnstile
from services.gateway.auth import admit
from services.gateway.backend import Backend, connect_backend
from services.gateway.dependencies import admission_documented
from services.gateway.description import describe
from services.gateway.events import Announcements
from services.gateway.metrics.exposing import add_metrics
from services.gateway.middleware import RequestFrame
from services.gateway.pieces import Collector
from services.gateway.policies import add_docs
from services.gateway.radio.radios import Radios
from services.gateway.routes import (
    approaches,
    cuts,
    health,
    jobs,
    keys,
    mixes,
    models,
    pools,
    radio,
    reports,
    revisions,
    session,
    songs,
    system,
    uploads,
    views,
    votes,
)
from services.gateway.studio.page import add_studio
from services.gateway.turns import Turns
from services.gateway.uploads import Receiver
from shared.errors import Unavailable
from shared.settings import Settings, get_settings

API_VERSION = "1"
DESCRIPTION = """
Upload songs, and ask for a mix: Segue cuts the songs into chunks, judges which chunk may follow which, and
assembles and renders a new song.

Work is asked for with `POST`, which answers 202 with a job; follow it at its `events` link, by server-sent
events, or poll it. Every error is a problem document (RFC 9457) that says what was found, what was needed
and what to do. Send an `Idempotency-Key` with a `POST` to be able to repeat it safely.

Where there is too much to do, a request is refused before anything of it is done: with 429 where a key has
had its share, with 503 where the installation has. Send it again after the seconds that `Retry-After` says.

Where a key is asked for, send it as `Authorization: Bearer segue_...`. A key opens what was made with it, or
with another key of the same tenant; whatever else there is, is not found.
"""
TAGS = [
    {"name": "songs", "description": "Audio files, named by the SHA-256 of their bytes."},
    {
        "name": "uploads",
        "description": "Files in pieces, by tus 1.0 (https://tus.io): what broke off goes on where it was.",
    },
    {"name": "cuts", "description": "Songs cut into chunks; laid end to end, the chunks are the song."},
    {"name": "models", "description": "Approaches fitted on cut songs."},
    {"name": "reports", "description": "How well models judge songs they never saw, one by one and ranked."},
    {"name": "pools", "description": "The chunks of several cuts, as a model sees them."},
    {"name": "mixes", "description": "New songs. One request makes whatever is missing on the way."},
    {"name": "votes", "description": "Which of two mixes listeners liked better."},
    {"name": "radio", "description": "Endless mixes of a pool, streamed to any player."},
    {"name": "jobs", "description": "Work in progress, and how it ended."},
    {"name": "approaches", "description": "Ways to judge which chunk may follow which."},
    {"name": "system", "description": "What the installation holds."},
    {"name": "keys", "description": "Who may call: keys, made and revoked by the operator."},
    {"name": "health", "description": "For supervisors."},
]
RESOURCES = (
    *(songs, uploads, cuts, models, reports, pools, mixes, revisions, views, votes, radio, jobs),
    *(approaches, system),
    *(keys, session),
)
"""Behind the door: each of their routes depends on `admit`."""
log = structlog.get_logger(__name__)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the gateway's application; it connects to its servers when it is first asked."""
    settings = settings or get_settings()
    backend = connect_backend(settings)
    app = FastAPI(
        title="Segue",
        version=API_VERSION,
        description=DESCRIPTION,
        openapi_tags=TAGS,
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.backend = backend
    app.state.announcements = Announcements(settings, backend.board.channel)
    turns, limit_bytes = Turns(settings), settings.max_upload_bytes
    app.state.receiver = Receiver(backend.patient_store, limit_bytes=limit_bytes, turns=turns)
    app.state.collector = Collector(backend.patient_store, turns)
    app.state.radios = Radios(backend)
    app.state.keyring = Keyring(backend.store)
    app.state.doorkeeper = Doorkeeper(settings, app.state.keyring)
    v1 = APIRouter(prefix="/v1", dependencies=[Depends(admit)], responses=admission_documented())
    for resource in RESOURCES:
        v1.include_router(resource.router)
    app.include_router(v1)
    app.include_router(session.leaving, prefix="/v1")
    app.include_router(health.router)
    problems.add_problem_handlers(app)
    app.add_middleware(Turnstile, settings=settings)  # Within what counts requests, so that refusals count.
    add_metrics(app, backend, app.state.radios)
    add_docs(app)
    add_studio(app)
    app.add_middleware(RequestFrame)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    backend: Backend = app.state.backend
    await to_thread.run_sync(_ensure_bucket, backend)
    subscription = asyncio.create_task(app.state.announcements.run(), name="announcements")
    try:
        yield
    finally:
        await app.state.radios.close()
        subscription.cancel()
        with suppress(asyncio.CancelledError):
            await subscription
        backend.close()


def _ensure_bucket(backend: Backend) -> None:
    try:
        backend.store.ensure_bucket()
    except Unavailable as error:
        # The gateway answers 503 until the store is there; workers make the bucket too.
        log.warning("no store yet", action="store_missing", cause=str(error))

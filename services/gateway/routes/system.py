"""The system: what it holds, and clearing up."""

from __future__ import annotations

import platform
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

from fastapi import APIRouter, Query

from services.gateway.auth import Tenant
from services.gateway.backend import Backend
from services.gateway.clearing import collect
from services.gateway.dependencies import TheBackend, documented
from services.gateway.schemas.system import Collected, GarbageItem, Stored, System
from shared.errors import QueueUnavailable
from shared.jobs import attention
from shared.queue import Queue
from shared.store import keys

router = APIRouter(tags=["system"])


def segue_version() -> str:
    """Return Segue's version; images run its sources without installing them, and then it is `source`."""
    try:
        return version("segue")
    except PackageNotFoundError:
        return "source"


@router.get("/system", responses=documented())
def get_system(backend: TheBackend, tenant: Tenant) -> System:
    """Show versions, workers, limits, and what is stored by kind."""
    settings = backend.settings
    return System(
        versions={"segue": segue_version(), "python": platform.python_version()},
        workers=_per_queue(backend, lambda queue: len(backend.leases.workers(queue))),
        deaf=_per_queue(backend, lambda queue: len(attention.deaf(backend.leases, queue))),
        queued=_per_queue(backend, lambda queue: len(backend.leases.queued(queue))),
        stored=_stored_by_kind(backend, tenant),
        open_jobs=len(backend.open_jobs(tenant)),
        limits={"max_upload_bytes": settings.max_upload_bytes, "max_song_s": settings.max_song_s},
    )


@router.post("/gc", responses=documented())
def collect_garbage(
    backend: TheBackend,
    tenant: Tenant,
    dry_run: Annotated[bool, Query(description="Only tell what would be removed.")] = False,
) -> Collected:
    """Remove what no record reaches and is older than a day. Songs, cuts, models, reports and mixes stay."""
    found = collect(backend, tenant, dry_run=dry_run)
    return Collected(
        dry_run=dry_run,
        removed=sum(garbage.objects for garbage in found),
        bytes=sum(garbage.size_bytes for garbage in found),
        items=[
            GarbageItem(
                prefix=garbage.prefix,
                reason=garbage.reason,
                objects=garbage.objects,
                bytes=garbage.size_bytes,
            )
            for garbage in found
        ],
    )


def _per_queue(backend: Backend, count: Callable[[Queue], int]) -> dict[str, int] | None:
    try:
        return backend.ask_queue(lambda: {queue.value: count(queue) for queue in Queue})
    except QueueUnavailable:
        return None


def _stored_by_kind(backend: Backend, tenant: str) -> dict[str, Stored]:
    folder = keys.tenant_folder(tenant)
    counts: dict[str, tuple[int, int]] = {}
    for one in backend.store.list(folder):
        kind = one.key.removeprefix(folder).split("/", 1)[0]
        objects, size_bytes = counts.get(kind, (0, 0))
        counts[kind] = (objects + 1, size_bytes + one.size_bytes)
    return {kind: Stored(objects=objects, bytes=size) for kind, (objects, size) in counts.items()}

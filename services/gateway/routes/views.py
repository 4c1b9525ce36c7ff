"""Looks into the pool of a mix: the map of it, and what else could stand at a place."""

from __future__ import annotations

from typing import Annotated, TypeVar

from fastapi import APIRouter, Path, Response, status

from services.gateway import library
from services.gateway.auth import Tenant
from services.gateway.backend import Backend
from services.gateway.dependencies import IdempotencyKey, TheBackend, accept, documented, resolver_of
from services.gateway.schemas.jobs import Job
from shared.errors import NotFound, SegueError
from shared.store.documents import from_json
from shared.store.keys import Artifact, Kind
from shared.store.manifests import RejectedInput
from shared.store.specs import ViewSpec
from shared.store.views import Candidates, PoolMap

router = APIRouter(prefix="/mixes", tags=["mixes"])

Position = Annotated[int, Path(ge=0, lt=10_000, description="The place of the chunk in the mix, from 0.")]
View = TypeVar("View", PoolMap, Candidates)


class NoView(NotFound):
    """Nobody has asked for it, or it was cleared away since."""

    slug = "not-looked-at"
    title = "That was not looked at yet"

    def __init__(self, path: str) -> None:
        self.kind, self.name = "view", path
        SegueError.__init__(self, f"There is no {path} yet. Ask for it with POST, and follow the job.")


@router.post("/{mix_id}/map", status_code=status.HTTP_202_ACCEPTED, responses=documented(404))
def draw_map(
    mix_id: str,
    response: Response,
    backend: TheBackend,
    tenant: Tenant,
    idempotency_key: IdempotencyKey = None,
) -> Job:
    """Lay the mix's pool out as a map: it is there for a day, and after that until garbage is collected."""
    return _look(backend, tenant, mix_id, None, idempotency_key, response)


@router.get("/{mix_id}/map", responses=documented(404))
def get_map(mix_id: str, backend: TheBackend, tenant: Tenant) -> PoolMap:
    """Show where the chunks of a mix's pool lie in the model's own space, and the mix's way through it."""
    return _seen(backend, tenant, mix_id, None, PoolMap, "map")


@router.post(
    "/{mix_id}/chunks/{position}/candidates",
    status_code=status.HTTP_202_ACCEPTED,
    responses=documented(404),
)
def find_candidates(
    mix_id: str,
    position: Position,
    response: Response,
    backend: TheBackend,
    tenant: Tenant,
    idempotency_key: IdempotencyKey = None,
) -> Job:
    """Look for other chunks for a place of the mix."""
    return _look(backend, tenant, mix_id, position, idempotency_key, response)


@router.get("/{mix_id}/chunks/{position}/candidates", responses=documented(404))
def get_candidates(mix_id: str, position: Position, backend: TheBackend, tenant: Tenant) -> Candidates:
    """Show what else could stand at a place of the mix, to be named in a `swap`."""
    return _seen(backend, tenant, mix_id, position, Candidates, f"list of candidates for position {position}")


def _look(
    backend: Backend, tenant: str, mix_id: str, position: int | None, key: str | None, response: Response
) -> Job:
    mix = library.artifact_of(tenant, Kind.MIX, mix_id)
    return accept(backend, tenant, resolver_of(backend, tenant).view(mix.key, position), key, response)


def _seen(
    backend: Backend, tenant: str, mix_id: str, position: int | None, kind: type[View], called: str
) -> View:
    """Return what was seen.

    Raises:
        NotFound: there is no such mix.
        NoView: nobody has looked.
    """
    library.made(backend, tenant, Kind.MIX, mix_id)
    artifact: Artifact = ViewSpec(mix=mix_id, position=position).artifact(tenant)
    manifest = backend.artifacts.find(artifact)
    if manifest is None:
        raise NoView(called)
    if manifest.problem is not None:
        raise RejectedInput(manifest.problem)
    return from_json(kind, backend.artifacts.read(artifact, "view.json"), key=artifact.folder)

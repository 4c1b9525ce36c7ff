"""What a tenant has: songs and how far each is, artifacts by id, and what may be deleted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import count
from typing import TypeVar

from services.gateway.backend import Backend
from services.gateway.paging import page_of
from services.gateway.problems import LONGEST_FOUND
from services.gateway.schemas.common import Page
from services.gateway.schemas.songs import Song
from services.gateway.views.songs import song_view
from shared.errors import InUse, NotFound, UnderWay
from shared.jobs.recipes import DecodeSong
from shared.jobs.records import Job, job_id
from shared.store import keys
from shared.store.documents import find_document
from shared.store.keys import Artifact, Kind
from shared.store.manifests import Manifest, RejectedInput, UploadRecord

_KEY = re.compile(r"[0-9a-f]{64}")
View = TypeVar("View")


def artifact_of(tenant: str, kind: Kind, key: str) -> Artifact:
    """Name an artifact by an id from a request; what is no id names nothing that there is.

    Raises:
        NotFound: it cannot be an id.
    """
    if not _KEY.fullmatch(key):
        raise NotFound(kind.noun, key[:LONGEST_FOUND])
    return Artifact(tenant, kind, key)


def made(backend: Backend, tenant: str, kind: Kind, key: str) -> Manifest:
    """Return the manifest of an artifact that was made.

    Raises:
        NotFound: there is none.
        RejectedInput: it could not be made of its inputs.
    """
    manifest = backend.artifacts.get(artifact_of(tenant, kind, key))
    if manifest.problem is not None:
        raise RejectedInput(manifest.problem)
    return manifest


def page_of_made(
    backend: Backend,
    tenant: str,
    kind: Kind,
    view: Callable[[str, Manifest], View | None],
    *,
    limit: int,
    cursor: str | None,
) -> Page[View]:
    """Return a page of the artifacts of a kind that were made, in the order of their ids.

    One that `view` shows as None is passed over.
    """
    artifacts = backend.artifacts

    def show(key: str) -> View | None:
        manifest = artifacts.find(Artifact(tenant, kind, key))
        return None if manifest is None or manifest.problem is not None else view(key, manifest)

    return page_of(artifacts.keys(tenant, kind, after=cursor), show, limit)


def find_song(backend: Backend, tenant: str, key: str) -> Song | None:
    """Return a song as it is now, or None."""
    record = find_document(backend.store, UploadRecord, keys.song_upload(tenant, key))
    if record is None:
        return None
    manifest = backend.artifacts.find(Artifact(tenant, Kind.SONG, key))
    tries = [] if manifest else list(decode_jobs(backend, tenant, key))
    return song_view(key, record, manifest, tries[-1] if tries else None)


def get_song(backend: Backend, tenant: str, key: str) -> Song:
    """Return a song as it is now.

    Raises:
        NotFound: there is none.
    """
    song = find_song(backend, tenant, artifact_of(tenant, Kind.SONG, key).key)
    if song is None:
        raise NotFound(Kind.SONG.noun, key)
    return song


def decode_jobs(backend: Backend, tenant: str, song: str) -> Iterator[Job]:
    """Yield the jobs that were to decode a song, oldest first: one per try."""
    for number in count():
        job = backend.records.find(tenant, _decode_job_id(tenant, song, number))
        if job is None:
            return
        yield job


def begin_decoding(backend: Backend, tenant: str, song: str) -> None:
    """Submit a job that decodes a song, unless it is decoded, rejected, or a job is at it.

    A song that failed for a reason of the machine's is tried again, under the next id.
    """
    if backend.artifacts.find(Artifact(tenant, Kind.SONG, song)) is not None:
        return
    tries = list(decode_jobs(backend, tenant, song))
    if not tries or tries[-1].outcome is not None:
        backend.submit(tenant, _decode_job_id(tenant, song, len(tries)), DecodeSong(song=song))


def delete(backend: Backend, artifact: Artifact) -> None:
    """Delete an artifact that no open job needs.

    Raises:
        NotFound: there is none.
        InUse: an open job needs it, or a worker is still at it.
    """
    is_song = artifact.kind is Kind.SONG
    if not backend.store.exists(
        keys.song_upload(artifact.tenant, artifact.key) if is_song else artifact.manifest
    ):
        raise NotFound(artifact.kind.noun, artifact.key)
    job = backend.needed_by(artifact)
    if job is not None:
        raise InUse(kind=artifact.kind.noun, name=artifact.key, job=job.id)
    if backend.leases.running([artifact]):
        raise UnderWay(kind=artifact.kind.noun, name=artifact.key)
    # Before, so that nothing is deleted unless all can hear of it; after, for who looked in between.
    backend.leases.note_deletion()
    backend.dispatcher.artifacts.delete(artifact)
    backend.leases.note_deletion()


def _decode_job_id(tenant: str, song: str, number: int) -> str:
    # No Idempotency-Key of a request holds a line feed, so none gives this id.
    return job_id(tenant, f"decode\n{song}\n{number}")

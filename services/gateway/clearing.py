"""Clearing up: looks at a tenant's bucket, has `garbage` decide, looks again and deletes.

Meanwhile jobs are accepted, run and end. That nothing that a record reaches is ever taken rests on this:

- Only what is older than a day is garbage, and no attempt older than half a day commits (`Attempt.commit`).
  What is younger holds what it names, even where nobody wants it any more: no record names what is gone.
- A look reads the open jobs first and lists afterwards, so what a job makes that ends in between is listed.
  What a job has found that ended within the day counts as young, however long it has been there.
- A result that nothing rests on is withdrawn before it is deleted: its manifest goes, and everyone is told to
  forget it. Whoever found it before then has his job on record by now, open, or ended with what he made; the
  second look sees either, and the manifest is put back. Whoever comes later finds it missing, and makes it.
- Just what the first look listed is deleted, and of that only what the second finds to be garbage as well. So
  what is made anew under the same key in the meantime stays.
- A job that is accepted while its mark is swept gets it again (`JobRecords.drop_mark`), and an upload whose
  source is swept copies it again (`uploads.keep`); one that is on record just before stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

import structlog

from services.gateway.backend import Backend
from services.gateway.garbage import (
    LEAST_AGE,
    STALE_MARK,
    UNFINISHED_UPLOAD,
    UNUSED,
    Garbage,
    Records,
    artifact_of,
    committed,
    reached,
    recent,
    unmarked,
    unreached,
)
from shared.jobs.records import Outcome
from shared.store import keys
from shared.store.documents import find_document
from shared.store.keys import Artifact, Kind
from shared.store.manifests import Manifest
from shared.store.objects import Stored

ASKED_FOR = frozenset({Kind.PREVIEW, Kind.VIEW})
"""Kinds that jobs are asked for and nothing rests on."""
log = structlog.get_logger(__name__)


def collect(
    backend: Backend, tenant: str, *, dry_run: bool, least_age: timedelta = LEAST_AGE
) -> list[Garbage]:
    """Delete what nothing reaches, or only tell what that is.

    Jobs that are open and lack their mark get it again, as in a bucket that was copied while Segue ran.
    """
    now = datetime.now(UTC)
    stored, records = _look(backend, tenant, {}, now - least_age)
    found = unreached(tenant, stored, records, now, least_age)
    if dry_run:
        return found
    for job in unmarked(tenant, stored):
        backend.records.put_mark(tenant, job)  # Of one that has ended meanwhile, it is dropped again.
    return _sweep(backend, tenant, found, records, least_age) if found else []


def _look(
    backend: Backend, tenant: str, withdrawn: Mapping[Artifact, Manifest], young_since: datetime
) -> tuple[list[Stored], Records]:
    """Return what is stored and what is on record, manifests that are withdrawn for the moment included."""
    jobs = backend.open_jobs(tenant, need_all=True)  # First: see the module's docstring.
    stored = list(backend.store.list(keys.tenant_folder(tenant)))
    find = backend.artifacts.find
    manifests = dict(withdrawn)
    for artifact in committed(tenant, stored):
        if (manifest := find(artifact)) is not None:
            manifests[artifact] = manifest
    plans = [backend.plan(job, lambda artifact: find(artifact) or withdrawn.get(artifact)) for job in jobs]
    needed = {artifact for plan in plans for artifact in plan.needed}
    if any(artifact.kind in ASKED_FOR for artifact in manifests):
        needed |= set(_given_out(backend, tenant, stored, young_since))
    return stored, Records(manifests, needed, {job.id for job in jobs})


def _given_out(
    backend: Backend, tenant: str, stored: Iterable[Stored], since: datetime
) -> Iterator[Artifact]:
    """Yield what jobs gave to who asked that ended at a time or later; it may be older than they are."""
    of_jobs = keys.jobs_folder(tenant)
    for one in stored:
        is_outcome = one.key.startswith(of_jobs) and one.key.endswith("/outcome.json")
        if is_outcome and (one.modified is None or one.modified >= since):
            outcome = find_document(backend.store, Outcome, one.key)
            made = outcome.result if outcome else {}
            yield from (Artifact(tenant, kind, key) for kind in ASKED_FOR for key in made.get(kind, ()))


def _sweep(
    backend: Backend, tenant: str, found: list[Garbage], records: Records, least_age: timedelta
) -> list[Garbage]:
    """Delete what is garbage at a second look too; return it."""
    unused = [artifact_of(tenant, one.prefix) for one in found if one.reason == UNUSED]
    taken = _withdraw(backend, unused)
    try:
        withdrawn = {artifact: records.manifests[artifact] for artifact in taken}
        now = datetime.now(UTC)
        stored, records = _look(backend, tenant, withdrawn, now - least_age)
        still = {one.prefix for one in unreached(tenant, stored, records, now, least_age)}
        kept = reached(records, recent(tenant, stored, now - least_age))
    except BaseException:
        _put_back(backend, taken)
        raise
    _put_back(backend, {artifact: data for artifact, data in taken.items() if artifact in kept})
    removed = []
    for one in found:
        is_kept = artifact_of(tenant, one.prefix) in kept if one.reason == UNUSED else one.prefix not in still
        if not is_kept:
            _remove(backend, tenant, one)
            removed.append(one)
    return removed


def _withdraw(backend: Backend, artifacts: Iterable[Artifact]) -> dict[Artifact, bytes]:
    """Delete manifests, and have everyone forget them; return them."""
    found = {artifact: backend.store.find(artifact.manifest) for artifact in artifacts}
    taken = {artifact: data for artifact, data in found.items() if data is not None}
    if taken:
        # Before, so that nothing is deleted unless all can hear of it; after, for who looked in between.
        backend.leases.note_deletion()
        backend.store.delete_many([artifact.manifest for artifact in taken])
        backend.leases.note_deletion()
    return taken


def _put_back(backend: Backend, taken: Mapping[Artifact, bytes]) -> None:
    for artifact, data in taken.items():
        # Unless it has been made anew.
        backend.store.create(artifact.manifest, data)


def _remove(backend: Backend, tenant: str, garbage: Garbage) -> None:
    if garbage.reason == STALE_MARK:
        backend.records.drop_mark(tenant, garbage.prefix.rsplit("/", 1)[1])
    elif garbage.reason == UNFINISHED_UPLOAD and _is_on_record(backend, tenant, garbage.prefix):
        return  # The same file came again since the look, and found these bytes.
    else:
        # A manifest was withdrawn before; one that is there now is of what was made anew.
        backend.store.delete_many([key for key in garbage.keys if not key.endswith("/manifest.json")])
    log.info("removed", action="garbage_removed", prefix=garbage.prefix, reason=garbage.reason)


def _is_on_record(backend: Backend, tenant: str, prefix: str) -> bool:
    folder, _, name = prefix.rpartition("/")
    return name == "source" and backend.store.exists(f"{folder}/upload.json")

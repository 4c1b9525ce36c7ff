"""What no record reaches: what crashes, cancelled fits and deletions leave behind.

The decision is pure, over one listing of the bucket; `collect` looks, decides, looks again and deletes, while
jobs are accepted, run and end around it. That nothing that a record reaches is ever taken rests on this:

- Only what is older than a day is garbage, and no attempt older than half a day commits (`Attempt.commit`).
  What is younger holds what it names, even where nobody wants it any more: no record names what is gone.
- A look reads the open jobs first and lists afterwards, so what a job makes that ends in between is listed.
- A result that nothing rests on is withdrawn before it is deleted: its manifest goes, and everyone is told to
  forget it. Whoever found it before then has his job on record by now, open, or ended with what he made; the
  second look sees either, and the manifest is put back. Whoever comes later finds it missing, and makes it.
- Just what the first look listed is deleted, and of that only what the second finds to be garbage as well. So
  what is made anew under the same key in the meantime stays.
- A job that is accepted while its mark is swept gets it again (`JobRecords.drop_mark`), and an upload whose
  source is swept copies it again (`uploads.keep`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from services.gateway.backend import Backend
from shared.store import keys
from shared.store.keys import Artifact, Kind
from shared.store.manifests import Manifest
from shared.store.objects import Stored
from shared.store.specs import AnalysisSpec, DatasetSpec, MixSpec, ModelSpec, ReportSpec

LEAST_AGE = timedelta(days=1)
DERIVED = frozenset(
    {
        Kind.ANALYSIS,
        Kind.GAPPED,
        Kind.SPECTRA,
        Kind.DATASET,
        Kind.SEQUENCE,
        Kind.REPORT,
        Kind.PREVIEW,
        Kind.VIEW,
        Kind.BLOCK,
    }
)
"""Kinds that live as long as something else: what was made of them; of a report, its model; of a
preview, a view and a radio's blocks, nothing but their day."""

UNFINISHED_UPLOAD = "an upload that was never finished"
OLD_PIECES = "an upload in pieces that nobody has gone on with"
UNNAMED_ATTEMPT = "an attempt that no manifest names"
LEFTOVER = "starts and checkpoints that no fit goes on from"
UNUSED = "a result that belongs to nothing any more"
STALE_MARK = "the mark of a job that has ended or was never accepted"
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Garbage:
    """Objects that belong together and that nothing needs."""

    prefix: str
    """What all their keys begin with; a folder ends with a slash."""
    reason: str
    keys: tuple[str, ...]
    size_bytes: int

    @property
    def objects(self) -> int:
        """How many they are."""
        return len(self.keys)


@dataclass(frozen=True)
class Records:
    """What is on record of a tenant.

    Attributes:
        manifests: of every committed artifact.
        needed: what open jobs rest on.
        open_jobs: ids of the jobs that are accepted and have not ended.
    """

    manifests: Mapping[Artifact, Manifest]
    needed: Set[Artifact]
    open_jobs: Set[str]


def unreached(
    tenant: str,
    stored: Iterable[Stored],
    records: Records,
    now: datetime,
    least_age: timedelta = LEAST_AGE,
) -> list[Garbage]:
    """Return what nothing reaches among what is stored of a tenant.

    Args:
        tenant: whose bucket folder it is.
        stored: every object under it.
        records: what is on record.
        now: the time that ages are counted to.
        least_age: what is younger is under way, and no garbage.
    """
    stored = list(stored)
    songs = {one.key.split("/")[3] for one in stored if one.key.endswith("/upload.json")}
    alive = reached(records, recent(tenant, stored, now - least_age))
    groups: dict[tuple[str, str], list[Stored]] = {}
    for one in stored:
        found = _classify(tenant, one.key, records, alive, songs)
        if found is not None:
            groups.setdefault(found, []).append(one)
    return [
        Garbage(prefix, reason, tuple(one.key for one in group), sum(one.size_bytes for one in group))
        for (prefix, reason), group in groups.items()
        if all(one.modified is not None and now - one.modified > least_age for one in group)
    ]


def recent(tenant: str, stored: Iterable[Stored], since: datetime) -> set[Artifact]:
    """Return the artifacts that were committed at a time or later."""
    young = (one for one in stored if one.modified is None or one.modified >= since)
    return set(_committed(tenant, young))


def reached(records: Records, young: Set[Artifact] = frozenset()) -> set[Artifact]:
    """Return the derived artifacts that a song, model, report, mix or open job rests on, and the reports.

    What is young, and what that names, is reached as well.
    """
    found = {*records.needed, *young}
    for artifact, manifest in records.manifests.items():
        match manifest.spec:
            case AnalysisSpec(song=song):
                if Artifact(artifact.tenant, Kind.SONG, song) in records.manifests:
                    found.add(artifact)
            case ReportSpec(model=model, gapped=gapped, spectra=spectra):
                if artifact in young or Artifact(artifact.tenant, Kind.MODEL, model) in records.manifests:
                    found.add(artifact)
                    found.update(Artifact(artifact.tenant, Kind.GAPPED, key) for key in gapped)
                    found.update(Artifact(artifact.tenant, Kind.SPECTRA, key) for key in spectra)
            case ModelSpec(dataset=dataset):
                found.add(Artifact(artifact.tenant, Kind.DATASET, dataset))
            case MixSpec(sequence=sequence):
                found.add(Artifact(artifact.tenant, Kind.SEQUENCE, sequence))
    for artifact in [one for one in found if one.kind is Kind.DATASET]:
        spec = records.manifests[artifact].spec if artifact in records.manifests else None
        if isinstance(spec, DatasetSpec):
            found.update(Artifact(artifact.tenant, Kind.SPECTRA, key) for key in spec.spectra)
    return found


def _classify(
    tenant: str, key: str, records: Records, alive: Set[Artifact], songs: Set[str]
) -> tuple[str, str] | None:
    """Return the group of an object that nothing reaches, as prefix and reason; None: it is reached."""
    folder, name, *rest = key.removeprefix(keys.tenant_folder(tenant)).split("/")
    if folder == "uploads":
        whole = keys.upload_folder(tenant, name)
        return (whole, OLD_PIECES) if rest else (key, UNFINISHED_UPLOAD)
    if folder == "jobs-open":
        return None if name in records.open_jobs else (key, STALE_MARK)
    if folder not in set(Kind) or not rest:
        return None
    artifact = Artifact(tenant, Kind(folder), name)
    manifest = records.manifests.get(artifact)
    if len(rest) == 1:
        if rest == ["source"] and manifest is None and name not in songs and artifact not in records.needed:
            return key, UNFINISHED_UPLOAD
        return (artifact.folder, UNUSED) if _is_unused(artifact, manifest, alive) else None
    if _is_unused(artifact, manifest, alive):
        return artifact.folder, UNUSED
    prefix = f"{artifact.folder}{rest[0]}/"
    if rest[0] in ("starts", "checkpoints"):
        is_leftover = manifest is not None or artifact not in records.needed
        return (prefix, LEFTOVER) if is_leftover else None
    return None if manifest is not None and manifest.attempt == rest[0] else (prefix, UNNAMED_ATTEMPT)


def _is_unused(artifact: Artifact, manifest: Manifest | None, alive: Set[Artifact]) -> bool:
    return artifact.kind in DERIVED and manifest is not None and artifact not in alive


def collect(
    backend: Backend, tenant: str, *, dry_run: bool, least_age: timedelta = LEAST_AGE
) -> list[Garbage]:
    """Delete what nothing reaches, or only tell what that is.

    Jobs that are open and lack their mark get it again, as in a bucket that was copied while Segue ran.
    """
    stored, records = _look(backend, tenant, {})
    found = unreached(tenant, stored, records, datetime.now(UTC), least_age)
    if dry_run:
        return found
    for job in unmarked(tenant, stored):
        backend.records.put_mark(tenant, job)  # Of one that has ended meanwhile, it is dropped again.
    return _sweep(backend, tenant, found, records, least_age) if found else []


def unmarked(tenant: str, stored: Iterable[Stored]) -> list[str]:
    """Return the jobs that were accepted, have no outcome and have no mark either."""
    names = {one.key for one in stored}
    jobs = {key.split("/")[3] for key in names if key.startswith(keys.jobs_folder(tenant))}
    return sorted(
        job
        for job in jobs
        if keys.job_record(tenant, job, "accepted") in names
        and keys.job_record(tenant, job, "outcome") not in names
        and keys.open_job(tenant, job) not in names
    )


def _look(
    backend: Backend, tenant: str, withdrawn: Mapping[Artifact, Manifest]
) -> tuple[list[Stored], Records]:
    """Return what is stored and what is on record, manifests that are withdrawn for the moment included."""
    jobs = backend.open_jobs(tenant)  # First: see the module's docstring.
    stored = list(backend.store.list(keys.tenant_folder(tenant)))
    find = backend.artifacts.find
    manifests = dict(withdrawn)
    for artifact in _committed(tenant, stored):
        if (manifest := find(artifact)) is not None:
            manifests[artifact] = manifest
    plans = [backend.plan(job, lambda artifact: find(artifact) or withdrawn.get(artifact)) for job in jobs]
    needed = {artifact for plan in plans for artifact in plan.needed}
    return stored, Records(manifests, needed, {job.id for job in jobs})


def _committed(tenant: str, stored: Iterable[Stored]) -> Iterator[Artifact]:
    for one in stored:
        if one.key.endswith("/manifest.json"):
            yield _artifact_of(tenant, one.key)


def _artifact_of(tenant: str, key: str) -> Artifact:
    folder, name, _ = key.removeprefix(keys.tenant_folder(tenant)).split("/", 2)
    return Artifact(tenant, Kind(folder), name)


def _sweep(
    backend: Backend, tenant: str, found: list[Garbage], records: Records, least_age: timedelta
) -> list[Garbage]:
    """Delete what is garbage at a second look too; return it."""
    unused = [_artifact_of(tenant, one.prefix) for one in found if one.reason == UNUSED]
    taken = _withdraw(backend, unused)
    try:
        withdrawn = {artifact: records.manifests[artifact] for artifact in taken}
        stored, records = _look(backend, tenant, withdrawn)
        now = datetime.now(UTC)
        still = {one.prefix for one in unreached(tenant, stored, records, now, least_age)}
        kept = reached(records, recent(tenant, stored, now - least_age))
    except BaseException:
        _put_back(backend, taken)
        raise
    _put_back(backend, {artifact: data for artifact, data in taken.items() if artifact in kept})
    removed = []
    for one in found:
        is_kept = (
            _artifact_of(tenant, one.prefix) in kept if one.reason == UNUSED else one.prefix not in still
        )
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
    else:
        # A manifest was withdrawn before; one that is there now is of what was made anew.
        backend.store.delete_many([key for key in garbage.keys if not key.endswith("/manifest.json")])
    log.info("removed", action="garbage_removed", prefix=garbage.prefix, reason=garbage.reason)

"""What no record reaches: what crashes, cancelled fits and deletions leave behind.

The decision is pure, over one listing of the bucket; `collect` lists, decides and deletes. Only what is
older than a day is garbage, which no task and no upload is: so nothing under way is ever taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
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
        Kind.BLOCK,
    }
)
"""Kinds that live as long as something else: what was made of them; of a report, its model; of a preview
and of a radio's blocks, nothing but their day."""

UNFINISHED_UPLOAD = "an upload that was never finished"
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
    objects: int
    size_bytes: int


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


def unreached(tenant: str, stored: Iterable[Stored], records: Records, now: datetime) -> list[Garbage]:
    """Return what nothing reaches among what is stored of a tenant.

    Args:
        tenant: whose bucket folder it is.
        stored: every object under it.
        records: what is on record.
        now: the time that ages are counted to.
    """
    stored = list(stored)
    songs = {one.key.split("/")[3] for one in stored if one.key.endswith("/upload.json")}
    alive = reached(records)
    groups: dict[tuple[str, str], list[Stored]] = {}
    for one in stored:
        found = _classify(tenant, one.key, records, alive, songs)
        if found is not None:
            groups.setdefault(found, []).append(one)
    return [
        Garbage(prefix, reason, len(group), sum(one.size_bytes for one in group))
        for (prefix, reason), group in groups.items()
        if all(one.modified is not None and now - one.modified > LEAST_AGE for one in group)
    ]


def reached(records: Records) -> set[Artifact]:
    """Return the derived artifacts that a song, model, report, mix or open job rests on, and the reports."""
    found = set(records.needed)
    for artifact, manifest in records.manifests.items():
        match manifest.spec:
            case AnalysisSpec(song=song):
                if Artifact(artifact.tenant, Kind.SONG, song) in records.manifests:
                    found.add(artifact)
            case ReportSpec(model=model, gapped=gapped, spectra=spectra):
                if Artifact(artifact.tenant, Kind.MODEL, model) in records.manifests:
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
        return key, UNFINISHED_UPLOAD
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


def collect(backend: Backend, tenant: str, *, dry_run: bool) -> list[Garbage]:
    """Delete what nothing reaches, or only tell what that is."""
    stored = list(backend.store.list(keys.tenant_folder(tenant)))
    # Read after the listing, and jobs last: whatever came in between is on record.
    manifests = _manifests_of(backend, tenant, stored)
    jobs = backend.open_jobs(tenant)
    needed = {artifact for job in jobs for artifact in backend.plan(job).needed}
    records = Records(manifests, needed, {job.id for job in jobs})
    found = unreached(tenant, stored, records, datetime.now(UTC))
    if found and not dry_run:
        backend.leases.note_deletion()
        for garbage in found:
            _remove(backend, garbage)
        backend.leases.note_deletion()
    return found


def _manifests_of(backend: Backend, tenant: str, stored: Iterable[Stored]) -> dict[Artifact, Manifest]:
    artifacts = backend.artifacts
    manifests = {}
    for one in stored:
        if one.key.endswith("/manifest.json"):
            folder, name, _ = one.key.removeprefix(keys.tenant_folder(tenant)).split("/")
            artifact = Artifact(tenant, Kind(folder), name)
            manifest = artifacts.find(artifact)
            if manifest is not None:
                manifests[artifact] = manifest
    return manifests


def _remove(backend: Backend, garbage: Garbage) -> None:
    if not garbage.prefix.endswith("/"):
        backend.store.delete(garbage.prefix)
    elif garbage.reason == UNUSED:
        tenant, folder, key = garbage.prefix.removeprefix("t/").rstrip("/").split("/")
        backend.dispatcher.artifacts.delete(Artifact(tenant, Kind(folder), key))
    else:
        backend.store.delete_all(garbage.prefix)
    log.info("removed", action="garbage_removed", prefix=garbage.prefix, reason=garbage.reason)

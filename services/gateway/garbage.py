"""What no record reaches: what crashes, cancelled fits and deletions leave behind.

A pure decision over one listing of the bucket and what is on record. `clearing` looks and deletes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

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
        needed: what open jobs rest on, and what those have made that ended not long ago.
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
    return set(committed(tenant, young))


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
                if artifact in found or Artifact(artifact.tenant, Kind.MODEL, model) in records.manifests:
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


def committed(tenant: str, stored: Iterable[Stored]) -> Iterator[Artifact]:
    """Yield the artifacts whose manifests are among what is stored."""
    for one in stored:
        if one.key.endswith("/manifest.json"):
            yield artifact_of(tenant, one.key)


def artifact_of(tenant: str, key: str) -> Artifact:
    """Return the artifact that a key belongs to."""
    folder, name, _ = key.removeprefix(keys.tenant_folder(tenant)).split("/", 2)
    return Artifact(tenant, Kind(folder), name)

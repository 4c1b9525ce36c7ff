"""What lies in a bucket, held against what is on record: nothing half-written, nothing lost."""

from __future__ import annotations

from contextlib import suppress

from shared.jobs.records import JobRecords
from shared.store import keys
from shared.store.artifacts import Artifacts
from shared.store.keys import Artifact, Kind
from shared.store.objects import ObjectStore
from tests.support.servers import until


def need_no_loose_ends(store: ObjectStore, tenant: str, *, within_s: float = 60.0) -> None:
    """Fail unless nothing is loose in a while: a job's mark goes a moment after its outcome is seen."""
    with suppress(AssertionError):
        until(lambda: not loose_ends(store, tenant), timeout_s=within_s)
    assert loose_ends(store, tenant) == []


def loose_ends(store: ObjectStore, tenant: str) -> list[str]:
    """Return, in words, what no record accounts for and what records name that is not there."""
    folder = keys.tenant_folder(tenant)
    sizes = {stored.key: stored.size_bytes for stored in store.list(folder)}
    named = set(_of_songs(sizes, tenant)) | set(_of_jobs(store, sizes, tenant))
    wrong = []
    for artifact in _committed(sizes, tenant):
        manifest = Artifacts(store).get(artifact)
        named.add(artifact.manifest)
        for name, payload in manifest.payloads.items():
            key = artifact.payload(manifest.attempt, name)
            named.add(key)
            if sizes.get(key) != payload.size_bytes:
                wrong.append(f"{key} has {sizes.get(key)} bytes of {payload.size_bytes}")
    return wrong + [f"{key} belongs to nothing" for key in sorted(sizes.keys() - named)]


def _committed(sizes: dict[str, int], tenant: str) -> list[Artifact]:
    found = [key.split("/") for key in sizes if key.endswith("/manifest.json")]
    return [Artifact(tenant, Kind(kind), key) for _, _, kind, key, _ in found]


def _of_songs(sizes: dict[str, int], tenant: str) -> list[str]:
    """Return the keys of uploads that are whole: the bytes, and what was said of them."""
    songs = {key.split("/")[3] for key in sizes if key.startswith(keys.kind_folder(tenant, Kind.SONG))}
    pairs = [(keys.song_source(tenant, song), keys.song_upload(tenant, song)) for song in songs]
    return [key for pair in pairs if all(one in sizes for one in pair) for key in pair]


def _of_jobs(store: ObjectStore, sizes: dict[str, int], tenant: str) -> list[str]:
    """Return the keys of the records of jobs, and of the marks of those that have not ended."""
    known = JobRecords(store)
    found = []
    for identifier in known.ids(tenant):
        job = known.get(tenant, identifier)
        records = ["accepted", "cancelled", "outcome"]
        found += [keys.job_record(tenant, identifier, name) for name in records]
        if job.outcome is None:
            found.append(keys.open_job(tenant, identifier))
    return found

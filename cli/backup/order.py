"""The order of records: which of them rest on which."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from pydantic import BaseModel

from shared.store import keys
from shared.store.keys import Artifact, Kind

__all__ = ["JOB_RECORDS", "Committed", "Listed", "Named", "Records", "all_records"]

Listed = tuple[str, int, float | None]
"""An object's key, its size in bytes, and when it was written, in seconds since the epoch."""

JOB_RECORDS = ("outcome", "cancelled", "accepted")
"""In the order in which a copy writes them: a job that is accepted in it is told whole."""


class Named(BaseModel):
    """A payload as a manifest names it."""

    sha256: str
    size_bytes: int
    content_type: str = "application/octet-stream"


class Committed(BaseModel):
    """All that copying needs to know of a manifest, of whatever release and kind."""

    attempt: str
    payloads: dict[str, Named] = {}


@dataclass
class Records:
    """The records that a listing found; payloads are found by these.

    Attributes:
        artifacts: that are committed, those that others are made of first.
        uploads: songs that were uploaded, as tenant and id.
        singles: keys of what stands alone: votes, corrections, API keys, checkpoints of fits.
        jobs: by tenant and id, the names of the records that each has.
        stamps: of each record's object, size in bytes, and time of writing in seconds since the epoch.
    """

    artifacts: list[Artifact] = field(default_factory=list)
    uploads: list[tuple[str, str]] = field(default_factory=list)
    singles: list[str] = field(default_factory=list)
    jobs: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    stamps: dict[str, tuple[int, float | None]] = field(default_factory=dict)

    def keys(self) -> set[str]:
        """Return the keys of all records."""
        return {
            *(artifact.manifest for artifact in self.artifacts),
            *(keys.song_upload(*song) for song in self.uploads),
            *self.singles,
            *(keys.job_record(*job, name) for job, names in self.jobs.items() for name in names),
        }


def all_records(tenants: Iterable[str], walk: Callable[[str], Iterable[Listed]]) -> Records:
    """Return all records: none that is found rests on one that is not.

    Args:
        tenants: whose they are.
        walk: lists the objects under a prefix.
    """
    found = Records()
    for tenant in tenants:
        _sort(tenant, (one for prefix in _prefixes_of(tenant) for one in walk(prefix)), found)
    for key, size_bytes, written_s in walk(keys.api_keys_folder()):
        found.singles.append(key)
        found.stamps[key] = (size_bytes, written_s)
    return found


def _prefixes_of(tenant: str) -> list[str]:
    """Return what to list of a tenant, in an order in which nothing is listed before what rests on it."""
    kinds = [keys.kind_folder(tenant, kind) for kind in reversed(Kind)]
    return [keys.jobs_folder(tenant), *kinds, keys.corrections_folder(tenant), keys.votes_folder(tenant)]


def _sort(tenant: str, listed: Iterable[Listed], into: Records) -> None:
    """Sort the records out of what was listed of a tenant, by and by of all of `_prefixes_of`."""
    artifacts = []
    for key, size_bytes, written_s in listed:
        folder, name, *rest = key.removeprefix(keys.tenant_folder(tenant)).split("/")
        if folder == "jobs" and len(rest) == 1:
            into.jobs.setdefault((tenant, name), set()).add(rest[0].removesuffix(".json"))
        elif rest == ["manifest.json"]:
            artifacts.append(Artifact(tenant, Kind(folder), name))
        elif rest == ["upload.json"]:
            into.uploads.append((tenant, name))
        elif folder in ("corrections", "votes") or rest[:1] == ["checkpoints"]:
            into.singles.append(key)
        else:
            continue
        into.stamps[key] = (size_bytes, written_s)
    into.artifacts += reversed(artifacts)

"""Every key in the bucket, and how artifacts get theirs.

An artifact's key is the SHA-256 of its spec (inputs and parameters, see `specs.py`) and of its producer's
version. Everything of a tenant lies under `t/<tenant>/`:

    t/<tenant>/uploads/<uuid>                            while it streams in
    t/<tenant>/uploads/<uuid>/...                        in pieces; see `services.gateway.pieces`
    t/<tenant>/songs/<sha256>/source, upload.json        the bytes as uploaded, and what was said of them
    t/<tenant>/corrections/<sha256>.json                 what users know better of a song than its analysis
    t/<tenant>/votes/<id>.json                           which of two mixes was liked better
    t/<tenant>/<kind>/<key>/<attempt>/<payload>          what one attempt made
    t/<tenant>/<kind>/<key>/manifest.json                the commit: it names the attempt that counts
    t/<tenant>/<kind>/<key>/starts/<segment>/<n>.json    a task was started; see `shared.jobs.starts`
    t/<tenant>/models/<key>/checkpoints/<epoch>.npz      a fit in progress
    t/<tenant>/jobs/<id>/accepted.json, cancelled.json, outcome.json
    t/<tenant>/jobs-open/<id>                            until the job is terminal

Beside the tenants lie the API keys, of which only hashes are kept:

    keys/<id>/made.json, revoked.json                    see `services.gateway.access.keyring`
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

LOCAL_TENANT = "local"


class Kind(StrEnum):
    """The kinds of artifact, in the order in which they are needed. The value is the folder's name."""

    SONG = "songs"
    ANALYSIS = "analyses"
    CUT = "cuts"
    GAPPED = "gapped"
    SPECTRA = "spectra"
    DATASET = "datasets"
    MODEL = "models"
    POOL = "pools"
    SEQUENCE = "sequences"
    MIX = "mixes"
    PREVIEW = "previews"
    VIEW = "views"
    REPORT = "reports"
    BLOCK = "radio"

    @property
    def noun(self) -> str:
        """What one of them is called."""
        return self.name.lower()


PRODUCER_VERSIONS: dict[Kind, int] = {
    Kind.SONG: 1,
    Kind.ANALYSIS: 2,
    Kind.CUT: 4,
    Kind.GAPPED: 3,
    Kind.SPECTRA: 3,
    Kind.DATASET: 1,
    Kind.MODEL: 1,
    Kind.POOL: 3,
    Kind.SEQUENCE: 7,
    Kind.MIX: 8,
    Kind.PREVIEW: 5,
    Kind.VIEW: 1,
    Kind.REPORT: 1,
    Kind.BLOCK: 4,
}
"""Raise a kind's number when its producer would make other bytes of the same inputs: it computes anew."""


@dataclass(frozen=True, order=True)
class Artifact:
    """The name of one artifact: whose, what kind, which."""

    tenant: str
    kind: Kind
    key: str

    def __str__(self) -> str:
        return f"{self.tenant}/{self.kind}/{self.key}"

    @classmethod
    def parse(cls, text: str) -> Artifact:
        """Read back what `str` wrote."""
        tenant, kind, key = text.split("/")
        return cls(tenant, Kind(kind), key)

    @property
    def folder(self) -> str:
        """The prefix of everything of this artifact, with its slash."""
        return f"{kind_folder(self.tenant, self.kind)}{self.key}/"

    @property
    def manifest(self) -> str:
        """The key whose existence is the commit."""
        return f"{self.folder}manifest.json"

    @property
    def starts(self) -> str:
        """The prefix of the start records."""
        return f"{self.folder}starts/"

    @property
    def checkpoints(self) -> str:
        """The prefix of the checkpoints of a fit."""
        return f"{self.folder}checkpoints/"

    def payload(self, attempt: str, name: str) -> str:
        """Return the key of one payload of one attempt."""
        return f"{self.folder}{attempt}/{name}"


def digest(kind: Kind, spec: dict[str, Any]) -> str:
    """Return the artifact key of a spec: SHA-256 of its canonical JSON and its producer's version."""
    text = json.dumps([kind, PRODUCER_VERSIONS[kind], spec], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def tenant_folder(tenant: str) -> str:
    """Return the prefix of everything of a tenant."""
    return f"t/{tenant}/"


def kind_folder(tenant: str, kind: Kind) -> str:
    """Return the prefix of all artifacts of a kind."""
    return f"t/{tenant}/{kind}/"


def upload(tenant: str, name: str) -> str:
    """Return the key of an upload while it streams in."""
    return f"t/{tenant}/uploads/{name}"


def upload_folder(tenant: str, name: str) -> str:
    """Return the prefix of an upload that comes in pieces."""
    return f"{upload(tenant, name)}/"


def song_source(tenant: str, song: str) -> str:
    """Return the key of a song's bytes as they were uploaded."""
    return f"t/{tenant}/songs/{song}/source"


def song_upload(tenant: str, song: str) -> str:
    """Return the key of what was said of a song when it was uploaded."""
    return f"t/{tenant}/songs/{song}/upload.json"


def corrections_folder(tenant: str) -> str:
    """Return the prefix of what users said of a tenant's songs."""
    return f"t/{tenant}/corrections/"


def correction(tenant: str, song: str) -> str:
    """Return the key of what users said of a song."""
    return f"{corrections_folder(tenant)}{song}.json"


def votes_folder(tenant: str) -> str:
    """Return the prefix of a tenant's votes."""
    return f"t/{tenant}/votes/"


def vote(tenant: str, name: str) -> str:
    """Return the key of a vote between two mixes."""
    return f"{votes_folder(tenant)}{name}.json"


def jobs_folder(tenant: str) -> str:
    """Return the prefix of all job records of a tenant."""
    return f"t/{tenant}/jobs/"


def open_jobs_folder(tenant: str) -> str:
    """Return the prefix of the marks of jobs that are not terminal yet."""
    return f"t/{tenant}/jobs-open/"


def job_record(tenant: str, job: str, name: str) -> str:
    """Return the key of one of a job's records: `accepted`, `cancelled` or `outcome`."""
    return f"{jobs_folder(tenant)}{job}/{name}.json"


def open_job(tenant: str, job: str) -> str:
    """Return the key of the mark that a job is not terminal yet."""
    return f"{open_jobs_folder(tenant)}{job}"


def api_keys_folder() -> str:
    """Return the prefix of the records of all API keys."""
    return "keys/"


def api_key_record(identifier: str, name: str) -> str:
    """Return the key of one of an API key's records: `made` or `revoked`."""
    return f"{api_keys_folder()}{identifier}/{name}.json"

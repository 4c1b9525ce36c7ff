"""Artifacts in the store: found by their manifest, made by attempts, of which one commits.

Payloads go under an attempt's own folder; the manifest is created last and conditionally. The first
writer wins; a loser deletes its attempt and returns the winner's manifest. Where a manifest is, all of it is.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import structlog

from shared.errors import Corrupt, NotFound, Outdated, Unavailable
from shared.store.documents import find_document, from_json
from shared.store.keys import PRODUCER_VERSIONS, Artifact, Kind, kind_folder
from shared.store.manifests import Facts, Manifest, Payload, Problem
from shared.store.memory import Memory
from shared.store.objects import ObjectStore, new_attempt, open_ranged, sha256_of, to_json
from shared.store.specs import AnySpec

MAX_CACHED = 100_000
"""Manifests and the payloads that they name, in all, are remembered: some 70 MB."""
MAX_CACHE_AGE_S = 60.0
MAX_ATTEMPT_AGE_S = 12 * 3600.0
"""An attempt older than this does not commit. Clearing up takes attempts of a day that no manifest names, so
none that it may take ever gets one: not even that of a machine which slept over the weekend."""
log = structlog.get_logger(__name__)


class Attempt:
    """One try at making an artifact."""

    def __init__(self, store: ObjectStore, artifact: Artifact) -> None:
        self._store, self.artifact, self.name = store, artifact, new_attempt()
        self._payloads: dict[str, Payload] = {}
        self._may_be_the_artifact = False
        self._begun_s = time.time()  # Not the monotonic clock, which stands still while a machine sleeps.

    def put(self, name: str, data: bytes, content_type: str = "application/octet-stream") -> Payload:
        """Store one payload from memory."""
        self._store.put(self.artifact.payload(self.name, name), data, content_type)
        payload = Payload(
            sha256=hashlib.sha256(data).hexdigest(), size_bytes=len(data), content_type=content_type
        )
        self._payloads[name] = payload
        return payload

    def put_file(self, name: str, path: Path, content_type: str = "application/octet-stream") -> Payload:
        """Store one payload from a file."""
        self._store.put_file(self.artifact.payload(self.name, name), path, content_type)
        payload = Payload(sha256=sha256_of(path), size_bytes=path.stat().st_size, content_type=content_type)
        self._payloads[name] = payload
        return payload

    def commit(self, spec: AnySpec, facts: Facts) -> Manifest:
        """Make this attempt the artifact, or return the manifest of the one that was faster.

        Raises:
            Outdated: it began so long ago that its payloads may be gone.
        """
        took_s = time.time() - self._begun_s
        if took_s > MAX_ATTEMPT_AGE_S:
            raise Outdated(took_s=took_s, limit_s=MAX_ATTEMPT_AGE_S)
        return self._create(
            Manifest(
                producer=PRODUCER_VERSIONS[self.artifact.kind],
                spec=spec,
                attempt=self.name,
                payloads=dict(sorted(self._payloads.items())),
                facts=facts,
            )
        )

    def reject(self, spec: AnySpec, problem: Problem) -> Manifest:
        """Record that the artifact can never be made of its inputs."""
        self.abandon()
        return self._create(
            Manifest(
                producer=PRODUCER_VERSIONS[self.artifact.kind],
                spec=spec,
                attempt=self.name,
                problem=problem,
            )
        )

    def abandon(self) -> None:
        """Delete what this attempt stored, unless it may have become the artifact.

        What the store does not delete now is garbage, which clearing up takes.
        """
        if not self._payloads or self._may_be_the_artifact:
            return
        try:
            self._store.delete_all(f"{self.artifact.folder}{self.name}/")
        except Unavailable as error:
            log.warning("attempt left behind", action="attempt_left", attempt=self.name, cause=str(error))
        self._payloads = {}

    def _create(self, manifest: Manifest) -> Manifest:
        # From here on, whatever the store answers: a manifest may have arrived although its answer did not.
        self._may_be_the_artifact = True
        if self._store.create(self.artifact.manifest, to_json(manifest)):
            return manifest
        key = self.artifact.manifest
        winner = from_json(Manifest, self._store.get(key), key=key)
        if winner.attempt != self.name:  # The same attempt: our own first try arrived, its answer did not.
            self._may_be_the_artifact = False
            self.abandon()
        return winner


class Artifacts:
    """Find manifests and read payloads. Manifests never change, so they are remembered for a while."""

    def __init__(self, store: ObjectStore) -> None:
        self.store = store
        self._known: Memory[Artifact, Manifest] = Memory(MAX_CACHED, lambda one: 1 + len(one.payloads))
        self._since, self._generation = time.monotonic(), 0

    def refresh(self, generation: int) -> None:
        """Forget what is remembered if anything was deleted since, by the count of deletions."""
        old = time.monotonic() - self._since > MAX_CACHE_AGE_S
        if generation != self._generation or old:
            self._known.clear()
            self._since, self._generation = time.monotonic(), generation

    def find(self, artifact: Artifact) -> Manifest | None:
        """Return the manifest, or None while the artifact is not committed.

        Raises:
            Illegible: it is damaged.
        """
        known = self._known.get(artifact)
        if known is None and (known := find_document(self.store, Manifest, artifact.manifest)) is not None:
            self._known.keep(artifact, known)
        return known

    def get(self, artifact: Artifact) -> Manifest:
        """Return the manifest of an artifact that must be there.

        Raises:
            NotFound: it is not.
        """
        manifest = self.find(artifact)
        if manifest is None:
            raise NotFound(artifact.kind.noun, artifact.key)
        return manifest

    def keys(self, tenant: str, kind: Kind, *, after: str | None = None) -> Iterator[str]:
        """Yield the keys of the artifacts of a kind, committed or not, in order."""
        return self.store.folders(kind_folder(tenant, kind), after=after)

    def read(self, artifact: Artifact, name: str) -> bytes:
        """Return a payload, checked against the SHA-256 in its manifest.

        Raises:
            Corrupt: the bytes are others than those that were committed.
        """
        manifest = self.get(artifact)
        data = self.store.get(artifact.payload(manifest.attempt, name))
        found, needed = hashlib.sha256(data).hexdigest(), manifest.payloads[name].sha256
        if found != needed:
            raise Corrupt(what=f"bytes of {name} ({artifact})", found=f"SHA-256 {found}", needed=needed)
        return data

    def open(self, artifact: Artifact, name: str) -> BinaryIO:
        """Open a payload as a seekable file that fetches the ranges that are read."""
        return open_ranged(self.store, self.payload_key(artifact, name))

    def payload_key(self, artifact: Artifact, name: str) -> str:
        """Return the object key of a committed payload."""
        manifest = self.get(artifact)
        if name not in manifest.payloads:
            raise NotFound(f"{name} of {artifact.kind.removesuffix('s')}", artifact.key)
        return artifact.payload(manifest.attempt, name)

    def delete(self, artifact: Artifact) -> None:
        """Delete an artifact: its manifest first, so that it is never seen half deleted."""
        # Listed before: once the manifest is gone, another may make it anew, and keeps what it has stored.
        stored = [one.key for one in self.store.list(artifact.folder) if one.key != artifact.manifest]
        self.store.delete(artifact.manifest)
        self._known.pop(artifact, None)
        self.store.delete_many(stored)

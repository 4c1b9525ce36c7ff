"""From the bucket into the folder: all that is new since the last time, checked as it comes.

Of a bucket, one block per thread and the names of its records are held in memory.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial

from cli.backup.folder import BackupFolder
from cli.backup.order import JOB_RECORDS, Committed, Records, prefixes_of, records_of
from shared.errors import Corrupt
from shared.store import keys
from shared.store.keys import Artifact
from shared.store.objects import ObjectMissing, ObjectStore

__all__ = ["Done", "save"]

AT_ONCE = 8
"""Payloads that are copied side by side: most of it is waiting for the store."""


@dataclass
class Done:
    """What a backup or a restore did.

    Attributes:
        copied: objects that were copied.
        copied_bytes: their size.
        unchanged: records that were there already, with all that they name.
        removed: objects of the folder that the bucket has no more.
        damaged: what was not copied since it is not what its record says, in words.
    """

    copied: int = 0
    copied_bytes: int = 0
    unchanged: int = 0
    removed: int = 0
    damaged: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def count(self, size_bytes: int) -> None:
        """Count a copied object; from any thread."""
        with self._lock:
            self.copied += 1
            self.copied_bytes += size_bytes


def save(
    store: ObjectStore, folder: BackupFolder, *, tell: Callable[[int, int], None] = lambda _done, _of: None
) -> Done:
    """Bring a folder up to what is in the bucket.

    Args:
        store: the bucket.
        folder: a prepared folder; what it holds from before is not copied again.
        tell: told now and then how many of how many records are done.
    """
    records = list_records(store)
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="copying") as pool:
        saving = _Saving(store, folder, records, pool, tell)
        saving.copy()
    saving.prune()
    return saving.done


def list_records(store: ObjectStore) -> Records:
    """Return the records of a bucket: none that is listed rests on one that is not."""
    found = Records()
    for tenant in store.folders("t/"):
        listed = (
            (one.key, one.size_bytes, one.modified.timestamp() if one.modified else None)
            for prefix in prefixes_of(tenant)
            for one in store.list(prefix)
        )
        records_of(tenant, listed, found)
    for one in store.list(keys.api_keys_folder()):
        found.singles.append(one.key)
        found.stamps[one.key] = (one.size_bytes, one.modified.timestamp() if one.modified else None)
    return found


class _Saving:
    def __init__(
        self,
        store: ObjectStore,
        folder: BackupFolder,
        records: Records,
        pool: ThreadPoolExecutor,
        tell: Callable[[int, int], None],
    ) -> None:
        self._store, self._folder, self._records, self._pool = store, folder, records, pool
        self._tell, self._told = tell, 0
        self.done = Done()

    def copy(self) -> None:
        """Copy what rests on nothing first, and jobs last."""
        for song in self._records.uploads:
            self._record(keys.song_upload(*song), partial(self._source, *song))
        for artifact in self._records.artifacts:
            self._record(artifact.manifest, partial(self._payloads, artifact))
        for key in self._records.singles:
            self._record(key)
        for job, names in self._records.jobs.items():
            for name in (name for name in JOB_RECORDS if name in names):
                self._record(keys.job_record(*job, name))

    def prune(self) -> None:
        """Delete what the bucket had no more when it was listed, records before what they name."""
        self._folder.delete_drafts()
        known = self._records.keys()
        gone = [key for key, *_ in self._folder.walk("") if _is_record(key) and key not in known]
        for key in gone:
            self._folder.delete(key)
        named = {key for tenant_key in known for key in self._named_by(tenant_key)}
        rest = [key for key, *_ in self._folder.walk("t/") if not _is_record(key) and key not in named]
        for key in rest:
            self._folder.delete(key)
        self.done.removed = len(gone) + len(rest)

    def _record(self, key: str, fetch: Callable[[bytes], None] = lambda _: None) -> None:
        """Copy a record, after what it names; leave it out if that was deleted meanwhile, or is damaged."""
        self._told += 1
        self._tell(self._told, len(self._records.stamps))
        size_bytes, written_s = self._records.stamps[key]
        # What users say of songs is replaced, perhaps twice within a clock's tick; all else is written once.
        is_fixed = not key.startswith(keys.corrections_folder(key.split("/")[1]))
        if is_fixed and self._folder.is_same(key, size_bytes, written_s):
            self.done.unchanged += 1
            return
        try:
            data = self._store.get(key)
            fetch(data)
        except ObjectMissing:
            self._folder.delete(key)
            return
        except Corrupt as damage:
            self._folder.delete(key)
            self.done.damaged.append(str(damage))
            return
        self._folder.write(key, [data], written_s=written_s)
        self.done.count(len(data))

    def _source(self, tenant: str, song: str, _record: bytes) -> None:
        key = keys.song_source(tenant, song)
        if self._folder.path(key).is_file():
            return
        self.done.count(self._folder.write(key, self._store.stream(key), sha256=song))

    def _payloads(self, artifact: Artifact, data: bytes) -> None:
        committed = Committed.model_validate_json(data)

        def fetch(name: str) -> None:
            key, payload = artifact.payload(committed.attempt, name), committed.payloads[name]
            if self._folder.has(key, payload.size_bytes):
                return  # Of a run that was broken off: it was checked when it was written.
            try:
                size_bytes = self._folder.write(key, self._store.stream(key), sha256=payload.sha256)
            except ObjectMissing:
                if self._store.find(artifact.manifest) == data:
                    found, needed = "no object", f"SHA-256 {payload.sha256}"
                    raise Corrupt(what=f"bytes of {key}", found=found, needed=needed) from None
                raise
            self.done.count(size_bytes)

        copies = [self._pool.submit(fetch, name) for name in committed.payloads]
        wait(copies)
        for copy in copies:
            copy.result()

    def _named_by(self, key: str) -> list[str]:
        _, tenant, folder, name = key.split("/")[:4] if key.startswith("t/") else ("", "", "", "")
        if key.endswith("/upload.json"):
            return [keys.song_source(tenant, name)]
        data = self._folder.read(key) if key.endswith("/manifest.json") else None
        if data is None:
            return []
        committed = Committed.model_validate_json(data)
        return [f"t/{tenant}/{folder}/{name}/{committed.attempt}/{payload}" for payload in committed.payloads]


def _is_record(key: str) -> bool:
    folder = key.split("/")[2] if key.startswith("t/") else ""
    return (
        folder in ("", "jobs", "corrections")
        or key.endswith(("/manifest.json", "/upload.json"))
        or "/checkpoints/" in key
    )

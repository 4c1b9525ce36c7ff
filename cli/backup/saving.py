"""From the bucket into the folder: all that is new since the last time, checked as it comes.

Of a bucket, one block per thread and the names of its records are held in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait

from cli.backup.copying import Bring, Copying, Done, Tell, copying_threads
from cli.backup.folder import BackupFolder
from cli.backup.order import Committed, Listed, Records, all_records
from shared.errors import Corrupt
from shared.store import keys
from shared.store.keys import Artifact
from shared.store.objects import ObjectMissing, ObjectStore

__all__ = ["save"]


def save(store: ObjectStore, folder: BackupFolder, *, tell: Tell = lambda _done, _of: None) -> Done:
    """Bring a folder up to what is in the bucket.

    Args:
        store: the bucket.
        folder: a prepared folder; what it holds from before is not copied again.
        tell: told now and then how many of how many records are done.
    """

    def walk(prefix: str) -> Iterator[Listed]:
        for one in store.list(prefix):
            yield one.key, one.size_bytes, one.modified.timestamp() if one.modified else None

    records = all_records(store.folders("t/"), walk)
    with copying_threads() as pool:
        saving = _Saving(store, folder, records, pool, tell)
        saving.copy()
    saving.prune()
    return saving.done


class _Saving(Copying):
    def __init__(
        self, store: ObjectStore, folder: BackupFolder, records: Records, pool: ThreadPoolExecutor, tell: Tell
    ) -> None:
        super().__init__(records, pool, tell)
        self._store, self._folder = store, folder

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

    def _record(self, key: str, bring: Bring) -> None:
        """Copy a record, after what it names; leave it out if that was deleted meanwhile, or is damaged."""
        size_bytes, written_s = self._records.stamps[key]
        # What users say of songs is replaced, perhaps twice within a clock's tick; all else is written once.
        is_fixed = not key.startswith(keys.corrections_folder(key.split("/")[1]))
        if is_fixed and self._folder.is_same(key, size_bytes, written_s):
            self.done.unchanged += 1
            return
        try:
            data = self._store.get(key)
            bring(data)
        except ObjectMissing:
            self._folder.delete(key)
            return
        except Corrupt as damage:
            self._folder.delete(key)
            self.done.damaged.append(str(damage))
            return
        self._folder.write(key, [data], written_s=written_s)
        self.done.count(len(data))

    def _source(self, tenant: str, song: str, record: bytes) -> bool:
        key = keys.song_source(tenant, song)
        if not self._folder.path(key).is_file():
            self.done.count(self._folder.write(key, self._store.stream(key), sha256=song))
        return True

    def _payloads(self, artifact: Artifact, manifest: bytes) -> bool:
        committed = Committed.model_validate_json(manifest)

        def fetch(name: str) -> None:
            key, payload = artifact.payload(committed.attempt, name), committed.payloads[name]
            if self._folder.has(key, payload.size_bytes):
                return  # Of a run that was broken off: it was checked when it was written.
            try:
                size_bytes = self._folder.write(key, self._store.stream(key), sha256=payload.sha256)
            except ObjectMissing:
                if self._store.find(artifact.manifest) == manifest:
                    found, needed = "no object", f"SHA-256 {payload.sha256}"
                    raise Corrupt(what=f"bytes of {key}", found=found, needed=needed) from None
                raise
            self.done.count(size_bytes)

        copies = [self._pool.submit(fetch, name) for name in committed.payloads]
        wait(copies)
        for copy in copies:
            copy.result()
        return True

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
        folder in ("", "jobs", "corrections", "votes")
        or key.endswith(("/manifest.json", "/upload.json"))
        or "/checkpoints/" in key
    )

"""From the folder into a bucket: what is there stays, so it can be broken off and repeated.

Each record is written after what it names, jobs last, so that workers that run already find nothing half.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from cli.backup.copying import Bring, Copying, Done, Tell, copying_threads
from cli.backup.folder import BackupFolder
from cli.backup.order import Committed, Records, all_records
from shared.store import keys
from shared.store.keys import Artifact
from shared.store.objects import ObjectStore, sha256_of

__all__ = ["restore"]


def restore(folder: BackupFolder, store: ObjectStore, *, tell: Tell = lambda _done, _of: None) -> Done:
    """Bring a bucket up to what a backup holds.

    Args:
        folder: a whole backup.
        store: the bucket, which exists.
        tell: told now and then how many of how many records are done.
    """
    records = all_records(folder.tenants(), folder.walk)
    with copying_threads() as pool:
        restoring = _Restoring(folder, store, records, pool, tell)
        restoring.copy()
    return restoring.done


class _Restoring(Copying):
    def __init__(
        self, folder: BackupFolder, store: ObjectStore, records: Records, pool: ThreadPoolExecutor, tell: Tell
    ) -> None:
        super().__init__(records, pool, tell)
        self._folder, self._store = folder, store

    def _job(self, job: tuple[str, str], names: set[str]) -> None:
        if "accepted" not in names:
            return
        if "outcome" not in names and not self._store.exists(keys.job_record(*job, "accepted")):
            self._store.put(keys.open_job(*job), b"")  # Before, as the gateway does.
        super()._job(job, names)

    def _record(self, key: str, bring: Bring) -> None:
        """Create a record, after what it names, unless there is one."""
        if self._store.exists(key):
            self.done.unchanged += 1
            return
        data = self._folder.path(key).read_bytes()
        if not bring(data):
            return
        if key.endswith(".json"):
            self._store.create(key, data)
        else:
            self._store.put(key, data)
        self.done.count(len(data))

    def _source(self, tenant: str, song: str, record: bytes) -> bool:
        return self._send(keys.song_source(tenant, song), song, "application/octet-stream")

    def _payloads(self, artifact: Artifact, manifest: bytes) -> bool:
        committed = Committed.model_validate_json(manifest)

        def send(name: str) -> bool:
            payload = committed.payloads[name]
            return self._send(artifact.payload(committed.attempt, name), payload.sha256, payload.content_type)

        return all(list(self._pool.map(send, committed.payloads)))

    def _send(self, key: str, sha256: str, content_type: str) -> bool:
        """Send a payload, unless it is damaged; tell whether it is there."""
        path = self._folder.path(key)
        found = sha256_of(path) if path.is_file() else None
        if found != sha256:
            told = (
                "missing, though its record names it" if found is None else f"SHA-256 {found}, not {sha256}"
            )
            self.done.damaged.append(f"{path}: {told}")
            return False
        self._store.put_file(key, path, content_type)
        self.done.count(path.stat().st_size)
        return True

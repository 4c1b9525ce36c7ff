"""From the folder into a bucket: what is there stays, so it can be broken off and repeated.

Each record is written after what it names, jobs last, so that workers that run already find nothing half.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from cli.backup.folder import BackupFolder
from cli.backup.order import JOB_RECORDS, Committed, Records, prefixes_of, records_of
from cli.backup.saving import AT_ONCE, Done
from shared.store import keys
from shared.store.keys import Artifact
from shared.store.objects import ObjectStore, sha256_of

__all__ = ["restore"]


def restore(
    folder: BackupFolder, store: ObjectStore, *, tell: Callable[[int, int], None] = lambda _done, _of: None
) -> Done:
    """Bring a bucket up to what a backup holds.

    Args:
        folder: a whole backup.
        store: the bucket, which exists.
        tell: told now and then how many of how many records are done.
    """
    records = Records()
    for tenant in folder.tenants():
        listed = (one for prefix in prefixes_of(tenant) for one in folder.walk(prefix))
        records_of(tenant, listed, records)
    for key, size_bytes, written_s in folder.walk(keys.api_keys_folder()):
        records.singles.append(key)
        records.stamps[key] = (size_bytes, written_s)
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="copying") as pool:
        restoring = _Restoring(folder, store, records, pool, tell)
        restoring.copy()
    return restoring.done


class _Restoring:
    def __init__(
        self,
        folder: BackupFolder,
        store: ObjectStore,
        records: Records,
        pool: ThreadPoolExecutor,
        tell: Callable[[int, int], None],
    ) -> None:
        self._folder, self._store, self._records, self._pool = folder, store, records, pool
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
            if "accepted" in names:
                self._job(job, names)

    def _job(self, job: tuple[str, str], names: set[str]) -> None:
        is_open = "outcome" not in names and not self._store.exists(keys.job_record(*job, "accepted"))
        for name in (name for name in JOB_RECORDS if name in names):
            if name == "accepted" and is_open:
                self._store.put(keys.open_job(*job), b"")  # Before, as the gateway does.
            self._record(keys.job_record(*job, name))

    def _record(self, key: str, send: Callable[[], bool] = lambda: True) -> None:
        """Create a record, after what it names, unless there is one."""
        self._told += 1
        self._tell(self._told, len(self._records.stamps))
        if self._store.exists(key):
            self.done.unchanged += 1
            return
        if send():
            data = self._folder.path(key).read_bytes()
            if key.endswith(".json"):
                self._store.create(key, data)
            else:
                self._store.put(key, data)
            self.done.count(len(data))

    def _source(self, tenant: str, song: str) -> bool:
        return self._send(keys.song_source(tenant, song), song, "application/octet-stream")

    def _payloads(self, artifact: Artifact) -> bool:
        committed = Committed.model_validate_json(self._folder.path(artifact.manifest).read_bytes())

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

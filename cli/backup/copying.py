"""What copying has in common, whichever way: each record comes after what it names, and jobs come last."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from cli.backup.order import JOB_RECORDS, Records
from shared.store import keys
from shared.store.keys import Artifact

__all__ = ["Bring", "Copying", "Done", "Tell", "copying_threads"]

Bring = Callable[[bytes], bool]
"""Copies what a record names, given its bytes; tells whether it may be copied itself."""
Tell = Callable[[int, int], None]
"""Told now and then how many of how many records are done."""


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


def copying_threads() -> ThreadPoolExecutor:
    """Return threads that copy payloads side by side: most of it is waiting for the store."""
    return ThreadPoolExecutor(8, thread_name_prefix="copying")


class Copying(ABC):
    """One run from a bucket into a folder, or back.

    Args:
        records: what is copied.
        pool: copies payloads.
        tell: see `Tell`.
    """

    def __init__(self, records: Records, pool: ThreadPoolExecutor, tell: Tell) -> None:
        self._records, self._pool = records, pool
        self._tell, self._told = tell, 0
        self.done = Done()

    def copy(self) -> None:
        """Copy what rests on nothing first, and jobs last."""
        for song in self._records.uploads:
            self._next(keys.song_upload(*song), partial(self._source, *song))
        for artifact in self._records.artifacts:
            self._next(artifact.manifest, partial(self._payloads, artifact))
        for key in self._records.singles:
            self._next(key)
        for job, names in self._records.jobs.items():
            self._job(job, names)

    def _next(self, key: str, bring: Bring = lambda _record: True) -> None:
        self._told += 1
        self._tell(self._told, len(self._records.stamps))
        self._record(key, bring)

    def _job(self, job: tuple[str, str], names: set[str]) -> None:
        """Copy the records of a job."""
        for name in (name for name in JOB_RECORDS if name in names):
            self._next(keys.job_record(*job, name))

    @abstractmethod
    def _record(self, key: str, bring: Bring) -> None:
        """Copy a record, after what it names."""

    @abstractmethod
    def _source(self, tenant: str, song: str, record: bytes) -> bool:
        """Copy the bytes of a song as they were uploaded."""

    @abstractmethod
    def _payloads(self, artifact: Artifact, manifest: bytes) -> bool:
        """Copy the payloads of an artifact."""

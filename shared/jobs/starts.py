"""Starts are counted per artifact, in the bucket: the fourth is refused.

A start record is created when a task begins and deleted when its artifact is committed. A fit counts anew
after every checkpoint, since it made progress. A worker that is killed leaves its record without a cause;
one that shuts down in order takes its record back.

Records are asked for by their names, as they are created, and not listed: a store whose disk was full can
hold objects that no list shows, and then the fourth start was refused while none seemed to have been.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pydantic import Field

from shared.errors import GaveUp
from shared.store.documents import from_json
from shared.store.keys import Artifact
from shared.store.manifests import Document
from shared.store.objects import ObjectStore, to_json

MAX_STARTS = 3
KILLED = "the worker that ran it died without a word (killed, out of memory, or its machine is gone)"
WAIT_AFTER_ERROR_S = (0.0, 3.0, 15.0)
"""Seconds to wait after the n-th start ended in an error; a killed one is repeated at once."""


class StartRecord(Document):
    """One start, and why it ended if it told."""

    number: int
    worker: str
    started_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    cause: str | None = None
    ended_at: datetime | None = None


class Starts:
    """Count and explain the starts of one artifact's task, within one segment of it."""

    def __init__(self, store: ObjectStore, artifact: Artifact, segment: int = 0) -> None:
        self._store, self._artifact = store, artifact
        self._folder = f"{artifact.starts}{segment:06d}/"

    @classmethod
    def latest(cls, store: ObjectStore, artifact: Artifact) -> Starts:
        """Return the starts of the last segment that was begun: a fit stores checkpoints while it runs."""
        names = [stored.key.removeprefix(artifact.starts) for stored in store.list(artifact.starts)]
        return cls(store, artifact, max((int(name.split("/")[0]) for name in names), default=0))

    def begin(self, worker: str) -> StartRecord:
        """Count a start.

        Raises:
            GaveUp: it was started as often as allowed.
        """
        for number in range(1, MAX_STARTS + 1):
            record = StartRecord(number=number, worker=worker)
            data = to_json(record)
            if self._store.create(self._key(number), data) or self._store.find(self._key(number)) == data:
                return record  # The same bytes: our own first try arrived, its answer did not.
        raise self.given_up()

    def all(self) -> list[StartRecord]:
        """Return the starts so far."""
        found = []
        for number in range(1, MAX_STARTS + 1):
            key = self._key(number)
            data = self._store.find(key)
            if data is None:
                break
            found.append(from_json(StartRecord, data, key=key))
        return found

    def explain(self, record: StartRecord, cause: str) -> None:
        """Note why a start ended without its artifact."""
        told = record.model_copy(update={"cause": cause, "ended_at": datetime.now(UTC)})
        self._store.put(self._key(record.number), to_json(told))

    def withdraw(self, record: StartRecord) -> None:
        """Take a start back: it was handed back, not failed."""
        self._store.delete(self._key(record.number))

    def clear(self) -> None:
        """Forget all starts, of every segment."""
        listed = [stored.key for stored in self._store.list(self._artifact.starts)]
        own = [self._key(number) for number in range(1, MAX_STARTS + 1)]
        self._store.delete_many(sorted({*listed, *own}))

    def verdict(self) -> GaveUp | timedelta:
        """Tell why there is no further start, or how long to wait before it."""
        records = self.all()
        if len(records) >= MAX_STARTS:
            return self.given_up()
        last = records[-1] if records else None
        if last is None or last.ended_at is None:
            return timedelta(0)
        wait = timedelta(seconds=WAIT_AFTER_ERROR_S[len(records)])
        return max(timedelta(0), last.ended_at + wait - datetime.now(UTC))

    def given_up(self) -> GaveUp:
        """Describe the failure of the last start."""
        records = self.all()
        cause = (records[-1].cause if records else None) or KILLED
        return GaveUp(step=self._artifact.kind, starts=len(records), cause=cause)

    def _key(self, number: int) -> str:
        return f"{self._folder}{number}.json"

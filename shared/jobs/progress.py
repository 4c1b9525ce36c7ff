"""Progress of artifacts, in Valkey: shown by every job that wants them, and lost without harm.

Each report is kept for a while and announced on one channel, to which a gateway process subscribes once.
"""

from __future__ import annotations

import time

import redis
from pydantic import BaseModel, ConfigDict

from shared.jobs.leases import translated
from shared.settings import Settings, get_settings
from shared.store.keys import Artifact

KEPT_S = 300


class Progress(BaseModel):
    """How far a running task is."""

    model_config = ConfigDict(frozen=True)

    done: float
    total: float
    unit: str
    """What is counted: `epochs`, `steps`, `chunks`, `seconds`."""
    eta_s: float | None = None
    note: str | None = None
    """One line on what it is at, such as the loss of the last epoch."""
    at: float = 0.0


class ProgressBoard:
    """Write and read progress."""

    def __init__(self, valkey: redis.Redis, settings: Settings | None = None) -> None:
        self._valkey = valkey
        prefix = (settings or get_settings()).key_prefix
        self._prefix, self.channel = f"{prefix}progress:", f"{prefix}events"

    def report(self, artifact: Artifact, progress: Progress) -> None:
        """Keep and announce a report."""
        with translated():
            text = progress.model_copy(update={"at": time.time()}).model_dump_json()
            self._valkey.set(f"{self._prefix}{artifact}", text, ex=KEPT_S)
            self._valkey.publish(self.channel, str(artifact))

    def announce(self, subject: str) -> None:
        """Say that something changed: an artifact, or a job."""
        with translated():
            self._valkey.publish(self.channel, subject)

    def read(self, artifacts: list[Artifact]) -> dict[Artifact, Progress]:
        """Return the latest reports there are."""
        if not artifacts:
            return {}
        with translated():
            values = self._valkey.mget([f"{self._prefix}{artifact}" for artifact in artifacts])
        found = zip(artifacts, values, strict=True)
        return {artifact: Progress.model_validate_json(value) for artifact, value in found if value}

"""Follow a job to its end: by server-sent events, and by looking where they do not come.

A stream that breaks is opened again and told which event was seen last, so nothing comes twice; one that
never says anything (a proxy that holds events back) is given up for looking. A gateway that restarts is
waited for.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from segue_client.documents import Job
from segue_client.errors import Away, JobCancelled, JobFailed, NoGateway
from segue_client.events import EventReader
from segue_client.flows import Flow, Items, Open, Pause, Read, Request, Tell, answered, ask

__all__ = ["ENDED", "PATIENCE_S", "POLL_S", "follow", "wait"]

ENDED = frozenset({"succeeded", "failed", "cancelled"})
"""The final states of a job."""
POLL_S = 1.0
PATIENCE_S = 60.0
"""So long may a gateway be away before a job is no longer followed."""
QUIET_S = 40.0
"""A stream that says nothing for so long is dead: the gateway sends a comment every 15 s."""

Hear = Callable[[Job], object]


def follow(job_id: str) -> Items[Job]:
    """Tell a job as it is now and whenever it changes; the last is its end.

    Raises:
        NoGateway, Away: there was no gateway for `PATIENCE_S`.
        NotFound: there is no such job.
    """
    return Items(_followed(job_id, lambda job: None))


def wait(job_id: str, *, hear: Hear = lambda job: None) -> Flow[Job]:
    """Follow a job to its end, and return it as it has succeeded.

    Args:
        job_id: its id.
        hear: called with the job as it is now, and whenever it changes.

    Raises:
        JobFailed, JobCancelled: it ended otherwise.
    """
    job = yield from _followed(job_id, hear)
    if job["state"] == "cancelled":
        raise JobCancelled(job)
    if job["state"] != "succeeded":
        raise JobFailed(job)
    return job


def _followed(job_id: str, hear: Hear) -> Flow[Job]:
    streams, away_s = True, 0.0
    stream = _Stream(job_id)
    while True:
        stream.said = False
        try:
            job = yield from stream.told(hear) if streams else _looked_at(job_id, hear)
            away_s = 0.0
            if job is not None and job["state"] in ENDED:
                return job
        except (NoGateway, Away):
            away_s = 0.0 if stream.said else away_s + POLL_S
            if away_s > PATIENCE_S:
                raise
        streams = streams and stream.said
        yield Pause(POLL_S)


def _looked_at(job_id: str, hear: Hear) -> Flow[Job]:
    job: Job = yield from ask("GET", f"jobs/{job_id}")
    hear(job)
    yield Tell(job)
    return job


class _Stream:
    """The events of a job, over several connections.

    Attributes:
        said: whether anything came on this one, be it a comment.
    """

    def __init__(self, job_id: str) -> None:
        self._path = f"jobs/{job_id}/events"
        self._seen = ""
        self.said = False

    def told(self, hear: Hear) -> Flow[Job | None]:
        """Tell the job as long as the stream lasts; return its end, or None where that has not come."""
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": self._seen} if self._seen else {})
        yield from answered(Open(Request("GET", self._path, headers=headers, quiet_s=QUIET_S)))
        reader = EventReader()
        while (block := (yield Read())) is not None:
            self.said = True
            for event in reader.read(block):
                self._seen = event.id
                job: Job = json.loads(event.data)
                hear(job)
                yield Tell(job)
                if job["state"] in ENDED:
                    return job
        return None

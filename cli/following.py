"""Follow a job to its end: by server-sent events, and by polling where they do not come.

A stream that breaks after it has told something is opened again; one that never tells anything (a proxy
that holds events back) is given up for polling. A gateway that restarts is waited for.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, cast

from cli.documents import ENDED, Job
from cli.errors import ApiProblem, NoGateway

if TYPE_CHECKING:
    from cli.client import Gateway

POLL_S = 1.0
PATIENCE_S = 60.0
"""So long may a gateway be away before a job is no longer followed."""


def follow(gateway: Gateway, job_id: str, *, pause: Callable[[float], None] = time.sleep) -> Iterator[Job]:
    """Yield a job as it is now and whenever it changes; the last is its end.

    Raises:
        NoGateway: it was away for `PATIENCE_S`.
        ApiProblem: there is no such job.
    """
    streams, away_s = True, 0.0
    while True:
        told = False
        try:
            if streams:
                for job in gateway.job_events(job_id):
                    told, away_s = True, 0.0
                    yield job
                    if job["state"] in ENDED:
                        return
            streams = streams and told
            job = gateway.job(job_id)
        except (NoGateway, ApiProblem) as error:
            streams = streams and told
            if isinstance(error, ApiProblem) and not error.is_unavailability:
                raise
            away_s += POLL_S
            if away_s > PATIENCE_S:
                raise
        else:
            away_s = 0.0
            yield job
            if job["state"] in ENDED:
                return
        pause(POLL_S)


def parse_events(lines: Iterable[str]) -> Iterator[Job]:
    """Yield the jobs that a stream of server-sent events tells, given its lines without their ends."""
    data: list[str] = []
    for line in lines:
        if line.startswith("data:"):
            data.append(line.removeprefix("data:").removeprefix(" "))
        elif not line and data:
            yield cast(Job, json.loads("\n".join(data)))
            data = []

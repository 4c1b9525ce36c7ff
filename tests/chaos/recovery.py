"""How long it took until all went on after each fault, read from the journal and the services' logs.

- Of a task that was killed or handed back: until its artifact was begun again or committed.
- Of the gateway: until it answered again.
- Of servers and connections: from the fault's end until a worker began or committed anything.

A fault after which nothing was there to be done, or that another fault followed before, counts no time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from shared.queue import TASK_OF
from shared.store.keys import Artifact
from tests.chaos.journal import Event
from tests.chaos.schedule import FaultKind

OF_TASKS = (FaultKind.KILL_CHILD, FaultKind.KILL_WORKER, FaultKind.STOP_WORKER)
_ENDS = ("artifact_committed", "artifact_lost", "artifact_rejected", "task_failed", "task_interrupted")
_MOVES = ("task_started", "artifact_committed")


@dataclass(frozen=True)
class Recovery:
    """How long one fault was felt, in seconds."""

    number: int
    kind: str
    seconds: float


def recoveries(journal: Iterable[Event], told: Sequence[Event]) -> list[Recovery]:
    """Return a time for each fault that had something to recover from.

    Args:
        journal: of the campaign.
        told: what services told in their logs, oldest first.
    """
    events = list(journal)
    found = []
    for healed in (event for event in events if event.what == "healed"):
        kind, began_s = healed.facts["kind"], healed.facts["began_s"]
        if kind in OF_TASKS:
            times = _tasks_again(told, began_s, healed.facts["target"])
        elif kind == FaultKind.KILL_GATEWAY:
            times = [
                event.at_s - began_s
                for event in events
                if event.what == "gateway_up" and event.at_s > began_s
            ][:1]
        else:
            times = [
                event.at_s - healed.at_s
                for event in told
                if event.what in _MOVES and event.at_s > healed.at_s
            ][:1]
        found += [Recovery(healed.facts["number"], kind, round(seconds, 2)) for seconds in times[:1]]
    return found


def _tasks_again(told: Sequence[Event], began_s: float, queue: str) -> list[float]:
    """Return the longest time until any task of a queue that ran then was begun again or committed."""
    running: dict[str, Event] = {}
    for event in told:
        if event.at_s >= began_s:
            break
        artifact = event.facts.get("artifact", "")
        if event.what == "task_started" and TASK_OF[Artifact.parse(artifact).kind].queue == queue:
            running[artifact] = event
        elif event.what in _ENDS:
            running.pop(artifact, None)
    again = {}
    for event in told:
        artifact = event.facts.get("artifact", "")
        if event.at_s > began_s and event.what in _MOVES and artifact in running and artifact not in again:
            again[artifact] = event.at_s - began_s
    return [max(again.values())] if again else []


def summary(found: Iterable[Recovery]) -> dict[str, dict[str, float]]:
    """Return the number of times, their median, 95th percentile and maximum by kind of fault, and of all."""
    by_kind: dict[str, list[float]] = {}
    for one in found:
        by_kind.setdefault(one.kind, []).append(one.seconds)
        by_kind.setdefault("all", []).append(one.seconds)
    return {
        kind: {
            "times": len(times),
            "p50_s": round(float(np.percentile(times, 50)), 1),
            "p95_s": round(float(np.percentile(times, 95)), 1),
            "max_s": round(max(times), 1),
        }
        for kind, times in sorted(by_kind.items())
    }

"""How long it took until all went on after each fault, read from the journal and the services' logs.

- Of a task that was killed or handed back: until its artifact was begun again or committed.
- Of the gateway: until it answered again.
- Of servers and connections: from the fault's end until a worker began or committed anything.

A fault after which nothing was there to be done counts no time. Others mostly follow before all has
recovered, and while these keep a server away, nothing can go on: that is told apart, as `outages_s`.
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
OF_SERVERS = tuple(kind for kind in FaultKind if kind not in (*OF_TASKS, FaultKind.KILL_GATEWAY))
_ENDS = ("artifact_committed", "artifact_lost", "artifact_rejected", "task_failed", "task_interrupted")
_MOVES = ("task_started", "artifact_committed")


@dataclass(frozen=True)
class Recovery:
    """How long one fault was felt, in seconds.

    Attributes:
        outages_s: for so long of these, later faults kept Valkey, the store or the way to them away.
    """

    number: int
    kind: str
    seconds: float
    outages_s: float = 0.0

    @property
    def net_s(self) -> float:
        """How long it was felt while all servers could be reached."""
        return self.seconds - self.outages_s


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
        since_s = began_s if kind in (*OF_TASKS, FaultKind.KILL_GATEWAY) else healed.at_s
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
        for seconds in times[:1]:
            away_s = _away_s(events, healed, since_s, since_s + seconds)
            found.append(Recovery(healed.facts["number"], kind, round(seconds, 2), round(away_s, 2)))
    return found


def _away_s(events: Iterable[Event], own: Event, since_s: float, until_s: float) -> float:
    """Return for how long of a span other faults kept servers away; these come one after another."""
    spans = [
        (max(since_s, event.facts["began_s"]), min(until_s, event.at_s))
        for event in events
        if event.what == "healed" and event is not own and event.facts["kind"] in OF_SERVERS
    ]
    return sum(max(0.0, end_s - begin_s) for begin_s, end_s in spans)


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
    """Return by kind of fault, and of all: how many times there are, and what they are like.

    Those are their median, 95th percentile and maximum, and the same (`net_`) without other faults' outages.
    """
    by_kind: dict[str, list[Recovery]] = {}
    for one in found:
        by_kind.setdefault(one.kind, []).append(one)
        by_kind.setdefault("all", []).append(one)
    return {
        kind: {"times": len(ones)}
        | _spread([one.seconds for one in ones], "")
        | _spread([one.net_s for one in ones], "net_")
        for kind, ones in sorted(by_kind.items())
    }


def _spread(times: Sequence[float], prefix: str) -> dict[str, float]:
    median, high = np.percentile(times, [50, 95])
    told = {"p50_s": median, "p95_s": high, "max_s": max(times)}
    return {prefix + name: round(float(value), 1) for name, value in told.items()}

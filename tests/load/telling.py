"""What a load run measured, checked against what is promised, and told."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from cli.stack.stack import Stack
from shared.store.objects import connect
from tests.chaos import checker
from tests.chaos.checker import Promise
from tests.chaos.journal import events_of_logs
from tests.load.asking import Asked
from tests.load.fairness import Turn
from tests.load.figures import MIB, quantile, spread
from tests.load.reading import Reader
from tests.load.sampling import Sampler
from tests.load.sizes import Size

TENANT = "local"
"""The operator's: no quota holds for it."""


@dataclass
class Measured:
    """Everything that a run has seen.

    Attributes:
        phases: when each began and ended, in seconds since the epoch; `busy` is `asking` and then `working`.
        alone, beside: another tenant's jobs, without load and under it.
    """

    size: Size
    asked: Asked = field(default_factory=Asked)
    alone: list[Turn] = field(default_factory=list)
    beside: list[Turn] = field(default_factory=list)
    phases: dict[str, tuple[float, float]] = field(default_factory=dict)
    floods: dict[str, dict[str, object]] = field(default_factory=dict)
    breaches: list[str] = field(default_factory=list)
    refused: Counter[int] = field(default_factory=Counter)
    reader: Reader = field(init=False)
    sampler: Sampler = field(init=False)


@dataclass
class Report:
    """What a run measured, and what it found that must not be."""

    size: dict[str, Any]
    cores: int
    breaches: list[str]
    states: dict[str, int]
    refused: dict[str, int]
    jobs: dict[str, float]
    accepting: dict[str, float]
    uploads: dict[str, float]
    listeners: dict[str, float]
    fairness: dict[str, float]
    reads: dict[str, dict[str, dict[str, float]]]
    floods: dict[str, dict[str, object]]
    held: dict[str, dict[str, dict[str, float]]]
    valkey: dict[str, float]


def tell(measured: Measured, stack: Stack) -> Report:
    """Check what a run has left behind, and return its figures."""
    asked = measured.asked
    events = events_of_logs(sorted((stack.folder.root / "logs").glob("*.log")))
    snapshot = checker.take_snapshot(connect(stack.settings()))
    found = checker.check(snapshot, [Promise(TENANT, job) for job in asked.jobs], events, {})
    heard = [one for one in asked.heard if not one.vanished]
    return Report(
        size=asdict(measured.size),
        cores=os.cpu_count() or 1,
        breaches=measured.breaches + found.breaches + found.gave_up + list(_breaches(measured)),
        states=dict(asked.states),
        refused={str(status): count for status, count in measured.refused.items()},
        jobs={
            "accepted_in_s": round(asked.accepted_in_s, 1),
            "ended_in_s": round(asked.ended_in_s, 1),
            "per_s": round(len(asked.jobs) / asked.ended_in_s, 2),
            "tasks_per_s": round(sum(e.what == "artifact_committed" for e in events) / asked.ended_in_s, 2),
        },
        accepting=spread(asked.accept_waits_s),
        uploads={**spread(asked.upload_waits_s), "different": len(set(asked.songs))},
        listeners={
            "to_the_end": len(heard),
            "vanished": len(asked.heard) - len(heard),
            "events": sum(one.events for one in heard),
            **{f"late_{name}": value for name, value in spread(one.late_s for one in heard).items()},
        },
        fairness={
            "alone_s": round(quantile([turn.lasted_s for turn in measured.alone], 0.5), 2),
            "beside_s": round(quantile([turn.lasted_s for turn in measured.beside], 0.5), 2),
            "longest_beside_s": round(max(turn.lasted_s for turn in measured.beside), 2),
            "turns": len(measured.beside),
            "most_tasks_before_it": max(
                turn.tasks_before_it(events, other=TENANT) for turn in measured.beside
            ),
        },
        reads={
            phase: {what: spread(waits) for what, waits in measured.reader.waits(*marks).items()}
            for phase, marks in measured.phases.items()
        },
        floods=measured.floods,
        held={phase: measured.sampler.peaks(*marks) for phase, marks in measured.phases.items()},
        valkey={
            "most_used_mib": round(max(one["used"] for one in measured.sampler.valkey) / MIB, 1),
            "most_clients": max(one["clients"] for one in measured.sampler.valkey),
        },
    )


def _breaches(measured: Measured) -> Iterator[str]:
    size, asked = measured.size, measured.asked
    if len(set(asked.jobs)) != size.jobs:
        yield f"{size.jobs} jobs were asked for, and {len(set(asked.jobs))} accepted"
    if asked.states != Counter(succeeded=size.jobs):
        yield f"of {size.jobs} jobs not all succeeded: {dict(asked.states)}"
    if len(asked.songs) != size.uploads:
        yield f"{size.uploads} files were sent, and {len(asked.songs)} taken in"
    for one in asked.heard:
        if not one.vanished and (one.ends, one.state) != (1, "succeeded"):
            yield f"a listener of job {one.job} heard of {one.ends} ends ({one.state})"
    for read in measured.reader.reads:
        if read.status != 200 and not _in_flood(measured, read.at_s):
            yield f"{read.what} could not be read: {read.status}"
    for turn in measured.alone + measured.beside:
        if turn.state != "succeeded":
            yield f"a job of the other tenant is {turn.state}"


def _in_flood(measured: Measured, at_s: float) -> bool:
    return any(
        begun_s <= at_s <= ended_s
        for name, (begun_s, ended_s) in measured.phases.items()
        if name.startswith("flood")
    )

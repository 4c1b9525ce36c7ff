"""Every figure that services count together: its name, its labels, and what it means.

Names and units are Prometheus': seconds, `_total` for what only rises. Labels have few values each, all of
them ours: no id and no text of a user's, since each value is a series that is kept for good.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

from shared.store.keys import Kind

QUEUES = ("chunker", "trainer", "assembler")
SERVICES = (*QUEUES, "gateway")
KINDS = tuple(kind.noun for kind in Kind)


class Fault(StrEnum):
    """Why the object store did not serve a request."""

    UNREACHABLE = "unreachable"
    """No answer, or a broken one."""
    FULL = "full"
    REFUSED = "refused"
    """It answers that it will not, or cannot."""


class Outcome(StrEnum):
    """How a start of a stage ended."""

    COMMITTED = "committed"
    SUPERSEDED = "superseded"
    """Another start was faster."""
    CONTINUED = "continued"
    """A fit's segment ended with a checkpoint; more of it is left."""
    REJECTED = "rejected"
    """Its inputs can never give it."""
    INTERRUPTED = "interrupted"
    """Nobody wants it any more, or the worker shuts down."""
    FAILED = "failed"
    KILLED = "killed"
    """Its process died."""


@dataclass(frozen=True, eq=False)
class Counter:
    """What only rises.

    Attributes:
        labels: every label, with the values it may have; None: those that come.
    """

    name: str
    help: str
    labels: dict[str, tuple[str, ...] | None]

    def known_series(self) -> Iterator[tuple[str, ...]]:
        """Yield the labels of every series, where all values are known.

        They are shown from the start, as 0: otherwise a first event would not be a rise.
        """
        values = list(self.labels.values())
        if None not in values:
            yield from product(*(one for one in values if one is not None))


@dataclass(frozen=True, eq=False)
class Histogram(Counter):
    """Durations, counted by how long they were.

    Attributes:
        bounds_s: the upper bounds of the buckets, rising; there is one more without a bound.
    """

    bounds_s: tuple[float, ...]


STAGE_STARTS = Counter(
    "segue_stage_starts_total", "Tasks begun, by the kind of what they make.", {"kind": KINDS}
)
STAGE_SECONDS = Histogram(
    "segue_stage_seconds",
    "How long tasks ran, from their start to their end.",
    {"kind": KINDS, "outcome": tuple(Outcome)},
    bounds_s=(0.25, 1, 2.5, 5, 10, 30, 60, 120, 300, 900),
)
STAGE_PROBLEMS = Counter(
    "segue_stage_problems_total",
    "Tasks that were rejected or failed, by the kind of problem; those of songs are of the decoder.",
    {"kind": KINDS, "problem": None},
)
LEASES_LOST = Counter(
    "segue_leases_lost_total",
    "Beats of a running task that found its lease held by another.",
    {"kind": KINDS},
)
HEARTBEAT_FAILURES = Counter(
    "segue_heartbeat_failures_total",
    "Beats of workers and of running tasks that did not reach Valkey or the store.",
    {"service": SERVICES},
)
MESSAGES_LOST = Counter(
    "segue_messages_lost_total",
    "Messages that vanished from a queue before a task began; the reconciler sends them again.",
    {"queue": QUEUES},
)
STORE_ERRORS = Counter(
    "segue_store_errors_total",
    "Requests that the object store did not serve, after all tries.",
    {"service": SERVICES, "fault": tuple(Fault)},
)
JOBS_ACCEPTED = Counter(
    "segue_jobs_accepted_total", "Jobs accepted, those for reports after fits as well.", {}
)
JOB_SECONDS = Histogram(
    "segue_job_seconds",
    "How long jobs took, from accepted to ended.",
    {"state": ("succeeded", "failed", "cancelled")},
    bounds_s=(1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 10800),
)
COUNTERS: tuple[Counter, ...] = (
    STAGE_STARTS,
    STAGE_PROBLEMS,
    LEASES_LOST,
    HEARTBEAT_FAILURES,
    MESSAGES_LOST,
    STORE_ERRORS,
    JOBS_ACCEPTED,
)
HISTOGRAMS = (STAGE_SECONDS, JOB_SECONDS)

"""Read the figures that all processes of a stack have counted together."""

from __future__ import annotations

from shared.jobs.leases import Leases
from shared.metrics import sums
from shared.metrics.catalogue import Counter, Histogram
from shared.metrics.tally import SUM


def counted(leases: Leases, counter: Counter, *labels: str) -> float:
    """Return how often something was counted."""
    return sums.read(leases).get((counter.name, *labels), 0.0)


def observed(leases: Leases, histogram: Histogram, *labels: str) -> float:
    """Return how many durations were counted, however long they were."""
    wanted = (histogram.name, *labels)
    return sum(value for key, value in sums.read(leases).items() if key[:-1] == wanted and key[-1] != SUM)

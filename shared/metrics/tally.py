"""What one process has counted and not passed on yet. Counting is an addition in memory: it asks no server.

`sums.send` passes it on, from the threads that beat anyway. What could not be passed on waits here; it is
bounded, since series are few.
"""

from __future__ import annotations

import json
import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping

from shared.metrics.catalogue import Counter, Histogram

NO_BOUND = "+Inf"
SUM = "sum"
_LONGEST_LABEL = 64


class Tally:
    """Counts by field: a metric's name and its labels, and for a histogram the bucket. Safe to share."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: defaultdict[str, float] = defaultdict(float)

    def count(self, counter: Counter, *labels: str, amount: float = 1) -> None:
        """Count events; the labels come in the order in which the counter declares them."""
        self.put_back({field_of(counter, labels): amount})

    def observe(self, histogram: Histogram, seconds: float, *labels: str) -> None:
        """Count a duration, in seconds."""
        bounds = [*map(str, histogram.bounds_s), NO_BOUND]
        bucket = bounds[bisect_left(histogram.bounds_s, seconds)]
        self.put_back(
            {field_of(histogram, (*labels, bucket)): 1, field_of(histogram, (*labels, SUM)): seconds}
        )

    def take(self) -> dict[str, float]:
        """Return all that was counted since the last time, and forget it."""
        with self._lock:
            taken, self._counts = dict(self._counts), defaultdict(float)
        return taken

    def put_back(self, counts: Mapping[str, float]) -> None:
        """Add what was counted elsewhere, or could not be passed on."""
        with self._lock:
            for field, amount in counts.items():
                self._counts[field] += amount


def field_of(counter: Counter, labels: tuple[str, ...]) -> str:
    """Return the name of one number of a metric."""
    return json.dumps([counter.name, *(label[:_LONGEST_LABEL] for label in labels)])


TALLY = Tally()
"""This process's own."""

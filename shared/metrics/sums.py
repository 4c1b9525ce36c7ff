"""The sums over all processes: one hash in Valkey, to which each adds what it has counted.

Adding is atomic, so any number of workers and gateways give right sums. With Valkey lost they begin at 0
again, as counters may; a batch whose answer was lost with its connection is added a second time.
"""

from __future__ import annotations

import json
from typing import Any

from shared.errors import QueueUnavailable
from shared.jobs.leases import Leases, translated
from shared.metrics.tally import TALLY, Tally

Sums = dict[tuple[str, ...], float]


def send(leases: Leases, tally: Tally = TALLY) -> None:
    """Add what a process has counted: one request, and none where nothing was counted.

    Raises:
        QueueUnavailable: Valkey does not answer; the counts are kept for the next time.
    """
    counts = tally.take()
    if not counts:
        return
    try:
        with translated(), leases.valkey.pipeline(transaction=True) as pipe:
            for field, amount in counts.items():
                pipe.hincrbyfloat(_key(leases), field, amount)
            pipe.execute()
    except QueueUnavailable:
        tally.put_back(counts)
        raise


def read(leases: Leases) -> Sums:
    """Return all sums, by the metric's name and labels."""
    with translated():
        found: dict[str, Any] = leases.valkey.hgetall(_key(leases))  # type: ignore[assignment]
    return {tuple(json.loads(field)): float(amount) for field, amount in found.items()}


def _key(leases: Leases) -> str:
    return f"{leases.prefix}metrics"

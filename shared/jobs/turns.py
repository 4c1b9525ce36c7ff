"""Whose turn it is: tenants are served one message each, who was served longest ago first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

__all__ = ["in_turn"]


def in_turn(tenants: Iterable[str], served: Mapping[str, float]) -> list[str]:
    """Return tenants in the order in which a free place in a queue is offered to them.

    Args:
        tenants: who may have something to enqueue.
        served: for each that was served in this queue, a number that is higher the later it was.

    Returns:
        Those who were never served first, then who was served longest ago.
    """
    return sorted(tenants, key=lambda tenant: (served.get(tenant, 0.0), tenant))

"""What a load run measures, and how it is told: quantiles of waits, peaks of memory, a table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

MIB = 1 << 20


def quantile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of all are not above; 0 of none."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(share * len(ranked)) - 1)] if ranked else 0.0


def spread(values: Iterable[float]) -> dict[str, float]:
    """Return count, median, 99th percentile and largest of waits in seconds, told in milliseconds."""
    waits_ms = [1000 * value for value in values]
    return {
        "count": len(waits_ms),
        "p50_ms": round(quantile(waits_ms, 0.5), 1),
        "p99_ms": round(quantile(waits_ms, 0.99), 1),
        "max_ms": round(max(waits_ms, default=0.0), 1),
    }


def table(report: dict[str, Any]) -> str:
    """Return a report as lines of name and value, nested ones by their path."""
    rows = list(_rows(report, ""))
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)


def _rows(value: Any, name: str) -> Iterable[tuple[str, str]]:
    if isinstance(value, dict) and value and all(not isinstance(inner, dict) for inner in value.values()):
        yield name, "  ".join(f"{key} {inner}" for key, inner in value.items())
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _rows(inner, f"{name}.{key}" if name else str(key))
    else:
        yield name, str(value)

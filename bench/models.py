"""The shipped models, ready to score."""

from __future__ import annotations

from functools import lru_cache

from shared.learning.approaches import Scorer, get_approach
from shared.learning.pretrained import load_pretrained
from shared.learning.weights import load_scorer


@lru_cache(maxsize=2)
def shipped_scorer(name: str) -> Scorer:
    """Return the scorer of a shipped model."""
    shipped = load_pretrained(name)
    return load_scorer(
        get_approach(name), shipped.record.settings, shipped.weights, sha256=shipped.record.sha256
    )

"""The key of a song, by how often its pitch classes sound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.chunker.listening import Heard
from shared.sound.tonality import key_name

__all__ = ["FoundKey", "find_key"]

MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
"""How well each step of the chromatic scale fits a key: Krumhansl and Kessler 1982, their probe tones."""

SURE_AT = 0.15
"""A correlation so much above the next best one is quite sure."""


@dataclass(frozen=True)
class FoundKey:
    """A key, such as `A minor`, or None where nothing has a pitch; how sure that is, from 0 to 1."""

    key: str | None
    confidence: float


def find_key(heard: Heard) -> FoundKey:
    """Find the key whose profile correlates best with a song's pitch classes (Krumhansl 1990)."""
    course = heard.chroma.astype(np.float64).mean(axis=0) if len(heard.chroma) else np.zeros(12)
    if course.std() < 1e-6:
        return FoundKey(None, 0.0)
    profiles = np.array([np.roll(shape, tonic) for shape in (MAJOR, MINOR) for tonic in range(12)])
    correlations = np.array([np.corrcoef(course, profile)[0, 1] for profile in profiles])
    order = np.argsort(-correlations)
    mode, tonic = divmod(int(order[0]), 12)
    confidence = (correlations[order[0]] - correlations[order[1]]) / SURE_AT
    return FoundKey(key_name(tonic, ("major", "minor")[mode]), float(np.clip(confidence, 0, 1)))

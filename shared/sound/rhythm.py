"""The rhythm of a song: where its beats and bars are, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Rhythm"]

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Rhythm:
    """The beats of a song, from its beginning to its end.

    Attributes:
        beats_s: float64, shape (n,): rising; none where no beat was found.
        downbeats: bool, shape (n,): which of them begin a bar; none where bars were not found.
        beat_confidence: from 0 to 1: how sure it is that the music has this beat.
        bar_confidence: from 0 to 1: how sure it is which beats begin a bar.
    """

    beats_s: Doubles
    downbeats: NDArray[np.bool_]
    beat_confidence: float
    bar_confidence: float

    @property
    def tempo_bpm(self) -> float | None:
        """Beats a minute, by the median; None where there are fewer than two."""
        return None if len(self.beats_s) < 2 else 60 / float(np.median(np.diff(self.beats_s)))

    def to_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return the rhythm as arrays, to be stored."""
        confidences = np.array([self.beat_confidence, self.bar_confidence])
        return {"beats_s": self.beats_s, "downbeats": self.downbeats, "confidences": confidences}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> Rhythm:
        """Read a rhythm back."""
        beat, bar = (float(each) for each in arrays["confidences"].astype(np.float64))
        return cls(arrays["beats_s"].astype(np.float64), arrays["downbeats"].astype(np.bool_), beat, bar)

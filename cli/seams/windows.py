"""The sound around places, as far as it is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from cli.seams.material import Window
from shared.sound.audio import AudioReader
from shared.sound.samples import Float32, to_mono

__all__ = ["REACH_S", "Heard", "heard_at"]

REACH_S = 3.0
"""What is taken on either side of a place, at most."""


@dataclass(frozen=True, eq=False)
class Heard:
    """The sound on either side of a place.

    Attributes:
        before: float32 in [-1, 1], shape (n,), mono: what ends at the place, 3 s at most.
        after: float32, shape (m,): what begins there.
        sample_rate_hz: of both.
    """

    before: Float32
    after: Float32
    sample_rate_hz: int

    def within(self, reach_s: float) -> Heard:
        """Return what lies within a distance."""
        reach = round(reach_s * self.sample_rate_hz)
        return replace(self, before=self.before[-reach:], after=self.after[:reach])

    def joined_to(self, other: Heard, gain_db: float = 0.0) -> Heard:
        """Return a hard join: what comes before this place, and what comes after another."""
        return replace(self, after=(other.after * 10 ** (gain_db / 20)).astype(np.float32))

    def moved(self, by_s: float) -> Heard:
        """Return the same sound, looked at around an instant that much later, or earlier."""
        sound = np.concatenate([self.before, self.after])
        at = min(max(0, len(self.before) + round(by_s * self.sample_rate_hz)), len(sound))
        return replace(self, before=sound[:at], after=sound[at:])


def heard_at(sound: AudioReader, windows: Iterable[Window]) -> Iterator[Heard]:
    """Yield the sound of each window, read where it is needed."""
    rate_hz = sound.sample_rate_hz
    for window in windows:
        at = min(max(0, round(window.at_s * rate_hz)), sound.n_samples)
        start = max(0, at - round(min(REACH_S, window.before_s) * rate_hz))
        stop = min(sound.n_samples, at + round(min(REACH_S, window.after_s) * rate_hz))
        samples = to_mono(sound.read_range(start, stop))
        yield Heard(samples[: at - start], samples[at - start :], rate_hz)

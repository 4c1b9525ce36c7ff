"""Songs played faster or slower at their own pitch.

A part of one rate is stretched at once, with its surroundings: the stretcher settles in them, and short
blocks would not keep the pitch. Parts meet in short fades, since each has phases of its own.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from typing import Protocol, Self

import numpy as np
import soxr
from python_stretch import Signalsmith
from scipy.signal import correlate

from services.assembler.fading import REACH_S, Parted, crossfade
from services.assembler.warping import Warp
from shared.sound.samples import BLOCK_FRAMES, Float32, to_mono

__all__ = ["Stretched", "stretched"]

LEAD_S = 10.0
"""What is stretched before the rate is let go; what lies before is not heard, and stays as it is."""

SETTLED_S = 0.25
"""Stretched on either side of a part, and thrown away."""

FADE_S = 0.04
"""From one part to the next."""

SHIFT_S = 0.004
"""How far a part may be moved so that its waves meet those of the one before, which it is nearly alike."""

LOCKED_FROM = 0.005
"""A smaller change of tempo may change the pitch: nobody hears 9 cents."""

GAINED = 0.1
"""A part is moved if that makes it so much more like the one before: correlations."""

SILENT = 1e-5
"""Mean power, -50 dBFS: what is softer has no waves to meet."""


class Sound(Protocol):
    """What is stretched: a `Material`."""

    @property
    def samples(self) -> int:
        """Its length."""

    def around(self, position: int, reach: int) -> Float32:
        """Return what lies around a position, float32, shape (2 * reach, channels)."""

    def blocks(self, start: int, stop: int) -> Iterator[Float32]:
        """Yield the samples [start, stop) in short blocks."""


def stretched(sound: Float32, rate: float, frames: int, sample_rate_hz: int) -> Float32:
    """Return a sound at another tempo and its own pitch (nearly so for the smallest changes).

    Args:
        sound: float32, shape (n, channels).
        rate: samples of it for each that is returned.
        frames: how many are wanted, about n / rate.
        sample_rate_hz: of both.

    Returns:
        float32, shape (frames, channels).
    """
    if abs(rate - 1) < LOCKED_FROM:
        changed = soxr.resample(sound, rate * sample_rate_hz, sample_rate_hz, quality="HQ")
    else:
        stretcher = Signalsmith.Stretch()
        stretcher.preset(sound.shape[1], sample_rate_hz)
        stretcher.timeFactor = rate
        changed = np.asarray(stretcher.process(np.ascontiguousarray(sound.T)), np.float32).T
    changed = changed[:frames]
    return np.pad(changed, ((0, frames - len(changed)), (0, 0)))


class Stretched:
    """A song as it is heard: a `Material` whose positions are those of what is heard.

    Args:
        song: the song, at the mix's rate.
        warp: where it is played faster or slower.
        sample_rate_hz: of the mix.
    """

    def __init__(self, song: Sound, warp: Warp, sample_rate_hz: int) -> None:
        self.warp = warp
        self._song, self._rate_hz = song, sample_rate_hz
        self._half = round(FADE_S / 2 * sample_rate_hz)
        self._most = round(SHIFT_S * sample_rate_hz)
        self._first = max(
            int(warp.heard_knots[0]) - round(LEAD_S * sample_rate_hz), math.ceil(warp.heard(np.array(0.0)))
        )
        knots = [self._first, *(int(knot) for knot in warp.heard_knots[1:])]
        rates = [*(float(rate) for rate in warp.rates), 1.0]
        self._parts = deque(zip(rates, knots, [*knots[1:], knots[-1] + self._half], strict=True))
        """Those that were not made yet: rate, where it begins, where it ends."""
        self._made: Float32 | None = None
        self._settled = self._first
        """Until where no part to come changes what was made."""

    def reopened(self, song: Sound) -> Self:
        """Go on with the same song, opened anew; what was made of it is kept."""
        self._song = song
        return self

    @property
    def samples(self) -> int:
        """The length of the song as it is heard."""
        return self.warp.heard_at(self._song.samples)

    def around(self, position: int, reach: int) -> Float32:
        """Return what is heard from `reach` samples before a position to as many after it."""
        return np.concatenate(list(self.blocks(position - reach, position + reach)))

    def blocks(self, start: int, stop: int) -> Iterator[Float32]:
        """Yield what is heard in [start, stop), in short blocks: float32, shape (n, channels)."""
        changed = self.warp.end + self._half
        if start < self._first:
            before = min(stop, self._first) - start
            yield self._plain(round(self.warp.in_song_at(start)), before)
        for at in range(max(start, self._first), min(stop, changed), BLOCK_FRAMES):
            end = min(at + BLOCK_FRAMES, stop, changed)
            yield self._sound(end)[at - self._first : end - self._first]
        if stop > changed:
            yield from self._song.blocks(max(start, changed), stop)

    def _plain(self, start: int, length: int) -> Float32:
        """Return samples of the song itself; before its beginning is silence."""
        half = (length + 1) // 2
        return self._song.around(start + half, half)[:length]

    def _sound(self, stop: int) -> Float32:
        """Return what is not as in the song, from the lead to `stop`, or farther: part by part, once each."""
        edge = self._half + round(REACH_S * self._rate_hz)
        while self._parts and stop > self._settled:
            rate, start, end = self._parts.popleft()
            if self._made is None:
                self._made = self._part(rate, start, end + edge)
            else:
                # The song itself goes on behind the last part, which cannot be moved for it.
                most = 0 if rate == 1.0 else self._most
                part = self._part(rate, start - edge - most, end + edge + most)
                self._made = self._faded(self._made, part, edge, most)
            self._settled = end - self._half if self._parts else end
        assert self._made is not None
        return self._made

    def _faded(self, before: Float32, after: Float32, edge: int, most: int) -> Float32:
        """Fade from a part to the next, which overlaps it by twice the edge, and may be moved."""
        overlap, outside = 2 * edge, edge - self._half
        fades = slice(outside, overlap - outside)
        shift = _likest(before[-overlap:][fades], after[outside : overlap - outside + 2 * most])
        after = after[shift : len(after) - 2 * most + shift]
        parted = (Parted.of(sound, self._rate_hz) for sound in (before[-overlap:], after[:overlap]))
        sides = [side.between(outside, overlap - outside) for side in parted]
        fade = crossfade(sides[0], sides[1], (FADE_S, FADE_S, FADE_S)).sound
        return np.concatenate([before[: len(before) - overlap + outside], fade, after[overlap - outside :]])

    def _part(self, rate: float, start: int, stop: int) -> Float32:
        """Return what is heard in [start, stop) if all of it is at one rate."""
        middle = (start + stop) // 2
        if rate == 1.0:
            return self._plain(start, stop - start)
        settled = round(SETTLED_S * self._rate_hz)
        first = round(self.warp.in_song_at(middle) - (middle - start + settled) * rate)
        length = round((stop - start + 2 * settled) * rate)
        sound = self._plain(first, length)
        return stretched(sound, rate, stop - start + 2 * settled, self._rate_hz)[settled:-settled]


def _likest(sound: Float32, longer: Float32) -> int:
    """Return where in a longer sound a sound is met best: in its middle, if little is gained by moving."""
    a, b = to_mono(sound), to_mono(longer)
    # By the largest power: what is soft beside an attack that it does not have is not moved to it.
    power = max(float(np.convolve(np.square(b), np.ones(len(a)), mode="valid").max()), SILENT * len(a))
    likeness = correlate(b, a, mode="valid") / power
    middle, best = len(likeness) // 2, int(likeness.argmax())
    return best if likeness[best] > likeness[middle] + GAINED else middle

"""Seams that were wished for: a hard cut, or what leaves echoes away while the other begins clean.

A chunk often ends in a quiet stretch, and the echo of quiet is none: the sound is left where its last loud
stretch ends. The echo has no low waves, so that there are never two basses at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from services.assembler.fading import Parted
from services.assembler.leveling import EntryGain
from shared.sound.samples import Float32

__all__ = ["ECHO_S", "LOOP_S", "echo_tail", "echo_under", "loudest_end"]

LOOP_S = 0.35
"""What is repeated: near a beat of most music, where none is known."""

ECHO_S = 2.0
"""An echo is over after this."""

FEEDBACK = 0.55
"""Each repeat has so much of the one before: five of them, and 26 dB are gone."""

_EDGE_S = 0.01
"""Every repeat is faded in and out for so long, and what leaves fades out: there are no clicks."""

_ALIKE_DB = 3.0
"""Of the places whose last stretch is nearly as loud as the loudest, the latest is taken."""

_FRAME_S = 0.01


def loudest_end(sound: Float32, cut: int, most_lost: int, *, sample_rate_hz: int) -> int:
    """Return how much later than at its cut a sound is left, so that what echoes is loud: 0 or less, samples.

    Args:
        sound: float32, shape (n, channels).
        cut: where it was to be left.
        most_lost: samples before that it may be left at most.
        sample_rate_hz: of the sound.
    """
    frame, loop = round(_FRAME_S * sample_rate_hz), round(LOOP_S * sample_rate_hz)
    ends = np.arange(cut, max(cut - most_lost, loop) - 1, -frame)
    if not len(ends):
        return 0
    energy = np.concatenate([[0.0], np.cumsum(np.square(sound, dtype=np.float64).mean(axis=1))])
    power = energy[ends] - energy[np.maximum(ends - loop, 0)]
    alike = power >= power.max() * 10 ** (-_ALIKE_DB / 10)
    return int(ends[alike.argmax()]) - cut


def echo_tail(sound: Float32, end: int, samples: int, *, sample_rate_hz: int) -> Float32:
    """Return how a sound dies away after its end: it fades out, and what came last repeats, ever softer.

    Args:
        sound: float32, shape (n, channels); of what comes before and after `end`, as much as there is.
        end: where it is left.
        samples: how long the echo lasts.
        sample_rate_hz: of the sound.

    Returns:
        float32, shape (samples, channels), silent at its end.
    """
    loop, edge = min(end, round(LOOP_S * sample_rate_hz)), round(_EDGE_S * sample_rate_hz)
    bands = Parted.of(sound, sample_rate_hz).bands
    repeated = (bands[1] + bands[2])[end - loop : end] * _edges(loop, edge)
    tail = np.zeros((samples, sound.shape[1]), np.float32)
    for number, start in enumerate(range(0, samples, max(1, loop)), start=1):
        part = repeated[: samples - start]
        tail[start : start + len(part)] += np.float32(FEEDBACK**number) * part
    # Nothing is cut off where the echo ends: it fades over its last third.
    last = max(1, samples // 3)
    tail[samples - last :] *= (np.cos(np.linspace(0, np.pi / 2, last)) ** 2).astype(np.float32)[:, None]
    out = min(edge, samples, len(sound) - end)
    tail[:out] += sound[end : end + out] * _falling(out)
    return tail


def echo_under(coming: Float32, tail: Float32, entry: EntryGain, *, sample_rate_hz: int) -> Float32:
    """Lay an echo under what begins: float32, of the shape of both.

    Args:
        coming: from where it is entered, at its song's level.
        tail: the echo.
        entry: what the level of what begins is changed by, counted from its beginning.
        sample_rate_hz: of both.
    """
    gains = 10 ** (entry.at(np.arange(len(coming)), sample_rate_hz) / 20)
    edge = min(round(_EDGE_S * sample_rate_hz), len(coming))
    gains[:edge] *= _falling(edge)[::-1, 0]
    mixed: Float32 = (coming * gains[:, None] + tail).astype(np.float32)
    return mixed


def _edges(samples: int, edge: int) -> Float32:
    """Return a window that rises, is 1 and falls: float32, shape (samples, 1)."""
    edge = min(edge, samples // 2)
    window = np.ones((samples, 1), np.float32)
    window[:edge], window[samples - edge :] = _falling(edge)[::-1], _falling(edge)
    return window


def _falling(samples: int) -> NDArray[np.float32]:
    t = (np.arange(samples) + 0.5) / max(1, samples)
    return (np.cos(np.pi / 2 * t) ** 2).astype(np.float32)[:, None]

"""Which beats begin a bar.

An estimator of our own: harmonies change, basses enter and strong onsets fall where bars begin more than
elsewhere. Each beat is told how much it looks like the first of a bar; then the whole song says how many
beats a bar has and which phase it keeps, by a search that lets the phase change, at a price, where the music
adds or drops beats.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.chunker.beats import ON_BEAT_S
from services.chunker.listening import CHROMA_S, Heard, onsets_near
from shared.sound.samples import Float32

__all__ = ["Bars", "find_bars"]

Doubles = NDArray[np.float64]

METRES = (4, 3)
"""Beats of a bar that are tried."""

WEIGHTS = {"harmony": 1.0, "timbre": 0.6, "low": 0.6, "onset": 0.3}
"""What tells of a bar's beginning, and how much it counts."""

CHANGE_PRICE = 12.0
"""What a change of phase costs, in standard deviations of a beat's salience."""

FOUR_AHEAD = 1.15
"""Three beats a bar have to fit so much better than four."""

SURE_AT = 6.0
"""Standard errors between the best phase and the next one at which bars are quite sure."""


@dataclass(frozen=True)
class Bars:
    """The bars of a song.

    Attributes:
        downbeats: bool, shape (beats,): which beats begin a bar.
        beats_per_bar: 3 or 4; None where there are no beats.
        confidence: from 0 to 1.
    """

    downbeats: NDArray[np.bool_]
    beats_per_bar: int | None
    confidence: float


def find_bars(heard: Heard, beats_s: Doubles, *, beats_per_bar: int | None = None) -> Bars:
    """Find which beats begin a bar.

    Args:
        heard: what was measured of the song.
        beats_s: its beats, float64, shape (n,), rising.
        beats_per_bar: what is known of it; None: it is estimated.
    """
    if len(beats_s) < 2 * max(METRES):
        return Bars(np.zeros(len(beats_s), np.bool_), None, 0.0)
    salience = _salience(heard, beats_s)
    metres = (beats_per_bar,) if beats_per_bar else METRES
    found = {metre: _phases(salience, metre) for metre in metres}
    best = max(
        metres, key=lambda metre: _contrast(salience, found[metre]) * (FOUR_AHEAD if metre == 4 else 1)
    )
    phases = found[best]
    return Bars(phases == 0, best, _confidence(salience, phases, best))


def counted_from(bars: Bars, beats_s: Doubles, downbeat_s: float) -> Bars:
    """Return bars of the same length, of which one begins with the beat nearest to an instant, for sure."""
    if bars.beats_per_bar is None:
        return bars
    first = int(np.abs(beats_s - downbeat_s).argmin())
    downbeats = (np.arange(len(beats_s)) - first) % bars.beats_per_bar == 0
    return Bars(downbeats, bars.beats_per_bar, 1.0)


def _salience(heard: Heard, beats_s: Doubles) -> Doubles:
    """Return how much each beat looks like the first of a bar: shape (n,), of mean 0 and deviation 1."""
    around = {
        "harmony": _change(heard.chroma, beats_s, cosine=True),
        "timbre": _change(heard.timbre, beats_s, cosine=False),
        "low": _rise(heard.low_onsets, beats_s),
        "onset": _rise(heard.onsets, beats_s),
    }
    total = sum(weight * _standard(around[name]) for name, weight in WEIGHTS.items())
    return _standard(np.asarray(total, np.float64))


def _standard(values: Doubles) -> Doubles:
    # A crash at one place is not to outshout the song.
    centred = values - np.median(values)
    spread = centred.std()
    return np.clip(centred / spread, -3, 3) if spread > 0 else np.zeros_like(centred)


def _change(features: Float32, beats_s: Doubles, *, cosine: bool) -> Doubles:
    """Return how much each beat sounds unlike the one before: shape (n,)."""
    edges = np.clip(
        np.round(np.append(beats_s, beats_s[-1] + np.median(np.diff(beats_s))) / CHROMA_S), 0, len(features)
    )
    sums = np.concatenate([np.zeros((1, features.shape[1])), np.cumsum(features, axis=0, dtype=np.float64)])
    at = edges.astype(np.int64)
    means = np.diff(sums[at], axis=0) / np.maximum(np.diff(at), 1)[:, None]
    before, after = means[:-1], means[1:]
    if cosine:
        norms = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
        change = 1 - (before * after).sum(axis=1) / np.maximum(norms, 1e-9)
    else:
        change = np.linalg.norm(after - before, axis=1)
    return np.concatenate([[np.median(change)], change])


def _rise(onsets: Float32, beats_s: Doubles) -> Doubles:
    """Return the strongest rise near each beat: shape (n,)."""
    return np.asarray(onsets_near(onsets, beats_s, ON_BEAT_S)[1].max(axis=1))


def _phases(salience: Doubles, metre: int) -> NDArray[np.int64]:
    """Return each beat's place in its bar, from 0, by the best path through the phases (Viterbi)."""
    fits = np.full((len(salience), metre), 0.0)
    fits[:, 0] = salience
    fits[:, 1:] = -salience[:, None] / (metre - 1)
    # Along a path the phase follows the beat's number; a row holds the paths by the phase of beat 0.
    shifted = fits[
        np.arange(len(salience))[:, None],
        (np.arange(metre)[None, :] + np.arange(len(salience))[:, None]) % metre,
    ]
    came = np.empty((len(salience), metre), np.int64)
    total = np.zeros(metre)
    for beat, gain in enumerate(shifted):
        best = int(total.argmax())
        stays = total >= total[best] - CHANGE_PRICE
        came[beat] = np.where(stays, np.arange(metre), best)
        total = np.where(stays, total, total[best] - CHANGE_PRICE) + gain
    path = np.empty(len(salience), np.int64)
    at = int(total.argmax())
    for beat in range(len(salience) - 1, -1, -1):
        path[beat] = at
        at = int(came[beat, at])
    return (path + np.arange(len(salience))) % metre


def _contrast(salience: Doubles, phases: NDArray[np.int64]) -> float:
    """Return by how much first beats stand out."""
    return float(salience[phases == 0].mean() - salience[phases != 0].mean())


def _confidence(salience: Doubles, phases: NDArray[np.int64], metre: int) -> float:
    """Return how sure the phase is: the distance to the next best one, in standard errors, up to 1."""
    means = np.array([salience[phases == place].mean() for place in range(metre)])
    ahead = means[0] - means[1:].max()
    error = salience.std() * np.sqrt(2 * metre / len(salience))
    return float(np.clip(ahead / error / SURE_AT, 0, 1)) if error > 0 else 0.0

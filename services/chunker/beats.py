"""Where the beats of a song are: tracked by librosa, refined to onsets, and judged whether they are any.

The tracker (dynamic programming over an onset envelope: Ellis 2007, "Beat Tracking by Dynamic Programming")
always finds beats, also in noise. So what it finds is held against the onsets: whether they come on the beats
rather than between them, and whether the beats keep time.
"""

from __future__ import annotations

from dataclasses import dataclass

import librosa
import numpy as np
from numpy.typing import NDArray

from services.chunker.listening import (
    ONSET_HOP,
    ONSET_LAG_S,
    ONSET_S,
    RATE_HZ,
    Heard,
    onset_times_s,
    onsets_near,
)
from shared.sound.samples import Float32

__all__ = ["Beats", "find_beats"]

Doubles = NDArray[np.float64]

COARSE = 4
"""Onset hops in one hop of the tracker: 23 ms, its usual grid."""
_HOP = ONSET_HOP * COARSE

TIGHTNESS = 400
"""How much the tracker holds to its tempo: less loses it where drums rest, more where it moves."""

WINDOW_S, OVERLAP_S = 1200.0, 30.0
"""A long song is tracked in stretches, which bounds what the tracker holds."""

REFINED_S = 0.045
"""A beat is moved to an onset no farther away than this."""
SMOOTHED_BEATS = 4
"""Beats on either side that say where a beat lies, beside its own onset."""
ON_BEAT_S = 0.035
STEADY_S = 0.020

EVEN = 0.04
"""Periods that follow each other differ by less than this share where a beat keeps time."""

SCALES = ((0.0, 0.12), (0.55, 0.9), (0.7, 0.95), (0.0, 0.7), (0.3, 0.8))
"""From where to where five figures count: the share of onsets that beats gather, the shares of beats that
keep time and of periods that stay even, the share of beats with an onset, and by how many dB the mean band
rises there. Set on real songs: noise, pads and free music reach 0.62 in the second and 0.6 in the last, where
songs with drums begin at 0.7 and 0.8."""

LEAST_BEATS = 16
SURE = 0.5
"""Beats are taken for real from this confidence on."""

FASTEST_BPM = 180.0
DOUBLED_FROM = 0.8
"""Where onsets half way between beats are this strong beside those on them, beats are twice as fast."""


@dataclass(frozen=True)
class Beats:
    """The beats of a song.

    Attributes:
        times_s: float64, shape (n,): rising; none where the music has no beat.
        confidence: from 0 to 1.
        why_none: a word on why there are none; None where there are some.
    """

    times_s: Doubles
    confidence: float
    why_none: str | None = None


def find_beats(heard: Heard, *, tempo_bpm: float | None = None) -> Beats:
    """Find the beats of a song.

    Args:
        heard: what was measured of it.
        tempo_bpm: what is known of its tempo; None: it is estimated. Beats are then taken for real however
            unsure they are.
    """
    none: Doubles = np.zeros(0)
    if heard.onsets.max(initial=0) <= 0:
        return Beats(none, 0.0, "it has no onsets")
    coarse = _doubled(heard.onsets, _track(heard.onsets, tempo_bpm), tempo_bpm)
    if len(coarse) < LEAST_BEATS:
        return Beats(none, 0.0, f"it has {len(coarse)} beats, and {LEAST_BEATS} are needed")
    times_s, moved_s = _refined(heard.onsets, coarse)
    confidence = _confidence(heard.onsets, times_s, moved_s)
    if confidence < SURE and tempo_bpm is None:
        return Beats(none, confidence, f"its beat is unsure ({confidence:.2f}, and {SURE} is needed)")
    return Beats(times_s, confidence)


def _track(onsets: Float32, tempo_bpm: float | None) -> Doubles:
    """Track beats on the coarse grid, stretch by stretch: seconds, rising."""
    frames = len(onsets) // COARSE
    envelope = onsets[: frames * COARSE].reshape(frames, COARSE).max(axis=1)
    window, overlap = (round(each / (COARSE * ONSET_S)) for each in (WINDOW_S, OVERLAP_S))
    found: list[Doubles] = []
    for start in range(0, max(1, frames - overlap), window - overlap):
        part = envelope[start : start + window]
        beats = start + _track_part(part, tempo_bpm)
        first = start + overlap // 2 if start else 0
        last = start + window - overlap // 2 if start + window < frames else frames
        found.append(beats[(beats >= first) & (beats < last)])
    # The tracker's frame k holds the onset hops from k * COARSE on: its middle.
    return (np.concatenate(found) * COARSE + (COARSE - 1) / 2) * ONSET_S + ONSET_LAG_S


def _doubled(onsets: Float32, times_s: Doubles, tempo_bpm: float | None) -> Doubles:
    """Put beats between beats where the tracker took two for one."""
    if tempo_bpm is not None or len(times_s) < LEAST_BEATS:
        return times_s
    if 60 / np.median(np.diff(times_s)) > FASTEST_BPM / 2:
        return times_s
    between_s = (times_s[1:] + times_s[:-1]) / 2
    on, off = (np.median(_strongest(onsets, each)[0]) for each in (times_s, between_s))
    if off - np.median(onsets) < DOUBLED_FROM * (on - np.median(onsets)):
        return times_s
    return np.sort(np.concatenate([times_s, between_s]))


def _track_part(envelope: Float32, tempo_bpm: float | None) -> Doubles:
    if envelope.max(initial=0) <= 0:
        return np.zeros(0)
    tempo = tempo_bpm or librosa.feature.tempo(onset_envelope=envelope, sr=RATE_HZ, hop_length=_HOP)[0]
    _, beats = librosa.beat.beat_track(
        onset_envelope=envelope, sr=RATE_HZ, hop_length=_HOP, bpm=tempo, tightness=TIGHTNESS, trim=False
    )
    return beats.astype(np.float64)


def _refined(onsets: Float32, coarse_s: Doubles) -> tuple[Doubles, Doubles]:
    """Move beats to onsets near them, then to where their neighbours say that they are.

    Returns:
        The beats, and by how much each one's own onset lies beside them, NaN where it has none: seconds.
    """
    peaks, own_s = _strongest(onsets, coarse_s)
    loud = peaks > np.median(onsets) + onsets.std() / 2
    smoothed = _smoothed(np.where(loud, own_s, coarse_s), np.where(loud, peaks, 1e-3 * onsets.std() + 1e-9))
    return smoothed, np.where(loud, own_s - smoothed, np.nan)


def _strongest(onsets: Float32, times_s: Doubles) -> tuple[Doubles, Doubles]:
    """Return the strongest rise near each instant, and when it is, between two hops where it lies there."""
    places, around = onsets_near(onsets, times_s, REFINED_S)
    best, rows = around.argmax(axis=1), np.arange(len(places))
    inner = np.clip(best, 1, around.shape[1] - 2)
    left, centre, right = (around[rows, inner + shift] for shift in (-1, 0, 1))
    bend = left - 2 * centre + right
    part = np.where(bend < 0, 0.5 * (left - right) / np.minimum(bend, -1e-9), 0.0)
    return around[rows, best], (places[rows, inner] + np.clip(part, -0.5, 0.5)) * ONSET_S + ONSET_LAG_S


def _smoothed(times_s: Doubles, weights: Doubles) -> Doubles:
    """Return where a line through each beat and its neighbours has it: tempo may drift, beats do not jump."""
    offsets = np.arange(-SMOOTHED_BEATS, SMOOTHED_BEATS + 1)
    places = np.arange(len(times_s))[:, None] + offsets
    there = (places >= 0) & (places < len(times_s))
    places = np.clip(places, 0, len(times_s) - 1)
    w = np.where(there, weights[places], 0)
    for _ in range(2):
        total = w.sum(axis=1)
        x, y = (w * offsets).sum(axis=1) / total, (w * times_s[places]).sum(axis=1) / total
        dx, dy = offsets - x[:, None], times_s[places] - y[:, None]
        slope = (w * dx * dy).sum(axis=1) / np.maximum((w * dx * dx).sum(axis=1), 1e-12)
        off = dy - slope[:, None] * dx
        # A syncope is not to pull the beat: what lies far off the line counts little the second time.
        w = w / (1 + np.square(off / STEADY_S))
    return y - slope * x


def _confidence(onsets: Float32, times_s: Doubles, moved_s: Doubles) -> float:
    """Return how sure beats are: that onsets fall on them, and that they keep time."""
    gathered = _gathered(onsets, times_s)
    known = moved_s[np.isfinite(moved_s)]
    heard = len(known) / len(times_s)
    steady = float(np.mean(np.abs(known) < STEADY_S)) if len(known) else 0.0
    rise_db = float(np.median(_strongest(onsets, times_s)[0]) - np.median(onsets))
    period_s = np.diff(times_s)
    even = float(np.mean(np.abs(np.diff(period_s)) < EVEN * period_s[1:]))
    parts = [
        np.clip((each - none) / (enough - none), 0, 1)
        for each, (none, enough) in zip((gathered, steady, even, heard, rise_db), SCALES, strict=True)
    ]
    return float(np.sqrt(np.prod(parts)))


def _gathered(onsets: Float32, times_s: Doubles) -> float:
    """Return how much more of all rises falls on beats than if they were spread evenly: up to 1."""
    frames_s = onset_times_s(len(onsets))
    inside = (frames_s >= times_s[0]) & (frames_s <= times_s[-1])
    at, onsets = frames_s[inside], onsets[inside]
    place = np.searchsorted(times_s, at, side="right").clip(1, len(times_s) - 1)
    on = np.minimum(at - times_s[place - 1], times_s[place] - at) <= ON_BEAT_S
    rise = np.maximum(onsets - np.median(onsets), 0).astype(np.float64)
    share, expected = rise[on].sum() / max(rise.sum(), 1e-9), on.mean()
    return float((share - expected) / max(1 - expected, 1e-9))

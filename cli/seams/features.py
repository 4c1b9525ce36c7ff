"""What a detector is told of a place: how much the sound changes there, against how much it changes nearby.

Music changes all the time, so nearly every feature comes with its standing among the other places of the same
window. What is known of the place itself is used by nothing else: no level, no pitch, no song.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from cli.seams.breaks import FRAMES_S, Phases, even_step
from cli.seams.spectra import HOP_S, Spectra
from cli.seams.windows import Heard

__all__ = ["features_of"]

Doubles = NDArray[np.float64]
Named = Iterator[tuple[str, float]]

SCALES_S = (0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0)
_TONE_SCALES_S = (0.1, 0.25, 0.5, 1.0, 2.0)
_EVEN_SCALES_S = (0.02, 0.05, 0.1, 0.25, 0.5)
_BREAKS_WITHIN_S = 0.5
_NEAR_S = 0.05
"""Fades are so long on either side: what they do is found there."""

_GAP_FRAMES = 2
"""Frames that hold sound of both sides are left out of a comparison of the sides."""

_TINY = 1e-9


def features_of(heard: Heard, reaches_s: Sequence[float]) -> dict[float, dict[str, float]]:
    """Return the features of a place by name; NaN where too little of the sound is there.

    Args:
        heard: the sound around it.
        reaches_s: how far it is looked at, once for each.
    """
    breaks = dict(_breaks(heard.within(_BREAKS_WITHIN_S)))
    return {reach_s: _within(heard.within(reach_s), reach_s) | breaks for reach_s in reaches_s}


def _within(heard: Heard, reach_s: float) -> dict[str, float]:
    """Return the features that depend on how far is looked."""
    spectra = Spectra.of(heard)
    named = dict(_changes("mel", spectra.mel, spectra.place, SCALES_S, reach_s))
    named |= dict(_changes("tone", spectra.tone, spectra.place, _TONE_SCALES_S, reach_s))
    named |= dict(_levels(spectra, reach_s))
    named |= dict(_flux(spectra))
    named |= dict(_dips(spectra))
    named |= dict(_clicks(heard))
    named |= dict(_even_steps(spectra))
    named |= dict(_sides(spectra))
    named |= dict(_pulse(spectra))
    return named


def _changes(name: str, bands: Doubles, place: int, scales_s: tuple[float, ...], reach_s: float) -> Named:
    """Tell how the spectrum's shape differs before and after, at several scales."""
    for scale_s in scales_s:
        if scale_s > reach_s:
            continue
        steps = _steps(bands, scale_s)
        shape = steps - steps.mean(axis=1, keepdims=True)
        distance = np.sqrt(np.square(shape).mean(axis=1))
        yield from _standing(f"{name} change, {scale_s:g} s", distance, place)


def _levels(spectra: Spectra, reach_s: float) -> Named:
    """Tell how the level differs before and after, as a whole and in bands, at several scales."""
    for scale_s in SCALES_S:
        if scale_s > reach_s:
            continue
        steps = _steps(spectra.level, scale_s)
        yield from _standing(f"level step, {scale_s:g} s", np.abs(steps).max(axis=1), spectra.place)
        rise = steps[:, -1]
        yield f"rise, {scale_s:g} s", float(rise[spectra.place]) if len(rise) else np.nan


def _breaks(heard: Heard) -> Named:
    """Tell whether partials go on in phase, and at their level: against what is near."""
    length_s = (len(heard.before) + len(heard.after)) / heard.sample_rate_hz
    place = round(len(heard.before) / heard.sample_rate_hz / HOP_S)
    for frame_s in FRAMES_S:
        phases = Phases.of(heard, frame_s, int(length_s / HOP_S) + 1)
        yield from _standing(f"out of phase, {frame_s:g} s", phases.off, place)
        yield from _standing(f"joint step, {frame_s:g} s", phases.step, place)


def _even_steps(spectra: Spectra) -> Named:
    """Tell whether all bands step alike."""
    for scale_s in _EVEN_SCALES_S:
        even = even_step(_steps(spectra.mel, scale_s))
        yield from _standing(f"even step, {scale_s:g} s", even, spectra.place)


def _flux(spectra: Spectra) -> Named:
    """Tell of onsets and ends at the place, and of how far off the next are."""
    for name, sign in (("onset", 1), ("end", -1)):
        change = np.maximum(sign * (spectra.mel[2:] - spectra.mel[:-2]), 0).mean(axis=1)
        change = np.concatenate([[0.0], change, [0.0]])
        yield from _standing(name, change, spectra.place)
    onset = spectra.onset
    strong = np.flatnonzero(onset > np.quantile(onset, 0.95)) if len(onset) else np.empty(0, np.int64)
    later, earlier = strong[strong >= spectra.place], strong[strong < spectra.place]
    yield "next onset", float(later[0] - spectra.place) if len(later) else np.nan
    yield "last onset", float(spectra.place - earlier[-1]) if len(earlier) else np.nan


def _dips(spectra: Spectra) -> Named:
    """Tell whether the level sags or bulges at the place, against both sides, in bands and as a whole."""
    near, far = round(_NEAR_S / HOP_S), round(0.3 / HOP_S)
    place = spectra.place
    for band, level in enumerate(spectra.level.T):
        around = level[max(0, place - near) : place + near + 1]
        sides = np.concatenate(
            [level[max(0, place - far) : place - near], level[place + near + 1 : place + far]]
        )
        if len(sides) < far or not len(around):
            yield from ((f"{what}, band {band}", np.nan) for what in ("dip", "deepest dip", "bulge"))
            continue
        yield f"dip, band {band}", float(level[place] - np.median(sides))
        yield f"deepest dip, band {band}", float(around.min() - np.quantile(sides, 0.1))
        yield f"bulge, band {band}", float(around.max() - np.quantile(sides, 0.9))


def _clicks(heard: Heard) -> Named:
    """Tell whether the wave itself breaks: its second difference, against that nearby."""
    sound = np.concatenate([heard.before, heard.after]).astype(np.float64)
    width = max(1, round(0.001 * heard.sample_rate_hz))
    bent = np.abs(np.diff(sound, 2))
    whole = len(bent) // width
    peaks = bent[: whole * width].reshape(whole, width).max(axis=1)
    at = len(heard.before) // width
    nearby = peaks[max(0, at - 300) : at + 300]
    for name, reach in (("break", 2), ("break nearby", 50)):
        here = peaks[max(0, at - reach) : at + reach]
        if not len(here) or len(nearby) < 200:
            yield name, np.nan
            continue
        yield name, float(np.log((here.max() + _TINY) / (np.quantile(nearby, 0.9) + _TINY)))


def _sides(spectra: Spectra) -> Named:
    """Tell how the two sides differ as wholes: quietest and loudest of each band, and how it moves."""
    before, after = spectra.mel[: spectra.place - _GAP_FRAMES], spectra.mel[spectra.place + _GAP_FRAMES :]
    enough = min(len(before), len(after)) > 20
    summaries: dict[str, Callable[[Doubles], Doubles]] = {
        "floor": lambda side: np.quantile(side, 0.1, axis=0),
        "ceiling": lambda side: np.quantile(side, 0.9, axis=0),
        "motion": lambda side: np.log(np.abs(np.diff(side, axis=0)).mean(axis=0) + 0.01),
    }
    for name, summary in summaries.items():
        difference = summary(after) - summary(before) if enough else np.full(1, np.nan)
        yield f"{name} apart", float(np.sqrt(np.square(difference).mean()))
        yield f"{name} shape apart", float(np.std(difference)) if enough else np.nan
    yield "nearest alike", _nearest(before, after) if enough else np.nan


def _nearest(before: Doubles, after: Doubles) -> float:
    """Return how far frames after are from the nearest before, against those before from one another."""
    one, other = before[::8], after[::8]
    across = np.sqrt(np.square(other[:, None] - one[None]).mean(axis=2)).min(axis=1)
    own = np.sqrt(np.square(one[:, None] - one[None]).mean(axis=2))
    apart = np.abs(np.subtract.outer(np.arange(len(one)), np.arange(len(one)))) < 4
    own = np.where(apart, np.inf, own).min(axis=1)
    own = own[np.isfinite(own)]
    return float(np.log((np.median(across) + _TINY) / (np.median(own) + _TINY))) if len(own) else np.nan


def _pulse(spectra: Spectra) -> Named:
    """Tell whether what pulses before goes on in step after: onsets a period apart, across the place."""
    onset, place = spectra.onset - (spectra.onset.mean() if len(spectra.onset) else 0.0), spectra.place
    half, shortest = min(place, len(onset) - place), round(0.2 / HOP_S)
    names = ("pulse before", "pulse after", "pulse across", "pulse across at its period")
    if half < 4 * shortest:
        yield from ((name, np.nan) for name in names)
        return
    lags = np.arange(shortest, half // 2, 2)
    before, after = _autocorrelation(onset[:place], lags), _autocorrelation(onset[place:], lags)
    across = np.array([_likeness(onset[place - lag : place], onset[place : place + lag]) for lag in lags])
    yield names[0], float(before.max())
    yield names[1], float(after.max())
    yield names[2], float(across.max())
    yield names[3], float(across[int((before + after).argmax())])


def _autocorrelation(wave: Doubles, lags: NDArray[np.int64]) -> Doubles:
    return np.array([_likeness(wave[:-lag], wave[lag:]) for lag in lags])


def _likeness(one: Doubles, other: Doubles) -> float:
    power = float(one @ one) * float(other @ other)
    return float(one @ other) / float(np.sqrt(power)) if power > 0 else 0.0


def _steps(bands: Doubles, scale_s: float) -> Doubles:
    """Return mean after less mean before at every frame: shape of `bands`, NaN where a side is cut off."""
    frames = round(scale_s / HOP_S)
    total = np.concatenate([np.zeros((1, bands.shape[1])), np.cumsum(bands, axis=0)])
    steps = np.full(bands.shape, np.nan)
    reach = frames + _GAP_FRAMES
    if len(bands) < 2 * reach + 1:
        return steps
    at = np.arange(reach, len(bands) - reach)
    after = total[at + reach + 1] - total[at + _GAP_FRAMES + 1]
    before = total[at - _GAP_FRAMES] - total[at - reach]
    steps[at] = (after - before) / frames
    return steps


def _standing(name: str, curve: Doubles, place: int) -> Named:
    """Tell of a curve at the place: its value, its height near it, and both against the rest of it."""
    near = round(_NEAR_S / HOP_S)
    here = curve[place] if place < len(curve) else np.nan
    around = curve[max(0, place - near) : place + near + 1]
    rest = np.concatenate([curve[: max(0, place - 2 * near)], curve[place + 2 * near + 1 :]])
    rest = rest[np.isfinite(rest)]
    known = np.isfinite(here) and np.isfinite(around).all()
    peak = float(around.max()) if known else np.nan
    yield name, float(here)
    yield f"{name}, near", peak
    if not known or len(rest) < 2 * near:
        yield from ((f"{name}, {what}", np.nan) for what in ("rank", "near, rank", "against the rest"))
        return
    yield f"{name}, rank", float((rest < here).mean())
    yield f"{name}, near, rank", float((rest < peak).mean())
    yield f"{name}, against the rest", float(np.log((here + 0.01) / (np.median(rest) + 0.01)))

"""Joints made to be found: hard joins of one's own, and seams that are spoiled on purpose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from cli.seams.windows import Heard
from shared.sound.samples import Float32

__all__ = ["SPOILT", "hard_join", "level_matched", "with_hole", "with_shift", "with_step"]

STEP_DB, HOLE_S, SHIFT_S = 3.0, 0.030, 0.040
_SPLICE_S, _EDGE_S = 0.010, 0.002
_LEVELLED_S = 0.4


def hard_join(left: Heard, entered: Heard) -> Heard:
    """Lay what follows one place right behind what precedes another."""
    return left.joined_to(entered)


def level_matched(left: Heard, entered: Heard) -> Heard:
    """Join so that what comes is as loud, over 0.4 s, as what would have come."""
    reach = round(_LEVELLED_S * left.sample_rate_hz)
    would, comes = (_level_db(side.after[:reach]) for side in (left, entered))
    return left.joined_to(entered, would - comes)


def with_step(seam: Heard, rng: np.random.Generator) -> Heard:
    """Make what comes after a place 3 dB louder or softer."""
    return seam.joined_to(seam, STEP_DB * rng.choice((-1, 1)))


def with_hole(seam: Heard, rng: np.random.Generator) -> Heard:
    """Leave 30 ms out in the middle, with edges of 2 ms, so that nothing clicks."""
    half, edge = (round(length_s * seam.sample_rate_hz) for length_s in (HOLE_S / 2, _EDGE_S))
    after = seam.after.copy()
    rising = np.concatenate([np.zeros(half), np.linspace(0, 1, edge)])[: len(after)]
    after[: len(rising)] *= rising.astype(np.float32)
    before = seam.before[::-1].copy()
    falling = rising[: len(before)]
    before[: len(falling)] *= falling.astype(np.float32)
    return replace(seam, before=before[::-1], after=after)


def with_shift(seam: Heard, rng: np.random.Generator) -> Heard:
    """Let what comes after a place come 40 ms early, spliced within 10 ms: its beats are off by that."""
    shift, splice = (round(length_s * seam.sample_rate_hz) for length_s in (SHIFT_S, _SPLICE_S))
    after = seam.after[shift:].copy()
    t = np.linspace(0, np.pi / 2, min(splice, len(after)), dtype=np.float32)
    after[: len(t)] = np.cos(t) * seam.after[: len(t)] + np.sin(t) * after[: len(t)]
    return replace(seam, after=after)


Spoil = Callable[[Heard, np.random.Generator], Heard]
SPOILT: dict[str, Spoil] = {"3 dB step": with_step, "30 ms hole": with_hole, "40 ms shift": with_shift}
"""By what was done to a seam."""


def _level_db(sound: Float32) -> float:
    power = float(np.mean(np.square(sound, dtype=np.float64))) if len(sound) else 0.0
    return 10 * float(np.log10(max(power, 1e-6)))

"""Listen to all that was made: figures of every seam, and examples for the detectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cli.seams.beat_phase import BeatPhase
from cli.seams.examples import Examples, Gathered, joints_between
from cli.seams.figures import (
    NOMINAL_FADE_S,
    Measured,
    fade_errors_db,
    made_clicks,
    measured_at,
    threshold_of,
)
from cli.seams.gathering import BLEND, PLAIN, Mix, Taken
from cli.seams.material import Seam, natural_windows, seams_of, window_of
from cli.seams.pools import process_pool
from cli.seams.timing import figures_of, phases_at
from shared.sound.audio import AudioReader, open_audio

__all__ = ["NATURAL", "Listened", "Row", "listen"]

NATURAL = "natural"
_JOINTS_PER_SONG = 6
"""Hard joins that D1 learns from begin at so many places of each song and cut."""


@dataclass(frozen=True)
class Row:
    """Figures of the seams of one manner and one cut, or of the natural places that they are held against.

    Attributes:
        songs, cut, manner: of what they are; the manner may be `NATURAL`.
        figures: by name; see `Measured.summary`, `timing.figures_of`; and the error inside fades, in dB.
    """

    songs: str
    cut: str
    manner: str
    figures: dict[str, float]


@dataclass(frozen=True, eq=False)
class Listened:
    """What was heard: figures by kind of songs and cut, and examples of all of them together."""

    rows: list[Row]
    examples: Examples


def listen(
    taken: Sequence[Taken], seed: int, on_mix: Callable[[int, int], None] = lambda done, total: None
) -> Listened:
    """Measure every seam, and gather what detectors learn from."""
    rng, rows = np.random.default_rng(seed), []
    total, done = sum(len(each.mixes) for each in taken), 0
    with process_pool() as pool:
        gathered = Gathered(pool)
        for each in taken:
            with open_audio(each.whole_file) as sound:
                found = _Ears(each, sound, gathered, rng)
                for mix in each.mixes:
                    found.hear(mix)
                    done += 1
                    on_mix(done, total)
                found.hear_joins()
                rows += found.rows()
        return Listened(rows, gathered.examples())


class _Ears:
    """What hears the mixes of one kind of songs."""

    def __init__(
        self, taken: Taken, sound: AudioReader, gathered: Gathered, rng: np.random.Generator
    ) -> None:
        self._taken, self._sound, self._gathered, self._rng = taken, sound, gathered, rng
        self._threshold = threshold_of(taken.whole, sound)
        self._clicks: dict[tuple[str, str], int] = {}
        self._measured: dict[tuple[str, str], list[Measured]] = {}
        self._errors: dict[str, list[NDArray[np.float64]]] = {}
        self._phases: dict[tuple[str, str], list[BeatPhase]] = {}
        self._plain: list[Seam] = []

    def hear(self, mix: Mix) -> None:
        seams, whole = seams_of(mix.report, 0), self._taken.whole
        with open_audio(mix.file) as sound:
            self._gathered.add_seams(mix.manner, seams, sound, self._rng, spoil=mix.manner == BLEND)
            figures = measured_at(sound, [window_of(seam) for seam in seams], [seam.fade_s for seam in seams])
            self._measured.setdefault((mix.cut, mix.manner), []).append(figures)
            clicks = made_clicks(figures.clicks, seams, whole, self._sound, self._threshold)
            self._clicks[mix.cut, mix.manner] = self._clicks.get((mix.cut, mix.manner), 0) + clicks
            self._errors.setdefault(mix.cut, []).append(fade_errors_db(sound, seams, whole, self._sound))
            phases = phases_at(sound, seams, whole, self._sound, self._taken.beats_s)
            self._phases.setdefault((mix.cut, mix.manner), []).extend(phases)
        self._gathered.add_natural(mix.manner, seams, whole, self._sound)
        if mix.manner == PLAIN:
            self._plain += seams
            return
        windows = [window for seam in seams for _, window in natural_windows(seam, whole)]
        natural = measured_at(self._sound, windows, [NOMINAL_FADE_S] * len(windows))
        self._measured.setdefault((mix.cut, NATURAL), []).append(natural)

    def hear_joins(self) -> None:
        for boundaries_s in self._taken.boundaries_s.values() if self._plain else ():
            joints = joints_between(boundaries_s, _JOINTS_PER_SONG, self._plain, self._rng)
            self._gathered.add_joins(joints, self._taken.whole, self._sound, self._rng)

    def rows(self) -> list[Row]:
        rows = []
        for (cut, manner), parts in sorted(self._measured.items()):
            figures = Measured.concatenate(parts).summary(self._threshold)
            if manner == BLEND:
                errors = np.abs(np.concatenate(self._errors[cut]))
                for name, percent in (("fade_error_db", 50), ("fade_error_p95_db", 95)):
                    figures[name] = float(np.percentile(errors, percent)) if len(errors) else np.nan
            if manner != NATURAL:
                figures["made_clicks"] = float(self._clicks[cut, manner])
                figures |= figures_of(self._phases[cut, manner])
            rows.append(Row(self._taken.name, cut, manner, figures))
        return rows

"""Whether the beat goes on at seams, where that can be told: where both songs have one that goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cli.seams.beat_phase import BEATS, FEWEST_BEATS, BeatPhase, beat_phase
from cli.seams.material import Seam, Whole, Window, natural_windows, window_of
from shared.sound.audio import AudioReader
from shared.sound.samples import to_float32, to_mono

__all__ = ["Beats", "figures_of", "phases_at"]

Beats = Mapping[str, float | None]
"""By song: about how long a beat is, in seconds; None: it has none."""

SURE_S = 0.015
"""A seam counts where the beat of either song is found to go on to this at the same place, where nothing is
joined: elsewhere nothing could be told of the seam."""
CLEAR = 1.2
"""And where rises on the beats are so much stronger than any between: half a beat is not taken for one."""

_EDGE_S = 0.05


def phases_at(
    sound: AudioReader, seams: Sequence[Seam], whole: Whole, songs_sound: AudioReader, beats_s: Beats
) -> list[BeatPhase]:
    """Measure the seams that can be measured: whether one can be is told by its songs alone, not by the seam.

    Args:
        sound: a mix.
        seams: in it.
        whole: where the songs lie in a mix of whole songs.
        songs_sound: that mix.
        beats_s: how long the songs' beats are.
    """
    found = []
    for seam in seams:
        lengths_s = beats_s.get(seam.left.song), beats_s.get(seam.entered.song)
        if lengths_s[0] is None or lengths_s[1] is None:
            continue
        natural = natural_windows(seam, whole)
        if len(natural) < 2 or not all(
            _goes_on(songs_sound, window, beats_s[song] or 0.0) for song, window in natural
        ):
            continue
        phase = _phase(sound, window_of(seam), lengths_s[0], lengths_s[1])
        if phase is not None:
            found.append(phase)
    return found


def figures_of(phases: Sequence[BeatPhase]) -> dict[str, float]:
    """Return how many seams were measured, and how far off their beats and tempos are, by name."""
    errors_ms = np.array([abs(phase.error_s) * 1000 for phase in phases])
    steps = np.array([abs(phase.tempo_step) for phase in phases])
    return {
        "with_beat": float(len(phases)),
        "beat_phase_ms": float(np.median(errors_ms)) if len(phases) else np.nan,
        "beat_phase_p90_ms": float(np.percentile(errors_ms, 90)) if len(phases) else np.nan,
        "tempo_step": float(np.median(steps)) if len(phases) else np.nan,
    }


def _goes_on(sound: AudioReader, window: Window, beat_s: float) -> bool:
    phase = _phase(sound, window, beat_s, beat_s)
    return phase is not None and abs(phase.error_s) <= SURE_S and phase.clarity >= CLEAR


def _phase(sound: AudioReader, window: Window, before_s: float, after_s: float) -> BeatPhase | None:
    """Measure a place, by as many beats as a line takes."""
    reaches_s = (
        min(seen_s - _EDGE_S, (BEATS + 1) * beat_s)
        for seen_s, beat_s in ((window.before_s, before_s), (window.after_s, after_s))
    )
    rate_hz = sound.sample_rate_hz
    at, (early, late) = round(window.at_s * rate_hz), (round(reach_s * rate_hz) for reach_s in reaches_s)
    if min(early / before_s, late / after_s) < FEWEST_BEATS * rate_hz:
        return None
    before, after = (
        to_mono(to_float32(sound.read_range(*span))) for span in ((at - early, at), (at, at + late))
    )
    return beat_phase(before, after, rate_hz, before_beat_s=before_s, after_beat_s=after_s)

"""Beats across seams of mixes: what is measured, and what is left out since nothing could be told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from cli.seams.material import Whole, seams_of
from cli.seams.timing import figures_of, phases_at
from shared.sound.audio import open_audio
from tests.unit.cli.seams.reports import entry

RATE_HZ = 22_050
SONG_S = 20.0
BEATS_S = {"a": 0.5, "b": 0.5, "free": 0.5, "even": 0.5, "none": None}


def song(name: str) -> np.ndarray:
    """Return noise bursts: on a beat every 0.5 s, twice as often (`even`), anywhere (`free`), or none."""
    rng = np.random.default_rng(len(name))
    sound = 0.003 * rng.standard_normal(round((SONG_S + 1) * RATE_HZ))
    onsets_s = {
        "a": np.arange(0.1, SONG_S, 0.5),
        "b": np.arange(0.3, SONG_S, 0.5),
        "even": np.arange(0.1, SONG_S, 0.25),
    }.get(name, np.sort(rng.uniform(0, SONG_S, 40 if name == "free" else 0)))
    for start in np.rint(onsets_s * RATE_HZ).astype(int):
        sound[start : start + 1000] += 0.4 * rng.standard_normal(1000) * np.exp(-np.arange(1000) / 150)
    return sound[: round(SONG_S * RATE_HZ)].astype(np.float32)


def measured(folder: Path, first: str, second: str, late_s: float) -> list[float]:
    """Join 8 s of one song hard to 8 s of another, the beat coming late, and measure."""
    entered_s = 4.2 - late_s  # Left right before a beat at 8.1 s: `a`'s, as `b`'s at 4.3 s.
    mix = np.concatenate(
        [song(first)[: 8 * RATE_HZ], song(second)[round(entered_s * RATE_HZ) :][: 8 * RATE_HZ]]
    )
    whole_file, mix_file = folder / "whole.flac", folder / "mix.flac"
    soundfile.write(whole_file, np.concatenate([song(name) for name in BEATS_S]).clip(-1, 1), RATE_HZ)
    soundfile.write(mix_file, mix.clip(-1, 1), RATE_HZ)
    whole = Whole.of(
        {
            "sequence": [
                entry(name, 0, (0, SONG_S), (place * SONG_S, (place + 1) * SONG_S))
                for place, name in enumerate(BEATS_S)
            ]
        }
    )
    report = {
        "sequence": [
            entry(first, 0, (0, 8), (0, 8)),
            entry(second, 9, (entered_s, entered_s + 8), (8, 16), manner="cut", fade_s=0.0),
        ]
    }
    with open_audio(mix_file) as sound, open_audio(whole_file) as songs_sound:
        return [phase.error_s for phase in phases_at(sound, seams_of(report, 0), whole, songs_sound, BEATS_S)]


@pytest.mark.parametrize("late_s", [0.0, 0.04, -0.12])
def test_a_seam_tells_how_late_the_beat_comes(tmp_path: Path, late_s: float) -> None:
    assert measured(tmp_path, "a", "b", late_s) == pytest.approx([late_s], abs=0.003)


@pytest.mark.parametrize("other", ["free", "none", "even"])
def test_a_song_without_a_beat_that_goes_on_is_not_judged(tmp_path: Path, other: str) -> None:
    assert measured(tmp_path, "a", other, 0.0) == []
    assert measured(tmp_path, other, "b", 0.0) == []


def test_nothing_measured_has_no_figures() -> None:
    assert figures_of([])["with_beat"] == 0
    assert np.isnan(figures_of([])["beat_phase_ms"])

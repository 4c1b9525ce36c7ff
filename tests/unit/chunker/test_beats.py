"""Beats: within milliseconds where there are some, none where there are none."""

from __future__ import annotations

import numpy as np
import pytest

from services.chunker import beats as module
from services.chunker.beats import find_beats
from tests.unit.chunker.music import RATE_HZ, chords, clicks_at, hear


def errors_s(found, true):
    """Return how far each true beat lies from the nearest that was found."""
    return np.abs(np.asarray(true)[:, None] - found[None, :]).min(axis=1)


@pytest.mark.parametrize("tempo_bpm", [62, 90, 120, 143, 176])
def test_the_beats_of_a_click_track_are_found_to_a_few_milliseconds(tempo_bpm: int) -> None:
    true = np.arange(0.37, 50, 60 / tempo_bpm)
    found = find_beats(hear(clicks_at(true, 51)))
    assert found.confidence > 0.9
    assert len(found.times_s) == pytest.approx(len(true), abs=2)
    assert np.median(errors_s(found.times_s, true)) < 0.003
    assert errors_s(found.times_s, true).max() < 0.010


def test_beats_follow_a_tempo_that_rises() -> None:
    true = 0.5 + np.cumsum(np.linspace(0.52, 0.49, 110))
    found = find_beats(hear(clicks_at(true, 57)))
    assert np.percentile(errors_s(found.times_s, true), 90) < 0.010


def test_off_beats_that_swing_do_not_pull_the_beats() -> None:
    true = np.arange(0.4, 50, 0.5)
    both = np.sort(np.concatenate([true, true[:-1] + 0.5 * 0.62]))
    levels = np.where(np.isin(both, true), 1.0, 0.3)
    found = find_beats(hear(clicks_at(both, 51, levels=levels)), tempo_bpm=120)
    assert np.median(errors_s(found.times_s, true)) < 0.005


def test_beats_without_a_click_lie_where_their_neighbours_have_them() -> None:
    true = np.arange(0.4, 50, 0.5)
    heard = np.delete(true, np.arange(5, len(true), 7))
    found = find_beats(hear(clicks_at(heard, 51)))
    assert errors_s(found.times_s, true[4:-4]).max() < 0.015


@pytest.mark.parametrize("kind", ["noise", "pad", "scattered"])
def test_what_keeps_no_time_has_no_beat(kind: str) -> None:
    rng = np.random.default_rng(3)
    sounds = {
        "noise": rng.normal(size=(40 * RATE_HZ, 1)).astype(np.float32) * 0.1,
        "pad": chords([[220.0, 277.2, 329.6]], 40),
        "scattered": clicks_at(np.cumsum(rng.exponential(0.4, 90)) % 39, 40),
    }
    found = find_beats(hear(sounds[kind]))
    assert not len(found.times_s)
    assert found.why_none is not None
    assert "unsure" in found.why_none


def test_silence_and_what_is_short_have_no_beat() -> None:
    assert find_beats(hear(np.zeros((10 * RATE_HZ, 1), np.float32))).why_none == "it has no onsets"
    assert find_beats(hear(np.zeros((0, 1), np.float32))).why_none == "it has no onsets"
    short = find_beats(hear(clicks_at(np.arange(0.2, 3, 0.5), 3)))
    assert short.why_none is not None
    assert "16 are needed" in short.why_none


def test_a_tempo_that_is_known_is_kept() -> None:
    true = np.arange(0.37, 50, 0.5)
    found = find_beats(hear(clicks_at(true, 51)), tempo_bpm=60)
    assert np.median(np.diff(found.times_s)) == pytest.approx(1.0, abs=0.01)


def test_a_long_song_is_tracked_in_stretches_as_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = hear(clicks_at(np.arange(0.37, 118, 0.5), 119))
    whole = find_beats(heard).times_s
    monkeypatch.setattr(module, "WINDOW_S", 50.0)
    parted = find_beats(heard).times_s
    assert len(parted) == len(whole)
    np.testing.assert_allclose(parted, whole, atol=0.005)

"""Bars: which beats begin one, by harmony and accents."""

from __future__ import annotations

import numpy as np
import pytest

from cli.demo import songs as demo
from cli.demo.writing import render
from services.chunker.bars import find_bars
from services.chunker.beats import find_beats
from services.chunker.listening import listen
from tests.unit.chunker.music import chords, clicks_at, hear

BEAT_S = 0.5
AM, F, C, G = [220.0, 261.6, 329.6], [174.6, 220.0, 261.6], [261.6, 329.6, 392.0], [196.0, 246.9, 293.7]


def accented(metre: int, *, first: int, bars: int = 24):
    """Return clicks on beats, louder where a bar begins, over a chord that changes there."""
    beats_s = 0.1 + np.arange(metre * bars + first) * BEAT_S
    begins = (np.arange(len(beats_s)) - first) % metre == 0
    clicks = clicks_at(beats_s, beats_s[-1] + BEAT_S, levels=np.where(begins, 1.0, 0.5))
    pad = chords([(AM, F, C, G)[bar % 4] for bar in range(bars + 2)], metre * BEAT_S)
    shift = round((0.1 + first * BEAT_S) * 22_050)
    tail = pad[: len(clicks) - shift]
    clicks[shift : shift + len(tail)] += tail
    return beats_s, begins, hear(clicks)


@pytest.mark.parametrize(("metre", "first"), [(4, 0), (4, 3), (3, 0), (3, 2)])
def test_bars_begin_where_chords_and_accents_do(metre: int, first: int) -> None:
    beats_s, begins, heard = accented(metre, first=first)
    found = find_bars(heard, beats_s)
    assert found.beats_per_bar == metre
    assert (found.downbeats == begins).mean() > 0.95
    assert found.confidence > 0.9


def test_beats_a_bar_may_be_told() -> None:
    beats_s, _, heard = accented(4, first=0)
    found = find_bars(heard, beats_s, beats_per_bar=3)
    assert found.beats_per_bar == 3
    assert found.confidence < 0.5


def test_even_clicks_are_unsure() -> None:
    beats_s = 0.1 + np.arange(100) * BEAT_S
    assert find_bars(hear(clicks_at(beats_s, 51)), beats_s).confidence < 0.5


def test_a_few_beats_have_no_bars() -> None:
    found = find_bars(hear(clicks_at([0.5, 1.0], 2)), np.array([0.5, 1.0]))
    assert (found.beats_per_bar, found.confidence) == (None, 0.0)
    assert not found.downbeats.any()


def test_a_beat_that_drops_out_moves_the_bars() -> None:
    beats_s, begins, heard = accented(4, first=0, bars=40)
    # The last three quarters of a bar are cut out of the song.
    drop = slice(82, 85)
    kept = np.delete(np.arange(len(beats_s)), drop)
    cut = round(beats_s[82] * 22_050) - 200, round(beats_s[85] * 22_050) - 200
    sound_s = beats_s[kept] - np.where(kept >= 85, 3 * BEAT_S, 0)
    chroma = np.delete(heard.chroma, slice(round(cut[0] / 1024), round(cut[1] / 1024)), axis=0)
    timbre = np.delete(heard.timbre, slice(round(cut[0] / 1024), round(cut[1] / 1024)), axis=0)
    onsets = np.delete(heard.onsets, slice(round(cut[0] / 128), round(cut[1] / 128)))
    low = np.delete(heard.low_onsets, slice(round(cut[0] / 128), round(cut[1] / 128)))
    found = find_bars(type(heard)(onsets, low, chroma, timbre), sound_s)
    assert (found.downbeats == begins[kept]).mean() > 0.9


@pytest.mark.parametrize("song", [demo.CAFE_MERIDIAN, demo.TERMINAL_SIX], ids=lambda song: song.title)
def test_the_bars_of_a_synthesised_song_are_found(song: demo.Song) -> None:
    heard = listen([render(song, seconds=60)], 44_100)
    beats = find_beats(heard)
    assert 60 / np.median(np.diff(beats.times_s)) == pytest.approx(song.tempo_bpm, rel=0.01)
    bars_s = beats.times_s[find_bars(heard, beats.times_s).downbeats]
    bar_s = 4 * song.beat_s
    off_s = (bars_s + bar_s / 2) % bar_s - bar_s / 2
    assert np.mean(np.abs(off_s) < 0.05) > 0.9

"""Key, sections, the whole of an analysis, and that streaming changes nothing."""

from __future__ import annotations

import numpy as np
import pytest

from services.chunker.analysing import analyse
from services.chunker.barlines import EARLY_S, bar_boundaries
from services.chunker.listening import RATE_HZ, listen
from services.chunker.sections import find_sections
from services.chunker.tonality import find_key
from shared.corrections import Correction
from shared.sound.rhythm import Rhythm
from shared.store.arrays import pack_arrays, unpack_arrays
from tests.unit.chunker.music import chords, clicks_at, hear


def scale(tonic_hz: float, steps: list[int]) -> list[list[float]]:
    return [[tonic_hz * 2 ** (step / 12)] for step in steps]


@pytest.mark.parametrize(
    ("key", "tonic_hz", "steps"),
    [
        ("C major", 261.63, [0, 4, 7, 0, 5, 9, 7, 2, 11, 0, 4, 0]),
        ("A minor", 220.0, [0, 3, 7, 0, 5, 8, 7, 2, 10, 0, 3, 0]),
        ("F# minor", 185.0, [0, 3, 7, 0, 5, 8, 7, 2, 10, 0, 3, 0]),
    ],
)
def test_a_melody_tells_its_key(key: str, tonic_hz: float, steps: list[int]) -> None:
    found = find_key(hear(chords(scale(tonic_hz, steps) * 4, 0.5)))
    assert found.key == key
    assert found.confidence > 0.2


def test_a_song_tuned_lower_has_the_same_key() -> None:
    lower = 2 ** (-0.35 / 12)
    assert (
        find_key(hear(chords(scale(220.0 * lower, [0, 3, 7, 0, 5, 8, 7, 2, 10, 0]) * 4, 0.5))).key
        == "A minor"
    )


def test_silence_has_no_key() -> None:
    assert find_key(hear(np.zeros((RATE_HZ, 1), np.float32))).key is None


def test_sections_begin_where_the_music_becomes_another() -> None:
    rng = np.random.default_rng(0)
    hiss = rng.normal(size=(25 * RATE_HZ, 1)).astype(np.float32) * 0.05
    sound = np.concatenate([chords([[220.0]], 25), hiss, chords([[330.0, 392.0]], 25)])
    found_s = find_sections(hear(sound))
    np.testing.assert_allclose(found_s, [0, 25, 50], atol=1.0)
    bars_s = np.arange(0.4, 75, 2.0)
    assert set(find_sections(hear(sound), bars_s)[1:]) <= set(bars_s)


def test_what_stays_the_same_is_one_section() -> None:
    assert find_sections(hear(np.zeros((20 * RATE_HZ, 1), np.float32))).tolist() == [0.0]


@pytest.mark.parametrize("size", [1_000, 65_536])
def test_blocks_of_any_size_give_the_same(size: int) -> None:
    sound = clicks_at(np.arange(0.3, 20, 0.5), 20)
    whole = listen([sound], RATE_HZ)
    parted = listen([sound[at : at + size] for at in range(0, len(sound), size)], RATE_HZ)
    np.testing.assert_allclose(parted.onsets, whole.onsets, atol=1e-3)
    np.testing.assert_allclose(parted.timbre, whole.timbre, atol=1e-2)


def test_an_analysis_is_whole_and_its_rhythm_can_be_stored() -> None:
    found = analyse([clicks_at(np.arange(0.3, 40, 0.5), 40)], RATE_HZ)
    assert found.note is None
    assert found.rhythm.tempo_bpm == pytest.approx(120, abs=0.5)
    again = Rhythm.from_arrays(unpack_arrays(pack_arrays(found.rhythm.to_arrays())))
    np.testing.assert_array_equal(again.beats_s, found.rhythm.beats_s)
    np.testing.assert_array_equal(again.downbeats, found.rhythm.downbeats)
    assert again.beat_confidence == found.rhythm.beat_confidence


def test_chunks_begin_right_before_every_other_bar() -> None:
    beats_s = 0.2 + np.arange(40) * 0.5
    rhythm = Rhythm(beats_s, np.arange(40) % 4 == 1, 0.9, 0.9)
    found = bar_boundaries(rhythm, 20 * 1000 + 500, sample_rate_hz=1000, bars=2, min_chunk_ms=0)
    np.testing.assert_array_equal(found, np.round((beats_s[1::8] - EARLY_S) * 1000))


def test_a_short_beginning_joins_the_first_chunk() -> None:
    rhythm = Rhythm(0.2 + np.arange(40) * 0.5, np.arange(40) % 4 == 1, 0.9, 0.9)
    found = bar_boundaries(rhythm, 20_500, sample_rate_hz=1000, bars=2, min_chunk_ms=1000)
    assert found[0] == round((0.7 + 4.0 - EARLY_S) * 1000)


def test_without_bars_four_beats_are_one() -> None:
    rhythm = Rhythm(1.0 + np.arange(16) * 0.5, np.zeros(16, np.bool_), 0.9, 0.0)
    found = bar_boundaries(rhythm, 9_000, sample_rate_hz=1000, bars=1, min_chunk_ms=0)
    np.testing.assert_array_equal(found, [992, 2992, 4992, 6992])


def test_what_is_known_need_not_be_found() -> None:
    times_s = 0.2 + 0.5 * np.arange(80)
    sound = clicks_at(times_s, 41, levels=np.where(np.arange(80) % 4 == 0, 2.0, 1.0))
    found = analyse([sound], RATE_HZ)
    assert found.beats_per_bar == 4
    assert found.rhythm.tempo_bpm == pytest.approx(120, abs=0.5)

    known = Correction(beats_per_bar=3, downbeat_s=1.22, key="Eb minor")
    told = analyse([sound], RATE_HZ, known)
    assert (told.beats_per_bar, told.key.key, told.key.confidence) == (3, "Eb minor", 1.0)
    bars_s = told.rhythm.beats_s[told.rhythm.downbeats]
    assert np.abs(bars_s - 1.2).min() < 0.02
    assert np.diff(bars_s) == pytest.approx(1.5, abs=0.02)
    assert told.rhythm.bar_confidence == 1.0

    halved = analyse([sound], RATE_HZ, Correction(tempo_bpm=60))
    assert halved.rhythm.tempo_bpm == pytest.approx(60, abs=0.5)


def test_a_tempo_that_is_known_makes_unsure_beats_sure() -> None:
    rng = np.random.default_rng(3)
    times_s = np.sort(rng.uniform(0, 40, 90))
    sound = clicks_at(times_s, 41)
    assert analyse([sound], RATE_HZ).rhythm.tempo_bpm is None
    told = analyse([sound], RATE_HZ, Correction(tempo_bpm=100))
    assert told.rhythm.tempo_bpm == pytest.approx(100, rel=0.15)
    assert told.rhythm.beat_confidence >= 0.5

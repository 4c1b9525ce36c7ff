"""Blends of songs with a beat: it goes on across the seam, as it is heard."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from cli.seams.beat_phase import beat_phase
from services.assembler.pieces import Piece
from services.assembler.rendering import Rendered, render
from shared.parameters import Output
from shared.revisions import SeamWish
from shared.sound.rhythm import Rhythm
from shared.sound.samples import Float32, to_int16, to_mono
from tests.unit.assembler.songs import ArraySong, opener

RATE_HZ = 44_100
BEATS_S = {
    "a": 0.11 + 0.5 * np.arange(80),
    "b": 0.37 + 0.5 * np.arange(80),
    "fast": 0.2 + 0.42 * np.arange(90),
}
LENGTH_S = 40.0


def clicking(beats_s: np.ndarray, seed: int) -> ArraySong:
    """Return a song of clicks, every fourth louder, over a hum."""
    rng, samples = np.random.default_rng(seed), round(LENGTH_S * RATE_HZ)
    sound = 0.02 * np.sin(2 * np.pi * (70 + seed) * np.arange(samples + 3_000) / RATE_HZ)
    for number, start in enumerate(np.rint(beats_s * RATE_HZ).astype(int)):
        loudness = 0.4 if number % 4 == 0 else 0.25
        if start < samples:
            sound[start : start + 2_000] += (
                loudness * rng.standard_normal(2_000) * np.exp(-np.arange(2_000) / 300)
            )
    return ArraySong(to_int16(sound[:samples, None].astype(np.float32)), RATE_HZ)


SONGS = {name: clicking(beats_s, seed) for seed, (name, beats_s) in enumerate(BEATS_S.items())}
RHYTHMS = {
    name: Rhythm(beats_s, np.arange(len(beats_s)) % 4 == 0, 1.0, 1.0) for name, beats_s in BEATS_S.items()
}


def pieces_of(*names: str, seed: int = 0) -> list[Piece]:
    """Return pieces of some 9 s that begin and end anywhere."""
    rng = np.random.default_rng(seed)
    starts = rng.integers(3 * RATE_HZ, 25 * RATE_HZ, len(names))
    return [
        Piece(name, int(start), int(start + rng.integers(8 * RATE_HZ, 11 * RATE_HZ)), RATE_HZ)
        for name, start in zip(names, starts, strict=True)
    ]


def blended(
    folder: Path, pieces: list[Piece], *, known: bool = True, wishes: dict[int, SeamWish] | None = None
) -> tuple[Rendered, Float32]:
    path = folder / "mix.wav"
    done = render(
        pieces,
        opener(**SONGS),
        Output(format="wav", channels=1),
        path,
        tags={},
        wishes=wishes,
        rhythms=RHYTHMS if known else None,
    )
    return done, to_mono(soundfile.read(path, dtype="float32", always_2d=True)[0])


def errors_s(done: Rendered, sound: Float32, pieces: list[Piece]) -> list[float]:
    found, ends = [], [*done.starts, done.frames]
    for number, (before, after) in enumerate(pairwise(pieces), start=1):
        periods_s = [float(np.diff(BEATS_S[piece.song])[0]) for piece in (before, after)]
        start, at, stop = ends[number - 1 : number + 2]
        phase = beat_phase(
            sound[start:at], sound[at:stop], RATE_HZ, before_beat_s=periods_s[0], after_beat_s=periods_s[1]
        )
        assert phase is not None
        found.append(phase.error_s)
    return found


def test_the_beat_and_the_bar_go_on(tmp_path: Path) -> None:
    pieces = pieces_of("a", "b", "a", "a", "b", "b")
    done, sound = blended(tmp_path, pieces)
    assert [seam.timing for seam in done.seams] == ["bar"] * 5
    assert [seam.tempo_step for seam in done.seams] == pytest.approx([0] * 5, abs=1e-6)
    assert np.abs(errors_s(done, sound, pieces)).max() < 0.004
    for seam, (before, after) in zip(done.seams, pairwise(pieces), strict=True):
        left = before.stop / RATE_HZ + seam.leaves_s - BEATS_S[before.song][0]
        entered = after.start / RATE_HZ + seam.enters_s - BEATS_S[after.song][0]
        assert (entered - left + 1) % 2 - 1 == pytest.approx(0, abs=0.005)


def test_without_known_beats_it_does_not(tmp_path: Path) -> None:
    pieces = pieces_of("a", "b", "a", "a", "b", "b")
    done, sound = blended(tmp_path, pieces, known=False)
    assert {seam.timing for seam in done.seams} == {"free"}
    assert np.median(np.abs(errors_s(done, sound, pieces))) > 0.03


def test_a_beat_of_another_tempo_comes_in_time(tmp_path: Path) -> None:
    pieces = pieces_of("a", "fast", "b", "fast", seed=1)
    done, sound = blended(tmp_path, pieces)
    assert [seam.timing for seam in done.seams] == ["beat"] * 3
    assert done.seams[0].tempo_step == pytest.approx(0.5 / 0.42 - 1, abs=1e-6)
    assert np.median(np.abs(errors_s(done, sound, pieces))) < 0.012
    # Two tempos are heard together for less long than one.
    together, _ = blended(tmp_path, pieces_of("a", "b"))
    assert done.seams[0].fade_s < together.seams[0].fade_s


def test_a_bass_gives_way_to_another_where_a_bar_begins(tmp_path: Path) -> None:
    pieces = pieces_of("a", "b")
    done, _ = blended(tmp_path, pieces, wishes={1: SeamWish(manner="bass_swap")})
    (seam,) = done.seams
    assert seam.manner == "bass_swap"
    assert seam.timing == "bar"
    assert seam.fades_s[0] == pytest.approx(0.06)
    into_bar_s = (pieces[1].start / RATE_HZ + seam.enters_s - BEATS_S["b"][0]) % 2
    assert 0.004 < 2 - into_bar_s < 0.022


def test_where_no_bar_begins_near_the_bass_changes_all_the_same(tmp_path: Path) -> None:
    slow = Rhythm(BEATS_S["a"], np.arange(80) % 16 == 0, 1.0, 1.0)  # Bars of 8 s.
    pieces = [Piece("a", 0, 9 * RATE_HZ, RATE_HZ), Piece("a", 12 * RATE_HZ, 21 * RATE_HZ, RATE_HZ)]
    done = render(
        pieces,
        opener(**SONGS),
        Output(format="wav"),
        tmp_path / "mix.wav",
        tags={},
        wishes={1: SeamWish(manner="bass_swap")},
        rhythms={"a": slow},
    )
    assert (done.seams[0].manner, done.seams[0].timing) == ("bass_swap", "beat")


def test_a_nudge_keeps_time_with_itself(tmp_path: Path) -> None:
    pieces = pieces_of("a", "b")
    usual, _ = blended(tmp_path, pieces)
    nudged, _ = blended(tmp_path, pieces, wishes={1: SeamWish(nudge_s=0.5)})
    assert nudged.seams[0].timing == "bar"
    assert nudged.seams[0].enters_s == pytest.approx(usual.seams[0].enters_s + 0.5, abs=1e-4)

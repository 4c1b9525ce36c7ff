"""Blends of songs whose tempos differ a little: the second is brought to the first, and goes back."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.signal import find_peaks

from services.assembler.pieces import Piece
from services.assembler.previewing import LEAD_S, begun_at, preview
from services.assembler.rendering import Rendered, joint_of, render
from services.assembler.reports import Entry, SeamEntry
from shared.parameters import Output
from shared.revisions import SeamWish
from shared.sound.rhythm import Rhythm
from shared.sound.samples import Float32, to_int16, to_mono
from tests.unit.assembler.songs import ArraySong, opener

RATE_HZ = 44_100
PERIODS_S = {"a": 0.5, "near": 0.514, "far": 0.55}
BEATS_S = {name: 0.23 + period_s * np.arange(150) for name, period_s in PERIODS_S.items()}
RHYTHMS = {name: Rhythm(beats, np.arange(150) % 4 == 0, 1.0, 1.0) for name, beats in BEATS_S.items()}


@cache
def songs() -> dict[str, ArraySong]:
    """Return songs of 70 s of clicks over a faint hum."""
    click = np.random.default_rng(0).standard_normal(400) * np.exp(-np.arange(400) / 60)
    sounds = {}
    for name, beats_s in BEATS_S.items():
        sound = 0.003 * np.sin(2 * np.pi * 110 * np.arange(70 * RATE_HZ) / RATE_HZ)
        for start in np.rint(beats_s[beats_s < 69] * RATE_HZ).astype(int):
            sound[start : start + 400] += 0.3 * click
        sounds[name] = ArraySong(to_int16(sound[:, None].astype(np.float32)), RATE_HZ)
    return sounds


def at(name: str, start_s: float, stop_s: float) -> Piece:
    return Piece(name, round(start_s * RATE_HZ), round(stop_s * RATE_HZ), RATE_HZ)


PIECES = [at("a", 5, 17.1), at("near", 8.3, 20), at("near", 20, 48.2), at("a", 31, 42), at("far", 6, 19)]


@pytest.fixture(scope="module")
def mix(tmp_path_factory: pytest.TempPathFactory) -> tuple[Rendered, Float32]:
    """Return the pieces blended as by default, and their sound."""
    return rendered(tmp_path_factory.mktemp("mix"))


def rendered(
    folder: Path, *, stretch: bool = True, wishes: dict[int, SeamWish] | None = None
) -> tuple[Rendered, Float32]:
    path = folder / "mix.wav"
    output = Output(format="wav", channels=1, stretch=stretch)
    done = render(PIECES, opener(**songs()), output, path, tags={}, wishes=wishes, rhythms=RHYTHMS)
    return done, to_mono(soundfile.read(path, dtype="float32", always_2d=True)[0])


def clicks_s(sound: Float32) -> np.ndarray:
    """Return when clicks begin, in seconds."""
    power = np.convolve(np.square(sound, dtype=np.float64), np.ones(200), "same")
    return find_peaks(power, height=power.max() / 20, distance=round(0.2 * RATE_HZ))[0] / RATE_HZ


def test_the_second_song_comes_at_the_tempo_of_the_first_and_goes_back(mix: tuple[Rendered, Float32]) -> None:
    done, sound = mix
    seam = done.seams[0]
    assert seam.stretch == pytest.approx(0.514 / 0.5 - 1, abs=1e-6)
    assert seam.tempo_step == pytest.approx(0, abs=1e-6)
    assert seam.stretched_s == pytest.approx(8 * 4 * 0.514, abs=0.001)
    assert done.seams[1].stretch == 0, "the song plays on"
    start_s, end_s = done.starts[1] / RATE_HZ, done.starts[3] / RATE_HZ
    beats = clicks_s(sound)
    periods_s = np.diff(beats)
    assert np.median(periods_s[(beats[:-1] > start_s - 4) & (beats[:-1] < start_s + 3)]) == pytest.approx(
        0.5, abs=0.0005
    )
    own = (beats[:-1] > start_s + 22) & (beats[:-1] < end_s - 2)
    assert own.sum() > 15
    assert np.median(periods_s[own]) == pytest.approx(0.514, abs=0.0005)
    between = periods_s[(beats[:-1] > start_s - 4) & (beats[:-1] < end_s - 2)]
    assert np.abs(between).max() < 0.52
    assert between.min() > 0.49


def test_the_beat_goes_on_from_a_song_that_is_still_stretched(
    tmp_path: Path, mix: tuple[Rendered, Float32]
) -> None:
    back = mix[0].seams[2]
    assert back.stretch == pytest.approx(0.5 / 0.514 - 1, abs=1e-6)
    short = [PIECES[0], at("near", 8.3, 18), at("a", 31, 42)]
    path = tmp_path / "short.wav"
    done = render(short, opener(**songs()), Output(format="wav", channels=1), path, tags={}, rhythms=RHYTHMS)
    still, sound = done.seams[1], to_mono(soundfile.read(path, dtype="float32", always_2d=True)[0])
    assert abs(still.stretch) < 0.02, "what leaves is not back at its own tempo yet"
    beats, at_s = clicks_s(sound), done.starts[2] / RATE_HZ
    near = np.diff(beats)[(beats[:-1] > at_s - 3) & (beats[:-1] < at_s + 3)]
    assert near.max() - near.min() < 0.008


def test_far_tempos_hard_cuts_and_who_wants_none_are_left_alone(
    tmp_path: Path, mix: tuple[Rendered, Float32]
) -> None:
    done, _ = mix
    assert done.seams[3].stretch == 0
    assert -0.1 < (done.seams[3].tempo_step or 0) < -0.05
    done, _ = rendered(tmp_path, wishes={1: SeamWish(manner="cut")})
    assert done.seams[0].stretch == 0
    done, _ = rendered(tmp_path, stretch=False)
    assert {seam.stretch for seam in done.seams} == {0}
    assert done.seams[0].tempo_step == pytest.approx(0.5 / 0.514 - 1, abs=1e-6)


def test_a_song_is_left_where_its_own_beats_are(mix: tuple[Rendered, Float32]) -> None:
    done, _ = mix
    left_s, entered_s = 48.2 + done.seams[2].leaves_s, 31 + done.seams[2].enters_s
    off_s = (entered_s - BEATS_S["a"][0]) / 0.5 - (left_s - BEATS_S["near"][0]) / 0.514
    assert (off_s + 0.5) % 1 - 0.5 == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("position", [1, 2, 3, 4])
def test_a_preview_is_what_the_mix_has_there(
    tmp_path: Path, mix: tuple[Rendered, Float32], position: int
) -> None:
    done, sound = mix
    entries = [
        Entry(
            position=number,
            song=piece.song,
            title=piece.song,
            artist=None,
            chunk=number,
            source_start_s=piece.start / RATE_HZ,
            source_end_s=piece.stop / RATE_HZ,
            mix_start_s=start / RATE_HZ,
            mix_end_s=0.0,
            score=None,
            seam=seam
            and SeamEntry.model_validate_json(SeamEntry.model_validate(asdict(seam)).model_dump_json()),
        )
        for number, (piece, start, seam) in enumerate(
            zip(PIECES, done.starts, [None, *done.seams], strict=True)
        )
    ]
    output = Output(format="wav", channels=1)
    joint = joint_of(
        PIECES, opener(**songs()), output, measured=None, wishes=None, loudness_lufs=None, rhythms=RHYTHMS
    )
    begun = begun_at(entries, PIECES, entries[position].mix_start_s - 3 - LEAD_S, RATE_HZ)
    path = tmp_path / "seam.wav"
    preview(joint, begun, position, output, path, around_s=3)
    heard, edge = to_mono(soundfile.read(path, dtype="float32", always_2d=True)[0]), round(0.03 * RATE_HZ)
    expected = sound[done.starts[position] - 3 * RATE_HZ :][: len(heard)]
    assert np.array_equal(heard[edge:-edge], expected[edge:-edge])

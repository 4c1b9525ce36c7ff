"""Seams as users wish them, and that nothing else of a mix changes by it, sample for sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile

from services.assembler.echoing import ECHO_S, LOOP_S, echo_tail, loudest_end
from services.assembler.pieces import Piece
from services.assembler.previewing import LEAD_S, begun_at, preview
from services.assembler.rendering import Rendered, joint_of, render
from services.assembler.reports import Entry, SeamEntry
from shared.parameters import Output
from shared.revisions import SeamWish
from shared.sound.samples import Float32, to_float32, to_int16
from tests.support.signals import noise, sine
from tests.unit.assembler.songs import ArraySong, opener

RATE_HZ = 44_100
LOUDNESS = {name: (-17.0 - place, 0.3) for place, name in enumerate("abc")}


@cache
def songs() -> dict[str, ArraySong]:
    """Return noise that swells, so that there are levels to be met."""
    swell = 0.6 + 0.4 * np.sin(np.arange(40 * RATE_HZ) / RATE_HZ)[:, None]
    return {
        name: ArraySong(
            to_int16(noise(40, RATE_HZ, amplitude=0.1, channels=2, seed=seed) * swell.astype(np.float32)),
            RATE_HZ,
        )
        for seed, name in enumerate("abc")
    }


def at(name: str, start_s: float, stop_s: float) -> Piece:
    return Piece(name, round(start_s * RATE_HZ), round(stop_s * RATE_HZ), RATE_HZ)


PIECES = [at("a", 1, 9), at("b", 10, 19), at("b", 19, 26), at("c", 3, 12), at("a", 20, 29), at("b", 2, 9)]


def rendered(
    folder: Path,
    pieces: list[Piece],
    wishes: Mapping[int, SeamWish] | None = None,
    *,
    seams: str = "blend",
    loudness_lufs: float | None = None,
) -> tuple[Rendered, Float32]:
    path, output = folder / "mix.wav", Output.model_validate({"format": "wav", "seams": seams})
    done = render(
        pieces,
        opener(**songs()),
        output,
        path,
        tags={},
        measured=LOUDNESS,
        wishes=wishes,
        loudness_lufs=loudness_lufs,
    )
    return done, soundfile.read(path, dtype="float32", always_2d=True)[0]


def entries_of(pieces: list[Piece], done: Rendered) -> list[Entry]:
    ends = [*done.starts[1:], done.frames]
    return [
        Entry(
            position=position,
            song=piece.song,
            title="",
            artist=None,
            chunk=0,
            source_start_s=0,
            source_end_s=0,
            mix_start_s=start / RATE_HZ,
            mix_end_s=end / RATE_HZ,
            score=None,
            seam=seam and SeamEntry.model_validate(asdict(seam)),
        )
        for position, (piece, start, end, seam) in enumerate(
            zip(pieces, done.starts, ends, [None, *done.seams], strict=True)
        )
    ]


def test_a_cut_lies_at_the_edges_of_both_chunks(tmp_path: Path) -> None:
    pieces = [at("a", 0, 9), at("b", 10, 40)]
    done, sound = rendered(tmp_path, pieces, {1: SeamWish(manner="cut")})
    (seam,) = done.seams
    assert (seam.manner, seam.fade_s, seam.leaves_s, seam.enters_s) == ("cut", 0.0, 0.0, 0.0)
    assert done.starts == [0, 9 * RATE_HZ]
    gains = [10 ** ((done.loudness_lufs - LOUDNESS[name][0]) / 20) for name in "ab"]
    a, b = (to_float32(songs()[name].samples) for name in "ab")
    expected = a[: 9 * RATE_HZ] * gains[0]
    assert np.abs(sound[: 9 * RATE_HZ] - expected).max() <= 1 / 32768
    first = b[10 * RATE_HZ :][:100] * gains[1] * 10 ** (seam.gain_db / 20)
    assert np.abs(sound[9 * RATE_HZ :][:100] - first).max() <= 2 / 32768


@pytest.mark.parametrize("nudge_s", [0.5, 2.0])
def test_a_nudge_moves_both_places_alike(tmp_path: Path, nudge_s: float) -> None:
    usual, _ = rendered(tmp_path, PIECES)
    nudged, _ = rendered(tmp_path, PIECES, {3: SeamWish(nudge_s=nudge_s)})
    before, after = usual.seams[2], nudged.seams[2]
    assert after.leaves_s - before.leaves_s == pytest.approx(nudge_s, abs=1e-4)
    assert after.enters_s - before.enters_s == pytest.approx(nudge_s, abs=1e-4)
    assert nudged.starts[3] - usual.starts[3] == round(nudge_s * RATE_HZ)
    assert nudged.starts[:3] == usual.starts[:3]


@pytest.mark.parametrize(
    "wish", [SeamWish(manner="cut"), SeamWish(manner="echo_out"), SeamWish(nudge_s=-0.7)], ids=str
)
def test_nothing_but_the_seam_and_the_return_of_its_level_differs(tmp_path: Path, wish: SeamWish) -> None:
    usual, before = rendered(tmp_path, PIECES)
    changed, after = rendered(tmp_path, PIECES, {3: wish})
    reach = round((max(ECHO_S, 0.7) + 0.7 + 0.1) * RATE_HZ)
    same = min(usual.starts[3], changed.starts[3]) - reach
    assert same > 20 * RATE_HZ
    assert np.array_equal(before[:same], after[:same])
    # 3 dB at most are gone 4 s after the fade; counted from the end, both are the same again.
    rest = usual.frames - usual.starts[3] - round(5.5 * RATE_HZ)
    assert rest > 18 * RATE_HZ
    assert np.array_equal(before[-rest:], after[-rest:])
    assert not np.array_equal(before[same:][: 2 * reach], after[same:][: 2 * reach])


def test_a_swapped_chunk_leaves_the_others_as_they_sound(tmp_path: Path) -> None:
    usual, before = rendered(tmp_path, PIECES)
    swapped = [*PIECES[:3], at("c", 25, 33), *PIECES[4:]]
    changed, after = rendered(tmp_path, swapped, loudness_lufs=usual.loudness_lufs)
    same = usual.starts[3] - round(1.7 * RATE_HZ)
    assert np.array_equal(before[:same], after[:same])
    rest = usual.frames - usual.starts[4] - round(5.5 * RATE_HZ)
    assert rest > 10 * RATE_HZ
    assert np.array_equal(before[-rest:], after[-rest:])
    assert changed.loudness_lufs == usual.loudness_lufs


def test_an_echo_dies_away_over_what_begins(tmp_path: Path) -> None:
    hz = 1025.03  # Cut at its crest, wherever it is left.
    tone = sine(hz, 20, RATE_HZ, amplitude=0.3, channels=2)
    silent = ArraySong(to_int16(np.zeros_like(tone)), RATE_HZ)
    pieces = [Piece("a", 0, 8 * RATE_HZ, RATE_HZ), Piece("b", 4 * RATE_HZ, 20 * RATE_HZ, RATE_HZ)]
    path = tmp_path / "mix.wav"
    done = render(
        pieces,
        opener(a=ArraySong(to_int16(tone), RATE_HZ), b=silent),
        Output(format="wav"),
        path,
        tags={},
        wishes={1: SeamWish(manner="echo_out")},
    )
    sound = soundfile.read(path, dtype="float32", always_2d=True)[0]
    start, loop = done.starts[1], round(LOOP_S * RATE_HZ)
    loops = [sound[start + number * loop :][:loop] for number in range(5)]
    levels = [float(np.sqrt(np.mean(np.square(one)))) for one in loops]
    assert levels[1] / levels[0] == pytest.approx(0.55, rel=0.05)
    assert levels == sorted(levels, reverse=True)
    assert np.abs(sound[start + round(ECHO_S * RATE_HZ) :]).max() == 0.0
    # No sample steps by more than the tone itself does: there are no clicks.
    steepest = 0.3 * 2 * np.pi * hz / RATE_HZ
    assert np.abs(np.diff(sound[:, 0])).max() < 1.5 * steepest


def test_an_echo_has_no_bass() -> None:
    low = sine(60, 4, RATE_HZ, amplitude=0.5, channels=1)
    tail = echo_tail(low, 2 * RATE_HZ, RATE_HZ, sample_rate_hz=RATE_HZ)
    assert np.abs(tail[round(0.02 * RATE_HZ) :]).max() < 0.02


def test_what_echoes_is_what_was_loud() -> None:
    sound = noise(4, RATE_HZ, amplitude=0.2)
    sound[round(1.4 * RATE_HZ) : 2 * RATE_HZ] *= 0.01
    leave = loudest_end(sound, 2 * RATE_HZ, RATE_HZ, sample_rate_hz=RATE_HZ)
    # The last stretch that is half as loud in power, or louder, ends half of it behind the quiet's beginning.
    assert leave / RATE_HZ == pytest.approx(-0.6 + LOOP_S / 2, abs=0.02)
    assert loudest_end(sound, 2 * RATE_HZ, 0, sample_rate_hz=RATE_HZ) == 0


@pytest.mark.parametrize("manner", ["cut", "echo_out", "blend"])
@pytest.mark.parametrize("length", [60, 3_000, 40_000])
def test_short_pieces_are_joined_in_any_manner(tmp_path: Path, manner: str, length: int) -> None:
    pieces = [Piece(name, 0, length, RATE_HZ) for name in "abcab"]
    nudge_s = length / RATE_HZ / 4
    wish = SeamWish.model_validate({"manner": manner, "nudge_s": nudge_s})
    done, sound = rendered(tmp_path, pieces, dict.fromkeys(range(1, 5), wish))
    assert np.isfinite(sound).all()
    assert len(sound) == done.frames
    assert done.starts == sorted(done.starts)
    assert len(done.seams) == 4


def previewed(
    folder: Path,
    done: Rendered,
    position: int,
    wishes: Mapping[int, SeamWish] | None = None,
    *,
    seams: str = "blend",
    around_s: float = 5.0,
) -> Float32:
    path, output = folder / "seam.wav", Output.model_validate({"format": "wav", "seams": seams})
    joint = joint_of(
        PIECES,
        opener(**songs()),
        output,
        measured=LOUDNESS,
        wishes=wishes,
        loudness_lufs=done.loudness_lufs,
    )
    entries = entries_of(PIECES, done)
    begun = begun_at(entries, PIECES, entries[position].mix_start_s - around_s - LEAD_S, RATE_HZ)
    found = preview(joint, begun, position, output, path, around_s=around_s)
    assert found.seam.manner
    sound = soundfile.read(path, dtype="float32", always_2d=True)[0]
    assert found.duration_s * RATE_HZ == pytest.approx(len(sound))
    return sound


@pytest.mark.parametrize("seams", ["blend", "plain"])
@pytest.mark.parametrize("position", range(1, 6))
def test_a_preview_is_what_the_mix_has_there(tmp_path: Path, position: int, seams: str) -> None:
    done, sound = rendered(tmp_path, PIECES, {2: SeamWish()}, seams=seams)
    heard, edge = previewed(tmp_path, done, position, seams=seams), round(0.03 * RATE_HZ)
    first, last = done.starts[position] - 5 * RATE_HZ, done.starts[position] + 5 * RATE_HZ
    expected = sound[first:last]
    assert heard.shape == expected.shape
    assert np.array_equal(heard[edge:-edge], expected[edge:-edge])


@pytest.mark.parametrize("wish", [SeamWish(manner="cut"), SeamWish(manner="echo_out", nudge_s=0.3)], ids=str)
def test_a_preview_of_a_change_is_what_the_revision_has_there(tmp_path: Path, wish: SeamWish) -> None:
    done, _ = rendered(tmp_path, PIECES)
    changed, sound = rendered(tmp_path, PIECES, {4: wish})
    heard, edge = previewed(tmp_path, done, 4, {4: wish}), round(0.03 * RATE_HZ)
    first = changed.starts[4] - 5 * RATE_HZ
    assert np.array_equal(heard[edge:-edge], sound[first:][: len(heard)][edge:-edge])


def test_a_preview_near_the_ends_of_a_mix_is_shorter(tmp_path: Path) -> None:
    done, sound = rendered(tmp_path, PIECES)
    heard = previewed(tmp_path, done, 1, around_s=15)
    assert np.array_equal(heard[: 15 * RATE_HZ], sound[: 15 * RATE_HZ])
    assert np.array_equal(previewed(tmp_path, done, 5, around_s=15)[-RATE_HZ:], sound[-RATE_HZ:])


def test_a_preview_begins_behind_a_fade_that_it_would_begin_in(tmp_path: Path) -> None:
    wishes = {1: SeamWish(manner="echo_out")}
    done, sound = rendered(tmp_path, PIECES, wishes)
    entries = entries_of(PIECES, done)
    for into_s in (-3.0, -1.0, 0.0, 1.0, 1.99, 2.5):
        time_s = entries[1].mix_start_s + into_s
        begun = begun_at(entries, PIECES, time_s, RATE_HZ)
        assert begun.piece == (1 if into_s > 2 else 0), into_s
    heard = previewed(tmp_path, done, 3, wishes, around_s=15)
    first = done.starts[3] - 15 * RATE_HZ
    edge = round(0.03 * RATE_HZ)
    assert np.array_equal(heard[edge:-edge], sound[first:][: len(heard)][edge:-edge])


def test_where_the_song_played_on_the_level_is_still_that_of_its_entry(tmp_path: Path) -> None:
    pieces = [at("a", 1, 9), at("b", 10, 12), at("b", 12, 19), at("c", 3, 12)]
    done, _ = rendered(tmp_path, pieces)
    begun = begun_at(entries_of(pieces, done), pieces, (done.starts[2] + 1000) / RATE_HZ, RATE_HZ)
    seam = done.seams[0]
    assert (begun.piece, begun.at) == (2, 12 * RATE_HZ + 1000)
    assert begun.entry.gain_db == seam.gain_db != 0
    assert begun.entry.start == 10 * RATE_HZ + round((seam.enters_s + seam.fade_s / 2) * RATE_HZ)
    assert begun.since == 12 * RATE_HZ

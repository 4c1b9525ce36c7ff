"""From mixes to findings: noise for songs, joined in ways whose figures are known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from cli.experiments.writing import finite
from cli.seams.examples import SPOILT_SONG
from cli.seams.figures import fade_errors_db, made_clicks, measured_at, threshold_of
from cli.seams.gathering import BLEND, PLAIN, Mix, Taken
from cli.seams.listening import NATURAL, listen
from cli.seams.material import Whole, Window, seams_of
from cli.seams.page import page_of
from cli.seams.spoiling import SPOILT
from cli.seams.study import findings_of, judgements_of
from shared.sound.audio import AudioReader, open_audio
from tests.unit.cli.seams.reports import entry

RATE_HZ = 22_050
SONG_S, CHUNK_S = 16.0, 4.0
LEVELS = {f"song {number}": 0.05 * (1 + number % 3) for number in range(6)}


def songs() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    return {
        name: level * rng.standard_normal(round(SONG_S * RATE_HZ)).astype(np.float32)
        for name, level in LEVELS.items()
    }


def written(path: Path, sound: Any) -> Path:
    soundfile.write(path, np.clip(sound, -1, 1), RATE_HZ, subtype="PCM_16")
    return path


def mix_of(folder: Path, manner: str, steps: list[tuple[str, int]], sag: float = 1.0) -> Mix:
    """Join chunks; blends fade for 80 ms, and are `sag` times as loud there as they should be."""
    sound, entries, at_s = songs(), [], 0.0
    mixed = np.zeros(round(len(steps) * CHUNK_S * RATE_HZ), np.float32)
    half = round(0.04 * RATE_HZ)
    for place, (song, chunk) in enumerate(steps):
        start, at = round(chunk * CHUNK_S * RATE_HZ), round(at_s * RATE_HZ)
        mixed[at:] = sound[song][start : start + len(mixed) - at][: len(mixed) - at].sum() * 0
        part = sound[song][start : start + round(CHUNK_S * RATE_HZ)]
        mixed[at : at + len(part)] = part
        seam: dict[str, Any] = {}
        if place:
            seam = (
                {"manner": "blend", "fade_s": 0.08} if manner == BLEND else {"manner": "cut", "fade_s": 0.0}
            )
            if manner == BLEND:
                before, number = steps[place - 1]
                end = round((number + 1) * CHUNK_S * RATE_HZ)
                t = np.pi / 2 * (np.arange(2 * half) + 0.5) / (2 * half)
                faded = np.cos(t) * sound[before][end - half : end + half]
                faded += np.sin(t) * sound[song][start - half : start + half]
                mixed[at - half : at] = sag * faded[:half]
                fade_in = sag * faded[half:]
                mixed[at : at + half] = fade_in
        source = chunk * CHUNK_S, (chunk + 1) * CHUNK_S
        entries.append(entry(song, chunk, source, (at_s, at_s + CHUNK_S), **seam))
        at_s += CHUNK_S
    file = written(folder / f"{manner}-{steps[0][0]}-{sag}.flac", mixed)
    return Mix("equal:4", manner, {"sequence": entries}, file)


def whole_of(folder: Path) -> tuple[Whole, Path]:
    report = {
        "sequence": [
            entry(song, 0, (0, SONG_S), (number * SONG_S, (number + 1) * SONG_S))
            for number, song in enumerate(LEVELS)
        ]
    }
    return Whole.of(report), written(folder / "whole.flac", np.concatenate(list(songs().values())))


def steps_from(first: int) -> list[tuple[str, int]]:
    return [(f"song {(first + place) % 6}", 1 + place % 2) for place in range(6)]


@pytest.fixture
def taken(tmp_path: Path) -> Taken:
    whole, file = whole_of(tmp_path)
    mixes = [mix_of(tmp_path, manner, steps_from(first)) for first in range(4) for manner in (BLEND, PLAIN)]
    places = [1.5 + 1.3 * number for number in range(10)]
    return Taken("noise", whole, file, tuple(mixes), {"equal:4": dict.fromkeys(LEVELS, places)}, {})


def test_mixes_become_figures_findings_and_a_page(taken: Taken) -> None:
    told: list[tuple[int, int]] = []
    listened = listen([taken], 0, lambda done, total: told.append((done, total)))
    assert told == [(done, 8) for done in range(1, 9)]
    by_manner = {row.manner: row.figures for row in listened.rows}
    assert {manner: row["places"] for manner, row in by_manner.items()} == {BLEND: 20, PLAIN: 20, NATURAL: 40}
    # Levels are 1 : 2 : 3, in steps of 6.0, 3.5 and 9.5 dB.
    assert by_manner[PLAIN]["momentary_lu"] == pytest.approx(6.0, abs=0.4)
    assert by_manner[NATURAL]["momentary_lu"] < 0.4
    assert by_manner[PLAIN]["jolting"] == 1.0
    assert by_manner[BLEND]["fade_error_db"] < 0.5
    assert by_manner[BLEND]["made_clicks"] == 0
    assert {SPOILT_SONG, *SPOILT} < set(listened.examples.kind.tolist())
    findings = findings_of(listened, judgements_of(listened.examples, 0, parts=2))
    assert findings.data["figures"][0]["songs"] == "noise"
    json.dumps(finite(findings.data), allow_nan=False)
    page = page_of(findings)
    assert page.count("<svg") == 2
    assert all(table.title in page for table in findings.tables)


@pytest.mark.parametrize("sag", [1.0, 0.7])
def test_a_fade_that_sags_is_told_by_how_much(tmp_path: Path, sag: float) -> None:
    whole, file = whole_of(tmp_path)
    mix = mix_of(tmp_path, BLEND, steps_from(0), sag)
    with open_audio(mix.file) as sound, open_audio(file) as songs_sound:
        errors = fade_errors_db(sound, seams_of(mix.report, 0), whole, songs_sound)
    assert len(errors) == 5 * 4
    assert np.median(errors) == pytest.approx(20 * np.log10(sag), abs=0.4)


def test_a_step_of_loudness_is_measured_outside_the_fade(tmp_path: Path) -> None:
    tone = np.sin(2 * np.pi * 997 * np.arange(10 * RATE_HZ) / RATE_HZ)
    tone[: 5 * RATE_HZ] *= 0.1
    tone[5 * RATE_HZ :] *= 0.2
    with open_audio(written(tmp_path / "tone.flac", tone)) as sound:
        figures = measured_at(sound, [Window(5.0, 5, 5), Window(0.5, 1, 1)], [0.08, 0.08])
    assert figures.momentary_lu[0] == pytest.approx(20 * np.log10(2), abs=0.1)
    assert figures.short_term_lu[0] == pytest.approx(20 * np.log10(2), abs=0.1)
    assert figures.jolts[0] == pytest.approx(np.log(2), abs=0.05)
    assert np.isnan(figures.short_term_lu[1])


def test_a_click_counts_that_neither_song_has(tmp_path: Path) -> None:
    whole, file = whole_of(tmp_path)
    mix = mix_of(tmp_path, PLAIN, steps_from(0))
    sound, _ = soundfile.read(mix.file, dtype="float32")
    seams = seams_of(mix.report, 0)
    for seam in seams[:2]:
        at = round(seam.at_s * RATE_HZ)
        sound[at : at + 60 : 2], sound[at + 1 : at + 60 : 2] = 0.9, -0.9
    clicking = written(tmp_path / "clicking.flac", sound)
    with open_audio(clicking) as heard, open_audio(mix.file) as clean, open_audio(file) as songs_sound:
        threshold = threshold_of(whole, songs_sound)

        def counted(reader: AudioReader) -> int:
            windows = [Window(seam.at_s, seam.before_s, seam.after_s) for seam in seams]
            clicks = measured_at(reader, windows, [0.0] * len(seams)).clicks
            return made_clicks(clicks, seams, whole, songs_sound, threshold)

        assert counted(clean) == 0
        assert counted(heard) == 2

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from shared.sound.ffmpeg import ffmpeg_path
from shared.sound.loudness import LoudnessMeter, loudness_of
from tests.support.signals import joined, noise, silence, sine


def measured(sound, rate_hz: int, block: int = 10_007) -> float | None:
    meter = LoudnessMeter(rate_hz)
    for start in range(0, len(sound), block):
        meter.feed(sound[start : start + block])
    return meter.integrated_lufs()


@pytest.mark.parametrize("rate_hz", [22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_sine_of_1_khz_at_minus_23_dbfs_is_minus_23_lufs_on_two_channels(
    rate_hz: int, channels: int
) -> None:
    sound = sine(1000, 5, rate_hz, amplitude=10 ** (-23 / 20), channels=channels)
    assert measured(sound, rate_hz) == pytest.approx(-23, abs=0.1)


def test_it_is_what_ffmpeg_measures(tmp_path: Path) -> None:
    quiet_then_loud = joined(
        noise(4, 44_100, amplitude=0.01, channels=2, seed=1),
        silence(2, 44_100, 2),
        noise(6, 44_100, amplitude=0.2, channels=2, seed=2) * np.linspace(0.2, 1, 6 * 44_100)[:, None],
    )
    soundfile.write(tmp_path / "sound.wav", quiet_then_loud, 44_100, subtype="FLOAT")
    command = [
        str(ffmpeg_path()),
        "-nostdin",
        "-i",
        str(tmp_path / "sound.wav"),
        "-af",
        "ebur128",
        "-f",
        "null",
        "-",
    ]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    theirs = float(re.findall(r"I:\s+(-?[\d.]+) LUFS", told)[-1])
    assert measured(quiet_then_loud, 44_100) == pytest.approx(theirs, abs=0.15)


def test_silence_and_what_is_too_short_have_no_loudness() -> None:
    assert measured(silence(3, 44_100), 44_100) is None
    assert measured(sine(440, 0.3, 44_100), 44_100) is None
    assert LoudnessMeter(44_100).integrated_lufs() is None


def test_blocks_do_not_matter() -> None:
    sound = noise(3, 44_100, channels=2)
    assert measured(sound, 44_100, block=997) == pytest.approx(
        measured(sound, 44_100, block=1 << 20), abs=1e-9
    )


def test_a_short_stretch_counts_from_where_the_filter_has_settled() -> None:
    sound = joined(sine(1000, 1, 44_100, amplitude=0.5), sine(1000, 1, 44_100, amplitude=0.05))
    assert loudness_of(sound, 44_100, settled=48_000) == pytest.approx(-26.0, abs=0.1)
    assert loudness_of(silence(1, 44_100), 44_100) == -np.inf

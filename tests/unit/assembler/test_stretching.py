"""Songs played faster or slower: when beats are heard, at what pitch, and that nothing clicks."""

from __future__ import annotations

import numpy as np
import pytest

from services.assembler.beatmatching import Pulse
from services.assembler.stretching import Stretched, stretched
from services.assembler.warping import HELD_S, MOST_STRETCHED, STEP, Warp, warp_of
from shared.sound.samples import Float32

RATE_HZ = 44100
CUT = 12 * RATE_HZ
RATES = (0.962, 0.997, 1.039)


class Sound:
    """An array as a song."""

    def __init__(self, sound: Float32) -> None:
        self._sound = sound
        self.samples = len(sound)

    def around(self, position: int, reach: int) -> Float32:
        padded = np.pad(self._sound, ((10 * RATE_HZ, 10 * RATE_HZ), (0, 0)))
        return padded[10 * RATE_HZ + position - reach : 10 * RATE_HZ + position + reach]

    def blocks(self, start: int, stop: int):  # type: ignore[no-untyped-def]
        yield self._sound[start:stop]


def warp(rate: float) -> Warp:
    return Warp(rate, CUT + round(HELD_S * RATE_HZ * rate), 16 * RATE_HZ)


def clicks(every_s: float, seconds: float) -> Float32:
    sound = np.zeros((round(seconds * RATE_HZ), 2), np.float32)
    burst = np.hanning(132)[:, None] * np.random.default_rng(0).standard_normal((132, 2))
    for at_s in np.arange(0.1, seconds - 0.1, every_s):
        at = round(at_s * RATE_HZ)
        sound[at : at + 132] += burst.astype(np.float32)
    return sound


@pytest.mark.parametrize("rate", RATES)
def test_both_times_are_each_others_inverse_and_meet(rate: float) -> None:
    chosen = warp(rate)
    song = np.linspace(0, 45 * RATE_HZ, 500)
    assert np.allclose(chosen.in_song(chosen.heard(song)), song)
    assert chosen.heard_at(chosen.end) == chosen.end
    assert chosen.heard_at(chosen.end + 1000) == chosen.end + 1000
    assert chosen.end > CUT + 16 * RATE_HZ
    steps = np.diff([*chosen.rates, 1.0])
    assert np.abs(steps).max() <= STEP + 1e-12
    assert len(set(np.sign(steps))) == 1, "the tempo goes back evenly"
    around = np.array([CUT - 1000.0, CUT + 1000.0])
    assert np.diff(chosen.in_song(np.floor(chosen.heard(around))))[0] == pytest.approx(2000, abs=2)


@pytest.mark.parametrize("rate", RATES)
def test_clicks_are_heard_when_the_warp_tells(rate: float) -> None:
    song = clicks(0.5, 50)
    chosen = warp(rate)
    player = Stretched(Sound(song), chosen, RATE_HZ)
    start = chosen.heard_at(CUT)
    heard = np.concatenate(list(player.blocks(start, chosen.end + 5 * RATE_HZ)))
    assert len(heard) == chosen.end + 5 * RATE_HZ - start
    power = np.convolve(np.square(heard).sum(axis=1), np.ones(132), "same")
    expected = chosen.heard(np.arange(12.1, (chosen.end + 4 * RATE_HZ) / RATE_HZ, 0.5) * RATE_HZ + 66) - start
    off_ms = []
    for at in expected[1:]:
        near = power[round(at) - 2000 : round(at) + 2000]
        weights = np.where(near > near.max() / 2, near, 0)
        off_ms.append((np.average(np.arange(len(near)), weights=weights) - 2000) / RATE_HZ * 1000)
    assert np.abs(off_ms).max() < 3, off_ms
    assert np.median(np.abs(off_ms)) < 1


@pytest.mark.parametrize("rate", RATES)
def test_a_tone_keeps_its_pitch_and_nothing_clicks(rate: float) -> None:
    t = np.arange(50 * RATE_HZ) / RATE_HZ
    song = np.repeat(0.4 * np.sin(2 * np.pi * 440 * t)[:, None], 2, axis=1).astype(np.float32)
    chosen = warp(rate)
    start = chosen.heard_at(CUT)
    heard = np.concatenate(list(Stretched(Sound(song), chosen, RATE_HZ).blocks(start, chosen.end + RATE_HZ)))
    mono = heard[:, 0].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(mono[: 4 * RATE_HZ] * np.hanning(4 * RATE_HZ), 16 * RATE_HZ))
    found_hz = spectrum.argmax() / 16 * 1.0
    cents = 1200 * np.log2(found_hz / 440)
    assert abs(cents) < (10 if abs(rate - 1) < 0.005 else 1)
    # A click would be a broad burst: the second difference of a sine is bounded by its frequency.
    assert np.abs(np.diff(mono, 2)).max() < 3 * 0.4 * (2 * np.pi * 440 / RATE_HZ) ** 2


@pytest.mark.parametrize("rate", RATES)
def test_a_chord_stays_as_loud(rate: float) -> None:
    t = np.arange(50 * RATE_HZ) / RATE_HZ
    rng = np.random.default_rng(1)
    tones = [np.sin(2 * np.pi * hz * t + rng.uniform(0, 6)) for hz in rng.uniform(60, 3000, 24)]
    song = np.repeat((0.05 * np.sum(tones, axis=0))[:, None], 2, axis=1).astype(np.float32)
    chosen = warp(rate)
    heard = np.concatenate(
        list(Stretched(Sound(song), chosen, RATE_HZ).blocks(CUT - RATE_HZ, chosen.end + RATE_HZ))
    )
    levels_db = [
        20 * np.log10(np.sqrt(np.mean(np.square(heard[at - 882 : at + 882]))))
        for at in range(882, len(heard) - 882, 441)
    ]
    source_db = [
        20 * np.log10(np.sqrt(np.mean(np.square(song[at - 882 : at + 882]))))
        for at in range(882, 20 * RATE_HZ, 441)
    ]
    assert min(levels_db) > min(source_db) - 2
    assert max(levels_db) < max(source_db) + 2


def test_what_is_read_does_not_depend_on_how() -> None:
    song = clicks(0.37, 50)
    chosen = warp(1.025)
    start, stop = chosen.heard_at(CUT) - 3000, chosen.end + 5000
    one = np.concatenate(list(Stretched(Sound(song), chosen, RATE_HZ).blocks(start, stop)))
    player = Stretched(Sound(song), chosen, RATE_HZ)
    parts = [
        np.concatenate(list(player.blocks(at, min(at + 70_001, stop)))) for at in range(start, stop, 70_001)
    ]
    assert np.array_equal(one, np.concatenate(parts))
    assert np.array_equal(player.around(start + 9000, 500), one[8500:9500])


def test_a_song_that_is_entered_early_begins_with_silence() -> None:
    song = clicks(0.5, 40) + 0.1
    chosen = Warp(1.02, round(4.2 * RATE_HZ), 8 * RATE_HZ)
    player = Stretched(Sound(song.astype(np.float32)), chosen, RATE_HZ)
    begins = chosen.heard_at(0)
    around = player.around(begins, 4000)
    assert not around[:3000].any()
    assert np.abs(around[5000:]).mean() > 0.05


def test_the_beats_that_come_are_brought_to_those_that_leave() -> None:
    coming = Pulse(0.1, 0.515)
    chosen = warp_of(Pulse(-0.2, 0.5), coming, CUT, RATE_HZ)
    assert chosen is not None
    assert chosen.heard_pulse(coming).period_s == pytest.approx(0.5)
    assert chosen.rate == pytest.approx(1.03)
    assert chosen.ramp == round(8 * 4 * 0.515 * RATE_HZ)
    folded = warp_of(Pulse(-0.2, 0.25), coming, CUT, RATE_HZ)
    assert folded is not None
    assert folded.rate == pytest.approx(1.03)


@pytest.mark.parametrize("period_s", [0.5, 0.5 / (1 + MOST_STRETCHED + 0.001), 0.54, 0.60])
def test_equal_tempos_and_far_ones_are_left_alone(period_s: float) -> None:
    assert warp_of(Pulse(0.0, period_s), Pulse(0.0, 0.5), CUT, RATE_HZ) is None
    assert warp_of(None, Pulse(0.0, 0.5), CUT, RATE_HZ) is None


def test_no_sound_has_no_length() -> None:
    assert stretched(np.zeros((4410, 2), np.float32), 1.02, 4324, RATE_HZ).shape == (4324, 2)

from __future__ import annotations

import numpy as np
import pytest

from services.assembler.fading import REACH_S, SHIFT_S, Parted, crossfade, find_shift
from services.assembler.placing import ROOM, find_places
from tests.support.signals import joined, noise, sine

RATE_HZ = 44_100
LENGTHS_S = (0.080, 0.040, 0.015)
FADE_S = max(LENGTHS_S)
AROUND_S = ROOM.reach_s + 0.2
FADE = round(FADE_S * RATE_HZ)
REACH = round(REACH_S * RATE_HZ)


def faded(before, after):
    parted = (Parted.of(sound, RATE_HZ).between(REACH, len(sound) - REACH) for sound in (before, after))
    return crossfade(*parted, LENGTHS_S)


def test_bands_add_up_to_the_sound() -> None:
    sound = noise(0.5, RATE_HZ, channels=2)
    assert np.allclose(Parted.of(sound, RATE_HZ).bands.sum(axis=0), sound, atol=1e-6)


def test_a_sound_faded_to_itself_is_that_sound() -> None:
    sound = noise(FADE_S + 2 * REACH_S, RATE_HZ, channels=2)
    fade = faded(sound, sound)
    assert np.allclose(fade.sound, sound[REACH:-REACH], atol=1e-5)
    assert fade.correlations == pytest.approx((1, 1, 1))


def test_strangers_keep_their_power_all_along() -> None:
    length_s = FADE_S + 2 * REACH_S
    powers = np.mean(
        [
            np.square(faded(noise(length_s, RATE_HZ, seed=k), noise(length_s, RATE_HZ, seed=1000 + k)).sound)
            for k in range(40)
        ],
        axis=(0, 2),
    )
    level_db = 10 * np.log10(powers[: len(powers) // 8 * 8].reshape(8, -1).mean(axis=1) / 0.01)
    assert np.abs(level_db).max() < 0.5


def test_it_begins_as_the_one_and_ends_as_the_other() -> None:
    low, high = (sine(f, FADE_S + 2 * REACH_S, RATE_HZ) for f in (60, 4_000))
    fade = faded(low, high).sound
    assert np.allclose(fade[:20], low[REACH : REACH + 20], atol=0.02)
    assert np.allclose(fade[-20:], high[-REACH - 20 : -REACH], atol=0.02)


@pytest.mark.parametrize("late_ms", [-9.0, 0.0, 6.0])
def test_low_waves_are_brought_together(late_ms: float) -> None:
    most, late = round(SHIFT_S * RATE_HZ), round(late_ms * RATE_HZ / 1000)
    wave = Parted.of(noise(0.6, RATE_HZ, seed=5), RATE_HZ).waves
    here = 8_000
    before = wave[here : here + 6_000]
    after = wave[here - most - late : here + 6_000 + most - late]
    assert abs(find_shift(before, after, sample_rate_hz=RATE_HZ) - late) <= RATE_HZ // 4_000


def test_strangers_are_not_moved() -> None:
    most = round(SHIFT_S * RATE_HZ)
    silent = np.zeros(6_000, np.float32)
    assert find_shift(silent, np.zeros(6_000 + 2 * most, np.float32), sample_rate_hz=RATE_HZ) == 0


def test_a_fade_lies_in_the_quiet_before_an_attack() -> None:
    loud, soft = (noise(AROUND_S, RATE_HZ, amplitude=level, seed=7) for level in (0.3, 0.01))
    # Both are quiet for 0.2 s before their cuts, and attack right there.
    quiet = round(0.2 * RATE_HZ)
    before = joined(loud[quiet:], soft[:quiet], loud)
    leave, enter = find_places(before, before, fade_s=FADE_S, most_lost=RATE_HZ, sample_rate_hz=RATE_HZ)[0]
    half_s = FADE_S / 2
    for place in (leave, enter):
        assert -0.2 + half_s - 0.01 <= place / RATE_HZ <= -half_s + 0.01


def test_where_nothing_steps_the_cut_itself_is_taken() -> None:
    even = np.full((2 * round(AROUND_S * RATE_HZ), 1), 0.1, np.float32)
    places = find_places(even, even, fade_s=FADE_S, most_lost=RATE_HZ, sample_rate_hz=RATE_HZ)
    assert places[0] == (0, 0)


def test_a_short_piece_is_not_left_before_it_has_been_heard() -> None:
    sound = noise(2 * AROUND_S, RATE_HZ, seed=8)
    places = find_places(sound, sound, fade_s=FADE_S, most_lost=441, sample_rate_hz=RATE_HZ)
    assert all(leave >= -441 for leave, _ in places)

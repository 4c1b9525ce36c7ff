import numpy as np
import pytest

from shared.sound.seams import Joints, SeamFigures, Threshold, Variety, high_power, is_replay
from tests.support.signals import noise, sine

RATE_HZ = 44_100


def mono(sound):
    return sound[:, 0]


def test_a_step_of_level_jolts_by_its_logarithm():
    sound = mono(noise(2.0, RATE_HZ, amplitude=0.05))
    sound[RATE_HZ:] *= 4
    jolts = Joints.at(sound, RATE_HZ, [RATE_HZ // 2, RATE_HZ]).jolts()
    assert jolts[0] < 0.15
    assert jolts[1] == pytest.approx(np.log(4), abs=0.15)


def test_silence_does_not_jolt():
    sound = np.zeros(RATE_HZ, np.float32)
    sound[RATE_HZ // 2 :] = 1e-5
    assert Joints.at(sound, RATE_HZ, [RATE_HZ // 2]).jolts() == 0


def test_only_power_above_ten_kilohertz_clicks():
    low, high = (mono(sine(frequency, 0.5, RATE_HZ, amplitude=0.5)) for frequency in (1000, 14_000))
    powers = high_power(np.stack([low, high]), RATE_HZ)
    assert powers[0].max() < 1e-6
    np.testing.assert_allclose(powers[1], 0.5**2 / 4, rtol=0.15)


def test_a_broken_waveform_clicks_and_an_unbroken_one_does_not():
    sound = mono(sine(441.0, 2.0, RATE_HZ, amplitude=0.5))
    broken = sound.copy()
    broken[RATE_HZ:] = np.roll(sound, 25)[RATE_HZ:]  # A quarter of a period is left out.
    threshold = Threshold.of([sound], RATE_HZ)
    places = [RATE_HZ // 2, RATE_HZ]
    assert SeamFigures.of(Joints.at(sound, RATE_HZ, places), threshold).clicking == 0
    assert SeamFigures.of(Joints.at(broken, RATE_HZ, places), threshold).clicking == 0.5


def test_the_cosine_tells_colour_and_not_level():
    low, high = (mono(sine(frequency, 1.0, RATE_HZ, amplitude=0.3)) for frequency in (300, 5000))
    same = Joints.at(np.concatenate([low, 0.1 * low]), RATE_HZ, [RATE_HZ]).cosines()
    other = Joints.at(np.concatenate([low, high]), RATE_HZ, [RATE_HZ]).cosines()
    assert same > 0.99
    assert other < 0.2


def test_seams_too_near_to_an_end_are_left_out():
    sound = mono(noise(1.0, RATE_HZ))
    found = Joints.at(sound, RATE_HZ, [0, RATE_HZ // 2, RATE_HZ])
    assert len(found) == 1
    assert np.array_equal(np.concatenate([found.before[0], found.after[0]]), sound[13_230:30_870])


def test_places_inside_the_songs_exceed_their_own_threshold_as_often_as_it_says():
    sound = mono(noise(30.0, RATE_HZ))
    places = np.arange(RATE_HZ // 2, len(sound) - RATE_HZ // 2, 4410)
    figures = SeamFigures.of(Joints.at(sound, RATE_HZ, places), Threshold.of([sound], RATE_HZ))
    assert figures.jolting == pytest.approx(0.1, abs=0.03)


def test_random_joints_never_join_what_belongs_together():
    sound = np.repeat(np.arange(10, dtype=np.float32), RATE_HZ)
    joints = Joints.at(sound, RATE_HZ, np.arange(1, 9) * RATE_HZ)
    mixed = joints.joined_at_random(np.random.default_rng(0))
    assert np.array_equal(mixed.before, joints.before)
    assert not (mixed.after[:, 0] == joints.after[:, 0]).any()


def test_no_seams_give_no_figures():
    sound = mono(noise(1.0, RATE_HZ))
    assert np.isnan(SeamFigures.of(Joints.at(sound, RATE_HZ, []), Threshold(1.0, 1.0)).jolting)


@pytest.mark.parametrize(
    ("before", "after", "replay"),
    [
        (("a", 3), ("a", 4), True),
        (("a", 3), ("a", 6), True),
        (("a", 3), ("a", 7), False),
        (("a", 3), ("a", 3), False),
        (("a", 3), ("a", 2), False),
        (("a", 3), ("b", 4), False),
    ],
)
def test_a_replay_goes_on_in_its_song(before, after, replay):
    assert is_replay(before, after) is replay


def test_variety_counts_songs_runs_and_replays():
    steps = [("a", 0), ("a", 1), ("a", 2), ("b", 0), ("b", 5), ("c", 1)]
    assert Variety.of(steps) == Variety(songs=3, longest_run=3, replays=0.4)
    assert Variety.of(steps[:1]) == Variety(songs=1, longest_run=1, replays=0.0)

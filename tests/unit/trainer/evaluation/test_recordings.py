import numpy as np
import pytest

from services.trainer.evaluation.recordings import find_repeats, fingerprint, likeness, same_recording
from tests.unit.learning.planted import planted_frames

HOP_S = 256 / 22050
MINUTES_2 = round(120 / HOP_S)


def song(seed):
    return planted_frames(np.random.default_rng(seed), MINUTES_2, period=40).astype(np.float32)


def stored(frames):
    return fingerprint(frames.astype(np.float16))


def encoded_anew(frames, *, start_s=0.0, level_db=0.0, seed=9):
    """The frames of a copy: started elsewhere, so that hops do not meet, louder, with coding noise."""
    at = np.arange(start_s / HOP_S, len(frames) - 1)
    low, share = at.astype(int), (at % 1)[:, None]
    shifted = frames[low] * (1 - share) + frames[low + 1] * share
    shifted[:, 56:] -= 6  # The codec leaves out the treble.
    return shifted + level_db * np.log(10) / 10 + np.random.default_rng(seed).normal(0, 0.3, shifted.shape)


@pytest.mark.parametrize("start_s", [0, 0.093, 3, 3.21, 25])
@pytest.mark.parametrize("level_db", [-12, 0, 6])
def test_the_same_recording_encoded_anew(start_s, level_db):
    frames = song(0)

    copy = stored(encoded_anew(frames, start_s=start_s, level_db=level_db))

    assert same_recording(stored(frames), copy)
    assert same_recording(copy, stored(frames))


def test_a_part_of_a_recording_is_the_recording():
    frames = song(0)

    assert same_recording(stored(frames), stored(encoded_anew(frames[3000:7000])))


def test_songs_of_one_album_differ():
    """The same instruments, mastered alike, playing other notes."""
    common = np.random.default_rng(1).normal(0, 3, 64)
    prints = [stored(song(seed) + common) for seed in range(12)]

    for number, one in enumerate(prints):
        assert (likeness(one, prints[:number]) < 0.5).all()


def test_two_songs_over_the_same_loop_differ():
    """A bar of 2 s goes round in both, in step; what is played over it is as loud and differs."""
    loop = np.tile(song(50)[:172], (MINUTES_2 // 172 + 1, 1))[:MINUTES_2]
    one, other = (np.logaddexp(loop, song(seed)) for seed in (51, 52))

    assert not same_recording(stored(one), stored(other))
    assert same_recording(stored(one), stored(encoded_anew(one, start_s=3)))


def test_stillness_and_scraps_are_like_nothing():
    still = stored(np.full((MINUTES_2, 64), -20.0))
    scrap = stored(song(0)[:900])

    assert likeness(still, [still, stored(song(0))]).tolist() == [0, 0]
    assert likeness(scrap, [scrap]).tolist() == [0]
    assert fingerprint(np.empty((3, 64), np.float16)).shape == (0, 12)


def test_silence_at_both_ends_is_no_likeness():
    silence = np.full((MINUTES_2 // 2, 64), -23.0)
    one, other = (np.concatenate([silence, song(seed)[:4000], silence]) for seed in (0, 1))

    assert not same_recording(stored(one), stored(other))


def test_a_fingerprint_takes_a_few_kilobytes():
    assert stored(song(0)).nbytes < 2.2 * 2048


def test_which_known_recording_it_is():
    known = [stored(song(seed)) for seed in range(4)]
    asked = [stored(song(7)), stored(encoded_anew(song(2), start_s=3, level_db=-6))]

    assert find_repeats(asked, known) == [None, 2]
    assert find_repeats(asked, []) == [None, None]

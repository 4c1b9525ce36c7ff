import numpy as np
import pytest
from pydantic import ValidationError

from services.trainer.evaluation.recordings import fingerprint
from services.trainer.evaluation.selecting import best_chunks_per_song, select
from services.trainer.evaluation.trials import LearnedSong, Trial
from shared.errors import TooFewSongs
from shared.judging import Protocol
from tests.unit.trainer.evaluation.songs import album, protocol, trial


def encoded_anew(frames, *, cut_s=3.0, level_db=-6.0):
    copy = frames[round(cut_s * 22050 / 256) :].astype(np.float32) + level_db * np.log(10) / 10
    return (copy + np.random.default_rng(5).normal(0, 0.2, copy.shape)).astype(np.float16)


def learned(trial, *, song=None, frames=None):
    frames = trial.frames if frames is None else frames
    return LearnedSong(song or trial.song, f"Learned {trial.song}", fingerprint(frames))


def reasons(selection):
    return {song.song: song.reason for song in selection.left_out}


def test_all_songs_with_enough_chunks_are_judged_whatever_their_order():
    songs = [*album(3), trial(7, 9)]

    found, turned = select(songs, [], protocol()), select(songs[::-1], [], protocol())

    assert [trial.song for trial in found.trials] == ["00", "01", "02"]
    assert reasons(found) == {"07": "It has 9 chunks; 10 of every song are judged."}
    assert (turned.trials, turned.left_out) == (found.trials, found.left_out)


def test_what_a_model_learned_from_is_dropped_by_its_id():
    songs = album(4)
    other = trial(20)

    found = select(songs, [learned(other, song="02")], protocol())

    assert [trial.song for trial in found.trials] == ["00", "01", "03"]
    assert reasons(found) == {"02": "A model has learned from it."}


@pytest.mark.parametrize("frames", [lambda frames: frames, encoded_anew])
def test_the_same_recording_under_another_name_is_dropped(frames):
    songs = album(4)

    found = select(songs, [learned(songs[1], song="ff", frames=frames(songs[1].frames))], protocol())

    assert [trial.song for trial in found.trials] == ["00", "02", "03"]
    assert reasons(found) == {"01": "The same recording as Learned 01, which a model has learned from."}


def test_of_the_same_recording_within_the_pool_the_longer_is_kept():
    songs = album(3)
    copy = trial(9, 12, frames=encoded_anew(songs[1].frames))

    found = select([*songs, copy], [], protocol())

    assert [trial.song for trial in found.trials] == ["00", "02", "09"]
    assert reasons(found) == {"01": "The same recording as Song 9, which is judged in its place."}


def test_two_cuts_of_a_song_are_one_song():
    songs = [*album(2), trial(0, 14, frames=np.empty((0, 64), np.float16))]

    found = select(songs, [], protocol())

    assert [len(trial) for trial in found.trials] == [14, 10]


def test_with_one_song_nothing_is_judged():
    with pytest.raises(TooFewSongs, match=r"of at least 10 chunks .* at least 2 songs; there are 1"):
        select(album(1), [], protocol())


@pytest.mark.parametrize(
    ("counts", "expected"),
    [([47, 47], 47), ([90, 90], 47), ([10, 10, 10, 20], 10), ([5, 40], 40), ([2, 6, 6], 6)],
)
def test_the_number_of_chunks_that_leaves_the_most(counts, expected):
    assert best_chunks_per_song(counts) == expected


def test_chunks_per_song_may_be_left_to_be_chosen():
    found = select([*album(4), trial(7, 9)], [], protocol(chunks_per_song=None))

    assert (found.chunks_per_song, len(found.trials)) == (9, 5)


def test_a_trial_whose_parts_do_not_fit_is_refused():
    good = trial(0)

    with pytest.raises(ValueError, match="song 00: edges, masks, openings and frames"):
        Trial(good.song, good.title, good.edges, good.long_enough, good.openings[1:], good.frames)


@pytest.mark.parametrize(
    "wrong", [{"gaps_s": (0.2, 0.1)}, {"headline_gap_s": 0.3}, {"chunks_per_song": 2}, {"unknown": 1}]
)
def test_a_protocol_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValidationError):
        Protocol(**wrong)

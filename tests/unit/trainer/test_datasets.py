import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.trainer.datasets import Dataset, SongEdges, SplitSettings, build_dataset, held_out_songs
from shared.errors import NothingToLearn, TooFewSongs
from shared.sound.features import BANDS, EDGE_FRAMES, Edges
from shared.store.arrays import pack_arrays, unpack_arrays


def song(name, chunks, *, hops=None, seed=0):
    rng = np.random.default_rng([seed, ord(name[0])])
    spectra = rng.normal(size=(2, chunks, 2, EDGE_FRAMES, BANDS)).astype(np.float16)
    offsets = np.arange(chunks + 1) * 5
    edges = Edges(*spectra, rng.normal(size=(5 * chunks, 2)).astype(np.float32), offsets)
    frames = None if hops is None else rng.normal(size=(hops, BANDS)).astype(np.float16)
    return SongEdges(name, f"Title {name}", edges, frames)


@pytest.mark.parametrize(
    ("songs", "held_out"), [(1, 0), (2, 0), (3, 1), (4, 1), (5, 2), (10, 2), (13, 3), (25, 5)]
)
def test_how_many_songs_are_held_out(songs, held_out):
    names = {f"song {number}": 20 for number in range(songs)}

    assert len(held_out_songs(names, SplitSettings())) == held_out


@given(songs=st.integers(1, 40), share=st.floats(0, 0.9), seed=st.integers(0, 99))
def test_something_is_always_left_to_learn_from(songs, share, seed):
    names = {f"song {number}": 20 for number in range(songs)}

    chosen = held_out_songs(names, SplitSettings(seed=seed, held_out_share=share))

    assert len(chosen) < songs


def test_a_song_joining_moves_few_others():
    """Songs are ordered by a hash of their own ids, so one more song changes the split by one at most."""
    names = {f"song {number}": 20 for number in range(10)}

    before = held_out_songs(names, SplitSettings())
    after = held_out_songs({**names, "one more": 20}, SplitSettings())

    assert len(before - after) <= 1


def test_the_seed_decides_which_songs():
    names = {f"song {number}": 20 for number in range(20)}

    splits = {frozenset(held_out_songs(names, SplitSettings(seed=seed))) for seed in range(10)}

    assert len(splits) > 5


def test_songs_too_short_to_judge_by_are_not_held_out():
    assert held_out_songs({"a": 3, "b": 3, "c": 4}, SplitSettings()) == {"c"}
    assert held_out_songs({"a": 3, "b": 3, "c": 3}, SplitSettings()) == set()


def test_the_order_of_listing_changes_nothing():
    songs = [song(name, 5, hops=9) for name in "dbaec"]

    first, second = (build_dataset(order, SplitSettings()) for order in (songs, songs[::-1]))

    assert first.song_ids == second.song_ids == tuple("abcde")
    both = [pack_arrays(each.to_arrays()) for each in (first, second)]
    assert both[0] == both[1]


def test_a_dataset_comes_back_as_it_was():
    dataset = build_dataset([song("a", 4, hops=7), song("b", 6), song("c", 5, hops=3)], SplitSettings())

    again = Dataset.from_arrays(unpack_arrays(pack_arrays(dataset.to_arrays())))

    assert (again.song_ids, again.titles) == (dataset.song_ids, dataset.titles)
    assert [len(frames) for frames in again.corpus.frames] == [7, 0, 3]
    assert pack_arrays(again.to_arrays()) == pack_arrays(dataset.to_arrays())


def test_training_and_unseen_songs_share_nothing_and_lose_nothing():
    songs = [song(name, chunks, hops=chunks) for name, chunks in zip("abcde", (4, 5, 6, 7, 8), strict=True)]
    dataset = build_dataset(songs, SplitSettings())

    training, unseen = dataset.training(), dataset.unseen()

    assert sorted(dataset.ids(held_out=True) + dataset.ids(held_out=False)) == list("abcde")
    assert len(dataset.ids(held_out=True)) == 2
    for side, held_out in ((training, False), (unseen, True)):
        names = dataset.ids(held_out=held_out)
        for number, name in enumerate(names):
            original = next(each for each in songs if each.song == name)
            mine = side.edges.select(np.flatnonzero(side.songs == number))
            assert np.array_equal(mine.heads, original.edges.heads)
            assert np.array_equal(mine.points, original.edges.points)
            assert np.array_equal(side.frames[number], original.frames)
        assert side.song_count == len(names)


def test_two_cuts_of_one_song_stay_on_one_side():
    songs = [song(name, chunks) for name in "abcde" for chunks in (5, 6)]

    dataset = build_dataset(songs, SplitSettings())

    assert not set(dataset.ids(held_out=True)) & set(dataset.ids(held_out=False))
    assert dataset.held_out.sum() == 4


def test_nothing_to_build_from_is_refused():
    with pytest.raises(TooFewSongs, match="at least 1"):
        build_dataset([], SplitSettings())
    with pytest.raises(NothingToLearn):
        build_dataset([song("a", 1), song("b", 1)], SplitSettings())

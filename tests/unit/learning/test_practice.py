import numpy as np
import pytest

from shared.learning.practice import LEAST_CHUNKS, Sides, practice_cuts, practice_pool
from shared.sound.features import EDGE_FRAMES, LONG_BINS, LONG_STEP_HOPS, WINDOW_HOPS, mix_channels
from tests.unit.learning.planted import CHUNK_HOPS, planted_corpus


def counted(songs=2, hops=4000):
    """A corpus whose frames and long spectra tell which hop of which song they are of."""
    from dataclasses import replace

    from shared.learning.corpus import LongSpectra

    corpus = planted_corpus(0, songs=songs, chunks=4)
    frames, longs = [], []
    for song in range(songs):
        hop = np.arange(hops)
        frames.append(np.repeat((hop // LONG_STEP_HOPS)[:, None], 64, axis=1).astype(np.float16))
        places = np.arange(hops // LONG_STEP_HOPS + 1)
        marked = np.repeat(places[:, None], LONG_BINS, axis=1).astype(np.float16)
        longs.append(LongSpectra(marked, marked + np.float16(1000 * song)))
    return replace(corpus, frames=tuple(frames), longs=tuple(longs))


@pytest.mark.parametrize("gap", [0, 1, 3])
def test_a_cut_leaves_its_gap_between_tail_and_head(gap):
    for song, cuts in enumerate(practice_cuts(counted(), 30, gap, np.random.default_rng(1))):
        assert cuts.tails.shape == cuts.heads.shape == (30, EDGE_FRAMES, 64)
        ends, starts = cuts.long_tails[:, 0], cuts.long_heads[:, 0] - 1000 * song
        assert (starts - ends == gap).all()
        assert (cuts.heads[:, 0, 0] == starts).all()
        # The window before the cut ends at the cut: it begins four hops earlier.
        assert (cuts.tails[:, 0, 0] == ends - 1).all()
        assert WINDOW_HOPS < LONG_STEP_HOPS


@pytest.mark.parametrize(("chunk", "gap"), [(30, 0), (30, 2), (45, 10)])
def test_chunks_of_a_pool_follow_one_another_with_the_gap_between(chunk, gap):
    sides, songs = practice_pool(
        counted(), chunk_places=chunk, gap_places=gap, most_chunks=9, rng=np.random.default_rng(2)
    )
    assert songs.tolist() == [0] * 9 + [1] * 9
    starts = sides.long_heads[:, 0].astype(int) - 1000 * songs
    ends = sides.long_tails[:, 0].astype(int)
    assert (ends - starts == chunk - gap).all()
    same = songs[1:] == songs[:-1]
    assert (starts[1:][same] - ends[:-1][same] == gap).all()


def test_places_differ_from_pool_to_pool_and_are_the_same_for_a_seed():
    def drawn(seed):
        rng = np.random.default_rng(seed)
        return practice_pool(counted(), chunk_places=30, gap_places=1, most_chunks=9, rng=rng)[0].long_heads

    np.testing.assert_array_equal(drawn(3), drawn(3))
    assert not np.array_equal(drawn(3), drawn(4))


def test_songs_too_short_to_practise_on_are_left_out():
    pool = practice_pool(
        counted(hops=30 * 8 * LEAST_CHUNKS), chunk_places=30, gap_places=1, most_chunks=9,
        rng=np.random.default_rng(0),
    )  # fmt: skip
    assert len(pool[0]) == len(pool[1]) == 0
    assert list(practice_cuts(counted(hops=200), 5, 0, np.random.default_rng(0))) == []


def test_sides_of_edges_mix_the_channels():
    corpus = planted_corpus(1, songs=1, chunks=3)
    sides = Sides.of_edges(corpus.edges)
    np.testing.assert_array_equal(sides.heads, mix_channels(corpus.edges.heads))
    np.testing.assert_array_equal(sides.long_tails, corpus.edges.long_tails)
    assert len(sides) == 3
    assert CHUNK_HOPS > EDGE_FRAMES

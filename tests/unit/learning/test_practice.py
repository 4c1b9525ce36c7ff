import numpy as np
import pytest

from shared.learning.practice import (
    LEAST_CHUNKS,
    Sides,
    practice_cuts,
    practice_passages,
    practice_pool,
)
from shared.sound.features import (
    EDGE_FRAMES,
    LONG_BINS,
    LONG_STEP_HOPS,
    OUTLINE_HOPS,
    WINDOW_HOPS,
    mix_channels,
)
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
    rng = np.random.default_rng(2)
    sides, songs = practice_pool(
        counted(), chunk_places=chunk, gap_places=gap, most_chunks=9, most_songs=9, rng=rng
    )
    assert songs.tolist() == [0] * 9 + [1] * 9
    starts = sides.long_heads[:, 0].astype(int) - 1000 * songs
    ends = sides.long_tails[:, 0].astype(int)
    assert (ends - starts == chunk - gap).all()
    same = songs[1:] == songs[:-1]
    assert (starts[1:][same] - ends[:-1][same] == gap).all()


def test_an_outline_is_of_its_own_chunk_from_first_to_last_window():
    chunk, gap = 30, 2
    sides, _ = practice_pool(
        counted(), chunk_places=chunk, gap_places=gap, most_chunks=9, most_songs=9,
        rng=np.random.default_rng(2),
    )  # fmt: skip
    starts = sides.long_heads[:9, 0].astype(int)
    outlines = sides.outlines[: sides.outline_offsets[9]].reshape(9, -1, 64)
    assert (outlines[:, 0, 0] == starts).all()
    assert (outlines[:, -1, 0] == starts + chunk - gap - 1).all()
    assert outlines.shape[1] * OUTLINE_HOPS + WINDOW_HOPS > (chunk - gap) * LONG_STEP_HOPS - OUTLINE_HOPS


def test_a_pool_draws_its_songs():
    drawn = [
        practice_pool(
            counted(songs=6), chunk_places=30, gap_places=1, most_chunks=9, most_songs=2,
            rng=np.random.default_rng(seed),
        )[1]
        for seed in range(5)
    ]  # fmt: skip
    assert all(len(np.unique(songs)) == 2 for songs in drawn)
    assert len({tuple(np.unique(songs)) for songs in drawn}) > 1


def test_passages_are_read_out_of_every_song():
    passages = practice_passages(counted(songs=3), 20, 6, np.random.default_rng(0))
    assert passages.shape == (60, 6, 64)
    assert (np.diff(passages[:, :, 0].astype(float), axis=1) >= 0).all()
    assert len(practice_passages(counted(hops=6 * OUTLINE_HOPS - 1), 20, 6, np.random.default_rng(0))) == 0


def test_places_differ_from_pool_to_pool_and_are_the_same_for_a_seed():
    def drawn(seed):
        rng = np.random.default_rng(seed)
        pool, _ = practice_pool(
            counted(), chunk_places=30, gap_places=1, most_chunks=9, most_songs=9, rng=rng
        )
        return pool.long_heads

    np.testing.assert_array_equal(drawn(3), drawn(3))
    assert not np.array_equal(drawn(3), drawn(4))


def test_songs_too_short_to_practise_on_are_left_out():
    pool = practice_pool(
        counted(hops=30 * 8 * LEAST_CHUNKS), chunk_places=30, gap_places=1, most_chunks=9, most_songs=9,
        rng=np.random.default_rng(0),
    )  # fmt: skip
    assert len(pool[0]) == len(pool[1]) == 0
    assert list(practice_cuts(counted(hops=200), 5, 0, np.random.default_rng(0))) == []


def test_sides_of_edges_mix_the_channels():
    corpus = planted_corpus(1, songs=1, chunks=3)
    sides = Sides.of_edges(corpus.edges)
    np.testing.assert_array_equal(sides.heads, mix_channels(corpus.edges.heads))
    np.testing.assert_array_equal(sides.long_tails, corpus.edges.long_tails)
    np.testing.assert_array_equal(sides.outlines, corpus.edges.outlines)
    assert len(sides) == 3
    assert CHUNK_HOPS > EDGE_FRAMES

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.learning.corpus import Corpus
from shared.learning.pairs import chunk_pairs, cut_pairs
from shared.sound.features import BANDS, EDGE_FRAMES, Edges
from tests.unit.learning.planted import planted_corpus


def corpus_of(counts):
    """Songs of so many chunks each; only their order matters."""
    total = sum(counts)
    spectra = np.zeros((total, 2, EDGE_FRAMES, BANDS), np.float16)
    edges = Edges(spectra, spectra, np.zeros((total, 2), np.float32), np.arange(total + 1))
    songs = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    return Corpus(edges, songs, tuple(np.empty((0, BANDS), np.float16) for _ in counts))


def test_successors_stay_within_their_song():
    corpus = corpus_of([3, 1, 2])

    assert corpus.successors().tolist() == [[0, 1], [1, 2], [4, 5]]
    assert corpus.successors(2).tolist() == [[0, 2]]


@settings(deadline=None)
@given(counts=st.lists(st.integers(1, 9), min_size=1, max_size=4), seed=st.integers(0, 2**16))
def test_false_successors_are_of_the_song_and_none_of_the_next_two(counts, seed):
    corpus = corpus_of(counts)
    everyone = np.arange(len(corpus), dtype=np.int64)

    drawn = corpus.false_successors(everyone, 20, np.random.default_rng(seed))

    for reference, successors in zip(everyone, drawn, strict=True):
        mine = set(np.flatnonzero(corpus.songs == corpus.songs[reference]).tolist())
        allowed = mine - {reference, reference + 1, reference + 2}
        assert set(successors.tolist()) <= (allowed or {-1})


def test_every_allowed_false_successor_is_drawn():
    corpus = corpus_of([2, 8])

    drawn = corpus.false_successors(np.array([5]), 500, np.random.default_rng(0))

    assert set(drawn[0].tolist()) == {2, 3, 4, 8, 9}


def test_random_cuts_part_a_song_at_one_hop():
    hops = np.arange(900, dtype=np.float16)[:, None] * np.ones(BANDS, np.float16)
    corpus = Corpus(corpus_of([1]).edges, np.zeros(1, np.int64), (hops,))

    (cuts,) = corpus.random_cuts(50, np.random.default_rng(0), length=10)

    first = cuts.heads[:, 0, 0]
    assert len(np.unique(first)) == 50
    assert (cuts.heads[:, :, 0] == first[:, None] + np.arange(10)).all()
    # A window is four hops long, so the last one before the cut begins four hops before it.
    assert (cuts.tails[:, :, 0] == first[:, None] - 4 - np.arange(10)).all()


def test_random_cuts_are_no_more_than_there_are_places():
    corpus = planted_corpus(0, songs=2, chunks=2)

    assert [len(cuts) for cuts in corpus.random_cuts(100, np.random.default_rng(0))] == [6, 6]
    assert not list(corpus.random_cuts(0, np.random.default_rng(0)))


@settings(deadline=None)
@given(percent=st.integers(1, 99))
def test_parting_loses_nothing_and_keeps_order(percent):
    corpus = planted_corpus(1, songs=2, chunks=7)

    early, late = corpus.parted(percent)

    assert len(early) + len(late) == len(corpus)
    for song in range(2):
        mine = [part.edges.heads[part.songs == song] for part in (early, late)]
        assert np.array_equal(np.concatenate(mine), corpus.edges.heads[corpus.songs == song])
        frames = np.concatenate([early.frames[song], late.frames[song]])
        assert np.array_equal(frames, corpus.frames[song])


def test_only_channel_puts_one_in_the_place_of_both():
    corpus = planted_corpus(2, songs=1, chunks=3)

    other = corpus.only_channel(1).edges

    assert np.array_equal(other.tails[:, 0], corpus.edges.tails[:, 1])
    assert np.array_equal(other.points[:, 0], corpus.edges.points[:, 1])
    assert np.array_equal(other.heads[:, 1], corpus.edges.heads[:, 1])


def test_chunk_pairs_are_those_of_the_study():
    corpus = corpus_of([6, 5])

    pairs, truth = chunk_pairs(corpus, true=2, false=2, rng=np.random.default_rng(0))

    true = {tuple(pair) for pair in pairs[truth == 1].tolist()}
    expected = {(i, i + d) for d in (1, 2) for i in range(11) if (i < 6) == (i + d < 6) and i + d < 11}
    assert true == expected
    assert (np.bincount(pairs[truth == 0][:, 0], minlength=11)[[0, 5, 6, 10]] == 2).all()


def test_cut_pairs_join_each_cut_once_truly_and_never_falsely():
    pairs, truth = cut_pairs(9, false=3, rng=np.random.default_rng(0))

    assert (pairs[truth == 1] == np.arange(9)[:, None]).all()
    assert (truth == 0).sum() == 27
    assert (pairs[truth == 0][:, 0] != pairs[truth == 0][:, 1]).all()
    assert cut_pairs(1, false=3, rng=np.random.default_rng(0))[1].tolist() == [1]

import numpy as np
import pytest

from shared.learning.points import squeezed_points, trimmed_points
from shared.sound.features import BANDS, EDGE_FRAMES, Edges


def edges_of_points(*chunks):
    """Chunks with these points on channel 0 and their negatives on channel 1."""
    spectra = np.zeros((len(chunks), 2, EDGE_FRAMES, BANDS), np.float16)
    points = np.concatenate([np.asarray(chunk, np.float32) for chunk in chunks])
    offsets = np.cumsum([0, *(len(chunk) for chunk in chunks)])
    return Edges(spectra, spectra, np.stack([points, -points], axis=1), offsets)


CHUNKS = edges_of_points([1, 2, 3, 4], [0, 0, -8, 2, 6])


def test_tails_and_heads_are_the_points_at_the_cut_in_order():
    tails, heads = trimmed_points(CHUNKS, 2, "none", channel=0)

    assert tails[:, :, 0].tolist() == [[3, 4], [2, 6]]
    assert heads[:, :, 0].tolist() == [[1, 2], [0, 0]]
    assert trimmed_points(CHUNKS, 2, "none", channel=1)[0][0, :, 0].tolist() == [-3, -4]


@pytest.mark.parametrize(
    ("normalise", "sizes"),
    [
        ("chunk_peak", [4, 8]),
        ("chunk_l2", [np.sqrt(30), np.sqrt(104)]),
        ("song", [8, 8]),
    ],
)
def test_normalisation_looks_at_the_whole_chunk_or_song(normalise, sizes):
    tails, _ = trimmed_points(CHUNKS, 2, normalise, channel=0)

    np.testing.assert_allclose(tails[:, :, 0] * np.array(sizes)[:, None], [[3, 4], [2, 6]], rtol=1e-6)


def test_songs_are_normalised_apart():
    tails, _ = trimmed_points(CHUNKS, 2, "song", channel=0, songs=np.array([0, 1]))

    assert tails[0, :, 0].tolist() == [0.75, 1]


def test_a_short_chunk_is_laid_at_the_cut_and_filled_up():
    tails, heads = trimmed_points(edges_of_points([5], [1, 2, 3]), 3, "none", channel=0)

    assert tails[0, :, 0].tolist() == [0, 0, 5]
    assert heads[0, :, 0].tolist() == [5, 0, 0]


def test_silence_stays_silent():
    tails, _ = trimmed_points(edges_of_points([0, 0], [0, 0]), 2, "chunk_peak", channel=0)

    assert not tails.any()


def test_a_squeezed_chunk_is_the_means_of_equal_stretches_of_the_whole():
    squeezed = squeezed_points(edges_of_points([1, 3, 5, 7, 9, 11], [4, 1, 1]), 2, "none", channel=0)

    assert squeezed[:, :, 0].tolist() == [[3, 9], [3, 1]]
    assert squeezed.shape == (2, 2, 1)
    assert squeezed.dtype == np.float32


def test_a_chunk_of_fewer_points_is_stretched_to_steps():
    squeezed = squeezed_points(edges_of_points([2, -1], []), 4, "none", channel=0)

    assert squeezed[:, :, 0].tolist() == [[2, 2, -1, -1], [0, 0, 0, 0]]


def test_squeezing_keeps_the_mean_of_every_chunk_whatever_its_length():
    rng = np.random.default_rng(0)
    chunks = [rng.normal(size=length) for length in (7, 1000, 1260, 5041)]

    squeezed = squeezed_points(edges_of_points(*chunks), 1000, "chunk_l2", channel=1)

    expected = [-chunk.mean() / np.linalg.norm(chunk) for chunk in chunks]
    np.testing.assert_allclose(squeezed.mean(axis=(1, 2)), expected, atol=1e-6)

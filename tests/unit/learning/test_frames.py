import numpy as np

from shared.learning.frames import band_whitening, frame_edges, whitened
from shared.sound.features import BANDS, EDGE_FRAMES, Edges, mix_channels
from tests.unit.learning.planted import planted_corpus


def mixed_noise(rng, shape):
    """Frames whose bands are strongly correlated, of unequal size, and nowhere near zero."""
    mixing = rng.normal(size=(BANDS, BANDS)) * np.geomspace(0.5, 3, BANDS)
    return (rng.normal(size=(*shape, BANDS)) @ mixing / 8 - 5).astype(np.float16)


def test_whitened_bands_are_uncorrelated_and_none_is_louder_than_one():
    rng = np.random.default_rng(0)
    heads = mixed_noise(rng, (60, 2, EDGE_FRAMES))
    edges = Edges(heads, heads, np.zeros((0, 2), np.float32), np.zeros(61, np.int64))

    found = whitened(heads[:, 0], band_whitening(edges, EDGE_FRAMES, channel=0)).reshape(-1, BANDS)

    covariance = np.cov(found.T)
    variances = np.diag(covariance)
    assert np.abs(found.mean(axis=0)).max() < 0.02
    assert np.abs(covariance - np.diag(variances)).max() < 0.02
    assert variances.max() < 1


def test_both_edges_come_in_the_order_in_which_they_sound():
    edges = planted_corpus(0, songs=1, chunks=3).edges
    constants = band_whitening(edges, 8, channel=0)

    tails, heads = frame_edges(edges, 8, constants, channel=1)

    assert tails.shape == heads.shape == (3, 8, BANDS)
    assert tails.dtype == heads.dtype == np.float32
    np.testing.assert_allclose(tails[2, -1], whitened(edges.tails[2, 1, 0], constants), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(heads[2, 7], whitened(edges.heads[2, 1, 7], constants), rtol=1e-4, atol=1e-5)


def test_without_a_channel_the_mix_of_both_is_seen():
    edges = planted_corpus(0, songs=1, chunks=3).edges
    constants = band_whitening(edges, 8, channel=0)

    _, heads = frame_edges(edges, 8, constants, channel=None)

    expected = whitened(mix_channels(edges.heads)[:, :8], constants)
    np.testing.assert_allclose(heads, expected, rtol=1e-4, atol=1e-5)

from __future__ import annotations

import numpy as np
import pytest

from services.assembler.fitting import Fit, edge_spectra
from shared.sound.edges import EDGE_FRAMES, Edges
from shared.sound.mel import BANDS

DARK, BRIGHT = np.linspace(2, -6, 8, dtype=np.float32), np.linspace(-6, 2, 8, dtype=np.float32)


def test_what_sounds_alike_strays_least() -> None:
    begins = np.stack([DARK, BRIGHT, DARK + 0.5, DARK + 4])
    fit = Fit.of(np.stack([DARK] * 4), begins)
    alike, unlike, a_little_louder, louder = fit.strays(0, np.arange(4))
    assert alike == 0
    # The other is brought to the level by 3 dB.
    assert a_little_louder == pytest.approx(0, abs=1e-6)
    assert 0 < louder < unlike <= 1


def test_any_two_chunks_drawn_at_random_are_unlike() -> None:
    rng = np.random.default_rng(0)
    ends, begins = rng.normal(size=(2, 300, 16)).astype(np.float32)
    fit = Fit.of(ends, begins)
    found = np.concatenate([fit.strays(last, np.arange(300)) for last in range(300)])
    assert np.mean(found == 1) == pytest.approx(0.1, abs=0.02)
    assert found.min() > 0.3


def test_spectra_of_edges_are_their_means_over_time_and_channels() -> None:
    tails = np.zeros((3, 2, EDGE_FRAMES, BANDS), np.float16)
    tails[1, :, : EDGE_FRAMES // 2] = -4
    edges = Edges(tails, tails - 2, np.zeros((0, 2), np.float32), np.zeros(4, np.int64))
    ends, begins = edge_spectra(edges)
    assert ends.shape == begins.shape == (3, BANDS)
    assert ends[:, 0] == pytest.approx([0, -2, 0], abs=1e-3)
    assert begins[:, 5] == pytest.approx([-2, -4, -2], abs=1e-2)
    assert edge_spectra(Edges.concatenate([]))[0].shape == (0, BANDS)

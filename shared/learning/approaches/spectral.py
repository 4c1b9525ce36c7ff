"""`spectral`: how alike the mean spectra on both sides of the cut are. No training."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from shared.learning.approaches.base import ClosedForm, Scorer, Settings
from shared.learning.corpus import Corpus, Floats, Indices
from shared.sound.features import EDGE_FRAMES, Edges, mix_channels
from shared.store.arrays import Arrays


class SpectralSettings(Settings):
    """What the mean spectra are taken over."""

    frames: int = Field(
        16, ge=1, le=EDGE_FRAMES, description="Frames averaged on each side of the cut, 11.6 ms apart."
    )


class Spectral(ClosedForm[SpectralSettings]):
    """Compare the mean log-mel spectrum of A's last frames with that of B's first."""

    name: ClassVar[str] = "spectral"
    summary: ClassVar[str] = "No training: the distance between the mean spectra on both sides of the cut."
    settings_type = SpectralSettings

    def solve(self, corpus: Corpus, settings: SpectralSettings, *, seed: int) -> Arrays:
        """Return no weights: there is nothing to learn."""
        return {}

    def scorer(self, settings: SpectralSettings, weights: Arrays) -> Scorer:
        """Return the scorer over so many frames."""
        return SpectralScorer(settings.frames)


class SpectralScorer(Scorer):
    """Scores are root mean square distances over bands, in nepers of power, negated."""

    def __init__(self, frames: int) -> None:
        self._frames = frames

    def prepare(self, edges: Edges, songs: Indices | None = None) -> Arrays:
        """Average each side's spectra: float32, shape (n, bands) each."""
        return {"tails": self._mean(edges.tails), "heads": self._mean(edges.heads)}

    def scores(
        self, prepared: Arrays, reference: int, candidates: Indices, step: int | None = None
    ) -> Floats:
        """Return negated distances."""
        difference = prepared["heads"][candidates] - prepared["tails"][reference]
        return -np.sqrt(np.mean(np.square(difference), axis=1))

    def display(self, scores: Floats) -> Floats:
        """Return exp(-distance): 1 for equal spectra, 0.37 for 4.3 dB apart."""
        return np.exp(scores)

    def _mean(self, spectra: NDArray[np.float16]) -> Floats:
        return mix_channels(spectra[:, :, : self._frames]).astype(np.float32).mean(axis=1)

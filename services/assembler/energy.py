"""How loud chunks are, from their spectra, and the course that the energy of a mix is to take."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.assembler.paths import Chunks, Path, Wishes
from shared.learning.corpus import Floats, Indices
from shared.parameters import Energy
from shared.sound.edges import Edges
from shared.sound.features import mix_channels
from shared.sound.mel import BANDS, TOP_HZ, hz_to_mel, mel_to_hz

__all__ = ["Course", "energies", "loudness_db", "wanted_energy"]

Doubles = NDArray[np.float64]

_GATE_DB = 10.0
"""What is quieter than this below the mean does not count for how loud a song is (ITU-R BS.1770-5)."""
_ROWS = 256
_COURSES: dict[str, tuple[tuple[float, float], ...]] = {
    "rise": ((0, 0), (1, 1)),
    "fall": ((0, 1), (1, 0)),
    "arc": ((0, 0), (0.6, 1), (1, 0)),
}


@dataclass(frozen=True)
class Course:
    """The energy that a mix is to have at every place, and that of the chunks.

    Attributes:
        energy: what is wanted.
        chunks: how many the mix has; None: as many as `duration_s` takes.
        duration_s: how long it is; None: as long as `chunks` are.
        durations_s: float64, shape (n,): of the chunks.
        of_chunks: float64, shape (n,): their energies; see `energies`.
    """

    energy: Energy
    chunks: int | None
    duration_s: float | None
    durations_s: Doubles
    of_chunks: Doubles

    @classmethod
    def of(cls, energy: Energy, chunks: Chunks, wishes: Wishes, loudness: Floats) -> Course:
        """Rank the chunks that may appear."""
        found = np.zeros(len(chunks))
        use = wishes.appearing
        found[use] = energies(loudness[use], chunks.songs[use], chunks.durations_s[use])
        return cls(energy, wishes.chunks, wishes.duration_s, chunks.durations_s, found)

    def strays(self, path: Path, among: Indices) -> Doubles:
        """Return how far the energy of chunks is from what is wanted after a path: float64, shape (m,)."""
        if self.chunks is not None:
            at = np.full(len(among), len(path.order) / max(1, self.chunks - 1))
        else:
            assert self.duration_s is not None
            at = (path.total_s + self.durations_s[among] / 2) / self.duration_s
        return np.asarray(np.abs(self.of_chunks[among] - wanted_energy(self.energy, at)))

    def mean_stray(self, order: Indices) -> float:
        """Return how far a mix is from what is wanted, on average over its chunks."""
        if self.chunks is not None:
            at = np.arange(len(order)) / max(1, self.chunks - 1)
        else:
            assert self.duration_s is not None
            lengths_s = self.durations_s[order]
            at = (np.cumsum(lengths_s) - lengths_s / 2) / self.duration_s
        return float(np.abs(self.of_chunks[order] - wanted_energy(self.energy, at)).mean())


def loudness_db(edges: Edges) -> Floats:
    """Measure how loud chunks are: float32, shape (n,), in dB, to any reference.

    The power of each band, times its width, weighted by ear (the shelf and the high-pass of ITU-R BS.1770-5,
    roughly), is summed over bands and averaged over the whole chunk; where its outline is not at hand or too
    short, over its head and tail.
    """
    weights = _band_weights()
    counts = np.diff(edges.outline_offsets)
    steps = np.exp(edges.outlines.astype(np.float32)) @ weights
    sums = np.concatenate([[0.0], np.cumsum(steps, dtype=np.float64)])
    totals = np.diff(sums[edges.outline_offsets])
    power = totals / np.maximum(counts, 1)
    short = np.flatnonzero(counts == 0)
    for at in range(0, len(short), _ROWS):
        rows = short[at : at + _ROWS]
        both = np.stack([mix_channels(edges.heads[rows]), mix_channels(edges.tails[rows])], axis=1)
        power[rows] = (np.exp(both.astype(np.float32)) @ weights).mean(axis=(1, 2))
    return np.asarray(10 * np.log10(np.maximum(power, 1e-12)), np.float32)


def energies(loudness: Floats, songs: Indices, durations_s: Doubles) -> Doubles:
    """Rank chunks by how loud they are in a mix, where all songs are brought to one loudness.

    Args:
        loudness: float32, shape (n,): of each chunk, in dB.
        songs: int64, shape (n,): the song of each.
        durations_s: float64, shape (n,).

    Returns:
        float64, shape (n,): from 0, the quietest chunk, to 1, the loudest; equal ones share their mean rank.
    """
    power = 10 ** (loudness.astype(np.float64) / 10)
    mean = _means(power, songs, durations_s)
    loud = power >= mean[songs] * 10 ** (-_GATE_DB / 10)
    level = loudness - 10 * np.log10(_means(power, songs, durations_s * loud))[songs]
    _, place, counts = np.unique(np.round(level, 3), return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts + 1) / 2
    return np.asarray(ranks[place] / max(1, len(loudness) - 1), np.float64)


def wanted_energy(energy: Energy, at: Doubles) -> Doubles:
    """Return what energy is wanted at places of a mix, each from 0, its beginning, to 1, its end."""
    points = np.array(_COURSES[energy] if isinstance(energy, str) else energy, np.float64)
    return np.interp(at, points[:, 0], points[:, 1])


def _means(power: Doubles, songs: Indices, weights: Doubles) -> Doubles:
    count = int(songs.max()) + 1
    totals = np.bincount(songs, weights=power * weights, minlength=count)
    return np.maximum(totals, 1e-12) / np.maximum(np.bincount(songs, weights=weights, minlength=count), 1e-12)


def _band_weights() -> Floats:
    """Return what a band's density counts for: its width, and how well it is heard, shape (BANDS,)."""
    corners_hz = mel_to_hz(np.linspace(0.0, hz_to_mel(TOP_HZ), BANDS + 2))
    centres_hz, widths_hz = corners_hz[1:-1], np.diff(corners_hz, n=1)[:-1]
    # Second order at 38 Hz; a shelf of 4 dB about 1.68 kHz.
    high_pass = 1 / (1 + (38.0 / centres_hz) ** 4)
    shelf = 10 ** (0.4 / (1 + (1681.0 / centres_hz) ** 2))
    return np.asarray(widths_hz * high_pass * shelf, np.float32)

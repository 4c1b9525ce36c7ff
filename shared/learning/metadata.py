"""Metadata of a chunk's edges: how loud, how fast, of what colour and in which key they are.

A few numbers on each side of a cut, measured by a fixed recipe from what every edge holds already, so that a
network can be asked whether it needs them. A pair is told by how far its two sides are apart in each number.
Loudness and spectrum are those of the sound as it is, whatever the network's own input is normalised by.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from shared.errors import BadSetting
from shared.learning.corpus import Floats, Indices
from shared.learning.pairs import Examples
from shared.sound.features import EDGE_FRAMES, Edges, mix_channels
from shared.sound.long_spectra import pitch_class_levels

Metadata = Literal["loudness", "tempo", "spectrum", "key"]

_LOUD_FRAMES = (8, EDGE_FRAMES)
"""Loudness is told of the 0.13 s next to the cut, and of the 1.5 s of the edge."""

_SPECTRUM_FRAMES = 32
_BROAD_BANDS = 16

_BEAT_HOPS = (17, 21, 26, 30, 34, 39, 43, 52, 60, 69)
"""Periods at which onsets may repeat: 0.2 to 0.8 s, in hops of 11.6 ms."""

_LEAST_SCALE = 1e-3


def edge_metadata(edges: Edges, chosen: Sequence[Metadata], *, channel: int | None) -> tuple[Floats, Floats]:
    """Measure both sides of n chunks.

    Args:
        edges: n chunks.
        chosen: which metadata, in the order of their numbers.
        channel: which channel to measure; None: the mix of both. The key is always that of the mix.

    Returns:
        Of tails and of heads: float32, shape (n, numbers), the same numbers on both sides.

    Raises:
        BadSetting: the key is asked for, and the edges hold no long spectra.
    """
    if "key" in chosen and len(edges) and not edges.long_tails.shape[1]:
        raise BadSetting("These edges hold no long spectra, of which the key is told. Cut the songs again.")
    sides = ((edges.tails, edges.long_tails), (edges.heads, edges.long_heads))
    tails, heads = (
        _of_side(mix_channels(frames) if channel is None else frames[:, channel], long, chosen)
        for frames, long in sides
    )
    return tails, heads


def metadata_scale(tails: Floats, heads: Floats) -> Floats:
    """Return what to multiply differences by, so that numbers of any unit count alike: shape (numbers,)."""
    deviation = np.concatenate([tails, heads]).std(axis=0)
    return (1 / np.maximum(deviation, _LEAST_SCALE)).astype(np.float32)


def metadata_distances(tails: Floats, heads: Floats, scale: Floats) -> Floats:
    """Return how far apart tails and heads are in each number; shapes are broadcast, (..., numbers)."""
    distances: Floats = np.abs(tails - heads) * scale
    return distances


@dataclass(frozen=True)
class ExamplesWithMetadata:
    """Pairs of edges with their truth, and the distances of their metadata as a second input.

    Attributes:
        examples: the pairs.
        tails: float32, shape (tails, numbers): metadata of each of the examples' tails.
        heads: the same of heads.
        scale: see `metadata_scale`.
    """

    examples: Examples
    tails: Floats
    heads: Floats
    scale: Floats

    def __len__(self) -> int:
        return len(self.examples)

    @property
    def rarer(self) -> int:
        """The number of true or of false pairs, whichever are fewer."""
        return self.examples.rarer

    def batch(self, rows: Indices) -> tuple[Any, Any]:
        """Return both inputs, and the truths, of some pairs."""
        inputs, truth = self.examples.batch(rows)
        first, second = self.examples.pairs[rows].T
        return [inputs, metadata_distances(self.tails[first], self.heads[second], self.scale)], truth


def _of_side(frames: Any, long: Any, chosen: Sequence[Metadata]) -> Floats:
    """Measure one side: frames (n, EDGE_FRAMES, BANDS), index 0 at the cut, and long spectra (n, bins)."""
    measures: Mapping[Metadata, Callable[[], Floats]] = {
        "loudness": lambda: _loudness(frames.astype(np.float32)),
        "tempo": lambda: _tempo(frames.astype(np.float32)),
        "spectrum": lambda: _spectrum(frames.astype(np.float32)),
        "key": lambda: pitch_class_levels(long),
    }
    parts = [measures[name]() for name in chosen]
    return np.concatenate([np.zeros((len(frames), 0), np.float32), *parts], axis=1, dtype=np.float32)


def _loudness(frames: Floats) -> Floats:
    """Return the log of the mean power over bands and frames, for each stretch."""
    power = np.exp(frames).mean(axis=2)
    return np.stack([np.log(power[:, :stretch].mean(axis=1)) for stretch in _LOUD_FRAMES], axis=1)


def _tempo(frames: Floats) -> Floats:
    """Return how much onsets repeat after each period: the autocorrelation of the onset envelope."""
    # On a side that is read backwards a rise is a fall; what counts is that the spectrum changes.
    onsets = np.abs(np.diff(frames, axis=1)).mean(axis=2)
    onsets -= onsets.mean(axis=1, keepdims=True)
    energy = np.maximum(np.square(onsets).sum(axis=1), 1e-6)
    lagged = [(onsets[:, lag:] * onsets[:, :-lag]).sum(axis=1) / energy for lag in _BEAT_HOPS]
    return np.stack(lagged, axis=1)


def _spectrum(frames: Floats) -> Floats:
    """Return the mean log power of broad bands over 0.4 s, without its level."""
    near = frames[:, :_SPECTRUM_FRAMES].reshape(len(frames), _SPECTRUM_FRAMES, _BROAD_BANDS, -1)
    broad: Floats = near.mean(axis=(1, 3))
    return broad - broad.mean(axis=1, keepdims=True)

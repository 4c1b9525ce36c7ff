"""Songs whose transitions are known: spectra that wander, so that near frames are alike and far ones not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shared.learning.corpus import Corpus
from shared.sound.features import BANDS, EDGE_FRAMES, POINTS_RATE_HZ, Edges

CHUNK_HOPS = EDGE_FRAMES + 4
"""Just long enough for whole edges."""


def planted_frames(rng: np.random.Generator, hops: int, *, period: int = 64) -> NDArray[np.float16]:
    """Wander from one random spectrum to the next, one every `period` hops."""
    stations = rng.normal(-5, 1.5, size=(hops // period + 2, BANDS))
    at = np.arange(hops) / period
    before = at.astype(int)
    share = (at - before)[:, None]
    wandering = stations[before] * (1 - share) + stations[before + 1] * share
    return (wandering + rng.normal(0, 0.1, size=(hops, BANDS))).astype(np.float16)


def planted_edges(rng: np.random.Generator, frames: NDArray[np.float16]) -> Edges:
    """Cut frames to chunks of `CHUNK_HOPS`; each channel sees them through noise of its own."""
    starts = np.arange(len(frames) // CHUNK_HOPS) * CHUNK_HOPS
    span = np.arange(EDGE_FRAMES)
    heads = frames[starts[:, None] + span]
    tails = frames[starts[:, None] + CHUNK_HOPS - 4 - span]

    def stereo(spectra: NDArray[np.float16]) -> NDArray[np.float16]:
        both = np.stack([spectra, spectra], axis=1)
        return (both + rng.normal(0, 0.1, size=both.shape)).astype(np.float16)

    points = rng.normal(0, 0.1, size=(len(starts) * POINTS_RATE_HZ, 2)).astype(np.float32)
    offsets = np.arange(len(starts) + 1, dtype=np.int64) * POINTS_RATE_HZ
    return Edges(stereo(tails), stereo(heads), points, offsets)


def planted_corpus(seed: int, *, songs: int = 3, chunks: int = 12) -> Corpus:
    """Several planted songs of so many chunks each."""
    rng = np.random.default_rng(seed)
    frames = [planted_frames(rng, chunks * CHUNK_HOPS) for _ in range(songs)]
    return Corpus(
        Edges.concatenate([planted_edges(rng, song) for song in frames]),
        np.repeat(np.arange(songs, dtype=np.int64), chunks),
        tuple(frames),
    )


def without_frames(corpus: Corpus) -> Corpus:
    """The same chunks where whole songs are not at hand."""
    return Corpus(corpus.edges, corpus.songs, tuple(song[:0] for song in corpus.frames))


def corpus_of_kinds(seed: int, kinds: NDArray[np.int64], songs: NDArray[np.int64]) -> Corpus:
    """Chunks whose cuts each sound like one of a few spectra, the same ones for every seed.

    Args:
        seed: of the noise.
        kinds: shape (n,): the spectrum that chunk i ends with and that chunk i + 1 starts with.
        songs: shape (n,), rising from 0: the song of each chunk.
    """
    spectra = np.random.default_rng(1).normal(-5, 2, (int(kinds.max()) + 1, BANDS))
    rng = np.random.default_rng(seed)

    def edges(kinds: NDArray[np.int64]) -> NDArray[np.float16]:
        flat = np.broadcast_to(spectra[kinds][:, None, None], (len(kinds), 2, EDGE_FRAMES, BANDS))
        return (flat + rng.normal(0, 0.05, flat.shape)).astype(np.float16)

    points, offsets = np.empty((0, 2), np.float32), np.zeros(len(kinds) + 1, np.int64)
    frames = tuple(np.empty((0, BANDS), np.float16) for _ in np.unique(songs))
    return Corpus(Edges(edges(kinds), edges(np.roll(kinds, 1)), points, offsets), songs, frames)

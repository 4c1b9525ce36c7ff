"""Songs whose transitions are known: spectra that wander, so that near frames are alike and far ones not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shared.learning.corpus import Corpus, LongSpectra
from shared.sound.features import (
    BANDS,
    EDGE_FRAMES,
    LONG_BINS,
    LONG_STEP_HOPS,
    POINTS_RATE_HZ,
    WINDOW_HOPS,
    Edges,
    outline_of,
)

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
    ends = starts + CHUNK_HOPS
    outlines = outline_of(frames[starts[:, None] + np.arange(CHUNK_HOPS - WINDOW_HOPS + 1)])
    return Edges(
        stereo(tails),
        stereo(heads),
        points,
        offsets,
        planted_long(rng, frames, ends, -1),
        planted_long(rng, frames, starts, 1),
        outlines.reshape(-1, BANDS),
        np.arange(len(starts) + 1) * outlines.shape[1],
    )


def planted_long(
    rng: np.random.Generator, frames: NDArray[np.float16], places: NDArray[np.int64], direction: int
) -> NDArray[np.float16]:
    """Mix the bands near some hops to long spectra, before (-1) or after (1) them, with noise."""
    mixing = np.random.default_rng(2).normal(0, 0.3, (BANDS, LONG_BINS))
    near = np.arange(12) if direction > 0 else -np.arange(4, 16)
    at = np.clip(places[:, None] + near, 0, len(frames) - 1)
    bins = frames[at].astype(np.float32).mean(axis=1) @ mixing
    return (bins + rng.normal(0, 0.1, bins.shape)).astype(np.float16)


def planted_longs(rng: np.random.Generator, frames: NDArray[np.float16]) -> LongSpectra:
    """The long spectra of a whole planted song."""
    places = np.arange(0, len(frames), LONG_STEP_HOPS)
    return LongSpectra(planted_long(rng, frames, places, -1), planted_long(rng, frames, places, 1))


def planted_corpus(seed: int, *, songs: int = 3, chunks: int = 12) -> Corpus:
    """Several planted songs of so many chunks each."""
    rng = np.random.default_rng(seed)
    frames = [planted_frames(rng, chunks * CHUNK_HOPS) for _ in range(songs)]
    return Corpus(
        Edges.concatenate([planted_edges(rng, song) for song in frames]),
        np.repeat(np.arange(songs, dtype=np.int64), chunks),
        tuple(frames),
        tuple(planted_longs(rng, song) for song in frames),
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

"""Cuts and pools to practise on, taken out of whole songs anywhere, with something left out at the cut."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from shared.learning.corpus import Corpus, Indices, LongSpectra
from shared.sound.edges import joined_offsets
from shared.sound.features import (
    BANDS,
    EDGE_FRAMES,
    LONG_STEP_HOPS,
    OUTLINE_HOPS,
    WINDOW_HOPS,
    Edges,
    mix_channels,
    outline_of,
)

Float16 = NDArray[np.float16]

LEAST_CHUNKS = 4
"""A song that gives fewer is not practised on."""

_CONTEXT_PLACES = -(-(EDGE_FRAMES + WINDOW_HOPS) // LONG_STEP_HOPS)


@dataclass(frozen=True, eq=False)
class Sides:
    """Tails and heads, as the likelihoods see them.

    Of a pool, row i of each is of chunk i; of cuts, row i of each is of cut i.

    Attributes:
        tails: float16, shape (n, EDGE_FRAMES, BANDS): mixed channels, index 0 at the cut.
        heads: float16, the same shape.
        long_tails: float16, shape (n, LONG_BINS).
        long_heads: float16, the same shape.
        outlines: float16, shape (steps, BANDS): the course of every chunk; cuts have none.
        outline_offsets: int64, shape (n + 1,): where each chunk's steps begin and end.
    """

    tails: Float16
    heads: Float16
    long_tails: Float16
    long_heads: Float16
    outlines: Float16
    outline_offsets: Indices

    def __len__(self) -> int:
        return len(self.tails)

    @classmethod
    def of_edges(cls, edges: Edges) -> Sides:
        """Return the sides of chunks."""
        return cls(
            mix_channels(edges.tails),
            mix_channels(edges.heads),
            edges.long_tails,
            edges.long_heads,
            edges.outlines,
            edges.outline_offsets,
        )

    @classmethod
    def concatenate(cls, parts: list[Sides]) -> Sides:
        """Lay sides one after another; there is at least one."""
        names = [name for name in cls.__dataclass_fields__ if name != "outline_offsets"]
        joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
        return cls(**joined, outline_offsets=joined_offsets([part.outline_offsets for part in parts]))


def practice_cuts(
    corpus: Corpus, per_song: int, gap_places: int, rng: np.random.Generator
) -> Iterator[Sides]:
    """Cut songs at random; yield song by song to bound memory.

    Args:
        corpus: with whole songs' frames and long spectra.
        per_song: cuts of one song; fewer where it has fewer places.
        gap_places: left out at every cut, in units of `LONG_STEP_HOPS`: the tail ends so much earlier
            than the head begins.
        rng: the source of places.
    """
    for frames, long in zip(corpus.frames, corpus.longs, strict=True):
        able = np.arange(_CONTEXT_PLACES, _last_place(frames, long) - gap_places + 1)
        if len(able):
            ends = np.sort(rng.choice(able, size=min(per_song, len(able)), replace=False))
            yield _sides(frames, long, ends, ends + gap_places)


def practice_pool(
    corpus: Corpus,
    *,
    chunk_places: int,
    gap_places: int,
    most_chunks: int,
    most_songs: int,
    rng: np.random.Generator,
) -> tuple[Sides, Indices]:
    """Cut songs to chunks of one length, each from a random place on, as a pool to choose from.

    Args:
        corpus: with whole songs' frames and long spectra.
        chunk_places: the length of a chunk with its gap, in units of `LONG_STEP_HOPS`.
        gap_places: left out between a chunk and the next, in the same units.
        most_chunks: of one song, in a row.
        most_songs: drawn out of the corpus.
        rng: the source of songs and places.

    Returns:
        The sides of all n chunks, none where no song is long enough, and int64, shape (n,): their songs.
    """
    parts, songs = [], []
    for number in np.sort(rng.permutation(corpus.song_count)[:most_songs]):
        frames, long = corpus.frames[number], corpus.longs[number]
        first, last = _CONTEXT_PLACES, _last_place(frames, long)
        chunks = min(most_chunks, (last - first) // chunk_places - 1)
        if chunks < LEAST_CHUNKS:
            continue
        slack = last - first - (chunks + 1) * chunk_places
        starts = first + int(rng.integers(slack + 1)) + np.arange(chunks) * chunk_places
        parts.append(_chunks(frames, long, starts, chunk_places - gap_places))
        songs.append(np.full(chunks, number, dtype=np.int64))
    if not parts:
        return _NO_SIDES, np.zeros(0, np.int64)
    return Sides.concatenate(parts), np.concatenate(songs)


def _last_place(frames: Float16, long: LongSpectra) -> int:
    """Return the last place that a whole head follows."""
    return min(len(long) - 1, (len(frames) - EDGE_FRAMES) // LONG_STEP_HOPS)


def _sides(frames: Float16, long: LongSpectra, ends: Indices, starts: Indices) -> Sides:
    """Read the tails before some places and the heads after others."""
    span = np.arange(EDGE_FRAMES)
    return Sides(
        frames[(ends * LONG_STEP_HOPS)[:, None] - WINDOW_HOPS - span],
        frames[(starts * LONG_STEP_HOPS)[:, None] + span],
        long.tails[ends],
        long.heads[starts],
        np.zeros((0, BANDS), np.float16),
        np.zeros(len(ends) + 1, np.int64),
    )


def _chunks(frames: Float16, long: LongSpectra, starts: Indices, places: int) -> Sides:
    """Read both sides and the outlines of chunks of one length, from some places on."""
    # Only windows that lie within the chunk are its own.
    span = np.arange(places * LONG_STEP_HOPS - WINDOW_HOPS + 1)
    outlines = outline_of(frames[(starts * LONG_STEP_HOPS)[:, None] + span])
    return replace(
        _sides(frames, long, starts + places, starts),
        outlines=outlines.reshape(-1, BANDS),
        outline_offsets=np.arange(len(starts) + 1) * outlines.shape[1],
    )


_NO_SIDES = Sides(
    *(np.zeros((0, 0, 0), np.float16),) * 4, np.zeros((0, BANDS), np.float16), np.zeros(1, np.int64)
)


def practice_passages(
    corpus: Corpus, per_song: int, steps: int, rng: np.random.Generator
) -> NDArray[np.float16]:
    """Read outlines at random places: float16, shape (m, steps, BANDS).

    Args:
        corpus: with whole songs' frames.
        per_song: passages of one song; fewer where it has fewer places.
        steps: the length of a passage.
        rng: the source of places.
    """
    span = np.arange(steps * OUTLINE_HOPS)
    found = [np.zeros((0, steps, BANDS), np.float16)]
    for frames in corpus.frames:
        places = max(0, len(frames) - len(span) + 1)
        starts = rng.choice(places, size=min(per_song, places), replace=False)
        found.append(outline_of(frames[np.sort(starts)[:, None] + span]))
    return np.concatenate(found)

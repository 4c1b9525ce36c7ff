"""A pool of real chunks of 4 s, as many as are asked for."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bench.material import Bench
from shared.learning.corpus import Indices
from shared.sound.edges import Edges
from shared.sound.features import edges_of
from shared.sound.samples import Int16

CHUNK_S = 4.0


def real_pool(bench: Bench, chunks: int) -> tuple[Edges, Indices]:
    """Cut songs until there are enough chunks; where songs run out, cut them anew half a second later.

    Returns:
        The edges of the chunks, and the song of each, int64, shape (chunks,).
    """
    parts: list[Edges] = []
    songs: list[int] = []
    for number, (samples, rate_hz) in enumerate(_passes(bench)):
        wanted = chunks - len(songs)
        if wanted <= 0:
            break
        step = round(CHUNK_S * rate_hz)
        starts = range(0, len(samples) - step, step)[:wanted]
        parts.append(edges_of((samples[start : start + step] for start in starts), rate_hz))
        songs += [number % len(bench.songs)] * len(starts)
    return Edges.concatenate(parts), np.array(songs, dtype=np.int64)


def _passes(bench: Bench) -> Iterator[tuple[Int16, int]]:
    for turn in range(8 * round(CHUNK_S)):
        for song in bench.songs:
            samples, rate_hz = bench.decoded(song)
            yield samples[turn * rate_hz // 2 :], rate_hz

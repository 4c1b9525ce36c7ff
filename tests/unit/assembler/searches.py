"""Pools, scores and searches of tests, and a count of what does not hold."""

from __future__ import annotations

from itertools import groupby, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.assembler.beams import search
from services.assembler.limits import Rules
from services.assembler.paths import Chunks, Wishes
from services.assembler.relaxing import in_force
from services.assembler.sequencing import Sequence
from shared.parameters import Limits

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]
NONE = Limits(most_replay=None, longest_run_s=None, least_between_songs=None, least_songs=1, twins_apart=None)


def pool(*counts: int, lengths_s: float | tuple[float, float] = 4.0, seed: int = 0) -> Chunks:
    """Return songs of so many chunks each."""
    songs = np.repeat(np.arange(len(counts)), counts)
    numbers = np.concatenate([np.arange(count) for count in counts])
    low, high = lengths_s if isinstance(lengths_s, tuple) else (lengths_s, lengths_s)
    return Chunks(np.random.default_rng(seed).uniform(low, high, len(songs)), songs, numbers)


def replaying(chunks: Chunks, seed: int = 0) -> Floats:
    """Return random scores by which the next chunk of a song always follows best."""
    matrix = np.random.default_rng(seed).normal(size=(len(chunks), len(chunks))).astype(np.float32)
    for after, before in zip(range(1, len(chunks)), range(len(chunks) - 1), strict=True):
        matrix[before, after] += 20
    return matrix


def wishes_for(pool: Chunks, /, *, start: int = 0, **asked: Any) -> Wishes:
    return Wishes(start=start, usable=np.ones(len(pool), np.bool_), **asked)


def find(
    matrix: Floats, chunks: Chunks, wishes: Wishes, limits: Limits | None = None, **how: Any
) -> Sequence:
    limits = in_force(Limits(), chunks, wishes) if limits is None else limits
    return search(
        lambda reference, candidates, step: matrix[reference, candidates],
        Rules(chunks, wishes, limits),
        total=wishes.length(chunks),
        **how,
    )


def broken(order: list[int], chunks: Chunks, limits: Limits, most_in_a_row: int | None = None) -> list[str]:
    """Count everything anew, in plain Python, and name what does not hold."""
    songs, numbers = chunks.songs.tolist(), chunks.numbers.tolist()
    steps = list(pairwise(order))
    replays = sum(songs[a] == songs[b] and numbers[b] == numbers[a] + 1 for a, b in steps)
    between = sum(songs[a] != songs[b] for a, b in steps)
    runs = [list(run) for _, run in groupby(order, key=lambda chunk: songs[chunk])]
    lengths_s = [sum(chunks.durations_s[run]) for run in runs if len(run) > 1]
    faults = {
        "twice": len(set(order)) != len(order),
        "replay": limits.most_replay is not None and replays > limits.most_replay * len(steps) + 1e-6,
        "run": limits.longest_run_s is not None and max(lengths_s, default=0) > limits.longest_run_s + 1e-6,
        "between": between < (limits.least_between_songs or 0) * len(steps) - 1e-6,
        "songs": len({songs[chunk] for chunk in order}) < (limits.least_songs or 1),
        "row": most_in_a_row is not None and max(map(len, runs)) > most_in_a_row,
    }
    return [name for name, is_broken in faults.items() if is_broken]

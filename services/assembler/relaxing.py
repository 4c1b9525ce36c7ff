"""How far the limits of a mix have to give way to what its pool holds: pure counting."""

from __future__ import annotations

from typing import Any

import numpy as np

from services.assembler.counting import longest_rows, most_after, most_changes, widest_gap
from services.assembler.musts import Musts
from services.assembler.paths import Chunks, Indices, Wishes
from shared.parameters import Limits

__all__ = ["in_force", "longest_rows_of"]

TYPICAL_CHUNKS, TYPICAL_SONGS = 30, 8
"""A mix of so many chunks has at least so many songs, where nothing else is asked for."""


def in_force(limits: Limits, chunks: Chunks, wishes: Wishes) -> Limits:
    """Return the limits as far as the pool can meet them, by counting; `least_songs` is always a number.

    One song, for instance, has no seams between songs and is one run.
    """
    length, songs = wishes.length(chunks), int(chunks.songs.max()) + 1
    times = wishes.times(length)
    usable = wishes.usable.copy()
    usable[wishes.start] = True
    counts = times * np.bincount(chunks.songs[usable], minlength=songs)
    first, there = chunks.songs[[wishes.start]], int(np.count_nonzero(counts))
    asked = limits.least_songs or TYPICAL_SONGS * min(length, TYPICAL_CHUNKS) // TYPICAL_CHUNKS
    if limits.least_songs is None and wishes.runs is not None:
        asked = min(asked, max(1, length // wishes.runs.usual(chunks.songs, usable)))
    bound = _bound(chunks, wishes)
    # Of what has to appear, some brings no song that nothing else brings.
    songs_room = length - int(bound.sum()) + int(np.count_nonzero(bound))
    changes: dict[str, Any] = {"least_songs": max(1, min(asked, there, length, songs_room))}
    # The start is judged as the chunks after it are: while it is still counted among those that are left.
    rows = longest_rows_of(chunks, wishes, limits.longest_run_s, None)
    # What may only come last is in none of the counts, and takes no place of them.
    inside = length - 1 - (wishes.end is not None and not (wishes.end & usable).any())
    parted = bound + np.maximum(0, bound - 1) // rows
    if (
        there == 1
        or parted.max() > length
        or inside > most_after(counts, rows, first, np.ones(1, np.int64))[0]
    ):
        changes["longest_run_s"] = None
    if limits.least_between_songs is not None and length > 1:
        most = min(int(most_changes(counts)[first[0]]), _changes_beside(bound, chunks, wishes, length))
        changes["least_between_songs"] = min(limits.least_between_songs, most / (length - 1)) or None
    if limits.twins_apart is not None:
        kinds = times * np.bincount(chunks.twins[wishes.appearing], minlength=len(chunks))
        # A chunk is its own twin.
        asked = min(limits.twins_apart, wishes.repeats_after or limits.twins_apart)
        changes["twins_apart"] = widest_gap(kinds, length, asked) or None
    if int(wishes.appearing.sum()) <= 2:
        changes["most_replay"] = None
    return limits.model_copy(update=changes)


def _bound(chunks: Chunks, wishes: Wishes) -> Indices:
    """Return how many places of a mix go to a song whatever else comes: int64, shape (songs,)."""
    musts = Musts.of(wishes.must, chunks.songs)
    bound = musts.of_songs.copy()
    bound[chunks.songs[wishes.start]] += musts.group_of[wishes.start] == musts.count
    return bound


def _changes_beside(bound: Indices, chunks: Chunks, wishes: Wishes, length: int) -> int:
    """Return how often the song can change beside the song that most places go to."""
    song = int(bound.argmax())
    # What stands at one of the ends parts nothing.
    at_ends = int(chunks.songs[wishes.start] != song)
    at_ends += wishes.end is not None and not (chunks.songs[wishes.end] == song).any()
    return max(0, 2 * (length - int(bound[song])) - at_ends)


def longest_rows_of(chunks: Chunks, wishes: Wishes, longest_s: float | None, most: int | None) -> Indices:
    """Return an upper bound of how many chunks of each song may come in a row: int64, shape (songs,)."""
    songs = int(chunks.songs.max()) + 1
    rows = np.full(songs, len(chunks), np.int64)
    if longest_s is not None:
        usable = wishes.usable
        rows = longest_rows(chunks.durations_s[usable], chunks.songs[usable], songs, longest_s)
    return rows if most is None else np.minimum(rows, most)

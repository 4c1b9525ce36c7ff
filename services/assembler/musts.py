"""What has to appear in a mix, and what that leaves room for: a look ahead by counting. Pure arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from services.assembler.counting import largest_other
from services.assembler.paths import Indices, Mask, Path

__all__ = ["Ahead", "Musts"]


@dataclass(frozen=True)
class Ahead:
    """What has still to appear after each of m chunks: int64, shape (m,) each.

    Attributes:
        groups: groups of which no chunk has come.
        songs: songs that these lie in, but for that of the chunk: a stretch of it may bring them all.
        fresh: songs among these that do not appear yet.
        own: groups in the song of the chunk.
        other: groups in that of the other songs that has most.
        places: chunks that it takes to bring all, with what parts the rows of one song.
    """

    groups: Indices
    songs: Indices
    fresh: Indices
    own: Indices
    other: Indices
    places: Indices

    def changes(self, after: int | Indices) -> Indices:
        """Return how often the song can change in so many places, at most: int64, shape (m,)."""
        return np.minimum(2 * (after - self.own), 2 * (after - self.other) + 1)


@dataclass(frozen=True)
class Musts:
    """What has to appear: of each of several groups of chunks one, a group lying in one song.

    Attributes:
        group_of: int64, shape (n,): the group of each chunk; `count`: it is in none.
        songs: int64, shape (count,): the song of each group.
        of_songs: int64, shape (songs,): the groups of each song.
    """

    group_of: Indices
    songs: Indices
    of_songs: Indices

    @classmethod
    def of(cls, groups: Indices | None, song_of: Indices) -> Self:
        """Return what has to appear.

        Args:
            groups: int64, shape (n,): the group of each chunk, from 0; -1: none; None: nothing has to.
            song_of: int64, shape (n,): the song of each chunk.
        """
        groups = np.full(len(song_of), -1) if groups is None else groups
        count, of_songs = int(groups.max(initial=-1)) + 1, int(song_of.max(initial=-1)) + 1
        songs = np.zeros(count, np.int64)
        songs[groups[groups >= 0]] = song_of[groups >= 0]
        return cls(np.where(groups < 0, count, groups), songs, np.bincount(songs, minlength=of_songs))

    @property
    def count(self) -> int:
        """How many groups there are."""
        return len(self.songs)

    def missing(self) -> Mask:
        """Return what is missing of a mix of nothing: bool, shape (count + 1,); the last is never missing."""
        return np.arange(self.count + 1) < self.count

    def after(self, missing: Mask, chunk: int) -> Mask:
        """Return what is missing after a chunk more."""
        left = missing.copy()
        left[self.group_of[chunk]] = False
        return left

    def among(self, chunks: Mask) -> Mask:
        """Tell of which groups there are chunks among some: bool, shape (count + 1,)."""
        there = np.zeros(self.count + 1, np.bool_)
        there[self.group_of[chunks]] = True
        return there

    def ahead(self, path: Path, among: Indices, songs: Indices, row: Indices, rows: Indices) -> Ahead:
        """Return what has still to appear after chunks.

        Args:
            path: what comes before.
            among: int64, shape (m,): the chunks.
            songs: int64, shape (m,): their songs.
            row: int64, shape (m,): how long a row each ends.
            rows: int64, shape (songs,): most in a row of each song.
        """
        brings = path.missing[self.group_of[among]]
        lacking = np.bincount(self.songs[path.missing[:-1]], minlength=len(self.of_songs))
        # Between two rows of a song comes a chunk of another one.
        parted = np.maximum(0, lacking - 1) // rows + lacking
        own = lacking[songs] - brings
        alone = own - np.maximum(0, rows[songs] - row)
        alone = own + np.where(alone > 0, -(-alone // rows[songs]), 0)
        groups = path.missing.sum() - brings
        there, fresh = lacking > 0, (lacking > 0) & ~path.visited
        return Ahead(
            groups=groups,
            songs=there.sum() - there[songs],
            fresh=fresh.sum() - fresh[songs],
            own=own,
            other=largest_other(lacking)[songs],
            places=np.maximum(groups, np.maximum(alone, largest_other(parted)[songs])),
        )

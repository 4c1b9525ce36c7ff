"""Which chunks of a pool lie in passages of songs. Pure arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from shared.errors import WishesContradict
from shared.parameters import Passage, Sequencing, SongId

__all__ = ["Extents", "called", "in_groups", "in_seconds"]

Doubles = NDArray[np.float64]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Extents:
    """Where n chunks lie in their songs.

    Attributes:
        songs: the song of each cut.
        cuts: int64, shape (n,): the cut of each chunk, by its place in `songs`.
        numbers: int64, shape (n,): the number of each in its cut, from 0.
        starts_s: float64, shape (n,): where each begins in its song.
        stops_s: float64, shape (n,): where it ends.
    """

    songs: Sequence[str]
    cuts: Indices
    numbers: Indices
    starts_s: Doubles
    stops_s: Doubles

    @classmethod
    def of_cuts(cls, songs: Sequence[str], edges_s: Sequence[Doubles]) -> Self:
        """Return the extents of all chunks of cuts, by the edges of each, rising, in seconds."""
        counts = [len(edges) - 1 for edges in edges_s]
        return cls(
            songs,
            np.repeat(np.arange(len(songs)), counts),
            np.concatenate([np.arange(count) for count in counts]),
            np.concatenate([edges[:-1] for edges in edges_s]),
            np.concatenate([edges[1:] for edges in edges_s]),
        )

    @property
    def song_of(self) -> Indices:
        """The song of each, by its first place in `songs`: int64, shape (n,)."""
        return np.array([self.songs.index(song) for song in self.songs], np.int64)[self.cuts]

    @property
    def durations_s(self) -> Doubles:
        """How long each is: float64, shape (n,)."""
        return self.stops_s - self.starts_s

    def of(self, named: SongId | Passage) -> Mask:
        """Return the chunks of a song or of a passage by time: bool, shape (n,).

        A chunk belongs to a passage if its middle lies in it. Of a cut of which none's does, the chunk does
        that has most of it.
        """
        if not isinstance(named, Passage):
            return np.isin(self.cuts, [cut for cut, song in enumerate(self.songs) if song == named])
        own = self.of(named.song)
        middles_s = (self.starts_s + self.stops_s) / 2
        found = own & (middles_s >= named.begins_s) & (middles_s < named.ends_s)
        shared_s = np.minimum(self.stops_s, named.ends_s) - np.maximum(self.starts_s, named.begins_s)
        for cut in np.setdiff1d(self.cuts[own], self.cuts[found]).tolist():
            most = int(np.where(self.cuts == cut, shared_s, -np.inf).argmax())
            found[most] = shared_s[most] > 0
        return found

    def of_chunk(self, song: SongId, number: int) -> Mask:
        """Return the chunks of a song that have a number, one of each of its cuts: bool, shape (n,)."""
        return self.of(song) & (self.numbers == number)

    def of_any(self, named: Sequence[SongId | Passage]) -> Mask:
        """Return the chunks of several songs and passages: bool, shape (n,)."""
        return np.logical_or.reduce([np.zeros(len(self.cuts), np.bool_), *map(self.of, named)])


def in_seconds(wish: Sequencing, sections_s: Mapping[str, Sequence[float]]) -> Sequencing:
    """Return a wish with sections as spans of time, as far as those of their songs are known.

    Args:
        wish: what is asked for.
        sections_s: by song: where its sections begin, rising from 0.

    Raises:
        WishesContradict: a song has no such section.
    """

    def spanned(field: str, one: SongId | Passage) -> SongId | Passage:
        if not isinstance(one, Passage) or one.section is None or one.song not in sections_s:
            return one
        begins_s = sections_s[one.song]
        if one.section >= len(begins_s):
            many = f"{len(begins_s)} sections, 0 to {len(begins_s) - 1}" if len(begins_s) > 1 else "one, 0"
            raise WishesContradict(
                f"`{field}`",
                "`songs`",
                found=f"section {one.section} of song {one.song} is named, and it has {many}",
                remedy="Choose another: the song's analysis shows them; or name a span of time",
            )
        ends_s = begins_s[one.section + 1] if one.section + 1 < len(begins_s) else None
        return Passage(song=one.song, from_s=begins_s[one.section], to_s=ends_s)

    if not wish.names_sections:
        return wish
    must, without = (
        tuple(spanned(field, one) for one in getattr(wish, field)) for field in ("must", "without")
    )
    return wish.model_copy(update={"must": must, "without": without})


def called(named: SongId | Passage) -> str:
    """Return what a song or a passage is called in an error."""
    if not isinstance(named, Passage):
        return f"song {named}"
    if named.section is not None:
        return f"section {named.section} of song {named.song}"
    ends = "its end" if named.to_s is None else f"{named.to_s:g} s"
    return f"song {named.song} from {named.begins_s:g} s to {ends}"


def in_groups(masks: Sequence[Mask]) -> Indices:
    """Bring chunks into as few groups as there are, so that one chunk of each has one of every mask.

    Passages that overlap are one group: what they have in common.

    Args:
        masks: bool, shape (n,) each, none of them empty.

    Returns:
        int64, shape (n,): the group of each chunk, from 0; -1: none.
    """
    each = np.array(masks)
    lasts = each.shape[1] - 1 - each[:, ::-1].argmax(axis=1)
    groups, points, open_ = np.full(each.shape[1], -1), list[int](), np.ones(len(each), np.bool_)
    # By their ends: a point at the end of the first that none is taken of yet lies in most others.
    for point in lasts[np.argsort(lasts, kind="stable")].tolist():
        through = open_ & each[:, point]
        if not (open_ & (lasts == point)).any():
            continue
        groups[each[through].all(axis=0) & (groups < 0)] = len(points)
        points.append(point)
        open_ &= ~through
    # Of a song that is cut in several ways, what passages have in common need not be apart.
    groups[points] = np.arange(len(points))
    return groups

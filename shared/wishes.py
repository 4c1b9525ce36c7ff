"""Wishes for a mix that cannot all be fulfilled, told before any search. Pure over songs and counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shared.errors import WishesContradict
from shared.parameters import Sequencing

__all__ = ["check_counts", "check_songs"]


def check_songs(wish: Sequencing, songs: Sequence[str]) -> None:
    """Refuse wishes that contradict each other whatever the songs hold.

    Args:
        wish: what is asked for; of its start, that the song is there is known already.
        songs: the song of each cut of the pool.

    Raises:
        WishesContradict: no mix of these songs can be so.
    """
    named = {"must": wish.must, "end": () if wish.end is None else (wish.end.song,)}
    for name, asked in named.items():
        if missing := [song for song in asked if song not in songs]:
            raise WishesContradict(
                f"`{name}`",
                "`songs`",
                found=f"song {missing[0]} is asked for, and is none of the songs given",
                remedy="Give it too, or ask for another",
            )
    if wish.start is not None:
        named["start"] = (wish.start.song,)
    for name, asked in named.items():
        if both := [song for song in asked if song in wish.without]:
            raise WishesContradict(
                f"`{name}`",
                "`without`",
                found=f"song {both[0]} is in both",
                remedy="Take it out of one of them",
            )
    if set(songs) <= set(wish.without):
        raise WishesContradict(
            "`without`", "`songs`", found="every song is left out", remedy="Leave out fewer, or give others"
        )
    _check_length(wish, {song for asked in named.values() for song in asked})


def _check_length(wish: Sequencing, asked: set[str]) -> None:
    """Refuse a length that does not hold the songs and the chunks that are asked for."""
    if wish.chunks is None:
        return
    if len(asked) > wish.chunks:
        raise WishesContradict(
            "`must`",
            "`chunks`",
            found=f"{len(asked)} songs, with those of `start` and `end`, do not fit in {wish.chunks} chunks",
            remedy="Ask for more chunks or fewer songs",
        )
    if wish.start is None or wish.end is None or wish.end.chunk is None:
        return
    same = (wish.start.song, wish.start.chunk) == (wish.end.song, wish.end.chunk)
    if same != (wish.chunks == 1):
        raise WishesContradict(
            "`start`",
            "`end`",
            found=f"they are {'one chunk' if same else 'two chunks'}, and the mix has {wish.chunks}",
            remedy="Choose another end, or another number of chunks",
        )


def check_counts(
    wish: Sequencing, songs: Sequence[str], counts: Sequence[int], lengths_s: Sequence[float]
) -> None:
    """Refuse wishes that the chunks there are cannot fulfil.

    Args:
        wish: what is asked for; `check_songs` had nothing against it.
        songs: the song of each cut of the pool.
        counts: the chunks of each cut.
        lengths_s: how long the chunks of each cut are together.

    Raises:
        WishesContradict: no mix of these chunks can be so.
    """
    chunks, seconds = dict.fromkeys(songs, 0), 0.0
    for song, count, length_s in zip(songs, counts, lengths_s, strict=True):
        if song not in wish.without:
            chunks[song] += count
            seconds += length_s
    repeats, there = wish.repeats_after, sum(chunks.values())
    if repeats is not None and there <= repeats and (wish.chunks is None or wish.chunks > there):
        raise WishesContradict(
            "`repeats_after`",
            "`without`" if wish.without else "`songs`",
            found=f"no chunk comes again within {repeats} steps, and there are {there} chunks",
            remedy=f"Ask for less than {max(2, there)}, or give more songs",
        )
    if repeats is None and wish.duration_s is not None and wish.duration_s > seconds:
        raise WishesContradict(
            "`duration_s`",
            "`without`" if wish.without else "`songs`",
            found=f"{wish.duration_s:g} s are asked for, and all chunks together last {seconds:.1f} s",
            remedy="Ask for a shorter mix, or give more songs",
        )
    for song in (*wish.must, *([] if wish.end is None else [wish.end.song])):
        if not chunks[song]:
            raise WishesContradict(
                "`must`" if song in wish.must else "`end`",
                "`songs`",
                found=f"song {song} has no chunk that is long enough to be judged",
                remedy="Ask for another, or cut it coarser",
            )
    if wish.chunks is not None and repeats is None:
        _check_number(wish, wish.chunks, np.array(list(chunks.values()), np.int64))


def _check_number(wish: Sequencing, wanted: int, counts: NDArray[np.int64]) -> None:
    """Refuse a number of chunks that there are not, or not without longer rows of one song."""
    available = int(counts.sum())
    if wish.without and wanted > available:
        raise WishesContradict(
            "`chunks`",
            "`without`",
            found=f"{wanted} chunks are asked for, and the songs that are left have {available}",
            remedy="Ask for a shorter mix, or leave out fewer songs",
        )
    if wish.most_in_a_row is None:
        return
    # Each chunk of another song parts two rows of the song that has most.
    others = available - int(counts.max())
    most = others + wish.most_in_a_row * (others + 1)
    if wanted > most:
        raise WishesContradict(
            "`most_in_a_row`",
            "`chunks`",
            found=f"with {wish.most_in_a_row} of a song in a row these songs give {most} chunks at most, and "
            f"{wanted} are asked for",
            remedy="Allow more in a row, ask for a shorter mix, or add songs",
        )

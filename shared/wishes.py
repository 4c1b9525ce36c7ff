"""Wishes for a mix that cannot all be fulfilled, told before any search. Pure over songs and chunks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from shared.errors import WishesContradict
from shared.parameters import Passage, Sequencing
from shared.passages import Extents, called, in_groups
from shared.places import song_of

__all__ = ["check_counts", "check_lengths", "check_songs"]

Mask = NDArray[np.bool_]


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
        if missing := [song_of(one) for one in asked if song_of(one) not in songs]:
            raise WishesContradict(
                f"`{name}`",
                "`songs`",
                found=f"song {missing[0]} is asked for, and is none of the songs given",
                remedy="Give it too, or ask for another",
            )
    if wish.start is not None:
        named["start"] = (wish.start.song,)
    for name, asked in named.items():
        for one in asked:
            if outer := [other for other in wish.without if _lies_in(one, other)]:
                found = f"{called(one)} is in both" if one == outer[0] else _left_out_with(one, outer[0])
                remedy = (
                    "Take it out of one of them" if one == outer[0] else "Ask for another, or leave less out"
                )
                raise WishesContradict(f"`{name}`", "`without`", found=found, remedy=remedy)
    if set(songs) <= set(wish.without):
        raise WishesContradict(
            "`without`", "`songs`", found="every song is left out", remedy="Leave out fewer, or give others"
        )
    _check_length(wish, {song_of(one) for asked in named.values() for one in asked})


def _lies_in(one: str | Passage, other: str | Passage) -> bool:
    """Tell whether a song or a passage lies in another, as far as that is seen by their names."""
    if not isinstance(other, Passage):
        return song_of(one) == other
    if not isinstance(one, Passage) or one.song != other.song:
        return False
    if one.section is not None or other.section is not None:
        return one.section == other.section
    return other.begins_s <= one.begins_s and one.ends_s <= other.ends_s


def _left_out_with(one: str | Passage, other: str | Passage) -> str:
    return f"{called(one)} is asked for, and {called(other)} is left out"


def check_lengths(wish: Sequencing, lengths_s: Mapping[str, float]) -> None:
    """Refuse passages that begin where their songs are over.

    Args:
        wish: what is asked for.
        lengths_s: by song, as far as they are known.

    Raises:
        WishesContradict: there is one.
    """
    for field in ("must", "without"):
        for one in getattr(wish, field):
            length_s = lengths_s.get(song_of(one), np.inf)
            if isinstance(one, Passage) and one.begins_s >= length_s:
                raise WishesContradict(
                    f"`{field}`",
                    "`songs`",
                    found=f"{called(one)} is named, and that song lasts {length_s:.1f} s",
                    remedy="Name an earlier passage",
                )


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


def check_counts(wish: Sequencing, extents: Extents) -> None:
    """Refuse wishes that the chunks there are cannot fulfil.

    Args:
        wish: what is asked for, its sections as spans of time; `check_songs` had nothing against it.
        extents: the chunks.

    Raises:
        WishesContradict: no mix of these chunks can be so.
    """
    usable = ~extents.of_any(wish.without)
    seconds, repeats, there = float(extents.durations_s[usable].sum()), wish.repeats_after, int(usable.sum())
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
    start, end = _check_there(wish, extents, usable)
    if wish.chunks is not None and repeats is None:
        _check_number(wish, wish.chunks, extents, usable)
    if wish.must:
        groups = in_groups([extents.of(one) & usable for one in wish.must])
        _check_room(wish, extents, groups, start, end)


def _check_there(wish: Sequencing, extents: Extents, usable: Mask) -> tuple[Mask, Mask]:
    """Refuse what is asked for and has no chunk, or none that is not left out; return start and end."""
    asked = [("must", called(one), extents.of(one)) for one in wish.must]
    start = end = np.zeros(len(usable), np.bool_)
    if wish.start is not None:
        start = extents.of_chunk(wish.start.song, wish.start.chunk)
    if wish.end is not None:
        end = extents.of(wish.end.song)
        asked.append(("end", called(wish.end.song), end))
    for name, what, chunks in asked:
        if not chunks.any():
            raise WishesContradict(
                f"`{name}`",
                "`songs`",
                found=f"{what} has no chunk that is long enough to be judged",
                remedy="Ask for another, or cut it coarser",
            )
    if wish.end is not None and wish.end.chunk is not None:
        end = extents.of_chunk(wish.end.song, wish.end.chunk)
    asked += [("start", "the first chunk that is asked for", start), ("end", "what it is to end with", end)]
    for name, what, chunks in asked:
        if chunks.any() and not (chunks & usable).any():
            raise WishesContradict(
                f"`{name}`",
                "`without`",
                found=f"{what} is left out" if name == "start" else f"all of {what} is left out",
                remedy="Ask for another, or leave less out",
            )
    return start, end & usable


def _check_room(
    wish: Sequencing, extents: Extents, groups: NDArray[np.int64], start: Mask, end: Mask
) -> None:
    """Refuse a length that does not hold a chunk of each of the groups that have to appear."""
    durations_s, count = extents.durations_s, int(groups.max()) + 1
    if wish.duration_s is not None:
        shortest_s = [float(durations_s[groups == group].min()) for group in range(count)]
        # A mix ends with the chunk with which it is long enough, at the latest.
        if sum(shortest_s) - max(shortest_s) >= wish.duration_s:
            raise WishesContradict(
                "`must`",
                "`duration_s`",
                found=f"what is asked for takes {sum(shortest_s):.1f} s of {wish.duration_s:g} s",
                remedy="Ask for a longer mix, or for less",
            )
        return
    assert wish.chunks is not None
    needed = count + int(start.any() and (groups[start] < 0).all())
    needed += int(end.any() and (groups[end] < 0).all() and not (start & end).any())
    if needed > wish.chunks:
        raise WishesContradict(
            "`must`",
            "`chunks`",
            found=f"what is asked for, with `start` and `end`, takes {needed} chunks of {wish.chunks}",
            remedy="Ask for more chunks, or for less",
        )
    if wish.most_in_a_row is None:
        return
    firsts = [int((groups == group).argmax()) for group in range(count)]
    most = int(np.bincount(extents.song_of[firsts]).max())
    needed = most + -(-most // wish.most_in_a_row) - 1
    if needed > wish.chunks:
        raise WishesContradict(
            "`must`",
            "`most_in_a_row`",
            found=f"{most} chunks of one song, with {wish.most_in_a_row} in a row at most, take {needed} of "
            f"{wish.chunks}",
            remedy="Allow more in a row, ask for more chunks, or for less",
        )


def _check_number(wish: Sequencing, wanted: int, extents: Extents, usable: Mask) -> None:
    """Refuse a number of chunks that there are not, or not without longer rows of one song."""
    available = int(usable.sum())
    if wish.without and wanted > available:
        raise WishesContradict(
            "`chunks`",
            "`without`",
            found=f"{wanted} chunks are asked for, and {available} are not left out",
            remedy="Ask for a shorter mix, or leave out less",
        )
    if wish.most_in_a_row is None:
        return
    # Each chunk of another song parts two rows of the song that has most.
    others = available - int(np.bincount(extents.song_of[usable]).max(initial=0))
    most = others + wish.most_in_a_row * (others + 1)
    if wanted > most:
        raise WishesContradict(
            "`most_in_a_row`",
            "`chunks`",
            found=f"with {wish.most_in_a_row} of a song in a row these songs give {most} chunks at most, and "
            f"{wanted} are asked for",
            remedy="Allow more in a row, ask for a shorter mix, or add songs",
        )

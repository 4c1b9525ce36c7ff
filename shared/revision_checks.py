"""Edits that cannot be made, told by their positions alone, before anything is fetched or chosen. Pure."""

from __future__ import annotations

from collections.abc import Sequence, Set

from shared.errors import EditImpossible
from shared.revisions import Ban, Edit, Lengthen, Move, Pin, Remove, SeamChange, SeamEdit, Swap, Unpin

__all__ = ["check_edit", "check_edits", "check_joined", "check_seam"]


def check_edits(
    edits: Sequence[Edit],
    pinned: Sequence[bool],
    *,
    songs: Set[str],
    blended: bool,
    playing_on: Set[int] = frozenset(),
) -> None:
    """Refuse what is known not to work of a list of edits, each made to what those before it leave.

    Args:
        edits: in their order.
        pinned: of each chunk of the mix, whether it is pinned.
        songs: those of the pool.
        blended: whether the mix's seams are blended.
        playing_on: positions at which the song plays on; looked at until an edit changes the chunks.

    Raises:
        EditImpossible: which one, and why.
    """
    for number, edit in enumerate(edits):
        check_edit(number, edit, pinned, songs=songs, blended=blended)
        if isinstance(edit, SeamEdit):
            check_joined(number, edit.position, plays_on=edit.position in playing_on)
        elif not isinstance(edit, Pin | Unpin):
            playing_on = frozenset()
        if isinstance(edit, Lengthen) and edit.chunks is None:
            return  # How many chunks there are then, only the search can tell.
        pinned = _pinned_after(edit, list(pinned))


def check_edit(number: int, edit: Edit, pinned: Sequence[bool], *, songs: Set[str], blended: bool) -> None:
    """Refuse one edit of a mix, by its place in the list, as `check_edits` does."""
    length = len(pinned)
    match edit:
        case Swap(position=position) | Remove(position=position):
            _need_positions(number, edit, length, position)
            _need_free(number, edit, pinned, position)
            if isinstance(edit, Remove) and length == 1:
                _refuse(number, edit, "the mix has one chunk, and none would be left", "Swap it instead")
            if isinstance(edit, Swap) and edit.by is not None:
                _need_song(number, edit, edit.by.song, songs)
        case Move(position=position, to=to):
            _need_positions(number, edit, length, position, to)
            _need_free(number, edit, pinned, position)
            rest = [*pinned[:position], *pinned[position + 1 :]]
            if 0 < to < len(rest) and rest[to - 1] and rest[to]:
                _refuse(number, edit, f"position {to} lies inside of a pinned section", "Unpin that first")
        case Pin(first=first, last=last) | Unpin(first=first, last=last):
            _need_positions(number, edit, length, first, last)
        case SeamEdit(position=position):
            check_seam(number, edit, position, length, blended=blended)
        case Lengthen(chunks=chunks) if chunks is not None and chunks <= length:
            found = f"{chunks} chunks are asked for, and the mix has {length}"
            _refuse(number, edit, found, "Ask for more, or remove chunks to shorten it")
        case Ban(song=song):
            _need_song(number, edit, song, songs)


def check_seam(number: int, change: SeamChange, position: int, length: int, *, blended: bool) -> None:
    """Refuse a change of a seam that there is not.

    Raises:
        EditImpossible: why.
    """
    if length == 1 or not 0 < position < length:
        found = f"a seam at position {position} is asked for, and the mix has {length - 1} seams"
        remedy = f"Choose from 1 to {length - 1}" if length > 1 else "Lengthen the mix first"
        raise EditImpossible(number, "seam", found=found, remedy=remedy)
    if not blended and not change.is_empty:
        found = "the mix is joined plainly, and its seams know no manners"
        raise EditImpossible(number, "seam", found=found, remedy="Make the mix with `seams` as `blend`")


def check_joined(number: int, position: int, *, plays_on: bool) -> None:
    """Refuse a change of a seam where nothing is joined.

    Raises:
        EditImpossible: the song plays on there.
    """
    if plays_on:
        found = f"at position {position} the song plays on, and nothing is joined"
        remedy = "Swap one of the two chunks first, or choose another seam"
        raise EditImpossible(number, "seam", found=found, remedy=remedy)


def _pinned_after(edit: Edit, pinned: list[bool]) -> list[bool]:
    """Return which chunks are pinned after an edit that can be made."""
    match edit:
        case Remove(position=position):
            del pinned[position]
        case Move(position=position, to=to):
            pinned.insert(to, pinned.pop(position))
        case Pin(first=first, last=last) | Unpin(first=first, last=last):
            pinned[first : last + 1] = [isinstance(edit, Pin)] * (last + 1 - first)
        case Lengthen(chunks=chunks) if chunks is not None:
            pinned += [False] * (chunks - len(pinned))
    return pinned


def _need_positions(number: int, edit: Edit, length: int, *positions: int) -> None:
    if (highest := max(positions)) >= length:
        found = f"position {highest} is asked for, and the mix has {length} chunks"
        _refuse(number, edit, found, f"Choose from 0 to {length - 1}")


def _need_free(number: int, edit: Edit, pinned: Sequence[bool], position: int) -> None:
    if pinned[position]:
        _refuse(number, edit, f"position {position} is pinned", "Unpin it first, or choose another")


def _need_song(number: int, edit: Edit, song: str, songs: Set[str]) -> None:
    if song not in songs:
        found = f"song {song} is not among those that the mix was chosen from"
        _refuse(number, edit, found, "Choose one of the pool's songs, or make a mix with this one")


def _refuse(number: int, edit: Edit, found: str, remedy: str) -> None:
    raise EditImpossible(number, edit.edit, found=found, remedy=remedy)

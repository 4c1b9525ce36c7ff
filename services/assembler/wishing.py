"""What is wished of a mix, by the indices of its pool: where it begins and ends, what may appear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from services.assembler.form import Form
from services.assembler.paths import Chunks, Indices, Mask, Wishes
from services.assembler.reaching import reach
from services.assembler.runs import Runs
from services.assembler.scoring import Pool, find_start
from shared.errors import UnknownStart, WishesContradict
from shared.parameters import Sequencing
from shared.passages import Extents, in_groups
from shared.places import song_of

__all__ = ["Framing", "groups_of", "wishes_of"]


@dataclass(frozen=True)
class Framing:
    """How a mix is framed.

    Attributes:
        intro: it begins with the first chunk of a song, and none comes inside.
        ending: it ends with the last chunk of a song.
        apart: no last chunk of a song comes inside.
    """

    intro: bool
    ending: bool
    apart: bool

    @classmethod
    def asked(cls, wish: Sequencing) -> Self:
        """Return the framing of a mix where nothing stands against it."""
        apart = wish.closing != "any"
        # Few chunks end songs: they would leave no choice of a length in seconds.
        ending = apart and (wish.duration_s is None or wish.closing is not None)
        return cls(wish.opening != "any", ending and (wish.chunks != 1 or wish.closing is not None), apart)

    @classmethod
    def demanded(cls, wish: Sequencing) -> Self:
        """Return what was asked for in so many words."""
        ending = wish.closing == "ending"
        return cls(wish.opening == "intro", ending, ending)


def wishes_of(pool: Pool, extents: Extents, chunks: Chunks, wish: Sequencing, framing: Framing) -> Wishes:
    """Return wishes by the indices of the pool.

    Args:
        pool: the chunks.
        extents: where they lie in their songs.
        chunks: the same as rules see them.
        wish: what is asked for, its sections as spans of time.
        framing: how the mix is to begin and end.

    Raises:
        UnknownStart: the start is not in the pool.
        WishesContradict: the wishes cannot be fulfilled together.
    """
    songs, form = extents.songs, chunks.form
    usable = ~extents.of_any(wish.without)
    usable &= _within_reach(chunks, usable, list(dict.fromkeys(songs)), wish)[chunks.songs]
    end = None if wish.end is None else _end(pool, songs, extents.of(wish.end.song) & usable, wish)
    if framing.ending:
        end = _with_ending(end, usable & form.last, wish)
    must = groups_of(extents, usable, wish)
    outer = form.apart & ((form.first & framing.intro) | (form.last & framing.apart))
    if framing.ending and wish.end is None and end is not None and must is not None:
        asked = end & _outside(must, outer & form.last)
        end = asked if asked.any() else end
    if wish.start is not None:
        start = find_start(pool, songs, song=wish.start.song, chunk=wish.start.chunk)
    else:
        opening = _opening(usable, form.first, wish) if framing.intro else usable
        start = _first(_asked_first(opening, end, must, outer & form.first, wish), end, wish)
    if framing.intro and wish.opening is not None and not form.first[start]:
        other = "start" if wish.start is not None else "end" if wish.end is not None else "closing"
        raise _not_so("opening", other, "the first chunk of a song")
    _check_ends(start, end, wish)
    usable &= ~outer | _let_inside(start, end, must, outer, form, wish)
    wishes = Wishes(
        start=start,
        usable=usable,
        chunks=wish.chunks,
        duration_s=wish.duration_s,
        end=end,
        must=must,
        most_in_a_row=wish.most_in_a_row,
        repeats_after=wish.repeats_after,
        runs=None if wish.runs_bars is None else Runs.of(wish.runs_bars, form, chunks.durations_s),
    )
    if framing.intro or framing.apart:
        _check_room(wishes, chunks, wish)
    return wishes


def groups_of(extents: Extents, usable: Mask, wish: Sequencing) -> Indices | None:
    """Return what has to appear as groups of chunks; see `Wishes.must`. What has no chunk is passed over."""
    masks = [extents.of(named) & usable for named in wish.must]
    masks = [mask for mask in masks if mask.any()]
    return in_groups(masks) if masks else None


def _outside(must: Indices, outer: Mask) -> Mask:
    """Return the chunks of what has to appear and has none that may come inside: bool, shape (n,)."""
    return (must >= 0) & ~np.isin(must, must[~outer])


def _asked_first(
    opening: Mask, end: Mask | None, must: Indices | None, outer: Mask, wish: Sequencing
) -> Mask:
    """Return, of what a mix may begin with, what has to: it comes nowhere else, or every place is taken."""
    if must is None:
        return opening
    count = int(must.max()) + 1
    if (alone := opening & _outside(must, outer)).any():
        return alone
    ends_otherwise = end is not None and not (must[end] >= 0).any()
    if wish.chunks is not None and count + ends_otherwise >= wish.chunks and (opening & (must >= 0)).any():
        return opening & (must >= 0)
    return opening


def _let_inside(
    start: int, end: Mask | None, must: Indices | None, outer: Mask, form: Form, wish: Sequencing
) -> Mask:
    """Return what comes inside though it begins or ends a song, as it has to appear: bool, shape (n,).

    Raises:
        WishesContradict: it must not come inside.
    """
    if must is None:
        return np.zeros(len(outer), np.bool_)
    left = _outside(must, outer) & (must != must[start])
    barred = left & ((form.first & (wish.opening == "intro")) | (form.last & (wish.closing == "ending")))
    strictly = np.setdiff1d(must[barred], must[left & ~barred])
    at_end = strictly[:0] if end is None else np.intersect1d(strictly, must[end])
    if len(strictly) > min(1, len(at_end)):
        place = int(np.isin(must, np.setdiff1d(strictly, at_end[:1])).argmax())
        raise WishesContradict(
            "`must`",
            "`opening`" if form.first[place] else "`closing`",
            found="a passage that is asked for has no chunk but such as begin or end a song, and these come "
            "nowhere inside",
            remedy="Ask for `any`, or choose another passage",
        )
    return left & ~barred


def _opening(usable: Mask, first: Mask, wish: Sequencing) -> Mask:
    """Return the chunks that a mix may begin with: the first ones of songs, if there are some."""
    if (usable & first).any():
        return usable & first
    if wish.opening is None:
        return usable
    raise _not_there("opening", "first", wish)


def _with_ending(end: Mask | None, last: Mask, wish: Sequencing) -> Mask | None:
    """Return the chunks that a mix may end with: the last ones of songs, if there are some."""
    if wish.closing is None and (end is not None or not last.any()):
        return end
    found = last if end is None else last & end
    if found.any():
        return found
    if end is not None:
        raise _not_so("closing", "end", "the last chunk of a song")
    raise _not_there("closing", "last", wish)


def _not_so(one: str, other: str, what: str) -> WishesContradict:
    return WishesContradict(
        f"`{one}`", f"`{other}`", found=f"what is asked for is not {what}", remedy="Leave one of them out"
    )


def _not_there(name: str, which: str, wish: Sequencing) -> WishesContradict:
    return WishesContradict(
        f"`{name}`",
        "`without`" if wish.without else "`songs`",
        found=f"the {which} chunk of none of the songs can be used",
        remedy="Ask for `any`, or give other songs",
    )


def _check_ends(start: int, end: Mask | None, wish: Sequencing) -> None:
    """Refuse a start and an end that cannot be those of one mix."""
    if end is not None and wish.chunks == 1 and not end[start]:
        raise WishesContradict(
            "`start`" if wish.end is not None else "`closing`",
            "`end`" if wish.end is not None else "`chunks`",
            found="the mix has 1 chunk, and it begins with another than it is to end with",
            remedy="Ask for more chunks, or for the same one",
        )
    if end is not None and end.sum() == 1 and end[start] and wish.chunks != 1:
        raise WishesContradict(
            "`start`",
            "`end`" if wish.end is not None else "`closing`",
            found="they are the same chunk, and none comes twice",
            remedy="Choose another end",
        )


def _check_room(wishes: Wishes, chunks: Chunks, wish: Sequencing) -> None:
    """Refuse more than there is between a beginning and an end that come nowhere else."""
    appearing = wishes.usable.copy()
    appearing[wishes.start] = True
    lasts_s = float(chunks.durations_s[appearing].sum())
    only_last = np.zeros(0) if wishes.end is None else chunks.durations_s[wishes.end & ~appearing]
    available, lasts_s = int(appearing.sum()) + bool(len(only_last)), lasts_s + only_last.max(initial=0)
    if wish.repeats_after is not None and (wish.chunks is None or wish.chunks > available):
        wanted, found = available <= wish.repeats_after, f"`repeats_after` asks for more than {available}"
    elif wish.chunks is not None:
        wanted, found = wish.chunks > available, f"{wish.chunks} are asked for, and there are {available}"
    else:
        assert wish.duration_s is not None
        wanted = wish.duration_s > lasts_s
        found = f"{wish.duration_s:g} s are asked for, and they last {lasts_s:.1f} s"
    if wanted:
        name = "repeats_after" if wish.repeats_after else "chunks" if wish.chunks else "duration_s"
        raise WishesContradict(
            "`closing`" if wish.closing == "ending" else "`opening`",
            f"`{name}`",
            found=f"without the chunks that begin or end songs {found}",
            remedy="Ask for `any`, ask for less, or give more songs",
        )


def _within_reach(chunks: Chunks, usable: Mask, names: Sequence[str], wish: Sequencing) -> Mask:
    """Return the songs that limits of tempo and key let a mix come to: bool, shape (songs,)."""
    asked = {
        "start": () if wish.start is None else (wish.start.song,),
        "must": tuple(song_of(named) for named in wish.must),
        "end": () if wish.end is None else (wish.end.song,),
    }
    own, lengths_s = chunks.songs[usable], chunks.durations_s[usable]
    return reach(
        chunks.traits.neighbours(wish.limits),
        np.bincount(own, minlength=len(names)),
        np.bincount(own, weights=lengths_s, minlength=len(names)).astype(np.float64),
        {wished: [names.index(song) for song in songs] for wished, songs in asked.items()},
        wish,
    )


def _end(pool: Pool, songs: Sequence[str], of_song: Mask, wish: Sequencing) -> Mask:
    """Return the chunks that the mix may end with, of those of its song: bool, shape (n,)."""
    assert wish.end is not None
    if wish.end.chunk is None:
        return of_song
    try:
        place = find_start(pool, songs, song=wish.end.song, chunk=wish.end.chunk)
    except UnknownStart as error:
        raise WishesContradict(
            "`end`",
            "`songs`",
            found=f"song {wish.end.song} has no chunk {wish.end.chunk} that is long enough to be judged",
            remedy="Choose another end",
        ) from error
    return np.arange(len(of_song)) == place


def _first(usable: Mask, end: Mask | None, wish: Sequencing) -> int:
    """Return the first usable chunk; one that is to be the last is kept for the end."""
    free = usable if end is None or end.sum() > 1 or wish.chunks == 1 else usable & ~end
    if end is not None and wish.chunks == 1:
        free = end
    return int((free if free.any() else usable).argmax())

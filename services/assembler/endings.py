"""How the chunk that a mix is to end with bears on those before it. Pure arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from services.assembler.musts import Musts
from services.assembler.paths import Indices, Mask, Path, Wishes

__all__ = ["Ending"]


@dataclass(frozen=True)
class _Judged:
    """What an end asks of chunks: bool, shape (m,) each.

    Attributes:
        allowed: whether the mix can end as it is to, with the chunk or after it.
        brought: whether the last place can bring what has to appear and has not yet.
        reserved: whether it can bring none that is new.
    """

    allowed: Mask
    brought: Mask
    reserved: Mask


@dataclass(frozen=True)
class Ending:
    """What may be the last chunk of a mix.

    Attributes:
        end: bool, shape (n,): what may be; none: anything may.
        only_last: bool, shape (n,): what may be nothing else.
        songs: bool, shape (songs,): which songs the mix may end with.
        brings: bool, shape (groups + 1,): of what has to appear, what the end may bring.
        comes_back: whether chunks may come again.
    """

    end: Mask
    only_last: Mask
    songs: Mask
    brings: Mask
    comes_back: bool

    @classmethod
    def of(cls, wishes: Wishes, song_of: Indices, songs: int, musts: Musts) -> Self:
        """Return what wishes say of the end."""
        end = np.zeros(len(song_of), np.bool_) if wishes.end is None else wishes.end
        only_last = end & ~wishes.usable
        only_last[wishes.start] = False
        ending = np.bincount(song_of[end], minlength=songs) > 0
        return cls(end, only_last, ending, musts.among(end), wishes.repeats_after is not None)

    @property
    def asked(self) -> bool:
        """Whether anything is said of the end."""
        return bool(self.end.any())

    def with_last(self, unused: Mask) -> Mask:
        """Return unused chunks, and those that may come last alone."""
        return unused | self.only_last

    def judge(self, path: Path, among: Indices, ending: Mask, songs: Indices, groups: Indices) -> _Judged:
        """Judge what may follow.

        Args:
            path: what comes before.
            among: int64, shape (m,): the chunks.
            ending: bool, shape (m,): whether the mix ends with each.
            songs: int64, shape (m,): their songs.
            groups: int64, shape (m,): of what has to appear, what each brings.
        """
        there = self.end & self.with_last(path.unused)
        stays = there.sum() - there[among] > 0
        if self.comes_back:
            stays = ~self.end[among] | (self.end.sum() > 1)
        fresh, lacked = self.songs & ~path.visited, self.brings & path.missing
        return _Judged(
            allowed=np.where(ending, self.end[among], stays),
            brought=~ending & (lacked.sum() - lacked[groups] > 0),
            reserved=~ending & (fresh.sum() - fresh[songs] == 0),
        )

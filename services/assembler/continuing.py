"""Let a mix go on: a search from where it ends, within what was asked of it. Pure over numbers."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from services.assembler.beams import Draws, search
from services.assembler.limits import Rules
from services.assembler.paths import Chunks, Path, Wishes
from services.assembler.refilling import Keeping
from services.assembler.sequencing import OnStep, Score, Shortlist
from shared.errors import EditImpossible
from shared.parameters import Limits
from shared.revisions import Lengthen

__all__ = ["Search", "go_on"]


@dataclass(frozen=True)
class Search:
    """How is searched; see `beams.search`."""

    score: Score
    width: int
    draws: Draws | None
    shortlist: Shortlist | None
    on_step: OnStep


def go_on(
    how: Search, keeping: Keeping, order: Sequence[int], edit: Lengthen, *, last_stays: bool, number: int = 0
) -> list[int]:
    """Return an order that goes on as long as is asked for.

    Where the mix was asked to end with something, and does, what is new comes before that.

    Args:
        how: is searched.
        keeping: what is kept to, but for what the order does not keep now.
        order: the mix as it is.
        edit: the length.
        last_stays: whether the last chunk is to stay where it is.
        number: the place of the edit in its list, for the error.

    Raises:
        EditImpossible: the mix is as long already, or the pool has not so much.
        WishesContradict: no sequence was found; which rule was in the way.
    """
    usable, durations_s = keeping.usable(order), keeping.chunks.durations_s
    _check(edit, number, usable, durations_s, float(durations_s[list(order)].sum()))
    broken = keeping.broken(order)
    end, kept = keeping.wishes.end, list(order)
    if end is not None and "end" not in broken and len(order) > 1 and not last_stays:
        kept = kept[:-1]
    elif end is not None:
        end = end.copy()
        end[kept] = False
        end = end if end.any() and "end" not in broken else None
    wishes = replace(
        keeping.wishes,
        start=kept[0],
        usable=usable,
        chunks=edit.chunks,
        duration_s=edit.duration_s,
        end=end,
        must=None if "must" in broken else keeping.wishes.must,
        most_in_a_row=None if "most_in_a_row" in broken else keeping.wishes.most_in_a_row,
    )
    limits = _without(keeping.in_force(wishes), broken)
    found = search(
        how.score,
        _GoesOn(keeping.chunks, wishes, limits, kept),
        stricter=_GoesOn(keeping.chunks, wishes, limits, kept, paced=True),
        width=how.width,
        draws=how.draws,
        shortlist=how.shortlist,
        total=wishes.length(keeping.chunks),
        on_step=how.on_step,
    )
    longer: list[int] = found.order.tolist()
    return longer


class _GoesOn(Rules):
    """Rules of a mix whose beginning stands."""

    def __init__(
        self, chunks: Chunks, wishes: Wishes, limits: Limits, kept: Sequence[int], *, paced: bool = False
    ) -> None:
        super().__init__(chunks, wishes, limits, paced=paced)
        self._kept = kept

    def begin(self) -> Path:
        """Return the path of the beginning."""
        path = super().begin()
        for chunk in self._kept[1:]:
            path = self.extend(path, chunk, 0.0)
        return path


def _check(
    edit: Lengthen,
    number: int,
    usable: NDArray[np.bool_],
    durations_s: NDArray[np.float64],
    now_s: float,
) -> None:
    """Refuse a length that the mix has, or that the pool has not."""

    def refuse(found: str, remedy: str) -> EditImpossible:
        return EditImpossible(number, "lengthen", found=found, remedy=remedy)

    most, most_s = int(usable.sum()), float(durations_s[usable].sum())
    if edit.chunks is not None and edit.chunks > most:
        found = f"{edit.chunks} chunks are asked for, and the pool has {most} that may appear"
        raise refuse(found, "Ask for fewer")
    if edit.duration_s is not None and edit.duration_s > most_s:
        found = f"{edit.duration_s:g} s are asked for, and all chunks that may appear last {most_s:.1f} s"
        raise refuse(found, "Ask for less")
    if edit.duration_s is not None and edit.duration_s <= now_s:
        found = f"{edit.duration_s:g} s are asked for, and the chunks of the mix last {now_s:.1f} s"
        raise refuse(found, "Ask for more, or remove chunks to shorten it")


def _without(limits: Limits, broken: Set[str]) -> Limits:
    """Return limits without those that are not kept anyway."""
    lifted = {name.removeprefix("limits."): None for name in broken if name.startswith("limits.")}
    changes = {name: 1 if name == "least_songs" else None for name in lifted}
    return limits.model_copy(update=changes)

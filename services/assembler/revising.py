"""Change the order of a mix by edits: what they touch is chosen anew, all else stays. Pure."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

import numpy as np

from services.assembler.beams import Draws
from services.assembler.choosing import PAIRWISE_WIDTH, WIDTH
from services.assembler.continuing import Search, go_on
from services.assembler.refilling import Keeping, fill, rows_of
from services.assembler.seam_wishes import seam_wished
from services.assembler.sequencing import OnStep
from services.assembler.stock import Stock
from shared.errors import EditImpossible
from shared.parameters import Sequencing
from shared.revision_checks import check_edit, check_joined
from shared.revisions import (
    Ban,
    ChunkName,
    Edit,
    Lengthen,
    Move,
    Pin,
    Remove,
    SeamEdit,
    SeamWish,
    Swap,
    Unpin,
)
from shared.store.manifests import EditDone, SequenceFacts, Step

__all__ = ["revise"]


@dataclass(frozen=True)
class _Placed:
    """A chunk in the mix, by its index in the pool; a seam is meant for what came before it then."""

    chunk: int
    pinned: bool = False
    passed: frozenset[int] = frozenset()
    seam: SeamWish | None = None
    after: int | None = None


def revise(
    stock: Stock,
    base: SequenceFacts,
    wish: Sequencing,
    edits: Sequence[Edit],
    *,
    blended: bool,
    on_step: OnStep = lambda placed, total: None,
) -> SequenceFacts:
    """Make edits to a sequence, one after another.

    Args:
        stock: what it was chosen from.
        base: the sequence.
        wish: what was asked of it; what is chosen anew keeps to it as far as the sequence does.
        edits: in their order.
        blended: whether its seams are blended.
        on_step: told of each step while a mix is lengthened; see `sequencing.OnStep`.

    Returns:
        The new sequence, with a sentence for every edit.

    Raises:
        EditImpossible: an edit cannot be made.
        WishesContradict: a mix cannot be lengthened within what was asked of it.
        ModelDiverged: a score is not a number.
    """
    revision = _Revision(stock, base, wish, blended, on_step)
    done = [revision.make(number, edit) for number, edit in enumerate(edits)]
    return revision.facts(base, done)


class _Revision:
    def __init__(
        self, stock: Stock, base: SequenceFacts, wish: Sequencing, blended: bool, on_step: OnStep
    ) -> None:
        self._stock, self._wish, self._blended, self._on_step = stock, wish, blended, on_step
        self._names = stock.names
        self._banned = list(base.banned)
        self._placed: list[_Placed] = []
        for step in base.steps:
            chunk = stock.index(step)
            passed = frozenset(
                at for name in step.passed for at in self._names.indices(name.song, name.chunk)
            )
            before = self._placed[-1].chunk if self._placed else None
            self._placed.append(_Placed(chunk, step.pinned, passed, step.seam, before))
        self._known = {
            (before.chunk, after.chunk): step.score
            for before, after, step in zip(self._placed, self._placed[1:], base.steps[1:], strict=False)
            if step.score is not None
        }

    def make(self, number: int, edit: Edit) -> EditDone:
        """Make one edit."""
        pinned = [placed.pinned for placed in self._placed]
        check_edit(number, edit, pinned, songs=set(self._names.songs), blended=self._blended)
        match edit:
            case Swap():
                return self._swap(number, edit)
            case Ban():
                return self._ban(number, edit)
            case Pin(first=first, last=last) | Unpin(first=first, last=last):
                return self._pin(first, last, pinned=isinstance(edit, Pin))
            case SeamEdit():
                return self._seam(number, edit)
            case Lengthen():
                return self._lengthen(number, edit)
            case Remove(position=position):
                gone = self._placed.pop(position)
                return EditDone(
                    done=f"From position {position}, {self._names.called(gone.chunk)} was taken out."
                )
            case Move(position=position, to=to):
                moved = self._placed.pop(position)
                self._placed.insert(to, moved)
                return EditDone(
                    done=f"From position {position} to {to}, {self._names.called(moved.chunk)} was moved."
                )

    def facts(self, base: SequenceFacts, done: list[EditDone]) -> SequenceFacts:
        """Return what has become of the sequence; only steps that are new are scored."""
        order, steps = self._order(), []
        keeping = self._keeping()
        limits = None if base.limits is None else keeping.in_force(keeping.wishes_of(order))
        for place, placed in enumerate(self._placed):
            before = order[place - 1] if place else None
            name, cut = self._names.of(placed.chunk), int(self._stock.pool.cuts[placed.chunk])
            steps.append(
                Step(
                    song=name.song,
                    cut=self._stock.facts.cuts[cut],
                    chunk=name.chunk,
                    score=None if before is None else self._shown(before, placed.chunk, place - 1),
                    pinned=placed.pinned,
                    seam=placed.seam if placed.after == before else None,
                    passed=[self._names.of(chunk) for chunk in sorted(placed.passed)],
                )
            )
        form = None if base.form is None else self._stock.chunks.told(np.array(order))
        return SequenceFacts(steps=steps, limits=limits, form=form, banned=self._banned, edits=done)

    def _swap(self, number: int, edit: Swap) -> EditDone:
        position, gone = edit.position, self._placed[edit.position]
        passed = gone.passed | {gone.chunk}
        if edit.by is not None:
            chunk = self._wanted(number, edit.by)
            order = self._order()
            order[position] = chunk
            newly = self._keeping().broken(order) - self._keeping().broken(self._order())
        else:
            filled = fill(self._stock.score, self._keeping(), self._order(), position, position, [passed])
            if filled is None:
                raise EditImpossible(
                    number,
                    "swap",
                    found="every other chunk of the pool is in the mix, banned, or stood there before",
                    remedy="Name one, or go back to an earlier revision",
                )
            chunk, newly = filled.order[position], filled.broken
        self._placed[position] = _Placed(chunk, passed=passed - {chunk})
        told = f"{self._names.called(chunk)} for {self._names.called(gone.chunk)}"
        return EditDone(done=f"At position {position}, {told}{_despite(newly)}.", positions=[position])

    def _wanted(self, number: int, name: ChunkName) -> int:
        """Return the chunk that is asked for by name, if it can be taken."""

        def refuse(found: str, remedy: str) -> EditImpossible:
            return EditImpossible(number, "swap", found=found, remedy=remedy)

        found = self._names.indices(name.song, name.chunk)
        if not found:
            raise refuse(
                f"song {name.song} has no chunk {name.chunk} that is long enough to be judged",
                "Choose another",
            )
        order = self._order()
        for chunk in found:
            if chunk in order:
                raise refuse(
                    f"{self._names.called(chunk)} is in the mix already, at position {order.index(chunk)}",
                    "Move it, or choose another",
                )
        if not self._stock.allowed(self._banned)[found[0]]:
            raise refuse(f"{self._names.called(found[0])} is banned", "Choose another")
        return found[0]

    def _ban(self, number: int, edit: Ban) -> EditDone:
        gone = self._names.indices(edit.song, edit.chunk)
        if not gone:
            raise EditImpossible(
                number, "ban", found=f"song {edit.song} has no chunk {edit.chunk}", remedy="Choose another"
            )
        places = [place for place, placed in enumerate(self._placed) if placed.chunk in gone]
        if held := [place for place in places if self._placed[place].pinned]:
            raise EditImpossible(
                number,
                "ban",
                found=f"what it bans is pinned at position {held[0]}",
                remedy="Unpin that first, or ban something else",
            )
        if edit not in self._banned:
            self._banned.append(edit)
        newly: frozenset[str] = frozenset()
        for first, last in rows_of(places):
            newly |= self._replace(number, first, last)
        what = self._names.title(edit.song) if edit.chunk is None else self._names.called(gone[0])
        told = f"Banned: {what}; {_counted(len(places), 'place')} went to other chunks{_despite(newly)}."
        return EditDone(done=told, positions=places)

    def _replace(self, number: int, first: int, last: int) -> frozenset[str]:
        """Fill a row of places with other chunks; return the rules that are not kept any more."""
        avoid = [placed.passed | {placed.chunk} for placed in self._placed[first : last + 1]]
        filled = None
        if len(self._placed) > last + 1 - first:
            filled = fill(self._stock.score, self._keeping(), self._order(), first, last, avoid)
        if filled is None:
            raise EditImpossible(
                number,
                "ban",
                found="the chunks that are left do not fill the mix",
                remedy="Remove chunks first, or make a mix of more songs",
            )
        for place in range(first, last + 1):
            self._placed[place] = _Placed(filled.order[place], passed=frozenset(avoid[place - first]))
        return filled.broken

    def _pin(self, first: int, last: int, *, pinned: bool) -> EditDone:
        for place in range(first, last + 1):
            self._placed[place] = replace(self._placed[place], pinned=pinned)
        return EditDone(done=f"Positions {first} to {last} are {'pinned' if pinned else 'free again'}.")

    def _seam(self, number: int, edit: SeamEdit) -> EditDone:
        before, placed = self._placed[edit.position - 1 : edit.position + 1]
        plays_on = self._stock.plays_on(before.chunk, placed.chunk)
        check_joined(number, edit.position, plays_on=plays_on)
        wish = seam_wished(
            placed.seam if placed.after == before.chunk else None,
            edit,
            self._stock.neighbour(before.chunk),
            self._stock.neighbour(placed.chunk),
            number=number,
        )
        self._placed[edit.position] = replace(placed, seam=wish, after=before.chunk)
        shown = wish or SeamWish()
        nudge = f", {shown.nudge_s * 1000:+.0f} ms" if shown.nudge_s else ""
        return EditDone(done=f"The seam at position {edit.position} is made as {shown.manner}{nudge}.")

    def _lengthen(self, number: int, edit: Lengthen) -> EditDone:
        order, wish, scorer = self._order(), self._wish, self._stock.scorer
        narrow = scorer.pairwise or wish.method == "greedy"
        search = Search(
            self._stock.score,
            width=wish.width or (PAIRWISE_WIDTH if narrow else WIDTH),
            draws=Draws(wish.temperature, wish.seed) if wish.method == "sample" else None,
            shortlist=scorer.shortlist(self._stock.pool.prepared),
            on_step=self._on_step,
        )
        longer = go_on(
            search, self._keeping(), order, edit, last_stays=self._placed[-1].pinned, number=number
        )
        there = {placed.chunk: placed for placed in self._placed}
        self._placed = [there.get(chunk) or _Placed(chunk) for chunk in longer]
        new = [place for place, chunk in enumerate(longer) if chunk not in there]
        told = f"The mix has {_counted(len(longer), 'chunk')}, {len(new)} more than before."
        return EditDone(done=told, positions=new)

    def _keeping(self) -> Keeping:
        return self._stock.keeping(self._wish, self._banned)

    def _shown(self, before: int, chunk: int, step: int) -> float:
        """Return how well a chunk follows another as users see it, scored if it was not before."""
        known = self._known.get((before, chunk))
        return self._stock.shown(before, chunk, step) if known is None else known

    def _order(self) -> list[int]:
        return [placed.chunk for placed in self._placed]


def _despite(broken: Set[str]) -> str:
    """Tell of rules that are not kept any more."""
    return f", though {' and '.join(sorted(broken))} is not kept by that" if broken else ""


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"

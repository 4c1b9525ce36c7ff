"""How long a mix stays with a stretch of one song: runs of so many bars, or of seconds without a beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from services.assembler.form import Form
from shared.errors import WishesContradict
from shared.parameters import Sequencing
from shared.places import song_of

__all__ = ["Runs", "are_whole"]

Doubles = NDArray[np.float64]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]

EARLY = 0.25
"""Of a run of bars, so much may be left out, where a section ends earlier or something fits better."""

SECONDS_PER_BAR, EARLY_WITHOUT_BEAT = 1.5, 0.5
"""Without a beat a run of 16 lasts 12 to 24 s."""

_ROUNDING = 0.02
"""Chunks that are cut on beats are not whole bars to the last hundredth."""


@dataclass(frozen=True)
class Runs:
    """How long runs are to be, chunk by chunk of a pool.

    Attributes:
        bars: as it was asked for.
        shares: float64, shape (n,): how much of a whole run each chunk is.
        fitting: float64, shape (n,): how much of a run has to be free for it. With a beat, half of it: a run
            ends with the chunk that brings it nearest to its length.
        least: float64, shape (n,): which share of a run its song has to have played before it may be left.
        whole_s: float64, shape (n,): how long a whole run of its song is.
    """

    bars: int
    shares: Doubles
    fitting: Doubles
    least: Doubles
    whole_s: Doubles

    @classmethod
    def of(cls, bars: int, form: Form, durations_s: Doubles) -> Self:
        """Return the runs that are asked for, of chunks that last so long."""
        beaten = ~np.isnan(form.bars)
        shares = np.where(beaten, form.bars / bars, durations_s / (bars * SECONDS_PER_BAR))
        return cls(
            bars,
            shares,
            fitting=np.where(beaten, shares / 2, shares),
            least=1 - np.where(beaten, EARLY, EARLY_WITHOUT_BEAT),
            whole_s=durations_s / np.maximum(shares, 1e-9),
        )

    @classmethod
    def of_two(cls, chunks: int) -> Self:
        """Return runs of one chunk or two, as they come where replays are limited to a half."""
        half = np.full(chunks, 0.5)
        return cls(0, half, half, half, half)

    def leaves_well(self, ends: Doubles, following: Indices) -> Doubles:
        """Tell which chunks begin a run that can be left where a section ends.

        Args:
            ends: float64, shape (n,): 1 where a section ends with a chunk; NaN where that is not known.
            following: int64, shape (n,): what follows each in its song; -1: nothing.

        Returns:
            float64, shape (n,): 1 where it can, else 0; NaN where that is not known.
        """
        at, run = np.arange(len(ends)), self.shares.copy()
        found, open_ = np.where(np.isnan(ends), np.nan, 0.0), np.ones(len(ends), np.bool_)
        while open_.any():
            found[open_ & (run >= self.least[at] - _ROUNDING) & (ends[at] > 0)] = 1
            after = following[at]
            open_ &= (after >= 0) & (run + self.fitting[after] <= 1 + _ROUNDING)
            at = np.where(open_, after, at)
            run = np.where(open_, run + self.shares[at], run)
        return found

    def filled(self, following: Indices, usable: Mask) -> Mask:
        """Tell which chunks begin a stretch of usable ones that lasts for a run: bool, shape (n,)."""
        at, run = np.arange(len(following)), self.shares.copy()
        open_ = run < self.least - _ROUNDING
        while open_.any():
            after = following[at]
            open_ &= (after >= 0) & usable[after]
            at = np.where(open_, after, at)
            run = np.where(open_, run + self.shares[at], run)
            open_ &= run < self.least - _ROUNDING
        return np.asarray(run >= self.least - _ROUNDING)

    def arriving(self, following: Indices, end: Mask) -> Indices:
        """Return in how many steps a run that begins with each chunk comes to an end of the mix.

        Args:
            following: int64, shape (n,): what follows each in its song; -1: nothing.
            end: bool, shape (n,): what the mix may end with.

        Returns:
            int64, shape (n,): -1 where no run of the length that is asked for does.
        """
        at, run, steps = np.arange(len(following)), self.shares.copy(), 0
        found, open_ = np.full(len(following), -1), np.ones(len(following), np.bool_)
        while open_.any():
            found[open_ & end[at] & (run >= self.least[at] - _ROUNDING) & (found < 0)] = steps
            after, steps = following[at], steps + 1
            open_ &= (after >= 0) & (run + self.fitting[after] <= 1 + _ROUNDING)
            at = np.where(open_, after, at)
            run = np.where(open_, run + self.shares[at], run)
        return found

    def verdict(
        self,
        run: float,
        last: int,
        among: Indices,
        goes_on: Mask,
        may_come: Mask,
        wanted: Sequence[Mask] = (),
        whole: tuple[bool, bool] = (True, True),
    ) -> Mask:
        """Judge by how long a run is what may follow it.

        Args:
            run: how much of a whole run has been played.
            last: the chunk that it ends with.
            among: int64, shape (m,): what may follow.
            goes_on: bool, shape (m,): whether the run goes on with it.
            may_come: bool, shape (m,): what nothing else speaks against.
            wanted: bool, shape (m,) each: with what a run is to begin, as far as there is any such.
            whole: whether the rest of the mix can be whole runs if this one ends now, or else a chunk later.

        Returns:
            bool, shape (m,): a run goes on until it is long enough, unless it cannot.
        """
        fits = goes_on & (run + self.fitting[among] <= 1 + _ROUNDING)
        leaves = run >= self.least[last] - _ROUNDING or not (fits & may_come).any()
        enters = ~goes_on & leaves
        if (enters & may_come).any() and (fits & may_come).any() and whole[0] != whole[1]:
            fits, enters = fits & whole[1], enters & whole[0]
        for mask in wanted:
            if (enters & mask & may_come).any():
                enters &= mask
        return np.asarray(fits | enters)

    def fewest(self, songs: Indices, usable: Mask) -> int:
        """Return how many chunks the shortest run takes, in the song where it takes the fewest."""
        least, typical = (
            np.array([measure(each[usable & (songs == song)]) for song in np.unique(songs[usable])])
            for measure, each in ((np.min, self.least), (np.median, self.shares))
        )
        return int(np.ceil((least - _ROUNDING) / np.maximum(typical, 1e-9)).min())

    def usual(self, songs: Indices, usable: Mask) -> int:
        """Return how many chunks a whole run takes, in the song in the middle of all."""
        means = [float(self.shares[usable & (songs == song)].mean()) for song in np.unique(songs[usable])]
        return max(1, round(1 / max(float(np.median(means)), 1e-9)))

    def check(self, wish: Sequencing, songs: Indices, usable: Mask) -> None:
        """Refuse limits and wishes that no run of this length keeps to.

        Args:
            wish: what is asked for beside.
            songs: int64, shape (n,): the song of each chunk.
            usable: bool, shape (n,): the chunks that may appear.

        Raises:
            WishesContradict: there is one.
        """
        fewest, limits = self.fewest(songs, usable), wish.limits
        shortest_s = float((self.least * self.whole_s)[usable].min())
        apart = f"runs of {self.bars} bars take {fewest} chunks of these songs"
        if limits.most_replay is not None and (fewest - 1) / fewest > limits.most_replay:
            self._refuse("limits.most_replay", f"{apart}, all but the first of which follow in the song")
        if limits.longest_run_s is not None and fewest > 1 and shortest_s > limits.longest_run_s:
            self._refuse("limits.longest_run_s", f"the shortest lasts {shortest_s:.1f} s")
        if wish.most_in_a_row is not None and fewest > wish.most_in_a_row:
            self._refuse("most_in_a_row", apart)
        if limits.least_between_songs is not None and 1 / fewest < limits.least_between_songs:
            self._refuse("limits.least_between_songs", apart)
        asked = {
            "must": len({song_of(one) for one in wish.must}),
            "limits.least_songs": limits.least_songs or 0,
        }
        for name, wanted in asked.items():
            # The first run and the last are cut short where the mix begins and ends.
            if wish.chunks is not None and (wanted - 2) * fewest + 2 > wish.chunks:
                self._refuse(name, f"{apart}, and {wanted} songs need more than {wish.chunks}")

    def _refuse(self, name: str, found: str) -> None:
        remedy = "Ask for shorter runs, cut coarser, or loosen it"
        raise WishesContradict("`runs_bars`", f"`{name}`", found=found, remedy=remedy)


def are_whole(places: int, fewest: int, most: int) -> bool:
    """Tell whether places can be filled by runs of `fewest` to `most` chunks each."""
    return -(-places // most) * fewest <= places

"""What a row of the table is, and how its two sides are timed."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Theirs = TypeVar("Theirs")
Ours = TypeVar("Ours")


@dataclass(frozen=True)
class Goal:
    """What a row is to reach: at least so many times as fast as its peer, or at most so many seconds.

    Attributes:
        text: the goal in words.
        least_ratio: of the peer's time over Segue's; None: there is no such goal.
        most_s: seconds that Segue may take; None: no such goal.
        spare_s: seconds of Segue's that are left out of the ratio.
    """

    text: str
    least_ratio: float | None = None
    most_s: float | None = None
    spare_s: float = 0.0

    def is_met(self, peer_s: float | None, segue_s: float) -> bool:
        """Say whether times reach the goal."""
        if self.most_s is not None and segue_s > self.most_s:
            return False
        return self.least_ratio is None or (
            peer_s is not None and peer_s >= self.least_ratio * (segue_s - self.spare_s)
        )


def times_as_fast(times: float) -> Goal:
    """Ask for a fraction of the peer's time."""
    return Goal(f"{times:g}x as fast", least_ratio=times)


def at_most_times(times: float, *, spare_s: float = 0.0) -> Goal:
    """Allow so many times the peer's time, and so many seconds more."""
    more = f" and {spare_s:g} s" if spare_s else ""
    return Goal(f"at most {times:g}x its time{more}", least_ratio=1 / times, spare_s=spare_s)


def within(seconds: float) -> Goal:
    """Allow so many seconds."""
    return Goal(f"at most {seconds:g} s", most_s=seconds)


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        name: what was done, its section first, as in `cut: silence boundaries`.
        peer: what it is compared with; empty: nothing.
        peer_s: the median of the peer's times.
        segue_s: the median of Segue's.
        goal: None: the row is there to be looked at.
        agrees: whether both gave the same, or Segue what was expected; None: there is nothing to agree on.
        note: what one should know of it.
    """

    name: str
    segue_s: float
    peer: str = ""
    peer_s: float | None = None
    goal: Goal | None = None
    agrees: bool | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times as fast as the peer Segue is."""
        return None if self.peer_s is None else self.peer_s / self.segue_s

    @property
    def reached(self) -> bool | None:
        """Whether the goal is reached; None where there is none."""
        return None if self.goal is None else self.goal.is_met(self.peer_s, self.segue_s)

    def to_json(self) -> dict[str, Any]:
        """Return the row as plain values."""
        return {
            "name": self.name,
            "peer": self.peer,
            "peer_s": self.peer_s,
            "segue_s": self.segue_s,
            "ratio": self.ratio,
            "goal": None if self.goal is None else self.goal.text,
            "reached": self.reached,
            "agrees": self.agrees,
            "note": self.note,
        }


@dataclass(frozen=True)
class Paired(Generic[Theirs, Ours]):
    """Both sides of a comparison: median seconds, and what each returned the last time."""

    peer_s: float
    segue_s: float
    theirs: Theirs
    ours: Ours


def by_turns(theirs: Callable[[], Theirs], ours: Callable[[], Ours], rounds: int) -> Paired[Theirs, Ours]:
    """Time the peer and Segue by turns, so that what else the machine does meets both."""
    peer_s, segue_s = [], []
    for _ in range(rounds):
        seconds, their_result = timed(theirs)
        peer_s.append(seconds)
        seconds, our_result = timed(ours)
        segue_s.append(seconds)
    return Paired(statistics.median(peer_s), statistics.median(segue_s), their_result, our_result)


def timed(act: Callable[[], Ours]) -> tuple[float, Ours]:
    """Return how long a call took, in seconds, and what it returned."""
    started = time.perf_counter()
    result = act()
    return time.perf_counter() - started, result


def median_s(act: Callable[[], object], rounds: int) -> float:
    """Return the median seconds of a call."""
    return statistics.median(timed(act)[0] for _ in range(rounds))

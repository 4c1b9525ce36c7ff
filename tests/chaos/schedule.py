"""What is done to the stack, and what is asked of it: drawn from a seed, before anything runs."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from shared.queue import Queue

SERVERS = ("valkey", "s3")
LONGEST_BLACK_HOLE_S = 120.0


class FaultKind(StrEnum):
    """Every kind of fault."""

    KILL_CHILD = "kill_child"
    KILL_WORKER = "kill_worker"
    STOP_WORKER = "stop_worker"
    KILL_GATEWAY = "kill_gateway"
    KILL_VALKEY = "kill_valkey"
    EMPTY_VALKEY = "empty_valkey"
    KILL_STORE = "kill_store"
    RESET = "reset"
    BLACK_HOLE = "black_hole"
    DELAY = "delay"
    STORE_FULL = "store_full"


LASTS_S: dict[FaultKind, tuple[float, float]] = {
    FaultKind.RESET: (0.0, 4.0),
    FaultKind.BLACK_HOLE: (3.0, 25.0),
    FaultKind.DELAY: (4.0, 12.0),
    FaultKind.STORE_FULL: (3.0, 12.0),
}
"""Seconds that a fault lasts, least and most; others are over at once."""
PAUSE_S = (0.5, 6.0)
"""Between the end of a fault and the next: often too short to recover in."""


@dataclass(frozen=True)
class Fault:
    """One fault: what, to whom, for how long, and how long it is quiet after it."""

    number: int
    kind: FaultKind
    target: str
    """A queue, a server or a process, by the kind; of queues the one that is busy is preferred."""
    lasts_s: float
    pause_s: float

    def facts(self) -> dict[str, Any]:
        """Return it as it is journalled."""
        return asdict(self)


def faults(seed: int, count: int, kinds: tuple[FaultKind, ...] = tuple(FaultKind)) -> list[Fault]:
    """Draw faults: every kind as often as any other, in a random order, one black hole of the longest."""
    chance = random.Random(seed)
    drawn = [kinds[number % len(kinds)] for number in range(count)]
    chance.shuffle(drawn)
    planned = [_drawn(chance, number, kind) for number, kind in enumerate(drawn)]
    holes = [fault for fault in planned if fault.kind is FaultKind.BLACK_HOLE]
    if len(holes) >= 5:
        longest = chance.choice(holes)
        planned[longest.number] = replace(longest, lasts_s=LONGEST_BLACK_HOLE_S)
    return planned


def _drawn(chance: random.Random, number: int, kind: FaultKind) -> Fault:
    if kind in (FaultKind.RESET, FaultKind.BLACK_HOLE, FaultKind.DELAY):
        target = chance.choice(SERVERS)
    elif kind in (FaultKind.KILL_CHILD, FaultKind.KILL_WORKER, FaultKind.STOP_WORKER):
        target = chance.choice(list(Queue)).value
    else:
        target = ""
    least_s, most_s = LASTS_S.get(kind, (0.0, 0.0))
    return Fault(
        number,
        kind,
        target,
        lasts_s=round(chance.uniform(least_s, most_s), 2),
        pause_s=round(chance.uniform(*PAUSE_S), 2),
    )


@dataclass(frozen=True)
class Wish:
    """One job that is asked for: a path of the API, a body whose songs are numbers, perhaps a cancel."""

    number: int
    path: str
    body: dict[str, Any]
    fresh_song: bool
    """One of its songs is uploaded for it alone, so that it is decoded for it alone."""
    cancel_after_s: float | None


SMALL_FIT = {
    "approach": "binary",
    "settings": {
        "filters": 4,
        "lstm_units": 4,
        "dense_units": 4,
        "edge_frames": 8,
        "random_cuts_per_epoch": 0,
        "epochs": 6,
        "patience": None,
    },
}


def wishes(seed: int, count: int, songs: int) -> list[Wish]:
    """Draw jobs: most are mixes by a linear model, some are cuts, some fit one, some are cancelled."""
    chance = random.Random(f"wishes {seed}")
    return [_wish(chance, number, songs) for number in range(count)]


def _wish(chance: random.Random, number: int, songs: int) -> Wish:
    chosen = sorted(chance.sample(range(songs), chance.randint(3, songs)))
    cut = {"method": "equal", "chunk_s": round(chance.uniform(1.2, 2.5), 3)}
    body: dict[str, Any] = {"songs": chosen, "cut": cut}
    path = "/mixes"
    match chance.random():
        case share if share < 0.12:
            path = "/cuts"
        case share if share < 0.20:
            body |= {"training": {**SMALL_FIT, "seed": number}, "chunks": 5}
        case share if share < 0.35:
            body |= {"training": {"approach": "linear", "seed": number}, "chunks": 6}
        case _:
            body |= {"model": "shared", "chunks": chance.randint(4, 8)}
    if path == "/mixes":
        body["output"] = {"seams": chance.choice(["plain", "blend"]), "format": chance.choice(["mp3", "wav"])}
    cancel = round(chance.uniform(0.1, 6.0), 2) if chance.random() < 0.12 else None
    return Wish(number, path, body, fresh_song=chance.random() < 0.4, cancel_after_s=cancel)

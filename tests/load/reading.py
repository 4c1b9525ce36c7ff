"""Someone who reads all the while, at an even pace, in a process of their own: what they wait is measured.

An even pace, whatever answers take, so that a slow answer does not hide those that would have come after it:
each wait counts from the instant at which its request was due.
"""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

import httpx

READERS = 16
"""Requests that may be under way at once: no reader waits for another."""


@dataclass(frozen=True)
class Read:
    """One request: when it was due, in seconds since the epoch, what was asked, how long it took."""

    at_s: float
    what: str
    status: int
    wait_s: float


class Reader:
    """Reads paths in turn until it is left.

    Args:
        url: of the gateway.
        key: sent with every request.
        paths: name and path of each.
        per_s: requests a second.
    """

    def __init__(self, url: str, key: str, paths: Sequence[tuple[str, str]], *, per_s: float) -> None:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(
            target=_read, args=(theirs, url, key, list(paths), per_s), daemon=True
        )
        self.reads: list[Read] = []

    def __enter__(self) -> Self:
        self._process.start()
        assert self._ours.recv() == "reading"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ours.send("enough")
        self.reads = self._ours.recv()
        self._process.join()

    def waits(self, from_s: float, to_s: float) -> dict[str, list[float]]:
        """Return the waits by what was read, and of all, between two instants."""
        found: dict[str, list[float]] = defaultdict(list)
        for read in self.reads:
            if from_s <= read.at_s < to_s:
                found["all"].append(read.wait_s)
                found[read.what].append(read.wait_s)
        return dict(found)


def _read(pipe: Connection, url: str, key: str, paths: list[tuple[str, str]], per_s: float) -> None:
    reads: list[Read] = []
    lock = threading.Lock()
    limits = httpx.Limits(max_connections=READERS, max_keepalive_connections=READERS)
    api = httpx.Client(base_url=url, timeout=120, limits=limits, headers={"Authorization": f"Bearer {key}"})

    def read(due_s: float, at_s: float, what: str, path: str) -> None:
        try:
            status = api.get(path).status_code
        except httpx.HTTPError:
            status = 0
        with lock:
            reads.append(Read(at_s, what, status, time.monotonic() - due_s))

    with api, ThreadPoolExecutor(READERS) as pool:
        for _ in range(READERS):
            pool.submit(api.get, paths[0][1])  # Connections are there before anything is measured.
        pipe.send("reading")
        due_s, turn = time.monotonic(), 0
        while not pipe.poll(max(0.0, due_s - time.monotonic())):
            what, path = paths[turn % len(paths)]
            pool.submit(read, due_s, time.time() - (time.monotonic() - due_s), what, path)
            due_s, turn = due_s + 1 / per_s, turn + 1
    pipe.send(reads)

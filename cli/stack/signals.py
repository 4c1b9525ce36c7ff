"""Make every polite way of ending a program the same as Ctrl-C, and hold it off where it would do harm."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

POLITE = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def ended_like_ctrl_c() -> Iterator[None]:
    """Have SIGTERM and SIGHUP (the terminal was closed) raise KeyboardInterrupt, so that `finally` runs.

    SIGINT too: a shell script that starts a program in the background has it ignore that one. To be used
    in the main thread.
    """
    before = {name: signal.signal(name, _interrupt) for name in POLITE}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


@contextmanager
def interrupt_held() -> Iterator[None]:
    """Hold an interrupt until the block is through; a second one, from someone impatient, is not held.

    For what must be known before one can clean up after it: a job that was asked for, and whose id is still
    on its way, could not be cancelled. To be used in the main thread.
    """
    set_here = {name: signal.getsignal(name) for name in POLITE}
    before = {name: handler for name, handler in set_here.items() if callable(handler)}
    held: list[int] = []

    def restore() -> None:
        for name, handler in before.items():
            signal.signal(name, handler)

    def hold(number: int, frame: FrameType | None) -> None:
        held.append(number)
        restore()

    for name in before:
        signal.signal(name, hold)
    try:
        yield
    finally:
        restore()
        if held:
            signal.raise_signal(held[0])


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt

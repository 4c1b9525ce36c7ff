"""Make every polite way of ending a program the same as Ctrl-C."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def ended_like_ctrl_c() -> Iterator[None]:
    """Have SIGTERM and SIGHUP (the terminal was closed) raise KeyboardInterrupt, so that `finally` runs.

    SIGINT too: a shell script that starts a program in the background has it ignore that one. To be used
    in the main thread.
    """
    polite = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {name: signal.signal(name, _interrupt) for name in polite}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt

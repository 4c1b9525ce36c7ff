"""Find and end processes by process group and by mark.

A supervised child leads a process group, but what it starts may leave the group (a decoder runs in a
session of its own). So each child also carries a mark in its environment, which its descendants inherit;
build servers find runaway processes in the same way. A mark ends in a slash, so that none is the beginning
of another's, and what is looked for is a prefix: of one child, of one run, or of a data folder.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection

import psutil

MARK_VARIABLE = "SEGUE_PROCESS_MARK"
LOOK_AGAIN_S = 0.5


def find(*, mark: str, groups: Collection[int] = ()) -> list[psutil.Process]:
    """Return the living processes whose mark starts with `mark` or whose group is one of `groups`.

    Zombies count as gone: only their parent can remove them.
    """
    return [process for process in psutil.process_iter() if _belongs(process, mark, groups)]


def kill(*, mark: str, groups: Collection[int] = (), timeout_s: float = 10.0) -> list[psutil.Process]:
    """Kill what `find` finds until nothing is found; return what is left after the timeout, normally nothing.

    Looks again after each round, since a process may fork while the list of processes is read.
    """
    deadline_s = time.monotonic() + timeout_s
    while (found := find(mark=mark, groups=groups)) and time.monotonic() < deadline_s:
        for process in found:
            try:
                process.kill()  # psutil compares start times first, so a reused pid is never hit.
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        psutil.wait_procs(found, timeout=LOOK_AGAIN_S)
    return found


def _belongs(process: psutil.Process, mark: str, groups: Collection[int]) -> bool:
    if process.pid == os.getpid():
        return False
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return os.getpgid(process.pid) in groups or process.environ().get(MARK_VARIABLE, "").startswith(mark)
    except (psutil.Error, OSError):
        return False  # It is gone, or another user's.

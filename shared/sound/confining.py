"""What a process does to itself before it looks at bytes that nobody trusts."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from contextlib import suppress

PR_SET_PDEATHSIG = 1


def confine(*, max_memory_bytes: int, max_cpu_s: float, max_file_bytes: int) -> None:
    """Limit this process, and all that it starts, for good.

    Memory, CPU and the size of files are limited per process.
    """
    die_with_parent()
    cpu_s = max(1, round(max_cpu_s))
    for kind, limit, spare in (
        (resource.RLIMIT_AS, max_memory_bytes, 0),
        (resource.RLIMIT_CPU, cpu_s, 1),  # SIGXCPU tells why; SIGKILL, a second later, would not.
        (resource.RLIMIT_FSIZE, max_file_bytes, 0),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        _, hard = resource.getrlimit(kind)
        ceiling = limit + spare if hard == resource.RLIM_INFINITY else min(limit + spare, hard)
        # macOS knows no limit of address space and says so by refusing one.
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (min(limit, ceiling), ceiling))


def die_with_parent() -> None:
    """Have this process killed when its parent ends, where the system can do that (Linux)."""
    if not sys.platform.startswith("linux"):
        return
    parent = os.getppid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # The parent may have ended in between.
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)

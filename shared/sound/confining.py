"""What a process does to itself before it looks at bytes that nobody trusts."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path

from shared.sound import landlock, seccomp
from shared.sound.landlock import READ, Grant, Right
from shared.sound.software import decoding_software

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38

_OWN = READ | Right.WRITE_FILE | Right.TRUNCATE | Right.MAKE_REG | Right.REMOVE_FILE
"""No links, which whoever looks into the folder afterwards would follow, and no programs."""


def confine(
    *, max_memory_bytes: int, max_cpu_s: float, max_file_bytes: int, source: Path, folder: Path
) -> None:
    """Limit this process, and all that it starts, for good, and take from it what is not its own.

    Memory, CPU and the size of files are limited per process. As far as the system can (`gaps` tells), it
    keeps `source` to read, `folder` to write, and the software that decodes; it has no other file, no network
    and no other process.

    Args:
        max_memory_bytes: address space.
        max_cpu_s: seconds of CPU.
        max_file_bytes: of each file that it writes.
        source: what nobody trusts: a file, or a folder of them.
        folder: its own.

    Raises:
        OSError: the system can take something from it, and did not.
    """
    die_with_parent()
    _limit(max_memory_bytes=max_memory_bytes, max_cpu_s=max_cpu_s, max_file_bytes=max_file_bytes)
    if not sys.platform.startswith("linux"):
        return
    none = ctypes.c_ulong(0)
    ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), none, none, none)
    if known := landlock.version():
        landlock.restrict((*decoding_software(), Grant(source, READ), Grant(folder, _OWN)), known)
    if seccomp.available():
        seccomp.refuse_sockets()


def gaps() -> list[str]:
    """Tell what a confined process could do on this system that it is not there for."""
    known, found = landlock.version(), []
    if not known:
        found.append("read and change every file of its user, secrets too")
    elif known < landlock.TRUNCATE_SINCE:
        found.append("empty files of its user")
    if known < landlock.SCOPES_SINCE:
        found.append("end other processes of its user")
    if not seccomp.available():
        found.append("use the network" if known < landlock.TCP_SINCE else "use the network, but not by TCP")
    return found


def _limit(*, max_memory_bytes: int, max_cpu_s: float, max_file_bytes: int) -> None:
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

"""Run our own code on bytes that nobody trusts: in a child with limits, ended whole.

The child is a Python module of ours. It is started in a session of its own with a clean environment in a
private folder, limits itself with `confine` before it looks at the bytes, and answers on standard output.
Whatever it started is killed with it.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PACKAGE_ROOT = Path(__file__).parents[2]

LONGEST_ANSWER_BYTES = 64 * 1024
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Answer:
    """What a child left.

    Attributes:
        status: its exit status; negative: the signal that ended it; None: it ran out of time.
        output: the start of its standard output.
        log: the end of its standard error, for operators.
    """

    status: int | None
    output: bytes
    log: str


def run_confined(module: str, arguments: list[str], *, folder: Path, limit_s: float) -> Answer:
    """Run a module of ours as a child process, and wait until it and all it started have ended.

    Args:
        module: to be run with `python -m`; it calls `confine` first.
        arguments: of its command line.
        folder: the child's own, where it works and leaves its files.
        limit_s: on the clock.
    """
    command = [sys.executable, "-P", "-m", module, *arguments]
    # Files, not pipes: the child can neither block on them nor fill this process' memory.
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=log,
            cwd=folder,
            env=_clean_environment(folder),
            start_new_session=True,
        )
        status: int | None = None
        try:
            with suppress(subprocess.TimeoutExpired):
                status = process.wait(timeout=limit_s)
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        output.seek(0)
        log.seek(max(0, log.seek(0, os.SEEK_END) - 2000))
        return Answer(status, output.read(LONGEST_ANSWER_BYTES), log.read().decode(errors="replace"))


def _clean_environment(folder: Path) -> dict[str, str]:
    """Return what the child needs to find its modules and ffmpeg, and no secret."""
    kept = {name: os.environ[name] for name in ("PATH", "SEGUE_FFMPEG") if name in os.environ}
    return kept | {
        "PYTHONPATH": os.pathsep.join([str(PACKAGE_ROOT), *filter(None, sys.path)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


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

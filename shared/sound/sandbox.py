"""Run our own code on bytes that nobody trusts: in a child with limits, ended whole.

The child is forked from a nursery, a process that has loaded a Python module of ours and nothing else: a
clean environment, no secret, no socket. It works in a private folder, limits itself with `confine` before it
looks at the bytes, by which the kernel takes all other files and the network from it, and answers on standard
output. Whatever it started is killed with it.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

PACKAGE_ROOT = Path(__file__).parents[2]

LONGEST_ANSWER_BYTES = 64 * 1024
_GRACE_S = 120.0
"""How long after its limit a child may take to be ended, before its nursery is given up."""


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
        module: whose `main` is run, with its arguments in `sys.argv`; it calls `confine` first. What its
            `load` imports, if it has one, is loaded once for all children of this process.
        arguments: of its command line.
        folder: the child's own, where it works and leaves its files.
        limit_s: on the clock.
    """
    request = {"arguments": arguments, "folder": str(folder), "limit_s": limit_s}
    # Files, not pipes: the child can neither block on them nor fill this process' memory.
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as log:
        status = _nursery_of(module).raise_child(request, output, log)
        output.seek(0)
        log.seek(max(0, log.seek(0, os.SEEK_END) - 2000))
        return Answer(status, output.read(LONGEST_ANSWER_BYTES), log.read().decode(errors="replace"))


class _Nursery:
    """A running nursery. It ends when the process that started it does, or drops it."""

    def __init__(self, module: str) -> None:
        self._door, theirs = socket.socketpair()
        self._lock = threading.Lock()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "shared.sound.nursery", module, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                cwd="/",
                env=_clean_environment(),
                start_new_session=True,  # Ctrl-C reaches us alone.
                pass_fds=[theirs.fileno()],
            )

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def raise_child(self, request: dict[str, object], output: BinaryIO, log: BinaryIO) -> int | None:
        """Have a child forked; return its status as `Answer` has it."""
        with self._lock:
            try:
                self._door.settimeout(float(str(request["limit_s"])) + _GRACE_S)
                line = json.dumps(request).encode() + b"\n"
                socket.send_fds(self._door, [line], [output.fileno(), log.fileno()])
                answer = self._door.recv(64)
            except (TimeoutError, ConnectionError):
                answer = b""
            except BaseException:
                self.close()  # Its child, which nobody waits for now, ends with it.
                raise
            if not answer:
                self.close()
                return -9
            status: int | None = json.loads(answer)
            return status

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        self._door.close()


_nurseries: dict[tuple[int, str], _Nursery] = {}
_finding = threading.Lock()


def _nursery_of(module: str) -> _Nursery:
    """Return this process' nursery of a module, started at first use or when it has died."""
    with _finding:
        name = os.getpid(), module
        if name not in _nurseries or not _nurseries[name].alive:
            _nurseries[name] = _Nursery(module)
        return _nurseries[name]


def _clean_environment() -> dict[str, str]:
    """Return what children need to find their modules and ffmpeg, and no secret."""
    kept = {name: os.environ[name] for name in ("PATH", "SEGUE_FFMPEG") if name in os.environ}
    return kept | {
        "PYTHONPATH": os.pathsep.join([str(PACKAGE_ROOT), *filter(None, sys.path)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }

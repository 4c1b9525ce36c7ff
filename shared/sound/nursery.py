"""A process from which confined children are forked: their libraries are loaded once, not for every song.

It never looks at a byte from outside itself. For every request, a line of JSON, it forks a child that leads a
session of its own, works in its own folder, and is ended with all that it started when it is done or out of
time. Started by `shared.sound.sandbox` as `python -m shared.sound.nursery MODULE SOCKET`.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import socket
import sys
import traceback
from contextlib import suppress
from types import ModuleType
from typing import Any, NoReturn

from shared.sound.confining import die_with_parent

REQUEST_BYTES = 64 * 1024


def main() -> None:
    """Load the module, then fork a child for every request until nobody is left to ask."""
    die_with_parent()
    module = importlib.import_module(sys.argv[1])
    getattr(module, "load", lambda: None)()
    with socket.socket(fileno=int(sys.argv[2])) as door:
        while (request := _next_request(door)) is not None:
            asked, files = request
            door.sendall(json.dumps(_raise_child(module, asked, files, door)).encode() + b"\n")


def _next_request(door: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """Return what is asked, and the files that take output and log; None at the end."""
    line, files, _, _ = socket.recv_fds(door, REQUEST_BYTES, 2)
    while line and not line.endswith(b"\n"):
        more = door.recv(REQUEST_BYTES)
        line = line + more if more else b""
    return (json.loads(line), files) if line else None


def _raise_child(
    module: ModuleType, asked: dict[str, Any], files: list[int], door: socket.socket
) -> int | None:
    """Fork a child and wait for its end; return its exit status, minus its signal, or None out of time."""
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        door.close()
        os.close(told)
        _be_child(module, asked, files, tell)
    for file in (*files, tell):
        os.close(file)
    os.read(told, 1)  # Nothing comes: the child lets go of its end once it leads its session.
    os.close(told)
    out_of_time = False

    def end(*_: object) -> None:
        nonlocal out_of_time
        out_of_time = True
        os.killpg(child, signal.SIGKILL)

    signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, asked["limit_s"])
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    signal.setitimer(signal.ITIMER_REAL, 0)
    # Its number is not given to another before it is waited for: the group is still its own.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return None if out_of_time else status


def _be_child(module: ModuleType, asked: dict[str, Any], files: list[int], tell: int) -> NoReturn:
    status = 1
    try:
        os.setsid()
        die_with_parent()
        os.close(tell)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        os.dup2(files[0], 1)
        os.dup2(files[1], 2)
        os.closerange(3, 256)
        os.chdir(asked["folder"])
        os.environ["HOME"] = os.environ["TMPDIR"] = asked["folder"]
        sys.argv = [str(module.__name__), *asked["arguments"]]
        module.main()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main()

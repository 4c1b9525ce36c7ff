"""End everything that a supervisor left behind: `python -m cli.stack.watchdog MARK PARENT_PID`.

Through standard input the supervisor writes `+GROUP` when it has started a child and `-GROUP` when nothing
of that child is left. The end of the input means that the supervisor is gone, however it went: what is
still registered, or carries the mark, is killed. Killed, not asked: the servers lose nothing by it
(Valkey's log and the store's files are written before an answer is given), and a worker's task goes on from
what is stored.
"""

from __future__ import annotations

import os
import select
import signal
import sys

from cli.stack import processes

CHECK_PARENT_S = 1.0
BLOCK_BYTES = 4096


def watch(mark: str, *, parent: int, source: int = 0) -> None:
    """Follow the registrations until the supervisor is gone, then kill what is left."""
    groups: set[int] = set()
    rest = b""
    # The parent is looked at as well, since a process forked from it may hold the pipe open.
    while os.getppid() == parent:
        readable, _, _ = select.select([source], [], [], CHECK_PARENT_S)
        if not readable:
            continue
        block = os.read(source, BLOCK_BYTES)
        if not block:
            break
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            _register(line, groups)
    processes.kill(mark=mark, groups=groups)


def _register(line: bytes, groups: set[int]) -> None:
    group = int(line[1:])
    if line[:1] == b"+":
        groups.add(group)
    else:
        groups.discard(group)


def main() -> None:
    """Watch the process that started this one."""
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)  # It ends when its supervisor does, not before.
    watch(sys.argv[1], parent=int(sys.argv[2]))


if __name__ == "__main__":
    main()

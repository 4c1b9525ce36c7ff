"""Run a command that dies with its parent: `python child.py PARENT_PID COMMAND...`.

Only a process itself can ask for a parent-death signal (`prctl(2)`, Linux), so this small program asks for
it and then becomes the command; the request outlives `exec`. It is run by path and imports nothing of
Segue, so it costs a few milliseconds. Elsewhere than on Linux the watchdog alone does this work.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
COMMAND_NOT_FOUND = 127


def main(arguments: list[str]) -> None:
    """Become the command, to be killed as soon as the parent is gone."""
    parent, command = int(arguments[0]), arguments[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return  # It died before the request; no signal will come.
    # Python ignores these, and what is ignored stays so through exec; servers expect the defaults.
    for name in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(name, signal.SIG_DFL)
    try:
        os.execvp(command[0], command)  # noqa: S606  # a list of the supervisor's own making
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        sys.exit(COMMAND_NOT_FOUND)


if __name__ == "__main__":
    main(sys.argv[1:])

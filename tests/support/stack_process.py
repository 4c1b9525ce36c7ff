"""Servers in a process of their own, to be killed: `python -m tests.support.stack_process FOLDER`."""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from pathlib import Path

from cli.stack.signals import ended_like_ctrl_c
from cli.stack.stack import Stack


def main() -> None:
    with suppress(KeyboardInterrupt), ended_like_ctrl_c(), Stack(Path(sys.argv[1]), services=()):
        print("ready", flush=True)
        signal.pause()


if __name__ == "__main__":
    main()

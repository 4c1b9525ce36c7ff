"""A child that, confined, reaches for one thing that is not its own, and says how the system answers."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared.sound import landlock, seccomp
from shared.sound.confining import confine
from shared.sound.software import decoding_software

load = decoding_software

TOLD = "anyone there?"


def send_udp(port: str) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as sender:
        sender.sendto(TOLD.encode(), ("127.0.0.1", int(port)))


def connect_unix(address: str) -> None:
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(address)


def write_all(path: str) -> None:
    Path(path).write_text(TOLD)
    Path(path).read_text()
    Path(path).unlink()


DEEDS: dict[str, Callable[[str], Any]] = {
    "read": lambda path: Path(path).read_bytes(),
    "list": os.listdir,
    "write": lambda path: Path(path).write_text(TOLD),
    "write, read and remove": write_all,
    "empty": lambda path: os.truncate(path, 0),
    "link": lambda path: Path("link").symlink_to(path),
    "name anew": lambda path: os.link(path, "link"),
    "run": lambda program: subprocess.run([program], check=True),
    "connect by TCP": lambda port: socket.create_connection(("127.0.0.1", int(port))),
    "send by UDP": send_udp,
    "connect within the machine": connect_unix,
    "signal": lambda pid: os.kill(int(pid), 0),
}


def main() -> None:
    deed, reached_for, source, version, filtered = sys.argv[1:]
    known, filters = int(version or landlock.version()), bool(filtered) and seccomp.available()
    landlock.version = lambda: known
    seccomp.available = lambda: filters
    confine(
        max_memory_bytes=1024**3,
        max_cpu_s=10,
        max_file_bytes=1_000_000,
        source=Path(source),
        folder=Path.cwd(),
    )
    try:
        DEEDS[deed](reached_for)
    except OSError as error:
        sys.stdout.write(errno.errorcode[error.errno or 0])
    else:
        sys.stdout.write("done")

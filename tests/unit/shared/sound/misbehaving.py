"""A child that does, confined, what a decoder taken over by a song might do."""

import os
import signal
import sys
import time
from pathlib import Path

from shared.sound.confining import confine
from shared.sound.software import decoding_software

load = decoding_software

_memory: list[str] = []


def main() -> None:
    deed = sys.argv[1]
    if deed == "kill the nursery":  # As the system does when memory is short; a confined child cannot.
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(600)
    confine(
        max_memory_bytes=1024**3, max_cpu_s=1, max_file_bytes=1_000_000, source=Path.cwd(), folder=Path.cwd()
    )
    if deed == "eat memory":
        bytearray(2 * 1024**3)
    elif deed == "spin":
        while True:
            pass
    elif deed == "fill the disk":
        Path("big").write_bytes(bytes(2_000_000))
    elif deed == "flood":
        while True:
            os.write(1, bytes(100_000))
    elif deed == "leave a child":
        if child := os.fork():
            sys.stdout.write(str(child))
        else:
            time.sleep(600)
    elif deed == "hang":
        time.sleep(600)
    elif deed == "remember":
        _memory.append(deed)
        sys.stdout.write(str(len(_memory)))
    elif deed == "tell":
        sys.stdout.write(f"{sorted(os.environ)}\n{Path.cwd()}\n{os.getsid(0) == os.getpid()}")

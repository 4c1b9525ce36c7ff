"""A child that does, confined, what a decoder taken over by a song might do."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from shared.sound.confining import confine

_memory: list[str] = []


def main() -> None:
    deed = sys.argv[1]
    confine(max_memory_bytes=1024**3, max_cpu_s=1, max_file_bytes=1_000_000)
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
        child = subprocess.Popen(["sleep", "600"])
        sys.stdout.write(str(child.pid))
    elif deed == "hang":
        time.sleep(600)
    elif deed == "kill the nursery":
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(600)
    elif deed == "remember":
        _memory.append(deed)
        sys.stdout.write(str(len(_memory)))
    elif deed == "tell":
        sys.stdout.write(f"{sorted(os.environ)}\n{Path.cwd()}\n{os.getsid(0) == os.getpid()}")

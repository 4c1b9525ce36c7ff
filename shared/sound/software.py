"""What decoding reads and runs on this machine, apart from the song: modules, ffmpeg, and libraries."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from contextlib import suppress
from functools import cache
from pathlib import Path

from shared.errors import ToolMissing
from shared.sound.ffmpeg import ffmpeg_path
from shared.sound.landlock import READ, Grant, Right

_SYSTEM_LIBRARIES = ("/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/", "/usr/local/lib/")
"""One of these libraries loads programs, and is executed for that."""
_PACKAGES = ("site-packages", "dist-packages")
_TRACE_LIMIT_S = 20.0


@cache
def decoding_software() -> tuple[Grant, ...]:
    """Return it, with what may be done to it. ffmpeg is run, the first time."""
    system = {Path(folder).resolve() for folder in _SYSTEM_LIBRARIES}
    files: list[Path] = []
    with suppress(ToolMissing):
        files = [ffmpeg_path(), *_libraries_of(ffmpeg_path())]
    return (
        *(Grant(folder, READ | Right.EXECUTE) for folder in system),
        *(Grant(folder, READ) for folder in _python_folders()),
        *(Grant(file, Right.READ_FILE | Right.EXECUTE) for file in files),
        Grant(Path("/etc/ld.so.cache"), Right.READ_FILE),
        Grant(Path("/dev/null"), Right.READ_FILE | Right.WRITE_FILE),
        Grant(Path("/dev/urandom"), Right.READ_FILE),
    )


def _python_folders() -> set[Path]:
    """Return where modules are: not the whole module path, on which may be a home, with secrets."""
    standard = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), f"{sys.base_prefix}/lib"}
    installed = {entry for entry in sys.path if Path(entry).name in _PACKAGES}
    return {Path(__file__).parents[1], *map(Path, standard | installed)}


def _libraries_of(program: Path) -> list[Path]:
    """Return the shared libraries of a program that are not the system's, as its loader finds them."""
    told = ""
    with suppress(OSError, subprocess.SubprocessError):
        told = subprocess.run(
            [program, "-version"],  # Which a static one obeys: it knows nothing of the variable.
            env={**os.environ, "LD_TRACE_LOADED_OBJECTS": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=_TRACE_LIMIT_S,
        ).stdout
    found = re.findall(r"(/.*) \(0x[0-9a-f]+\)$", told, re.MULTILINE)
    return [Path(path) for path in found if not path.startswith(_SYSTEM_LIBRARIES)]

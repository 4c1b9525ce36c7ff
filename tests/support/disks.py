"""Small file systems in memory, which can be filled: for root alone, and not in every container."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["can_mount", "resize", "small_disk"]


def can_mount(folder: Path) -> bool:
    """Tell whether a small file system can be mounted here."""
    try:
        with small_disk(folder, 1 << 20):
            return True
    except (subprocess.CalledProcessError, FileNotFoundError):
        return False


@contextmanager
def small_disk(folder: Path, size_bytes: int) -> Iterator[None]:
    """Mount a file system of some size on a folder, which is made; whatever it holds is gone afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={size_bytes},mode=700", "segue-small-disk", str(folder))
    try:
        yield
    finally:
        _run("umount", "--lazy", str(folder))


def resize(folder: Path, size_bytes: int) -> None:
    """Give a small disk another size."""
    _run("mount", "-o", f"remount,size={size_bytes}", str(folder))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)

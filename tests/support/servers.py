"""Real Valkey and S3 servers for tests, on free ports, and nothing left of them afterwards."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from cli.stack import processes
from cli.stack.folder import DataFolder
from cli.stack.stack import Stack
from shared.settings import Settings

POLL_S = 0.02
T = TypeVar("T")


@contextmanager
def running_servers(folder: Path) -> Iterator[Stack]:
    """Run the servers without Segue's services; afterwards no process of them may live."""
    with Stack(folder, services=()) as stack:
        yield stack
    assert left_behind(folder) == []


def left_behind(folder: Path) -> list[str]:
    """Return the names of the processes that a stack on this folder has left running."""
    identity = DataFolder(folder).read_identity()
    return [process.name() for process in processes.find(mark=f"{identity.id}/")] if identity else []


def apart(settings: Settings) -> Settings:
    """Return settings for the same servers with keys and a bucket that no other test has."""
    name = uuid.uuid4().hex[:12]
    return settings.model_copy(update={"key_prefix": f"test-{name}:", "s3_bucket": f"test-{name}"})


def until(condition: Callable[[], T], *, timeout_s: float = 30.0) -> T:
    """Return what the condition gives once that is true; fail when it is not in time."""
    deadline_s = time.monotonic() + timeout_s
    while not (found := condition()):
        assert time.monotonic() < deadline_s, f"still {found!r} after {timeout_s:g} s"
        time.sleep(POLL_S)
    return found

"""The whole product on this machine, and jobs that are asked of it as users ask."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from bench.material import Bench
from bench.workers import environment
from cli.stack.stack import ANY_PORT, SERVICES, Stack
from segue_client import Client


@contextmanager
def services(
    bench: Bench, *, chunkers: int = 1, children: int = 1, threads: int = 1
) -> Iterator[tuple[Stack, Client]]:
    """Run servers, gateway and workers with nothing stored.

    Args:
        chunkers: how many chunker workers.
        children: tasks that each worker runs at once.
        threads: of the libraries in each child.
    """
    more = [replace(SERVICES[0], name=f"chunker-{number}") for number in range(2, chunkers + 1)]
    wishes = {"SEGUE_WORKER_CHILDREN": str(children), "SEGUE_WORKER_THREADS": str(threads)}
    folder = Path(tempfile.mkdtemp(dir=bench.folder))
    with environment(wishes):
        stack = Stack(folder, port=ANY_PORT, services=(*SERVICES, *more))
        with stack, Client(stack.url) as gateway:
            await_chunkers(gateway, chunkers)
            yield stack, gateway


def uploaded(gateway: Client, songs: Sequence[Path]) -> list[str]:
    """Upload songs; return their ids."""
    return [gateway.songs.upload(song)["id"] for song in songs]


def await_chunkers(gateway: Client, count: int) -> None:
    """Wait until so many chunker workers are ready."""
    while (gateway.system()["workers"] or {}).get("chunker", 0) < count:
        time.sleep(0.01)

"""Processes as a pool of workers runs them: one for each core, one thread in each."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

CORES = os.cpu_count() or 1

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@contextmanager
def environment(wishes: Mapping[str, str]) -> Iterator[None]:
    """Set variables for the processes that are started meanwhile."""
    before = {name: os.environ.get(name) for name in wishes}
    os.environ.update(wishes)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


@contextmanager
def worker_processes(count: int = CORES) -> Iterator[ProcessPoolExecutor]:
    """Yield fresh interpreters whose libraries use one thread, as those of the product's workers do.

    Libraries read that from the environment when they are loaded: more threads than cores wait for each
    other, at twice the time.
    """
    with (
        environment(dict.fromkeys(_THREADS, "1")),
        ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool,
    ):
        yield pool

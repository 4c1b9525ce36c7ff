"""Processes that share out what takes long."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

from threadpoolctl import threadpool_limits

__all__ = ["process_pool"]


def process_pool() -> ProcessPoolExecutor:
    """Return a pool of as many processes as there are cores, each with one thread."""
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(mp_context=context, initializer=_with_one_thread)


def _with_one_thread() -> None:
    """Keep libraries to one thread, those that are loaded and those that will be.

    On a busy machine threads that wait for one another take many times as long.
    """
    threadpool_limits(1)
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

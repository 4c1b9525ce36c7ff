"""Odd and broken files, through a real gateway and worker: each is a song, or told to be none and why."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from cli.stack.stack import Stack
from shared.store import keys
from shared.store.keys import LOCAL_TENANT
from shared.store.objects import ObjectStore
from tests.integration.hostile.conftest import refused_with
from tests.support.bucket import need_no_loose_ends
from tests.support.corpus import called
from tests.support.servers import until

pytestmark = pytest.mark.integration
AT_ONCE = 4
LOOK_EVERY_S = 0.25
MOST_RSS_BYTES = 700 << 20
"""Of any process of the worker, its decoding children too."""


@pytest.mark.timeout(900)
def test_every_odd_file_is_a_song_or_a_problem_and_the_worker_lives(
    product: Stack, api: httpx.Client, store: ObjectStore, odd_songs: list[Path]
) -> None:
    worker = psutil.Process(product.pids()["chunker"])
    with sizes_watched(worker) as sizes, ThreadPoolExecutor(AT_ONCE) as pool:
        taken = dict(zip(odd_songs, pool.map(lambda path: upload(api, path), odd_songs), strict=True))
        until(lambda: not list(store.list(keys.open_jobs_folder(LOCAL_TENANT))), timeout_s=600)
    songs = {song["id"]: song for song in all_songs(api)}
    for path, song in taken.items():
        assert song is None or is_decided(songs[song]), (called(path), songs[song])
    assert sum(song is None for song in taken.values()) == sum(not path.stat().st_size for path in odd_songs)
    assert {song["state"] for song in songs.values()} == {"ready", "rejected"}
    assert product.pids()["chunker"] == worker.pid
    assert worker.is_running()
    assert max(sizes.values()) < MOST_RSS_BYTES, sizes
    need_no_loose_ends(store, LOCAL_TENANT)


def upload(api: httpx.Client, path: Path) -> str | None:
    """Upload a file; return its song's id, or None where it is refused at once, as one without a byte is."""
    answer = api.post("/songs", params={"name": path.name}, content=path.read_bytes())
    if answer.is_success:
        return str(answer.json()["id"])
    assert refused_with(answer) == "song-empty"
    return None


def all_songs(api: httpx.Client) -> Iterator[dict[str, Any]]:
    cursor: dict[str, str] = {}
    while True:
        page = api.get("/songs", params={"limit": 100, **cursor}).json()
        yield from page["items"]
        if page["next_cursor"] is None:
            return
        cursor = {"cursor": page["next_cursor"]}


def is_decided(song: dict[str, Any]) -> bool:
    """Tell whether a song is there with its figures, or a problem says what was found."""
    if song["state"] == "ready":
        return song["problem"] is None and song["duration_s"] > 0 and song["channels"] in (1, 2)
    return song["state"] == "rejected" and bool(song["problem"]["title"] and song["problem"]["detail"])


@contextmanager
def sizes_watched(worker: psutil.Process) -> Iterator[dict[int, int]]:
    """Look at a worker and all that it starts again and again; give the most bytes that each process had."""
    most: dict[int, int] = {}
    done = threading.Event()

    def watch() -> None:
        while not done.wait(LOOK_EVERY_S):
            for process in (worker, *worker.children(recursive=True)):
                try:
                    held = process.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
                most[process.pid] = max(most.get(process.pid, 0), held)

    thread = threading.Thread(target=watch, name="sizes")
    thread.start()
    try:
        yield most
    finally:
        done.set()
        thread.join()

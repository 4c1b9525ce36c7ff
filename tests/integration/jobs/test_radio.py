"""Radios on real servers and workers: shared, freed, changed, and going on when something breaks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from cli.stack.stack import Stack
from services.gateway.radio import radios, relay
from shared.errors import Corrupt
from shared.jobs.recipes import BuildPool
from shared.sound.mp3 import split_frames
from shared.store.keys import LOCAL_TENANT, Kind, kind_folder
from tests.integration.jobs.test_recovery import children_of
from tests.support.gateway import running_gateway
from tests.support.pipeline import Pipeline, parts_of, training
from tests.support.servers import until

pytestmark = [pytest.mark.integration, pytest.mark.alone, pytest.mark.timeout(1200)]
KBPS = 192
AHEAD_S = 10.0
"""So far ahead is made what is heard here, of what costs as much to make as all else that these tests do."""
MORE_S = 60.0
"""More than may be ahead, and a block under way: who hears so much more hears what was made since."""


class Player:
    """Listens in a thread, keeping what it hears."""

    def __init__(self, api: httpx.Client, path: str, **headers: str) -> None:
        self.heard, self.status, self.headers = bytearray(), 0, httpx.Headers()
        self._stopped = threading.Event()
        self._url = f"{api.base_url}{path}"
        self._sent = headers
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        with httpx.stream("GET", self._url, headers=self._sent, timeout=120) as answer:
            self.status, self.headers = answer.status_code, answer.headers
            for block in answer.iter_raw():
                self.heard += block
                if self._stopped.is_set():
                    return

    def hear(self, seconds: float, *, timeout_s: float = 400) -> None:
        """Wait until so much more was heard."""
        wanted = len(self.heard) + round(seconds * KBPS * 125)
        until(lambda: len(self.heard) >= wanted, timeout_s=timeout_s)

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(timeout=30)
        assert not self._thread.is_alive()


@pytest.fixture
def api(working_stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    monkeypatch.setattr(radios, "LINGER_S", 0.5)
    monkeypatch.setattr(relay, "AHEAD_S", AHEAD_S)
    settings = working_stack.settings().model_copy(update={"radio_paced": False})
    with running_gateway(settings) as client:
        yield client


@pytest.fixture
def pool(working_stack: Stack, short_songs: list[Path]) -> str:
    pipeline = Pipeline(working_stack.settings(), tenant=LOCAL_TENANT)
    pipeline.store.ensure_bucket()
    recipe = BuildPool(parts=parts_of(pipeline.upload(short_songs)), model=training())
    return pipeline.succeeded(pipeline.submit(recipe), timeout_s=180)["pools"][0]


@contextmanager
def playing(api: httpx.Client, path: str, **headers: str) -> Iterator[Player]:
    player = Player(api, path, **headers)
    try:
        yield player
    finally:
        player.stop()


def blocks_stored(stack: Stack) -> int:
    store = Pipeline(stack.settings(), tenant=LOCAL_TENANT).store
    return len({stored.key.split("/")[3] for stored in store.list(kind_folder(LOCAL_TENANT, Kind.BLOCK))})


def test_listeners_share_a_radio_and_free_it_when_they_leave(
    api: httpx.Client, pool: str, working_stack: Stack
) -> None:
    path = f"/v1/radio/{pool}.mp3?seed=1"
    with playing(api, path) as one, playing(api, path, **{"Icy-MetaData": "1"}) as two:
        one.hear(70)
        two.hear(30)
        assert one.headers["content-type"] == "audio/mpeg"
        assert two.headers["icy-metaint"] == "16000"
        assert "icy-metaint" not in one.headers
        assert b"StreamTitle='" in two.heard
        radio = api.get(f"/v1/radio/{pool}", params={"seed": 1}).json()
        assert radio["listeners"] == 2
        assert radio["playing"]["title"]
        made = radio["played_s"] + radio["ahead_s"]
        assert blocks_stored(working_stack) <= 4 + made / 30.72, (
            "the first two are shorter, one is being made"
        )
        whole = one.heard[: len(one.heard) - len(one.heard) % 627 - 2000]
        assert len(split_frames(bytes(_cut(whole)))) > 70 / 0.0262 - 10
    until(lambda: api.get(f"/v1/radio/{pool}", params={"seed": 1}).json()["playing"] is None)
    until(lambda: blocks_stored(working_stack) == 0)
    assert api.post(f"/v1/radio/{pool}/skip", params={"seed": 1}).status_code == 409


def _cut(sound: bytearray) -> bytearray:
    """Leave the last frame out, which may not be whole."""
    for _ in range(5):
        sound = sound[: sound.rfind(b"\xff\xfb")]
        try:
            split_frames(bytes(sound))
        except Corrupt:
            continue  # What begins a frame may be found inside of one, too.
        break
    return sound


def test_the_same_seed_begins_alike_whether_its_songs_were_analysed_or_not(
    api: httpx.Client, pool: str, working_stack: Stack
) -> None:
    store = Pipeline(working_stack.settings(), tenant=LOCAL_TENANT).store
    store.delete_all(kind_folder(LOCAL_TENANT, Kind.ANALYSIS))
    streams = []
    for seed in (3, 3, 4):
        with playing(api, f"/v1/radio/{pool}.mp3?seed={seed}") as player:
            player.hear(40)
        streams.append(bytes(player.heard[: 40 * KBPS * 125]))
        until(lambda seed=seed: api.get(f"/v1/radio/{pool}", params={"seed": seed}).json()["playing"] is None)
    assert streams[0] == streams[1]
    assert streams[0] != streams[2]
    assert list(store.list(kind_folder(LOCAL_TENANT, Kind.ANALYSIS))), "beats were looked at"


def test_a_song_is_skipped_and_one_is_banned(api: httpx.Client, pool: str) -> None:
    with playing(api, f"/v1/radio/{pool}.mp3") as player:
        player.hear(10)
        banned = api.get(f"/v1/radio/{pool}").json()["playing"]["song"]
        assert api.post(f"/v1/radio/{pool}/ban", json={"what": "song"}).status_code == 202
        player.hear(MORE_S)  # As fast as it is made, a change may come late.
        assert api.post(f"/v1/radio/{pool}/skip").status_code == 202
        songs = set()
        for _ in range(12):  # A whole block comes at a time.
            player.hear(3)
            songs.add(api.get(f"/v1/radio/{pool}").json()["playing"]["song"])
        assert len(songs) > 1
        assert banned not in songs
        unknown = api.post(f"/v1/radio/{pool}/ban", json={"song": "f" * 64})
        assert unknown.status_code == 404


def test_it_plays_on_when_a_child_or_the_worker_is_killed(
    api: httpx.Client, pool: str, working_stack: Stack
) -> None:
    with playing(api, f"/v1/radio/{pool}.mp3?seed=5") as player:
        player.hear(15)
        for child in children_of(working_stack.pids()["assembler"]):
            child.kill()
        player.hear(MORE_S)
        psutil.Process(working_stack.pids()["assembler"]).kill()
        player.hear(MORE_S, timeout_s=600)
        sound = bytes(_cut(player.heard))
    assert len(split_frames(sound)) > 2 * MORE_S / 0.0262


def test_it_plays_on_when_valkey_is_emptied_or_restarted(
    api: httpx.Client, pool: str, working_stack: Stack
) -> None:
    with playing(api, f"/v1/radio/{pool}.mp3?seed=6") as player:
        player.hear(15)
        Pipeline(working_stack.settings()).leases.valkey.flushall()
        player.hear(MORE_S)
        psutil.Process(working_stack.pids()["valkey"]).kill()
        player.hear(MORE_S, timeout_s=600)
        sound = bytes(_cut(player.heard))
    assert len(split_frames(sound)) > 2 * MORE_S / 0.0262


def test_what_is_no_pool_is_not_found(api: httpx.Client) -> None:
    for path in (f"/v1/radio/{'0' * 64}.mp3", "/v1/radio/nonsense.mp3", f"/v1/radio/{'0' * 64}"):
        answer = api.get(path)
        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == "application/problem+json"

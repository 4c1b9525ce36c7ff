"""Both clients of `segue_client` with a real gateway, over connections that break."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import aclosing
from pathlib import Path

import anyio
import httpx
import pytest

from segue_client import AsyncClient, Client
from shared.jobs.recipes import DecodeSong
from shared.settings import Settings
from shared.store.specs import SongSpec
from tests.support.gateway import running_gateway
from tests.support.library import song_facts
from tests.support.tcp_proxy import TcpProxy

pytestmark = pytest.mark.integration

AUDIO = bytes(range(256)) * 64 * 1024  # 16 MiB: more than lies on the way at a time.


@pytest.fixture
def api(settings: Settings) -> Iterator[httpx.Client]:
    """A gateway that takes files of that size."""
    with running_gateway(settings.model_copy(update={"max_upload_bytes": 2 * len(AUDIO)})) as client:
        yield client


@pytest.fixture
def proxy(api: httpx.Client) -> Iterator[TcpProxy]:
    port = api.base_url.port
    assert port is not None
    with TcpProxy(port) as proxy:
        yield proxy


@pytest.fixture
def url(proxy: TcpProxy) -> str:
    return f"http://127.0.0.1:{proxy.port}"


class Breaking:
    """Breaks all connections when it is first called."""

    def __init__(self, proxy: TcpProxy) -> None:
        self._proxy = proxy
        self.calls = 0

    def __call__(self, *_: object) -> None:
        self.calls += 1
        if self.calls == 1:
            self._proxy.reset()


def test_a_download_that_breaks_goes_on_where_it_was(maker, proxy, url, song, tmp_path: Path) -> None:
    maker.commit(SongSpec(song=song), song_facts(), {"audio.flac": AUDIO})
    counted: list[int] = []

    def counting(breaking: Breaking) -> Callable[[int], None]:
        return lambda got: (counted.append(got), breaking())[0]

    with Client(url) as client:
        client.songs.save(tmp_path / "waited.flac", song, count=counting(Breaking(proxy)))

    async def awaited() -> None:
        async with AsyncClient(url) as client:
            await client.songs.save(tmp_path / "awaited.flac", song, count=counting(Breaking(proxy)))

    anyio.run(awaited)
    assert (tmp_path / "waited.flac").read_bytes() == AUDIO
    assert (tmp_path / "awaited.flac").read_bytes() == AUDIO
    assert sum(counted) == 2 * len(AUDIO)


PART_BYTES = 8 << 20
"""What the gateway stores at a time of an upload in pieces."""


class BreakingLate:
    """Breaks the connection of an upload once a part of it is stored, and wipes that part in the file."""

    def __init__(self, proxy: TcpProxy, api: httpx.Client, upload_id: str, file: Path) -> None:
        self._proxy, self._api, self._path, self._file = proxy, api, f"/v1/uploads/{upload_id}", file
        self._sent_bytes = 0
        self.broken = False

    def __call__(self, more_bytes: int) -> None:
        self._sent_bytes += more_bytes
        if self.broken or self._sent_bytes < PART_BYTES * 3 // 2:
            return
        deadline_s = time.monotonic() + 30
        while self._api.get(self._path).json()["offset_bytes"] < PART_BYTES:
            assert time.monotonic() < deadline_s
            time.sleep(0.05)
        self._proxy.reset()
        self.broken = True
        with self._file.open("r+b") as opened:
            opened.write(bytes(PART_BYTES))


def test_a_large_upload_that_breaks_goes_on_where_it_was(proxy, url, api, tmp_path: Path) -> None:
    def file_of(data: bytes) -> tuple[Path, str]:
        file = tmp_path / hashlib.sha256(data).hexdigest()
        file.write_bytes(data)
        return file, file.name

    file, song_id = file_of(AUDIO)
    with Client(url) as client:
        upload_id = client.uploads.begin(file.name, len(AUDIO))["id"]
        breaking = BreakingLate(proxy, api, upload_id, file)
        # Had the beginning been sent again, it would be another song.
        assert client.uploads.send(file, upload_id, count=breaking)["id"] == song_id
        assert breaking.broken

    async def awaited() -> None:
        file, song_id = file_of(AUDIO[::-1])
        async with AsyncClient(url) as client:
            upload_id = (await client.uploads.begin(file.name, len(AUDIO)))["id"]
            breaking = BreakingLate(proxy, api, upload_id, file)
            assert (await client.uploads.send(file, upload_id, count=breaking))["id"] == song_id
            assert breaking.broken

    anyio.run(awaited)


def test_a_job_is_followed_to_its_end_over_a_break(maker, proxy, url) -> None:
    def finish(song: str, job) -> None:
        maker.commit(SongSpec(song=song), song_facts())
        maker.dispatcher.advance(job)

    def submitted(data: bytes) -> tuple[str, object]:
        song = maker.upload_bytes(data)
        return song, maker.submit(DecodeSong(song=song))

    song, job = submitted(b"one")
    with Client(url) as client:
        told = client.jobs.follow(job.id)
        states = [next(told)["state"]]
        proxy.reset()
        finish(song, job)
        states += [now["state"] for now in told]
    assert states == ["queued", "succeeded"]

    async def awaited() -> list[str]:
        song, job = submitted(b"two")
        async with AsyncClient(url) as client, aclosing(client.jobs.follow(job.id)) as told:
            states = [(await anext(told))["state"]]
            proxy.reset()
            finish(song, job)
            return [*states, *[now["state"] async for now in told]]

    assert anyio.run(awaited) == ["queued", "succeeded"]


def test_a_song_is_uploaded_listed_and_deleted(url) -> None:
    async def awaited(file: Path) -> None:
        async with AsyncClient(url) as client:
            song = await client.songs.upload(file)
            assert song["state"] == "received"
            assert [one["id"] async for one in client.songs.list()] == [song["id"]]
            job = await client.jobs.cancel(str(song["job"]))
            assert job["state"] == "cancelled"
            await client.songs.delete(song["id"])
            assert [one["id"] async for one in client.songs.list()] == []

    anyio.run(awaited, Path(__file__))

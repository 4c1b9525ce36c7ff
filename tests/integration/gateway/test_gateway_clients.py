"""Both clients of `segue_client` with a real gateway, over connections that break."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import aclosing
from pathlib import Path

import anyio
import httpx
import pytest

from segue_client import AsyncClient, Client
from shared.jobs.recipes import DecodeSong
from shared.store.specs import SongSpec
from tests.support.library import song_facts
from tests.support.tcp_proxy import TcpProxy

pytestmark = pytest.mark.integration

AUDIO = bytes(range(256)) * 64 * 1024  # 16 MiB: more than lies on the way at a time.


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


def test_a_download_that_breaks_goes_on_where_it_was(maker, proxy, url, api, tmp_path: Path) -> None:
    song = maker.upload_bytes(b"some bytes")
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


def test_a_large_upload_that_breaks_goes_on_where_it_was(proxy, url, api, tmp_path: Path) -> None:
    asked: list[httpx.Request] = []

    def sent(name: str, data: bytes) -> tuple[Path, str]:
        (tmp_path / name).write_bytes(data)
        return tmp_path / name, hashlib.sha256(data).hexdigest()

    waited, waited_id = sent("waited.wav", AUDIO)
    with Client(url) as client:
        client._http.event_hooks["request"].append(asked.append)
        assert client.songs.upload(waited, count=breaking_at(5 << 20, proxy))["id"] == waited_id
    pieces = [int(one.headers["upload-offset"]) for one in asked if one.method == "PATCH"]
    assert len(pieces) == 2
    assert 0 == pieces[0] < pieces[1] < len(AUDIO)

    async def awaited() -> None:
        file, song_id = sent("awaited.wav", AUDIO[::-1])
        async with AsyncClient(url) as client:
            song = await client.songs.upload(file, count=breaking_at(5 << 20, proxy))
            assert song["id"] == song_id

    anyio.run(awaited)
    assert {song["size_bytes"] for song in api.get("/v1/songs").json()["items"]} == {len(AUDIO)}


def breaking_at(offset_bytes: int, proxy: TcpProxy) -> Callable[[int], None]:
    """Break all connections once so much was sent."""
    breaking, sent_bytes = Breaking(proxy), 0

    def count(more_bytes: int) -> None:
        nonlocal sent_bytes
        sent_bytes += more_bytes
        if sent_bytes >= offset_bytes:
            breaking()

    return count


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

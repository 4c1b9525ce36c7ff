"""Files that were made to do harm, and floods of bytes, through a real gateway and a real worker."""

from __future__ import annotations

import io
import struct
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
import pytest
import soundfile

from cli.stack.stack import Stack
from services.gateway.bodies import DRAINED_BYTES
from shared.sound.ffmpeg import ffmpeg_path
from shared.store.keys import LOCAL_TENANT
from shared.store.objects import ObjectStore
from tests.integration.hostile.conftest import UPLOAD_LIMIT_BYTES, refused_with
from tests.support import signals
from tests.support.bucket import need_no_loose_ends
from tests.support.servers import until

pytestmark = pytest.mark.integration
RATE_HZ = 8000
MOST_GROWTH_BYTES = 200 << 20


def decided(api: httpx.Client, name: str, data: bytes) -> dict[str, Any]:
    """Upload a file; return its song as a worker has decided on it."""
    answer = api.post("/songs", params={"name": name}, content=data)
    assert answer.status_code == 201, answer.text
    song = answer.json()["id"]

    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = api.get(f"/songs/{song}").json()
        return found if found["state"] != "received" else None

    found = until(look, timeout_s=120)
    assert found is not None
    return found


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A sound file of somebody else's on the worker's machine."""
    path = tmp_path / "secret.wav"
    soundfile.write(path, signals.noise(1.0, RATE_HZ), RATE_HZ)
    return path


PLAYLISTS = {
    "hls.mp3": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{secret}\n#EXT-X-ENDLIST\n",
    "m3u.mp3": "#EXTM3U\n#EXTINF:1,A song\n{secret}\n",
    "pls.mp3": "[playlist]\nFile1={secret}\nLength1=1\nNumberOfEntries=1\nVersion=2\n",
    "concat.mp3": "ffconcat version 1.0\nfile {secret}\n",
    "protocol.mp3": "concat:{secret}|{secret}\n",
    "scheme.mp3": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nconcat:{secret}|{secret}\n#EXT-X-ENDLIST\n",
    "reference.mpd": '<?xml version="1.0"?><MPD><Period><BaseURL>file://{secret}</BaseURL></Period></MPD>',
    "after-tags.mp3": "ID3\x04\x00\x00\x00\x00\x00\x00ffconcat version 1.0\nfile {secret}\n",
}


def test_no_playlist_and_no_script_reads_another_file(
    api: httpx.Client, store: ObjectStore, secret: Path
) -> None:
    with ThreadPoolExecutor(len(PLAYLISTS)) as pool:
        files = [(name, text.format(secret=secret).encode()) for name, text in PLAYLISTS.items()]
        songs = list(pool.map(lambda file: decided(api, *file), files))
    assert {song["name"]: song["state"] for song in songs} == dict.fromkeys(PLAYLISTS, "rejected")
    for song in songs:
        assert song["problem"]["type"].endswith(":not-audio")
        assert str(secret.parent) not in song["problem"]["detail"]
    need_no_loose_ends(store, LOCAL_TENANT)


def test_an_hour_in_a_small_file_is_told_to_be_too_long(api: httpx.Client) -> None:
    bomb = io.BytesIO()
    soundfile.write(bomb, np.zeros(3600 * RATE_HZ, np.int16), RATE_HZ, format="FLAC", subtype="PCM_16")
    assert len(bomb.getvalue()) < 200_000
    song = decided(api, "bomb.flac", bomb.getvalue())
    assert song["problem"]["type"].endswith(":song-too-long")


def test_a_song_cut_into_too_many_chunks_is_refused_and_leaves_nothing(
    api: httpx.Client, store: ObjectStore
) -> None:
    long = io.BytesIO()
    soundfile.write(long, np.zeros(590 * RATE_HZ, np.int16), RATE_HZ, format="FLAC", subtype="PCM_16")
    song = decided(api, "long.flac", long.getvalue())["id"]
    body = {"songs": [song], "cut": {"method": "equal", "chunk_s": 0.1, "min_chunk_ms": 0}}
    asked = api.post("/cuts", json=body)
    assert asked.status_code == 202, asked.text
    path = f"/jobs/{asked.json()['id']}"
    until(lambda: api.get(path).json()["state"] not in ("queued", "running"), timeout_s=120)
    job = api.get(path).json()
    assert (job["state"], job["problem"]["status"]) == ("failed", 422)
    assert job["problem"]["type"].endswith(":too-many-chunks")
    assert "5900 chunks" in job["problem"]["detail"]
    need_no_loose_ends(store, LOCAL_TENANT)


def test_a_header_that_claims_4_gigabytes_gives_the_sound_that_is_there(api: httpx.Client) -> None:
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE_HZ, RATE_HZ * 2, 2, 16)
    sound = np.full(4000, 77, np.int16).tobytes()
    claim = (
        struct.pack("<4sI4s", b"RIFF", 2**32 - 1, b"WAVE") + form + struct.pack("<4sI", b"data", 2**32 - 38)
    )
    song = decided(api, "claim.wav", claim + sound)
    assert (song["state"], song["duration_s"]) == ("ready", 0.5)


def test_a_video_in_a_sound_file_gives_its_sound_alone(api: httpx.Client, tmp_path: Path) -> None:
    film = tmp_path / "film.m4a"
    sources = [("-f", "lavfi", "-i", kind) for kind in ("testsrc=size=64x64:rate=5", "sine=440")]
    command = [str(ffmpeg_path()), "-nostdin", "-loglevel", "error", *sources[0], *sources[1]]
    subprocess.run(
        [*command, "-t", "1", "-c:v", "mpeg4", "-c:a", "aac", "-f", "mp4", str(film)], check=True, timeout=60
    )
    song = decided(api, "film.m4a", film.read_bytes())
    assert (song["state"], song["codec"]) == ("ready", "AAC")


def test_nothing_at_all_is_refused_at_once(api: httpx.Client) -> None:
    assert refused_with(api.post("/songs", params={"name": "empty.mp3"}, content=b"")) == "song-empty"


@pytest.mark.parametrize("path", ["/songs", "/mixes"])
def test_bodies_without_end_are_stopped_and_not_held_in_memory(
    product: Stack, api: httpx.Client, store: ObjectStore, path: str
) -> None:
    gateway = psutil.Process(product.pids()["gateway"])
    before_bytes, went = gateway.memory_info().rss, [0] * 4

    def endless(client: int) -> Iterator[bytes]:
        while went[client] < 4 * (DRAINED_BYTES + UPLOAD_LIMIT_BYTES):
            went[client] += 1 << 16
            yield bytes(1 << 16)

    def flood(client: int) -> None:
        headers = {"Content-Type": "application/octet-stream" if path == "/songs" else "application/json"}
        try:
            answer = api.post(path, content=endless(client), headers=headers)
        except httpx.TransportError:
            return  # Cut off while it sent: it may not have seen the answer.
        refusals.append((answer.status_code, answer.text))

    refusals: list[tuple[int, str]] = []
    floods = [threading.Thread(target=flood, args=(client,)) for client in range(len(went))]
    for one in floods:
        one.start()
    most_bytes = 0
    while any(one.is_alive() for one in floods):
        most_bytes = max(most_bytes, gateway.memory_info().rss)
        assert api.get("/songs", params={"limit": 1}).status_code == 200
    assert {status for status, _ in refusals} <= {413}, refusals
    assert max(went) < 2 * (DRAINED_BYTES + UPLOAD_LIMIT_BYTES)
    assert most_bytes - before_bytes < MOST_GROWTH_BYTES
    need_no_loose_ends(store, LOCAL_TENANT)

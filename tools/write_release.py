"""Write the fixture of a release: a small backup with one of everything, which every later release must read.

    python -m tools.write_release tests/data/release-0.1.zip

Run it once for each release, by that release's own code, and keep what it writes for ever; tests/integration/
test_releases.py reads all of them. The sounds are synthesised, so that the file is nobody's.
"""

from __future__ import annotations

import io
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import soundfile

from cli.backup.folder import BackupFolder
from cli.backup.running import take
from cli.stack.stack import ANY_PORT, Stack
from cli.versions import version
from shared.store.objects import connect

RATE_HZ, SONG_S, SONGS = 8000, 12.0, 6
CUT = {"method": "equal", "chunk_s": 2.0}
LONG_AGO = (2026, 1, 1, 0, 0, 0)


def song(number: int) -> bytes:
    """Return a melody of its own with a click on each beat, as FLAC."""
    rng = np.random.default_rng(number)
    times_s = np.arange(int(RATE_HZ * SONG_S)) / RATE_HZ
    pitches_hz = 110 * 2 ** (rng.integers(0, 24, int(SONG_S * 2)) / 12)
    hertz = pitches_hz[(times_s * 2).astype(int)]
    tone = 0.3 * np.sin(2 * np.pi * np.cumsum(hertz) / RATE_HZ)
    click = 0.4 * np.sin(2 * np.pi * 1000 * times_s) * np.exp(-(times_s % 0.5) * 60)
    buffer = io.BytesIO()
    soundfile.write(buffer, tone + click, RATE_HZ, format="FLAC")
    return buffer.getvalue()


class Client:
    """Asks a gateway, and waits."""

    def __init__(self, url: str, key: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.http = httpx.Client(base_url=f"{url}/v1", timeout=60, headers=headers)

    def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Post a document; return the answer."""
        answer = self.http.post(path, json=body or {})
        if answer.is_error:
            raise SystemExit(f"{path}: {answer.text}")
        return answer.json()

    def done(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Have a job done; return it."""
        job = self.post(path, body)
        while (found := self.http.get(f"/jobs/{job['id']}").json())["state"] in ("queued", "running"):
            time.sleep(0.2)
        if found["state"] != "succeeded":
            raise SystemExit(f"{path}: {found['problem']}")
        return found


def fill(stack: Stack) -> None:
    """Make one of everything: songs, what is made of them, jobs in every state, a key."""
    client = Client(stack.url)
    songs = [
        client.http.post("/songs", params={"name": f"Song {n}.flac"}, content=song(n)).json()["id"]
        for n in range(SONGS)
    ]
    client.http.post("/songs", params={"name": "notes.txt"}, content=b"no sound at all")
    client.done(f"/songs/{songs[0]}/analysis")
    client.http.put(f"/songs/{songs[1]}/correction", json={"tempo_bpm": 120.0, "key": "A minor"})
    parts = {"songs": songs[:4], "cut": CUT}
    model = client.done("/models", {**parts, "training": {"approach": "linear"}})["result"]["models"][0]
    protocol = {"chunks_per_song": 5, "puzzles": 0, "pairwise_puzzles": 0, "resamples": 100}
    client.done(f"/models/{model}/report", {"songs": songs[4:], "cut": CUT, "protocol": protocol})
    made = client.done("/mixes", {**parts, "model": model, "chunks": 4})
    client.done(f"/mixes/{made['mix']}/revisions", {"edits": [{"edit": "swap", "position": 1}]})
    client.done(f"/mixes/{made['mix']}/seams/2/preview", {"around_s": 1.0})
    with client.http.stream("GET", f"/radio/{made['result']['pools'][0]}.mp3") as radio:
        next(radio.iter_bytes(4096))
    for epochs in (500, 501):
        fit = {"approach": "binary", "preset": "seed", "settings": {"epochs": epochs}}
        job = client.post("/models", {**parts, "training": fit})
    client.http.delete(f"/jobs/{job['id']}")
    Client(stack.url, stack.admin_key).post("/keys", {"name": "anna"})


def main() -> None:
    """Write the fixture that is named."""
    target = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as scratch:
        folder = BackupFolder(Path(scratch, "backup"))
        with Stack(Path(scratch, "data"), port=ANY_PORT) as stack:
            fill(stack)
            take(connect(stack.settings()), folder, release=version(), tell=lambda *_: None)
        target.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_LZMA) as archive:
            for path in sorted(path for path in folder.root.rglob("*") if path.is_file()):
                name = zipfile.ZipInfo(path.relative_to(folder.root).as_posix(), LONG_AGO)
                archive.writestr(name, path.read_bytes(), zipfile.ZIP_LZMA)
    print(f"{target}: {target.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()

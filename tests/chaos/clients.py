"""Clients that do not give up: they ask for jobs, follow each, cancel some, and note what they are told.

Whatever the API promises to answer while servers are away (503, or no connection while the gateway restarts)
is asked again; any other answer is a breach.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import soundfile

from tests.chaos.checker import Promise
from tests.chaos.journal import Journal
from tests.chaos.schedule import Wish

TENANT = "local"
TERMINAL = {"succeeded", "failed", "cancelled"}
REQUEST_TIMEOUT_S = 60.0
ASK_AGAIN_S = 0.5


@dataclass
class Clients:
    """Those of one campaign."""

    url: str
    journal: Journal
    songs: list[str]
    """Ids of the songs that all jobs share."""
    sounds: list[Path]
    model: str
    """Of a model that is there."""
    name: str = "siege"
    """Part of the keys that make a request that is sent again the same request."""
    promises: dict[int, Promise] = field(default_factory=dict)
    """By the number of the wish."""
    breaches: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    """The longest that one answer took."""
    closing: threading.Event = field(default_factory=threading.Event)

    def fulfil(self, wish: Wish) -> None:
        """Ask for one job, and follow it to its end."""
        with httpx.Client(base_url=f"{self.url}/v1", timeout=REQUEST_TIMEOUT_S) as api:
            body = self.body_of(api, wish)
            answer = self._answered(
                lambda: api.post(
                    wish.path, json=body, headers={"Idempotency-Key": f"{self.name}-{wish.number}"}
                ),
                {202},
            )
            if answer is None:
                return
            job = answer.json()["id"]
            promise = self.promises[wish.number] = Promise(TENANT, job)
            self.journal.write("accepted", wish=wish.number, job=job, path=wish.path)
            if wish.cancel_after_s is not None:
                self._cancel(api, promise, wish.cancel_after_s)
            self._follow(api, promise)

    def body_of(self, api: httpx.Client, wish: Wish) -> dict[str, Any]:
        """Return a wish's request with the ids of its songs and of the model."""
        songs = [self.songs[number] for number in wish.body["songs"]]
        if wish.fresh_song:
            songs[0] = self._upload(api, self._fresh(wish))
        body = {**wish.body, "songs": songs}
        if body.get("model") == "shared":
            body["model"] = self.model
        return body

    def _upload(self, api: httpx.Client, path: Path) -> str:
        answer = self._answered(
            lambda: api.post("/songs", params={"name": path.name}, content=path.read_bytes()), {200, 201}
        )
        return str(answer.json()["id"]) if answer else ""

    def _fresh(self, wish: Wish) -> Path:
        """Write a song that nobody has: a shared one without its first instants."""
        source = self.sounds[wish.body["songs"][0]]
        path = source.with_name(f"fresh-{wish.number}.wav")
        sound, rate_hz = soundfile.read(source, dtype="int16")
        soundfile.write(path, sound[1000 + wish.number :], rate_hz)
        return path

    def _cancel(self, api: httpx.Client, promise: Promise, after_s: float) -> None:
        self.closing.wait(after_s)
        answer = self._answered(lambda: api.delete(f"/jobs/{promise.job}"), {200, 409})
        promise.cancelled = answer is not None and answer.status_code == 200
        self.journal.write("cancel_answered", job=promise.job, cancelled=promise.cancelled)

    def _follow(self, api: httpx.Client, promise: Promise) -> None:
        while not self.closing.is_set():
            answer = self._answered(lambda: api.get(f"/jobs/{promise.job}"), {200})
            if answer is not None and (state := answer.json()["state"]) in TERMINAL:
                self.journal.write("ended", job=promise.job, state=state)
                return
            self.closing.wait(ASK_AGAIN_S)

    def _answered(self, ask: Callable[[], httpx.Response], expected: set[int]) -> httpx.Response | None:
        """Ask until an answer comes that is none of an outage; None when the campaign closes before."""
        while not self.closing.is_set():
            started_s = time.monotonic()
            try:
                answer = ask()
            except httpx.TransportError:
                self.closing.wait(ASK_AGAIN_S)
                continue
            lasted_s = time.monotonic() - started_s
            self.slowest_s = max(self.slowest_s, lasted_s)
            if answer.status_code in expected:
                return answer
            if answer.status_code != 503 or "retry-after" not in answer.headers:
                request = answer.request
                told = f"{request.method} {request.url.path}: {answer.status_code} {answer.text[:300]}"
                self.breaches.append(told)
                self.journal.write("wrong_answer", told=told)
            self.closing.wait(ASK_AGAIN_S)
        return None

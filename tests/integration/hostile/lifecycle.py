"""The life of jobs as a state machine: what a client may do in any order, and what must hold throughout."""

from __future__ import annotations

import io
import itertools
import json
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import soundfile
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from tests.integration.hostile.conftest import refused_with
from tests.support.servers import until

TERMINAL = frozenset({"succeeded", "failed", "cancelled"})
MADE = {"/cuts": "cuts", "/mixes": "mixes", "/models": "models"}
"""By the path of a request, the kind of what it makes."""
ENDS_WITHIN_S = 180.0
RATE_HZ = 8000
_RUN = uuid.uuid4().hex
_numbers = itertools.count()


class Lifecycle(RuleBasedStateMachine):
    """A client of a product that outlives it: songs and requests are its own."""

    api: httpx.Client
    songs, junk, jobs = Bundle("songs"), Bundle("junk"), Bundle("jobs")

    def __init__(self) -> None:
        super().__init__()
        self.data: dict[str, bytes] = {}
        """By song: its bytes."""
        self.there: set[str] = set()
        """Songs that were not deleted."""
        self.requests: dict[str, tuple[str, str, str]] = {}
        """By job: path, body as JSON, and Idempotency-Key of its request."""
        self.ended: dict[str, dict[str, Any]] = {}
        """Jobs as they were when they were first seen to have ended."""
        self.made: dict[tuple[str, str], list[str]] = {}
        """By path and body: what was made."""
        self.looks = 0

    @initialize(target=songs)
    def begin(self) -> Any:
        return multiple(*(self.upload_of(tone(next(_numbers))) for _ in range(2)))

    @rule(target=songs)
    def upload(self) -> str:
        return self.upload_of(tone(next(_numbers)))

    @rule(target=junk)
    def upload_what_is_no_song(self) -> str:
        return self.upload_of(f"the text {next(_numbers)} of {_RUN}".encode())

    @rule(song=songs | junk)
    def upload_again(self, song: str) -> None:
        assert self.upload_of(self.data[song]) == song

    @rule(target=jobs, path=st.sampled_from(sorted(MADE)), chosen=st.lists(songs, min_size=1, max_size=3))
    def ask(self, path: str, chosen: list[str]) -> Any:
        # The first songs are always two: a model learns from no fewer.
        first = list(self.data)[:2]
        return self.accepted(path, body_of(path, [*dict.fromkeys([*first, *chosen])]))

    @rule(target=jobs, song=songs, text=junk)
    def ask_for_what_cannot_be(self, song: str, text: str) -> Any:
        return self.accepted("/cuts", body_of("/cuts", [song, text]))

    @rule(target=jobs, job=jobs)
    def ask_for_the_same_anew(self, job: str) -> Any:
        path, body, _ = self.requests[job]
        return self.accepted(path, body)

    @rule(job=jobs)
    def send_the_same_request_again(self, job: str) -> None:
        answer = self.send(*self.requests[job])
        assert (answer.status_code, answer.json()["id"]) == (202, job)

    @rule(job=jobs)
    def cancel(self, job: str) -> None:
        answer = self.api.delete(f"/jobs/{job}")
        if answer.is_success:
            assert answer.json()["state"] == "cancelled"
        else:
            assert refused_with(answer) == "already-ended"
        assert self.look(job)["state"] in ({"cancelled"} if answer.is_success else {"succeeded", "failed"})

    @rule(job=jobs)
    def wait(self, job: str) -> None:
        until(lambda: self.look(job)["state"] in TERMINAL, timeout_s=ENDS_WITHIN_S)

    @rule(song=songs | junk)
    def delete(self, song: str) -> None:
        answer = self.api.delete(f"/songs/{song}")
        if answer.status_code == 409:
            assert refused_with(answer) == "in-use"
            assert song in self.there
        else:
            assert answer.status_code == (204 if song in self.there else 404)
            self.there.discard(song)
            users = [job for job, (_, body, _) in self.requests.items() if song in json.loads(body)["songs"]]
            assert all(self.look(job)["state"] in TERMINAL for job in users)

    @precondition(lambda self: self.requests)
    @rule()
    def list_all(self) -> None:
        listed = {job["id"]: job["state"] for job in self.pages("/jobs")}
        assert self.requests.keys() <= listed.keys()
        assert {job: listed[job] for job in self.ended} == {
            job: seen["state"] for job, seen in self.ended.items()
        }
        songs = {song["id"] for song in self.pages("/songs")}
        assert self.data.keys() & songs == self.there

    @precondition(lambda self: self.requests)
    @invariant()
    def what_has_ended_stays_as_it_ended(self) -> None:
        self.looks += 1
        self.look(list(self.requests)[self.looks % len(self.requests)])

    def teardown(self) -> None:
        for job in self.requests:
            self.wait(job)

    def upload_of(self, data: bytes) -> str:
        """Upload bytes; return the song, which is there from then on."""
        answer = self.api.post("/songs", content=data)
        assert answer.status_code in (200, 201), answer.text
        song = str(answer.json()["id"])
        assert self.api.get(f"/songs/{song}").json()["id"] == song
        self.data[song] = data
        self.there.add(song)
        return song

    def accepted(self, path: str, body: str) -> Any:
        """Ask for work; return its job, none where it is refused as it has to be."""
        key = f"{_RUN} {next(_numbers)}"
        answer = self.send(path, body, key)
        songs = set(json.loads(body)["songs"])
        if songs - self.there:
            assert refused_with(answer) == "not-found"
            return multiple()
        if answer.is_client_error:
            assert refused_with(answer) == "not-audio"
            assert has_text(self.data[song] for song in songs)
            return multiple()
        assert answer.status_code == 202
        job = str(answer.json()["id"])
        assert job not in self.requests
        self.requests[job] = (path, body, key)
        return job

    def send(self, path: str, body: str, key: str) -> httpx.Response:
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        return self.api.post(path, content=body, headers=headers)

    def look(self, job: str) -> dict[str, Any]:
        """Read a job, and hold it against what is known of it."""
        found: dict[str, Any] = self.api.get(f"/jobs/{job}").json()
        if job in self.ended:
            facts = ("state", "ended_at", "result", "problem")
            assert {name: found[name] for name in facts} == {name: self.ended[job][name] for name in facts}
        elif found["state"] in TERMINAL:
            self.ended[job] = found
            self.judge(job, found)
        return found

    def judge(self, job: str, found: dict[str, Any]) -> None:
        """Require that a job ended as its request had to."""
        path, body, _ = self.requests[job]
        no_songs = has_text(self.data[song] for song in json.loads(body)["songs"])
        if found["state"] == "succeeded":
            assert not no_songs
            made = found["result"][MADE[path]]
            assert made
            assert self.made.setdefault((path, body), made) == made
        elif found["state"] == "failed":
            assert no_songs, found["problem"]
            assert found["problem"]["type"].endswith(":not-audio")

    def pages(self, path: str) -> Iterator[dict[str, Any]]:
        cursor: dict[str, str] = {}
        while True:
            page = self.api.get(path, params={"limit": 100, **cursor}).json()
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            cursor = {"cursor": page["next_cursor"]}


def has_text(songs: Iterator[bytes]) -> bool:
    return any(data.startswith(b"the text") for data in songs)


def tone(number: int) -> bytes:
    """Return four seconds of noise and a tone as WAV, other ones for every number of every run."""
    chance = np.random.default_rng([number, int(_RUN[:8], 16)])
    instants_s = np.arange(4 * RATE_HZ) / RATE_HZ
    sound = 0.4 * np.sin(2 * np.pi * chance.uniform(200, 2000) * instants_s) + 0.05 * chance.standard_normal(
        len(instants_s)
    )
    file = io.BytesIO()
    soundfile.write(file, sound, RATE_HZ, format="WAV", subtype="PCM_16")
    return file.getvalue()


def body_of(path: str, songs: list[str]) -> str:
    """Return a small request, as JSON."""
    body: dict[str, Any] = {"songs": songs, "cut": {"method": "equal", "chunk_s": 1.0, "min_chunk_ms": 0}}
    if path != "/cuts":
        body["training"] = {"approach": "linear"}
    if path == "/mixes":
        body |= {"chunks": 3, "output": {"format": "wav", "seams": "plain"}}
    return json.dumps(body)

"""A gateway that answers from a table, for the commands as typed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
from typer.testing import CliRunner, Result

from cli.main import app

SONG = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
MIX = "2ef7bde608ce5404e97d5f042f95f89f1c232871a1f2e2e7b0d2f1f4a7c1d9e3"
JOB = "0b5d1c4e8f6a4b7c9d2e3f4a5b6c7d8e"
SHIPPED = "c" * 64
WHEN = "2026-11-22T09:30:00Z"
AUDIO = b"ID3" + bytes(1000)


def song_of(identifier: str = SONG, **more: Any) -> dict[str, Any]:
    song = {"id": identifier, "state": "ready", "name": "night.mp3", "title": "Night", "artist": None}
    figures = {
        "duration_s": 205.0,
        "size_bytes": 4_096_000,
        "uploaded_at": WHEN,
        "problem": None,
        "job": None,
    }
    return {**song, **figures, "links": {}, **more}


def job_of(state: str, **more: Any) -> dict[str, Any]:
    stage = {"name": "render", "done": 1, "total": 1, "state": "done", "progress": None}
    job = {"id": JOB, "state": state, "goal": "mix", "accepted_at": WHEN, "ended_at": None, "problem": None}
    return {
        **job,
        "stages": [stage],
        "warning": None,
        "mix": MIX if state == "succeeded" else None,
        "report": None,
        **more,
    }


MIX_DOCUMENT = {
    "id": MIX,
    "title": "Segue: Night",
    "duration_s": 121.7,
    "chunks": 2,
    "songs": 1,
    "approach": "linear",
    "output": {"format": "mp3"},
    "size_bytes": 1,
    "created_at": WHEN,
}
REPORT = {
    "mean_score": 0.83,
    "pool_chunks": 52,
    "replays": 1,
    "joins": "blend",
    "loudness_lufs": -15.2,
    "sequence": [
        {"song": SONG, "title": "Night", "seam": None},
        {"song": SONG, "title": "Night", "seam": {"manner": "blend"}},
    ],
}


class Answers(httpx.MockTransport):
    """Answers by method and path below `/v1/`, and keeps what was asked."""

    def __init__(self, table: dict[str, Any]) -> None:
        self.table = table
        self.asked: list[httpx.Request] = []
        super().__init__(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.asked.append(request)
        found = self.table[f"{request.method} {request.url.path.removeprefix('/v1/')}"]
        found = found(request) if callable(found) else found
        return found if isinstance(found, httpx.Response) else httpx.Response(200, json=found)

    def bodies(self, path: str) -> list[dict[str, Any]]:
        return [json.loads(one.content) for one in self.asked if one.url.path == f"/v1/{path}"]


def problem(status: int, slug: str, detail: str) -> httpx.Response:
    document = {"type": f"urn:segue:problem:{slug}", "title": slug, "status": status, "detail": detail}
    headers = {"content-type": "application/problem+json"}
    return httpx.Response(status, content=json.dumps(document), headers=headers)


def page(*items: dict[str, Any]) -> dict[str, Any]:
    return {"items": list(items), "next_cursor": None}


def events(*jobs: dict[str, Any]) -> Callable[[httpx.Request], httpx.Response]:
    text = "".join(f"data: {json.dumps(job)}\n\n" for job in jobs)
    return lambda request: httpx.Response(200, text=text)


def run(*arguments: object, answers: Answers | None = None) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments], obj=answers or Answers({}))


def main_job_answers() -> Answers:
    """A gateway where the main job goes well; files named `bad` are no audio."""

    def upload(request: httpx.Request) -> dict[str, Any]:
        bad = request.url.params["name"].startswith("bad")
        told = {
            "type": "urn:segue:problem:not-audio",
            "title": "Not audio",
            "detail": "No audio. Convert it.",
        }
        return song_of("b" * 64, state="rejected", problem=told) if bad else song_of()

    return Answers(
        {
            "POST songs": upload,
            "POST models/pretrained": {"id": SHIPPED},
            "POST mixes": job_of("queued"),
            f"GET jobs/{JOB}/events": events(job_of("running"), job_of("succeeded")),
            f"GET mixes/{MIX}": MIX_DOCUMENT,
            f"GET mixes/{MIX}/report": REPORT,
            f"GET mixes/{MIX}/audio": lambda request: httpx.Response(200, content=AUDIO),
            f"DELETE jobs/{JOB}": job_of("cancelled"),
        }
    )

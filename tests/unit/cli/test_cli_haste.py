"""The client where it asks more often than its key may."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from cli.client import HASTY_TRIES, LONGEST_WAIT_S, Gateway
from cli.errors import ApiProblem
from tests.unit.cli.test_cli_client import URL, problem

TOO_OFTEN = {"type": "urn:segue:problem:too-many-requests"}


def hasty(*answers: httpx.Response, told_s: str = "7") -> tuple[Gateway, list[float], list[bytes]]:
    """Return a client of a gateway that answers one after the other, how long it waits, and what it sent."""
    waited: list[float] = []
    sent: list[bytes] = []
    left = iter(answers)

    def handler(request: httpx.Request) -> httpx.Response:
        sent.append(request.read())
        answer = next(left)
        if answer.status_code == 429:
            answer.headers["retry-after"] = told_s
        return answer

    return Gateway(URL, transport=httpx.MockTransport(handler), pause=waited.append), waited, sent


def test_who_has_asked_too_often_waits_as_told_and_asks_again(tmp_path: Path) -> None:
    refused = [problem(429, **TOO_OFTEN) for _ in range(2)]
    gateway, waited, _ = hasty(*refused, httpx.Response(200, json={"open_jobs": 0}))
    with gateway:
        assert gateway.system() == {"open_jobs": 0}
    assert waited == [7.0, 7.0]
    gateway, waited, _ = hasty(problem(429, **TOO_OFTEN), httpx.Response(200, content=b"sound"))
    with gateway:
        gateway.download("mixes/1/audio", tmp_path / "mix.mp3")
    assert ((tmp_path / "mix.mp3").read_bytes(), waited) == (b"sound", [7.0])


def test_an_upload_that_came_too_soon_is_sent_again_whole_and_counted_once(tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(bytes(range(256)) * 3000)
    counted: list[int] = []
    gateway, waited, sent = hasty(problem(429, **TOO_OFTEN), httpx.Response(201, json={"id": "9f86"}))
    with gateway:
        assert gateway.upload(path, count=counted.append)["id"] == "9f86"
    assert (sent, len(waited)) == ([path.read_bytes()] * 2, 1)
    assert sum(counted) == path.stat().st_size


def test_waiting_has_an_end_and_is_for_haste_alone() -> None:
    gateway, waited, _ = hasty(*[problem(429, **TOO_OFTEN) for _ in range(HASTY_TRIES)], told_s="9999")
    with gateway, pytest.raises(ApiProblem):
        gateway.system()
    assert waited == [LONGEST_WAIT_S] * (HASTY_TRIES - 1)
    gateway, waited, _ = hasty(problem(429, type="urn:segue:problem:too-many-jobs"))
    with gateway, pytest.raises(ApiProblem):
        gateway.submit("mixes", {})
    assert waited == []

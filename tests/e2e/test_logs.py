"""One request's id, from the gateway's line of the request to the lines of every worker that works for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.stack.stack import Stack
from tests.e2e.test_main_job import ended, upload
from tests.support.servers import until

pytestmark = pytest.mark.e2e
REQUEST = "followed-0001"
SERVICES = ("gateway", "chunker", "trainer", "assembler")


def lines_of(product: Stack, service: str) -> list[dict[str, Any]]:
    """Return what a service has logged. Celery must have added nothing in a shape of its own."""
    text = product.folder.log(service).read_text()
    assert "SpawnPoolWorker-1]" not in text
    assert ".> concurrency:" not in text
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_a_request_is_followed_through_the_logs_of_all_services(
    product: Stack, api: httpx.Client, demo_songs: list[Path]
) -> None:
    songs = [upload(api, path)["id"] for path in demo_songs[:2]]
    # A cut of its own, so that there is something to be done for it in each worker.
    cut = {"method": "equal", "chunk_s": 1.7}
    wish = {"songs": songs, "cut": cut, "training": {"approach": "linear"}}
    answer = api.post("/pools", json=wish, headers={"X-Request-ID": REQUEST})
    assert answer.headers["x-request-id"] == REQUEST
    job = ended(api, answer.json())
    assert job["state"] == "succeeded", job["problem"]

    def all_told() -> dict[str, list[dict[str, Any]]] | None:
        """A job's end is told a moment after it can be seen."""
        told = {
            service: [line for line in lines_of(product, service) if line.get("request_id") == REQUEST]
            for service in SERVICES
        }
        return told if any(line.get("job") == job["id"] for line in _ends_in(told)) else None

    told = until(all_told)
    assert told is not None
    actions = {service: {line.get("action") for line in lines} for service, lines in told.items()}
    assert {"job_accepted", "request_served"} <= actions["gateway"]
    served = next(line for line in told["gateway"] if line.get("action") == "request_served")
    assert (served["method"], served["path"], served["status"]) == ("POST", "/v1/pools", 202)
    for service in SERVICES[1:]:
        assert {"task_started", "artifact_committed"} <= actions[service], service
        begun = [line for line in told[service] if line.get("action") == "task_started"]
        assert {line["job"] for line in begun} == {job["id"]}
        assert all(line["service"] == service and line["worker"] and line["artifact"] for line in begun)
    ends = [(line["job"], line["state"]) for line in _ends_in(told) if line["job"] == job["id"]]
    assert ends == [(job["id"], "succeeded")]


def _ends_in(told: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [line for lines in told.values() for line in lines if line.get("action") == "job_ended"]


def test_an_address_is_logged_without_what_follows_its_path(product: Stack, api: httpx.Client) -> None:
    forged = "x%0A%7B%22action%22%3A%22job_ended%22%7D"
    api.get(f"/songs/{forged}", params={"name": "My Secret Song"}, headers={"X-Request-ID": "forged-1"})

    def served() -> list[dict[str, Any]]:
        lines = lines_of(product, "gateway")
        return [line for line in lines if line.get("request_id") == "forged-1" and "status" in line]

    (line,) = until(served)
    assert line["path"] == '/v1/songs/x\n{"action":"job_ended"}'
    text = product.folder.log("gateway").read_text()
    assert "My Secret Song" not in text
    assert '\n{"action":"job_ended"}' not in text

"""Servers that are gone, and servers that take connections and never answer: 503 soon, nothing accepted.

The gateway promises an answer within 5 s; the client here waits 25 s and fails after that.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator

import httpx
import pytest

from shared.queue import Queue
from shared.settings import Settings
from tests.integration.gateway.conftest import slug_of
from tests.support.gateway import running_gateway

pytestmark = pytest.mark.integration
PATIENCE_S = 25
MANY = 30
"""Songs on a page: were Valkey waited for once per song, the client would give up."""
GONE = 1
"""A port that nothing listens on."""


@pytest.fixture(params=["gone", "silent"])
def dead_port(request) -> Iterator[int]:
    if request.param == "gone":
        yield GONE
        return
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield server.getsockname()[1]


def without_valkey(settings: Settings, port: int) -> Settings:
    return settings.model_copy(update={"valkey_url": f"redis://127.0.0.1:{port}/0"})


def without_store(settings: Settings, port: int) -> Settings:
    return settings.model_copy(update={"s3_endpoint": f"127.0.0.1:{port}"})


def is_unavailable(answer: httpx.Response, slug: str) -> bool:
    return (answer.status_code, slug_of(answer)) == (503, slug) and int(answer.headers["retry-after"]) > 0


def test_without_valkey_nothing_is_accepted_and_what_is_stored_is_served(settings, maker, dead_port):
    for number in range(MANY):
        song = maker.upload_bytes(f"song {number}".encode())
        maker.store.put(f"t/local/songs/{song}/upload.json", b'{"name": "a.mp3", "size_bytes": 6}')
    before = maker.stored()
    with running_gateway(without_valkey(settings, dead_port)) as api:
        api.timeout = PATIENCE_S
        for refused in (
            api.post("/v1/mixes", json={"songs": [song]}),
            api.post("/v1/songs", content=b"other bytes"),
            api.delete(f"/v1/songs/{song}"),
        ):
            assert is_unavailable(refused, "queue-unavailable")
        assert maker.stored() == before
        songs = api.get("/v1/songs").json()["items"]
        assert [item["name"] for item in songs] == ["a.mp3"] * MANY
        assert api.get("/v1/system").json()["workers"] is None
        assert api.get("/metrics").status_code == 200
        ready = api.get("/readyz")
        assert ready.status_code == 503
        held = {check["name"]: check["ok"] for check in ready.json()["checks"]}
        assert held == {"queue": False, "store": True, "workers": False}


def test_without_the_store_nothing_is_accepted(settings, maker, dead_port):
    with running_gateway(without_store(settings, dead_port)) as api:
        api.timeout = PATIENCE_S
        for refused in (
            api.post("/v1/mixes", json={"songs": ["0" * 64]}),
            api.get("/v1/songs"),
        ):
            assert is_unavailable(refused, "store-unavailable")
        assert api.get("/healthz").json() == {"status": "ok"}
        held = {check["name"]: check["ok"] for check in api.get("/readyz").json()["checks"]}
        assert held == {"queue": True, "store": False, "workers": False}
    assert maker.leases.queued(Queue.CHUNKER) == {}


def test_while_valkey_is_nearly_full_nothing_is_accepted_and_songs_are_shown(api, maker, song, valkey):
    before = maker.stored()
    valkey.config_set("maxmemory", int(1.05 * valkey.info("memory")["used_memory"]))
    try:
        for refused in (
            api.post("/v1/cuts", json={"songs": [song]}),
            api.post("/v1/songs", content=b"other bytes"),
        ):
            assert is_unavailable(refused, "queue-full")
        assert maker.stored() == before
        assert api.get(f"/v1/songs/{song}").status_code == 200
    finally:
        valkey.config_set("maxmemory", 0)
    assert api.post("/v1/cuts", json={"songs": [song]}).status_code == 202


def test_a_system_with_servers_and_workers_is_ready(api, maker):
    assert api.get("/readyz").json()["ready"] is False
    for queue in Queue:
        maker.leases.seen(queue, "worker")
    answer = api.get("/readyz")
    assert (answer.status_code, answer.json()["ready"]) == (200, True)
    metrics = api.get("/metrics").text
    assert 'segue_workers{queue="trainer"} 1.0' in metrics

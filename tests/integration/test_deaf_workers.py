"""A worker that lives and does not hear its queue is told so; one that is idle or busy is not.

Its broker's connection alone goes through a proxy, which holds everything back as a cut cable does.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from shared import health
from shared.jobs import attention
from shared.jobs.leases import Leases
from shared.jobs.recipes import DecodeSong
from shared.queue import Queue, broker_url
from shared.settings import Settings
from tests.integration.gateway.test_gateway_process import environment
from tests.integration.jobs.test_recovery import children_of
from tests.support.gateway import running_gateway
from tests.support.pipeline import Pipeline
from tests.support.servers import apart, until
from tests.support.tcp_proxy import TcpProxy

pytestmark = pytest.mark.integration
DEAF_AFTER_S = 8.0
STAYS_S = 10.0


@dataclass(frozen=True)
class Worker:
    """A chunker of one child, and the way between it and its broker."""

    process: subprocess.Popen[bytes]
    broker: TcpProxy
    pipeline: Pipeline
    log: Path

    @property
    def leases(self) -> Leases:
        return self.pipeline.leases

    def is_deaf(self) -> bool:
        return bool(attention.deaf(self.leases, Queue.CHUNKER))


@pytest.fixture(scope="module")
def deaf_settings(servers: Settings) -> Settings:
    return apart(servers).model_copy(update={"deaf_after_s": DEAF_AFTER_S, "worker_children": 1})


@pytest.fixture(scope="module")
def worker(deaf_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    url = urlsplit(broker_url(deaf_settings))
    log = tmp_path_factory.mktemp("worker") / "log"
    with TcpProxy(url.port) as proxy, log.open("wb") as file:
        netloc = f"{url.netloc.rsplit(':', 1)[0]}:{proxy.port}"
        through = {"CELERY_BROKER_URL": url._replace(netloc=netloc).geturl(), "SEGUE_RECONCILE_S": "0.5"}
        command = [sys.executable, "-m", "services.chunker"]
        process = subprocess.Popen(command, env=environment(deaf_settings, **through), stderr=file)
        pipeline = Pipeline(deaf_settings)
        try:
            until(lambda: attention.attentive(pipeline.leases, Queue.CHUNKER), timeout_s=120)
            assert proxy.connections, "the worker's broker is reached another way"
            yield Worker(process, proxy, pipeline, log)
        finally:
            process.terminate()
            proxy.heal()
            process.wait(timeout=60)


def test_a_worker_that_lost_its_broker_without_a_word_is_deaf_until_it_hears_again(
    worker: Worker, deaf_settings: Settings
) -> None:
    leases, host = worker.leases, socket.gethostname()
    with running_gateway(deaf_settings) as api:
        for queue in (Queue.TRAINER, Queue.ASSEMBLER):
            leases.seen(queue, "another")
        assert api.get("/readyz").status_code == 200
        worker.broker.black_hole()
        until(worker.is_deaf, timeout_s=60)
        assert len(leases.workers(Queue.CHUNKER)) == 1, "it lives, and says so"
        assert "deaf" in (health.illness(leases, Queue.CHUNKER, host) or "")
        for queue in (Queue.TRAINER, Queue.ASSEMBLER):
            leases.seen(queue, "another")
        assert _workers_check(api) == (
            503,
            "None takes work for: chunker. Deaf (alive, and not hearing their queue): 1 chunker.",
        )
        assert api.get("/v1/system").json()["deaf"] == {"chunker": 1, "trainer": 0, "assembler": 0}
        assert 'segue_deaf_workers{queue="chunker"} 1.0' in api.get("/metrics").text
        worker.broker.heal()
        until(lambda: not worker.is_deaf(), timeout_s=120)
        assert health.illness(leases, Queue.CHUNKER, host) is None
    assert [line for line in worker.log.read_text().splitlines() if "worker_deaf" in line]


def test_an_idle_and_a_busy_worker_are_not_deaf(worker: Worker) -> None:
    _stays_attentive(worker, STAYS_S)
    (child,) = children_of(worker.process.pid)
    child.send_signal(signal.SIGSTOP)  # Its task lasts for as long as it takes here.
    try:
        song = worker.pipeline.upload_bytes(b"no sound, but work")
        job = worker.pipeline.submit(DecodeSong(song=song))
        queue = f"{worker.leases.prefix}{Queue.CHUNKER}"
        until(lambda: not worker.leases.valkey.llen(queue))
        _stays_attentive(worker, STAYS_S)
        assert worker.pipeline.job(job).outcome is None, "it was busy all the time"
    finally:
        os.kill(child.pid, signal.SIGCONT)
    worker.pipeline.ended(job)


def _stays_attentive(worker: Worker, seconds: float) -> None:
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        assert not worker.is_deaf()
        time.sleep(0.2)


def _workers_check(api: httpx.Client) -> tuple[int, str]:
    answer = api.get("/readyz")
    return answer.status_code, next(
        check["detail"] for check in answer.json()["checks"] if check["name"] == "workers"
    )

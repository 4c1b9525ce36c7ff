"""The gateway as a process of its own: `python -m services.gateway`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from cli.stack.ports import choose
from services.gateway.access.keyring import Keyring
from shared.jobs.recipes import DecodeSong
from shared.settings import Settings
from tests.support.servers import until

pytestmark = pytest.mark.integration
COMMAND = [sys.executable, "-m", "services.gateway"]


def environment(settings: Settings, **changes: str) -> dict[str, str]:
    given = {}
    for name, value in settings:
        text = value.get_secret_value() if hasattr(value, "get_secret_value") else value
        if text is not None:
            given[f"SEGUE_{name.upper()}"] = str(text)
    return {**os.environ, **given, **changes}


@contextmanager
def process(settings: Settings, log: Path, **changes: str) -> Iterator[subprocess.Popen[bytes]]:
    with (
        log.open("wb") as file,
        subprocess.Popen(COMMAND, env=environment(settings, **changes), stderr=file) as running,
    ):
        try:
            yield running
        finally:
            running.kill()


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").status_code == 200
    except httpx.TransportError:
        return False


def test_it_ends_soon_after_sigterm_also_while_someone_follows_a_job(settings, maker, tmp_path):
    job = maker.submit(DecodeSong(song=maker.upload_bytes(b"some bytes")))
    (port,) = choose(1)
    url = f"http://127.0.0.1:{port}"
    with process(settings, tmp_path / "log", SEGUE_PORT=str(port)) as gateway:
        until(lambda: answers(url), timeout_s=60)
        with httpx.stream("GET", f"{url}/v1/jobs/{job.id}/events") as answer:
            assert next(answer.iter_lines()) == "event: job"
            gateway.send_signal(signal.SIGTERM)
            assert gateway.wait(timeout=25) in (0, -signal.SIGTERM)
    assert not answers(url)


def test_it_refuses_to_listen_for_everyone(settings, tmp_path):
    log = tmp_path / "log"
    with process(settings, log, SEGUE_HOST="0.0.0.0") as gateway:
        assert gateway.wait(timeout=60) == 2
    assert "SEGUE_ADMIN_KEY" in log.read_text()
    assert "SEGUE_ALLOW_OPEN" in log.read_text()


def test_elsewhere_it_listens_once_there_is_a_key_and_asks_everyone_for_it(settings, store, tmp_path):
    _, key = Keyring(store).make("anna")
    (port,) = choose(1)
    url = f"http://127.0.0.1:{port}"
    with process(settings, tmp_path / "log", SEGUE_HOST="0.0.0.0", SEGUE_PORT=str(port)):
        until(lambda: answers(url), timeout_s=60)
        assert httpx.get(f"{url}/v1/songs").status_code == 401
        headers = {"Authorization": f"Bearer {key}"}
        assert httpx.get(f"{url}/v1/songs", headers=headers).status_code == 200

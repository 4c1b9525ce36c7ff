"""docker-compose.yml as operators run it: songs to a mix, more workers, a worker killed in mid-job.

SEGUE_COMPOSE      the compose command; podman-compose unless set
SEGUE_CONTAINERS   the container engine under it; podman unless set

The stack gets a project name, a port and volumes of its own, so that one that runs already is left alone.
"""

from __future__ import annotations

import io
import json
import os
import shlex
import shutil
import socket
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import soundfile

from cli.demo import write_demo_songs
from tests.support.servers import until

ROOT = Path(__file__).parents[2]
COMPOSE = shlex.split(os.environ.get("SEGUE_COMPOSE", "podman-compose"))
ENGINE = shlex.split(os.environ.get("SEGUE_CONTAINERS", "podman"))
CHUNKERS = 2

PROBE = """
import importlib.util, json, os, pathlib
status = dict(line.split(":", 1) for line in pathlib.Path("/proc/self/status").read_text().splitlines())
found = {
    "root": os.getuid() == 0,
    "capabilities": int(status["CapBnd"], 16),
    "no_new_privileges": bool(int(status["NoNewPrivs"])),
    "read_only": bool(os.statvfs("/").f_flag & os.ST_RDONLY),
    "tensorflow": importlib.util.find_spec("tensorflow") is not None,
}
print(json.dumps(found))
"""
"""Runs inside a container, and tells what it may do and what it has."""

pytestmark = [
    pytest.mark.compose,
    pytest.mark.slow,
    pytest.mark.timeout(1800),  # The images may have to be built first.
    pytest.mark.skipif(
        not (shutil.which(COMPOSE[0]) and shutil.which(ENGINE[0])),
        reason=f"{COMPOSE[0]} or {ENGINE[0]} is not installed",
    ),
]


@dataclass(frozen=True)
class Deployment:
    """A running compose project."""

    project: str
    port: int

    def compose(self, *arguments: str) -> None:
        environment = {**os.environ, "SEGUE_PUBLISHED_PORT": str(self.port)}
        subprocess.run([*COMPOSE, "-p", self.project, *arguments], cwd=ROOT, env=environment, check=True)

    def containers(self, service: str) -> list[str]:
        labels = [f"com.docker.compose.project={self.project}", f"com.docker.compose.service={service}"]
        return engine(
            "ps", "-q", *(part for label in labels for part in ("--filter", f"label={label}"))
        ).split()


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    subprocess.run(["make", "--silent", "secrets"], cwd=ROOT, check=True)
    deployment = Deployment(f"segue-test-{uuid.uuid4().hex[:8]}", free_port())
    try:
        deployment.compose("up", "-d", "--build", "--scale", f"chunker={CHUNKERS}")
        yield deployment
    finally:
        # podman-compose forgets at "down" what --scale has added.
        engine("rm", "--force", "--volumes", *deployment.containers("chunker"))
        deployment.compose("down", "--volumes", "--timeout", "10")


@pytest.fixture(scope="module")
def api(deployment: Deployment) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://127.0.0.1:{deployment.port}", timeout=60) as client:

        def ready() -> bool:
            try:
                return client.get("/readyz").is_success
            except httpx.TransportError:
                return False

        until(ready, timeout_s=300)
        yield client


@pytest.fixture(scope="module")
def songs(api: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return [upload(api, path) for path in write_demo_songs(tmp_path_factory.mktemp("songs"), seconds=30)]


def test_songs_become_a_mix_through_the_published_port(api: httpx.Client, songs: list[str]) -> None:
    cut, training = {"method": "equal", "chunk_s": 2}, {"approach": "linear"}
    job = submit(api, "mixes", {"songs": songs, "cut": cut, "training": training, "chunks": 6})
    assert wait(api, job)["state"] == "succeeded"
    mix = api.get(f"/v1/jobs/{job}").json()["mix"]
    audio = api.get(f"/v1/mixes/{mix}/audio").raise_for_status().content
    mp3 = soundfile.info(io.BytesIO(audio))
    assert (mp3.format, mp3.samplerate, mp3.channels) == ("MP3", 44100, 2)
    assert abs(mp3.duration - api.get(f"/v1/mixes/{mix}").raise_for_status().json()["duration_s"]) < 0.05
    # Six chunks of 2 s; a song's last one is up to half as long again, and fades move ends by a quarter.
    assert 6 * 2 * 3 / 4 <= mp3.duration <= 6 * 3 * 5 / 4


def test_all_chunkers_work(deployment: Deployment, api: httpx.Client, songs: list[str]) -> None:
    jobs = [
        submit(api, "cuts", {"songs": songs, "cut": {"method": "equal", "chunk_s": 1 + tenths / 10}})
        for tenths in range(1, 5)
    ]
    assert {wait(api, job)["state"] for job in jobs} == {"succeeded"}
    chunkers = deployment.containers("chunker")
    assert len(chunkers) == CHUNKERS
    assert all(committed(container) for container in chunkers)


def test_a_job_outlives_the_worker_that_did_it(
    deployment: Deployment, api: httpx.Client, songs: list[str]
) -> None:
    training = {"approach": "binary", "preset": "fast"}
    job = submit(api, "mixes", {"songs": songs, "training": training, "chunks": 6})
    until(lambda: stage(api, job, "fit")["state"] == "running", timeout_s=300)
    (trainer,) = deployment.containers("trainer")
    before = models_of(trainer)
    engine("kill", "--signal", "KILL", trainer)
    assert models_of(trainer) == before  # It died at its work, not after.
    engine("start", trainer)
    assert wait(api, job)["state"] == "succeeded"
    assert len(models_of(trainer)) == len(before) + 1


@pytest.mark.parametrize("service", ["gateway", "chunker", "trainer", "assembler"])
def test_a_service_cannot_do_more_than_its_work(deployment: Deployment, service: str) -> None:
    container = deployment.containers(service)[0]
    found = json.loads(engine("exec", container, "python", "-c", PROBE))
    assert found == {
        "root": False,
        "capabilities": 0,
        "no_new_privileges": True,
        "read_only": True,
        "tensorflow": service in {"trainer", "assembler"},
    }


def test_the_operators_key_that_was_drawn_makes_keys_and_from_then_on_all_need_one(api: httpx.Client) -> None:
    """The last one: the gateway does not open again."""
    drawn = (ROOT / "secrets" / "segue_admin_key").read_text().strip()
    operator = {"Authorization": f"Bearer {drawn}"}
    assert api.get("/v1/songs").status_code == 200
    key = api.post("/v1/keys", json={"name": "anna"}, headers=operator).raise_for_status().json()["key"]
    assert api.get("/v1/songs").status_code == 401
    shown = api.get("/v1/songs", headers={"Authorization": f"Bearer {key}"}).raise_for_status()
    assert shown.json()["items"] == []


def engine(*arguments: str) -> str:
    return subprocess.run([*ENGINE, *arguments], check=True, capture_output=True, text=True).stdout


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def upload(api: httpx.Client, path: Path) -> str:
    headers = {"Content-Type": "application/octet-stream"}
    answer = api.post("/v1/songs", params={"name": path.name}, content=path.read_bytes(), headers=headers)
    return str(answer.raise_for_status().json()["id"])


def submit(api: httpx.Client, kind: str, request: dict[str, Any]) -> str:
    answer = api.post(f"/v1/{kind}", json=request)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def wait(api: httpx.Client, job: str) -> dict[str, Any]:
    """Follow a job's events to their end, which is the job's; return the job."""
    with api.stream("GET", f"/v1/jobs/{job}/events", timeout=httpx.Timeout(60, read=600)) as events:
        for _ in events.raise_for_status().iter_lines():
            pass
    return dict(api.get(f"/v1/jobs/{job}").raise_for_status().json())


def stage(api: httpx.Client, job: str, name: str) -> dict[str, Any]:
    found = api.get(f"/v1/jobs/{job}").raise_for_status().json()
    assert found["state"] in {"queued", "running"}, found
    return next((entry for entry in found["stages"] if entry["name"] == name), {"state": "waiting"})


def committed(container: str) -> list[str]:
    """Return the artifacts that a worker's container has committed, as its log tells."""
    logs = subprocess.run([*ENGINE, "logs", container], check=True, capture_output=True, text=True)
    lines = [line for line in (logs.stdout + logs.stderr).splitlines() if "artifact_committed" in line]
    return [str(json.loads(line)["artifact"]) for line in lines]


def models_of(container: str) -> list[str]:
    return [artifact for artifact in committed(container) if "/models/" in artifact]

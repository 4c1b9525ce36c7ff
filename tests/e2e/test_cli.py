"""The command line as a user runs it: a process of its own, real servers, real signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from cli.stack.stack import Stack
from tests.support.listening import decode_mono
from tests.support.servers import left_behind, until

pytestmark = pytest.mark.e2e

TIMEOUT_S = 240


@contextmanager
def segue(*arguments: object, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Run the command; it is killed if the block leaves it running."""
    program = "from cli.main import main; main()"
    known = {name: value for name, value in os.environ.items() if name not in ("SEGUE_URL", "SEGUE_DATA")}
    process = subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**known, **environment},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def outcome(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Return exit code, output and error output, once it has ended."""
    out, errors = process.communicate(timeout=TIMEOUT_S)
    return process.returncode, out, errors


def test_mix_brings_everything_up_makes_the_mix_and_leaves_nothing_running(
    demo_songs: list[Path], tmp_path: Path
) -> None:
    target, data = tmp_path / "mix.mp3", tmp_path / "data"
    (tmp_path / "notes.txt").write_text("no sound")
    songs = [*demo_songs[:3], tmp_path / "notes.txt"]
    with segue("mix", *songs, "-o", target, "--chunks", 5, "--data", data, "--json") as process:
        code, out, errors = outcome(process)
    assert code == 0, errors
    told = json.loads(out)
    assert list(told["rejected"]) == [str(tmp_path / "notes.txt")]
    assert told["mix"]["chunks"] == sum(song["chunks"] for song in told["songs"]) == 5
    sound, rate_hz = decode_mono(target.read_bytes())
    assert abs(len(sound) / rate_hz - told["mix"]["duration_s"]) < 0.05
    assert left_behind(data) == []


def test_ctrl_c_cancels_the_job_and_writes_no_file(
    product: Stack, api: httpx.Client, demo_songs: list[Path], tmp_path: Path
) -> None:
    options = ["--approach", "binary", "--seed", 20, "--chunks", 5, "-o", tmp_path / "mix.mp3"]
    with segue("mix", *demo_songs, *options, SEGUE_URL=product.url) as process:
        running = until(
            lambda: [job for job in api.get("/jobs?state=running").json()["items"] if job["goal"] == "mix"],
            timeout_s=TIMEOUT_S,
        )
        process.send_signal(signal.SIGINT)
        code, _, errors = outcome(process)
    (job,) = running
    assert code == 130
    assert f"Cancelled job {job['id'][:12]}" in errors
    assert api.get(f"/jobs/{job['id']}").json()["state"] == "cancelled"
    assert list(tmp_path.iterdir()) == []


def test_a_model_is_judged_on_other_songs_and_json_is_the_report_alone(
    product: Stack, api: httpx.Client, demo_songs: list[Path], tmp_path: Path
) -> None:
    songs = [api.post("/songs", params={"name": path.name}, content=path.read_bytes()) for path in demo_songs]
    learned = {"songs": [song.json()["id"] for song in songs[:2]], "training": {"approach": "linear"}}
    fit = api.post("/models", json=learned).json()["id"]
    made = until(lambda: api.get(f"/jobs/{fit}").json()["result"]["models"], timeout_s=TIMEOUT_S)
    page = tmp_path / "report.html"
    options = ["--cut", "equal:4", "--chunks-per-song", "auto", "-o", page, "--json"]
    for path in demo_songs[1:]:
        options += ["--songs", path]
    with segue("evaluate", "--model", made[0][:12], *options, SEGUE_URL=product.url) as process:
        code, out, errors = outcome(process)
    assert code == 0, errors
    told = json.loads(out)
    assert told["pool"]["songs"] == len(demo_songs) - 2
    assert [song["song"] for song in told["pool"]["left_out"]] == [songs[1].json()["id"]]
    assert set(told["approaches"]) == {"random", "spectral", "linear"}
    assert page.read_text().startswith("<!doctype html>")
    with segue("leaderboard", "--pool", told["pool"]["digest"], "--json", SEGUE_URL=product.url) as process:
        assert json.loads(outcome(process)[1])["pool"] == told["pool"]["digest"]


def test_up_runs_until_ctrl_c_and_is_found_by_its_folder(tmp_path: Path) -> None:
    with segue("up", "--data", tmp_path, "--port", 0, "--json") as process:
        assert process.stdout is not None
        told = json.loads("".join(iter(process.stdout.readline, "}\n")) + "}")
        assert httpx.get(f"{told['url']}/readyz").status_code == 200
        with segue("songs", "list", "--data", tmp_path, "--json") as listing:
            assert outcome(listing)[:2] == (0, "[]\n")
        with segue("up", "--data", tmp_path, "--port", 0) as second:
            code, _, errors = outcome(second)
        assert code == 3
        assert str(process.pid) in errors
        process.send_signal(signal.SIGINT)
        assert outcome(process)[0] == 0
    assert left_behind(tmp_path) == []

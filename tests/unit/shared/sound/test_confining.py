"""What a child that a song has taken over can reach, of what its caller can."""

from __future__ import annotations

import json
import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.sound import confining, landlock, seccomp, software
from shared.sound.sandbox import run_confined

confined_in_files = pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")
without_sockets = pytest.mark.skipif(not seccomp.available(), reason="this system filters no system calls")


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "elsewhere" / "secret"
    path.parent.mkdir()
    path.touch(mode=0o600)
    path.write_text("hunter2")
    return path


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


class Prying:
    """Runs children, each in a folder of its own, beside a source that they may read."""

    def __init__(self, folder: Path) -> None:
        self.source = folder / "source"
        self.source.write_text("a song")
        self._folder, self.children = folder, 0

    def __call__(
        self, deed: str, reached_for: object, *, version: int | None = None, filtered: bool = True
    ) -> str:
        """Return `done`, or the name of the error; the versions are the kernel's own, unless told."""
        self.children += 1
        folder = self._folder / f"task-{self.children}"
        folder.mkdir()
        known = "" if version is None else str(version)
        arguments = [deed, str(reached_for), str(self.source), known, "filtered" if filtered else ""]
        answer = run_confined("tests.unit.shared.sound.prying", arguments, folder=folder, limit_s=60)
        assert answer.status == 0, answer.log
        return answer.output.decode()


@pytest.fixture
def pry(tmp_path: Path) -> Prying:
    return Prying(tmp_path)


@confined_in_files
@pytest.mark.parametrize("version", range(1, 8))
def test_a_child_reads_no_file_but_its_song_by_any_version_of_landlock(
    version: int, pry: Prying, secret: Path
) -> None:
    if version > landlock.version():
        pytest.skip(f"this kernel has Landlock {landlock.version()}")
    assert pry("read", secret, version=version) == "EACCES"
    assert pry("list", secret.parent, version=version) == "EACCES"
    assert pry("read", f"/proc/{os.getpid()}/environ", version=version) == "EACCES"
    assert pry("read", pry.source, version=version) == "done"
    assert pry("write, read and remove", "audio.flac", version=version) == "done"


@confined_in_files
@pytest.mark.parametrize("path", ["/etc/passwd", "/proc/self/environ", "/proc/1/cmdline"])
def test_a_child_reads_nothing_of_the_system_but_libraries(path: str, pry: Prying) -> None:
    assert pry("read", path) == "EACCES"


@confined_in_files
def test_a_child_changes_nothing_outside_its_folder(pry: Prying, secret: Path) -> None:
    assert pry("write", secret) == "EACCES"
    assert pry("write", secret.with_name("new")) == "EACCES"
    assert pry("write", pry.source) == "EACCES"
    if landlock.version() >= landlock.TRUNCATE_SINCE:
        assert pry("empty", secret) == "EACCES"
    assert secret.read_text() == "hunter2"
    assert not secret.with_name("new").exists()


@confined_in_files
def test_a_child_leaves_no_link_that_its_caller_would_follow(pry: Prying, secret: Path) -> None:
    assert pry("link", secret) == "EACCES"
    assert pry("name anew", secret) in ("EACCES", "EXDEV")


@confined_in_files
def test_a_child_runs_no_program_but_ffmpeg(pry: Prying) -> None:
    assert pry("run", "/bin/true") == "EACCES"


@pytest.mark.skipif(landlock.version() < landlock.SCOPES_SINCE, reason="this kernel's Landlock is too old")
def test_a_child_signals_no_other_process(pry: Prying) -> None:
    assert pry("signal", os.getpid()) == "EPERM"


@without_sockets
def test_a_child_has_no_network_even_without_landlock(
    pry: Prying, listener: socket.socket, tmp_path: Path
) -> None:
    port = listener.getsockname()[1]
    for version in (None, 0):
        assert pry("connect by TCP", port, version=version) == "EPERM"
        assert pry("send by UDP", port, version=version) == "EPERM"
        assert pry("connect within the machine", tmp_path / "socket", version=version) == "EPERM"


@pytest.mark.skipif(landlock.version() < landlock.TCP_SINCE, reason="this kernel's Landlock is too old")
def test_a_child_has_no_tcp_where_system_calls_are_not_filtered(pry: Prying, listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    assert pry("connect by TCP", port, filtered=False) == "EACCES"
    assert pry("connect by TCP", port, filtered=False, version=landlock.TCP_SINCE - 1) == "done"


def test_without_either_a_child_works_as_before(pry: Prying, secret: Path, listener: socket.socket) -> None:
    """And reaches all that the tests above take from it, which they would not show if it could not."""
    port, neither = listener.getsockname()[1], {"version": 0, "filtered": False}
    assert pry("read", secret, **neither) == "done"
    assert pry("connect by TCP", port, **neither) == "done"
    assert pry("send by UDP", port, **neither) == "done"
    assert pry("signal", os.getpid(), **neither) == "done"
    assert pry("link", secret, **neither) == "done"
    assert pry("run", "/bin/true", **neither) == "done"
    assert pry("empty", secret, **neither) == "done"


@pytest.mark.parametrize(
    ("version", "filtered", "expected"),
    [
        (7, True, []),
        (3, True, ["end other"]),
        (1, True, ["empty", "end other"]),
        (0, True, ["read and change", "end other"]),
        (7, False, ["use the network, but not by TCP"]),
        (0, False, ["read and change", "end other", "use the network"]),
    ],
)
def test_what_is_left_open_is_told(
    version: int, filtered: bool, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landlock, "version", lambda: version)
    monkeypatch.setattr(seccomp, "available", lambda: filtered)
    found = confining.gaps()
    assert len(found) == len(expected)
    assert all(gap.startswith(start) for gap, start in zip(found, expected, strict=True))


@pytest.mark.parametrize("version", ["0", "7"])
def test_a_worker_tells_once_what_is_left_open(version: str) -> None:
    program = (
        "import sys; from celery import signals; from shared.sound import landlock, seccomp\n"
        "from shared.logs import configure_logs; from shared.settings import Settings\n"
        "from services.chunker.worker import app\n"
        "landlock.version, seccomp.available = lambda: int(sys.argv[1]), lambda: True\n"
        "configure_logs(Settings()); signals.worker_ready.send(app)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, version],
        env={**os.environ, "SEGUE_LOG_FORMAT": "json"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    told = [json.loads(line) for line in ran.stderr.splitlines()]
    assert [(line["action"], line["level"], len(line["gaps"])) for line in told] == (
        [("decoders_unconfined", "warning", 2)] if version == "0" else []
    )


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="asks the loader of glibc")
def test_libraries_that_are_not_the_systems_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mapped = Path("/proc/self/maps").read_text()
    libc = next(line.split(maxsplit=5)[5] for line in mapped.splitlines() if line.endswith("/libc.so.6"))
    own = tmp_path / "my libraries" / "libc.so.6"
    own.parent.mkdir()
    shutil.copy(libc, own)
    assert own not in software._libraries_of(Path(sys.executable))
    monkeypatch.setenv("LD_LIBRARY_PATH", str(own.parent))
    assert own in software._libraries_of(Path(sys.executable))
    assert Path(libc) not in software._libraries_of(Path("/bin/true"))

"""A supervisor keeps its children, and takes everything along when it goes, however it goes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cli.stack import processes
from cli.stack.supervisor import Child, Supervisor
from tests.support import family
from tests.support.servers import until

pytestmark = pytest.mark.integration

SUPERVISE = """
import signal, sys
from pathlib import Path
from cli.stack.supervisor import Child, Supervisor
folder, family, mark = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
supervisor = Supervisor(mark=mark, watchdog_log=folder / "watchdog.log")
supervisor.start(Child("family", (sys.executable, family, str(folder), "child"), folder / "log", folder))
signal.pause()
"""


@pytest.fixture
def mark(tmp_path: Path) -> str:
    return f"{tmp_path}/"


@pytest.fixture
def supervisor(tmp_path: Path, mark: str) -> Iterator[Supervisor]:
    supervisor = Supervisor(mark=mark, watchdog_log=tmp_path / "watchdog.log")
    yield supervisor
    supervisor.close()
    assert processes.find(mark=mark) == []


def a_family(folder: Path, role: str = "child", *, grace_s: float = 10.0) -> Child:
    command = (sys.executable, family.__file__, str(folder), role)
    return Child("family", command, folder / "log", folder, grace_s=grace_s)


def pid_in(path: Path) -> int | None:
    return int(path.read_text()) if path.exists() else None


def started(folder: Path, role: str = "child") -> tuple[int, int]:
    """Wait for a family; return the ids of child and grandchild."""
    return tuple(until(lambda name=name: pid_in(folder / name)) for name in (role, "grandchild"))


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_killed_child_is_started_again_and_what_it_left_is_ended(supervisor, tmp_path):
    supervisor.start(a_family(tmp_path))
    child, grandchild = started(tmp_path)
    (tmp_path / "child").unlink()
    os.kill(child, signal.SIGKILL)
    successor = until(lambda: pid_in(tmp_path / "child"))
    assert successor != child
    assert supervisor.exits("family") == 1
    assert supervisor.pids() == {"family": successor}
    assert is_gone(grandchild), "the new child was started beside the old one's descendant"


def test_stop_ends_descendants_in_sessions_of_their_own(supervisor, tmp_path):
    supervisor.start(a_family(tmp_path))
    family_ids = started(tmp_path)
    supervisor.stop(["family"])
    assert all(map(is_gone, family_ids))
    assert supervisor.pids() == {}


def test_a_child_that_ignores_sigterm_is_killed_after_its_grace(supervisor, tmp_path):
    supervisor.start(a_family(tmp_path, "stubborn", grace_s=0.1))
    family_ids = started(tmp_path, "stubborn")
    supervisor.stop(["family"])
    assert all(map(is_gone, family_ids))


def test_pauses_between_starts_grow(supervisor, tmp_path):
    supervisor.start(Child("brief", (sys.executable, "-c", "exit(7)"), tmp_path / "log", tmp_path))
    until(lambda: supervisor.exits("brief") >= 3)
    log = tmp_path / "log"
    lines = until(lambda: len(found := log.read_text().splitlines()) >= 3 and found)
    assert [line.rpartition(" in ")[2] for line in lines[:3]] == ["0.2 s", "0.4 s", "0.8 s"]
    assert all("ended with code 7" in line for line in lines)


def test_a_command_that_is_not_there_is_told_in_the_log(supervisor, tmp_path):
    supervisor.start(Child("absent", ("/nowhere/program",), tmp_path / "log", tmp_path))
    until(lambda: supervisor.exits("absent") >= 1)
    assert "/nowhere/program: No such file or directory" in (tmp_path / "log").read_text()


def test_a_killed_watchdog_is_replaced(supervisor, tmp_path):
    supervisor.start(a_family(tmp_path))
    child, _ = started(tmp_path)
    (watchdog,) = watchdogs_of(os.getpid(), str(tmp_path))
    watchdog.kill()
    os.kill(child, signal.SIGKILL)  # The next thing that the supervisor has to tell it.
    until(lambda: any(other.pid != watchdog.pid for other in watchdogs_of(os.getpid(), str(tmp_path))))


@pytest.mark.parametrize("first_victim", ["nobody", "watchdog"])
def test_a_killed_supervisor_leaves_no_process_behind(tmp_path, mark, first_victim):
    arguments = [sys.executable, "-c", SUPERVISE, str(tmp_path), family.__file__, mark]
    with subprocess.Popen(arguments) as supervising:
        try:
            family_ids = started(tmp_path)
            watching = watchdogs_of(supervising.pid, str(tmp_path))
            assert len(watching) == 1
            if first_victim == "watchdog":
                watching[0].kill()
        finally:
            supervising.kill()
    if first_victim == "nobody":
        until(lambda: all(map(is_gone, family_ids)) and not watching[0].is_running())
    else:
        # The parent-death signal reaches children alone; the next start ends their descendants.
        if sys.platform == "linux":
            until(lambda: is_gone(family_ids[0]))
        assert processes.kill(mark=mark) == []
        assert all(map(is_gone, family_ids))


def watchdogs_of(pid: int, mark: str) -> list[psutil.Process]:
    return [process for process in psutil.Process(pid).children() if is_watchdog(process, mark)]


def is_watchdog(process: psutil.Process, mark: str) -> bool:
    try:
        command = process.cmdline()  # Empty for a zombie.
    except psutil.NoSuchProcess:  # The supervisor reaped it since it was listed.
        return False
    return "cli.stack.watchdog" in command and any(mark in part for part in command)

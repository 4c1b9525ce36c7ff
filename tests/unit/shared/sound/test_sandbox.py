from __future__ import annotations

import os
import select
import signal
from pathlib import Path

import pytest

from shared.sound.sandbox import LONGEST_ANSWER_BYTES, Answer, run_confined

ROOMY_S = 60.0


def run(deed: str, folder: Path, limit_s: float = ROOMY_S) -> Answer:
    return run_confined("tests.unit.shared.sound.misbehaving", [deed], folder=folder, limit_s=limit_s)


@pytest.mark.parametrize(
    ("deed", "error"), [("eat memory", "MemoryError"), ("fill the disk", "File too large")]
)
def test_a_child_cannot_take_more_than_its_limit(deed: str, error: str, tmp_path: Path) -> None:
    answer = run(deed, tmp_path)
    assert answer.status == 1
    assert error in answer.log


def test_a_child_that_spins_is_ended_by_its_cpu_limit(tmp_path: Path) -> None:
    assert run("spin", tmp_path).status == -signal.SIGXCPU


def test_a_child_that_hangs_is_ended_by_the_clock(tmp_path: Path) -> None:
    assert run("hang", tmp_path, limit_s=0.3).status is None


def test_an_answer_without_end_is_cut(tmp_path: Path) -> None:
    assert len(run("flood", tmp_path).output) == LONGEST_ANSWER_BYTES


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="awaits the end of a process that is not its own")
def test_what_a_child_started_ends_with_it(tmp_path: Path) -> None:
    answer = run("leave a child", tmp_path)
    assert answer.status == 0
    try:
        process = os.pidfd_open(int(answer.output))
    except ProcessLookupError:
        return
    ended, _, _ = select.select([process], [], [], ROOMY_S)
    os.close(process)
    assert ended


def test_children_start_anew_and_a_lost_nursery_is_replaced(tmp_path: Path) -> None:
    assert run("kill the nursery", tmp_path).status == -signal.SIGKILL
    first, second = run("remember", tmp_path), run("remember", tmp_path)
    assert first.output == second.output == b"1"


def test_a_child_sees_no_secret_and_works_in_its_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEGUE_S3_SECRET_KEY", "hunter2")
    names, folder, leads_session = run("tell", tmp_path).output.decode().splitlines()
    assert "SEGUE_S3_SECRET_KEY" not in names
    assert Path(folder) == tmp_path
    assert leads_session == "True"

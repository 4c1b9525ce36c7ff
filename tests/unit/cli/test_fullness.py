"""A store that was full is started again once there is room, and only then."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from cli.stack import fullness
from cli.stack.fullness import ROOM_BYTES, FullnessWatch

FULL = b"E1129 persisting: write 000003.log: no space left on device\n"


class Disk(NamedTuple):
    free: int


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the bytes that are free, to be changed."""
    bytes_free = [ROOM_BYTES]
    monkeypatch.setattr(fullness.shutil, "disk_usage", lambda folder: Disk(bytes_free[0]))
    return bytes_free


def test_it_is_started_again_for_what_it_tells_while_there_is_room(tmp_path: Path, free: list[int]) -> None:
    log, restarts = tmp_path / "s3.log", list[int]()
    log.write_bytes(b"started\n")
    watch = FullnessWatch(log, tmp_path, lambda: restarts.append(1))
    watch.look()
    assert restarts == []
    with log.open("ab") as told:
        told.write(FULL)
    free[0] = ROOM_BYTES - 1
    watch.look()
    assert restarts == [], "it would be full again"
    free[0] = ROOM_BYTES
    watch.look()
    assert restarts == [], "nothing was told since there is room"
    with log.open("ab") as told:
        told.write(FULL)
    watch.look()
    watch.look()
    assert restarts == [1]


def test_a_log_that_begins_anew_is_read_from_its_beginning(tmp_path: Path, free: list[int]) -> None:
    log, restarts = tmp_path / "s3.log", list[int]()
    log.write_bytes(10 * b"started\n")
    watch = FullnessWatch(log, tmp_path, lambda: restarts.append(1))
    watch.look()
    log.write_bytes(FULL)
    watch.look()
    assert restarts == [1]

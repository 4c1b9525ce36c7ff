"""A store that was full is started again once there is room, and only then."""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path
from typing import NamedTuple

import pytest

from cli.stack import fullness
from cli.stack.fullness import ROOM_BYTES, FullnessWatch
from shared.errors import StoreUnavailable

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
    watch = FullnessWatch(log, tmp_path, lambda: restarts.append(1), lambda folders: None)
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
    watch = FullnessWatch(log, tmp_path, lambda: restarts.append(1), lambda folders: None)
    watch.look()
    log.write_bytes(FULL)
    watch.look()
    assert restarts == [1]


HIDDEN = (
    b"E1130 filer.go:316 request_id:1 create parent directories of "
    b"/buckets/segue/t/a/pools/b9/starts/0/1.json: mkdir /buckets/segue/t/a/pools/b9: "
    b"persisting /buckets/segue/t/a/pools/b9 : no room\n"
)


def test_folders_that_are_hidden_are_shown_once_there_is_room_and_the_store_answers(
    tmp_path: Path, free: list[int]
) -> None:
    log, asked, answers = tmp_path / "s3.log", list[set[str]](), [False, True]

    def show(folders: Set[str]) -> None:
        asked.append(set(folders))
        if not answers.pop(0):
            raise StoreUnavailable("it starts")

    (tmp_path / "s3.log.1").write_bytes(HIDDEN.replace(b"b9", b"c0"))
    watch = FullnessWatch(log, tmp_path, lambda: None, show, earlier_log=tmp_path / "s3.log.1")
    log.write_bytes(HIDDEN + FULL)
    free[0] = ROOM_BYTES - 1
    watch.look()
    free[0] = ROOM_BYTES
    for _ in range(4):
        watch.look()
    assert asked == 2 * [{"t/a/pools/b9/starts/0/", "t/a/pools/c0/starts/0/"}]

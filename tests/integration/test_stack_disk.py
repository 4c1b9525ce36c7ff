"""The local stack's object store on a disk that was full: what comes into being by then is used."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from cli.stack.folder import DataFolder
from cli.stack.stack import ANY_PORT, Stack
from shared.errors import StoreUnavailable
from shared.store.objects import ObjectStore, connect
from tests.support.disks import can_mount, resize, small_disk
from tests.support.servers import until

pytestmark = pytest.mark.integration
BLOCK_BYTES = 8 << 20
BLOCK = os.urandom(BLOCK_BYTES)
SMALL_BYTES, LARGE_BYTES = 320 << 20, 1600 << 20
MOST_BLOCKS = LARGE_BYTES // BLOCK_BYTES


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[DataFolder]:
    if not can_mount(tmp_path / "tried"):
        pytest.skip("no small disk can be mounted here: that needs root")
    folder = DataFolder(tmp_path / "data")
    with small_disk(folder.s3, SMALL_BYTES):
        yield folder


def is_kept(store: ObjectStore, number: int) -> bool:
    try:
        store.put(f"blocks/{number}", BLOCK)
    except StoreUnavailable:
        return False
    return True


def fill(store: ObjectStore, first: int) -> int:
    """Write until the store refuses; return the number of the block that it refused."""
    return next(number for number in range(first, MOST_BLOCKS + 1) if not is_kept(store, number))


def test_a_store_that_was_full_uses_the_room_that_it_gets(folder: DataFolder) -> None:
    with Stack(folder.root, port=ANY_PORT, services=()) as stack:
        store = connect(stack.settings(), timeout_s=10, retries=0)
        refused = fill(store, 0)
        assert refused > 0
        resize(folder.s3, LARGE_BYTES)
        until(lambda: is_kept(store, refused), timeout_s=60)
        # More than fits into what it had planned for at its start.
        assert fill(store, refused) * BLOCK_BYTES > 3 * SMALL_BYTES
        assert store.get("blocks/0") == BLOCK


@contextmanager
def without_room(disk: Path) -> Iterator[None]:
    """Leave not one byte free."""
    ballast = disk / "ballast"
    for block_bytes in (1 << 20, 512):
        with suppress(OSError), ballast.open("ab", buffering=0) as file:
            while True:
                file.write(bytes(block_bytes))
    yield
    ballast.unlink()


def test_what_was_kept_while_there_was_no_room_is_listed_once_there_is(folder: DataFolder) -> None:
    with Stack(folder.root, port=ANY_PORT, services=()) as stack:
        store = connect(stack.settings(), timeout_s=10, retries=3)
        store.put("t/first", b"")
        kept = []
        with without_room(folder.s3):
            for number in range(40):
                for key in (f"t/{number}/starts/1.json", f"t/{number}/manifest.json"):
                    with suppress(StoreUnavailable):
                        store.create(key, b"{}")
                        kept.append(key)

        def missing() -> set[str] | None:
            try:
                return set(kept) - {stored.key for stored in store.list("t/")}
            except StoreUnavailable:
                return None

        hidden = missing()
        assert hidden or hidden is None, "nothing was hidden, so nothing is shown by this"
        until(lambda: missing() == set(), timeout_s=60)

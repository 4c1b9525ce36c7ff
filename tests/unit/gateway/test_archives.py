from __future__ import annotations

import io
import tracemalloc
import zipfile
from datetime import UTC, datetime

import pytest

from services.gateway.archives import Member, stream_zip

MADE = datetime(2026, 11, 23, 19, 30, 4, tzinfo=UTC)
BLOCK = bytes(range(256)) * 4096


def member(name, *blocks):
    return Member(name, sum(map(len, blocks)), lambda: iter(blocks))


def test_an_archive_opens_and_holds_its_files_as_they_are():
    members = [member("a/ä 日本.flac", b"one", b"two"), member("b.txt", b"three"), member("empty")]
    data = b"".join(stream_zip(members, MADE))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "a/ä 日本.flac": b"onetwo",
            "b.txt": b"three",
            "empty": b"",
        }
        assert {one.compress_type for one in archive.infolist()} == {zipfile.ZIP_STORED}
        assert {one.date_time for one in archive.infolist()} == {(2026, 11, 23, 19, 30, 4)}
    assert data == b"".join(stream_zip(members, MADE))


def test_it_is_sent_as_it_is_read_and_not_held():
    def blocks():
        for _ in range(100):
            yield BLOCK

    tracemalloc.start()
    sent = sum(len(part) for part in stream_zip([Member("large", 100 * len(BLOCK), blocks)], MADE))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sent > 100 * len(BLOCK)
    assert most < 8 * len(BLOCK)


def test_files_beyond_four_gigabytes_have_room():
    """Their sizes are told in 64 bits from the first byte on; here the header alone is looked at."""
    header = next(stream_zip([Member("huge", 5 << 30, lambda: iter([b"x"]))], MADE))
    assert int.from_bytes(header[4:6], "little") == zipfile.ZIP64_VERSION


def test_whoever_hangs_up_ends_the_reading():
    closed = []

    def blocks():
        try:
            while True:
                yield BLOCK
        finally:
            closed.append(True)

    sending = stream_zip([Member("endless", len(BLOCK), blocks)], MADE)
    next(sending)
    sending.close()
    assert closed == [True]


def test_what_fails_in_the_middle_is_not_closed_as_if_it_were_whole():
    def blocks():
        yield b"half"
        raise OSError("gone")

    sent: list[bytes] = []
    with pytest.raises(OSError, match="gone"):
        sent.extend(stream_zip([Member("a", 8, blocks)], MADE))
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(b"".join(sent)))

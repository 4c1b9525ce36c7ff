from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from functools import partial

import anyio
import pytest
from anyio import to_thread
from hypothesis import given
from hypothesis import strategies as st

from services.gateway import uploads
from services.gateway.multipart import FormFile
from services.gateway.problems import UploadSlow, UploadStalled
from services.gateway.uploads import Ceiling, Intake
from shared.errors import InputError, SongTooLarge

BLOCKS = st.lists(st.binary(max_size=40), max_size=12)


async def coming(blocks: list[bytes]) -> AsyncIterator[bytes]:
    for block in blocks:
        yield block


def in_thread(use: Callable[[Intake], list[bytes]], blocks: AsyncIterator[bytes], limit_bytes: int):
    """Use an intake as the storing thread does."""

    async def run():
        intake = Intake(blocks, limit=Ceiling(limit_bytes, SongTooLarge(limit_bytes=limit_bytes)))
        return intake, await to_thread.run_sync(use, intake)

    return anyio.run(run)


def read_all(intake: Intake, size: int) -> list[bytes]:
    return list(iter(lambda: intake.read(size), b""))


@given(BLOCKS, st.integers(1, 50))
def test_what_comes_is_read_counted_and_hashed_whatever_its_blocks(blocks, size):
    data = b"".join(blocks)
    intake, parts = in_thread(partial(read_all, size=size), coming(blocks), 10_000)
    assert b"".join(parts) == data
    assert all(len(part) == size for part in parts[:-1])
    assert (intake.size_bytes, intake.sha256) == (len(data), hashlib.sha256(data).hexdigest())


def test_a_file_of_just_the_limit_is_taken():
    intake, _ = in_thread(partial(read_all, size=4), coming([b"12345", b"67890"]), 10)
    assert intake.size_bytes == 10


def test_one_byte_more_is_refused_before_the_rest_has_come():
    asked = []

    async def endless() -> AsyncIterator[bytes]:
        while True:
            asked.append(1)
            yield b"12345"

    with pytest.raises(SongTooLarge):
        in_thread(partial(read_all, size=100), endless(), 11)
    assert len(asked) == 3


def test_a_client_that_stops_sending_is_given_up(monkeypatch):
    monkeypatch.setattr(uploads, "STALLED_AFTER_S", 0.01)

    async def stalled() -> AsyncIterator[bytes]:
        yield b"some"
        await anyio.sleep_forever()

    with pytest.raises(UploadStalled):
        in_thread(partial(read_all, size=100), stalled(), 1000)


def test_an_upload_that_comes_too_slowly_is_given_up(monkeypatch):
    monkeypatch.setattr(uploads, "PATIENCE_S", 0.05)
    come = []

    async def dripping() -> AsyncIterator[bytes]:
        while True:
            await anyio.sleep(0.01)
            come.append(b"x")
            yield b"x"

    with pytest.raises(UploadSlow, match="; 16 kB a second"):
        in_thread(partial(read_all, size=100_000), dripping(), 1_000_000)
    assert len(come) < 100


def test_an_upload_waits_for_its_turn_once_it_has_begun(monkeypatch):
    monkeypatch.setattr(uploads, "HEAD_BYTES", 7)

    async def run():
        data = [b"123", b"", b"45678", b"9"]
        intake = Intake(coming(data), limit=Ceiling(100, SongTooLarge(limit_bytes=100)))
        await intake.begin()
        begun = intake.size_bytes
        return begun, b"".join(await to_thread.run_sync(partial(read_all, size=2), intake))

    assert anyio.run(run) == (8, b"123456789")


def form_of(*parts: tuple[str, bytes], boundary: bytes = b"--x7") -> bytes:
    body = b""
    for disposition, data in parts:
        body += b"--" + boundary + b"\r\nContent-Disposition: form-data; " + disposition.encode()
        body += b"\r\nContent-Type: audio/mpeg\r\n\r\n" + data + b"\r\n"
    return body + b"--" + boundary + b"--\r\n"


def read_form(body: bytes, *, block: int = 7, content_type: str = "multipart/form-data; boundary=--x7"):
    async def run():
        pieces = [body[start : start + block] for start in range(0, len(body), block)]
        form = FormFile(content_type, coming(pieces))
        return form, b"".join([piece async for piece in form.blocks()])

    return anyio.run(run)


@given(st.binary(max_size=300), st.integers(1, 64))
def test_the_file_of_a_form_is_what_was_sent_whatever_its_blocks(data, block):
    form, found = read_form(form_of(('name="file"; filename="a b.mp3"', data)), block=block)
    assert (found, form.name) == (data, "a b.mp3")


def test_other_parts_of_a_form_are_left_out():
    form, found = read_form(
        form_of(
            ('name="title"', b"not this"),
            ('name="file"; filename="one.mp3"', b"this"),
            ('name="file"; filename="two.mp3"', b"nor this"),
        )
    )
    assert (found, form.name) == (b"this", "one.mp3")


@pytest.mark.parametrize(
    ("body", "content_type", "says"),
    [
        (form_of(('name="song"; filename="a.mp3"', b"x")), "multipart/form-data; boundary=--x7", "no file"),
        (form_of(('name="file"', b"x"))[:-9], "multipart/form-data; boundary=--x7", "ends before"),
        (b"no form at all", "multipart/form-data; boundary=--x7", "cannot be read"),
        (b"", "multipart/form-data", "boundary"),
    ],
)
def test_forms_that_cannot_be_read_are_refused(body, content_type, says):
    with pytest.raises(InputError, match=says):
        read_form(body, content_type=content_type)

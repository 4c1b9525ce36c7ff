"""Uploads: from the network into the store as a stream, counted and hashed once, on their way.

A thread stores the bytes with the store's blocking SDK and asks for the next block when it needs one, so
no more than one part lies in memory and a fast client waits for a slow store. Few are stored at a time, so
slow clients could keep all others out: an upload waits for its turn once its first bytes are there, and is
given up if it comes too slowly. Whatever goes wrong, nothing of an upload is left behind; what a crash leaves
under `uploads/` is cleared up later.
"""

from __future__ import annotations

import hashlib
import io
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import BinaryIO, cast

import anyio
import structlog
from anyio import from_thread, to_thread

from services.gateway.problems import UploadSlow, UploadStalled
from services.gateway.turns import Turns
from shared.errors import SegueError, SongEmpty, SongTooLarge, Unavailable
from shared.store import keys
from shared.store.manifests import UploadRecord
from shared.store.objects import ObjectStore, to_json

STALLED_AFTER_S = 60.0
LEAST_BYTES_PER_S = 16_000
"""An upload that comes slower than this, over all that it was waited for, is given up."""
PATIENCE_S = 30.0
"""For so long it is waited for an upload before its pace is looked at."""
HEAD_BYTES = 32 << 10
"""What has to have come of an upload before it takes a turn; less if that is all of it."""
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Received:
    """An upload that is stored whole."""

    key: str
    """Where it lies until it is kept."""
    song: str
    """SHA-256 of its bytes."""
    size_bytes: int


@dataclass(frozen=True)
class Ceiling:
    """How many bytes an upload may have, and what it is refused with if it has more."""

    size_bytes: int
    refusal: SegueError

    def check(self, size_bytes: int) -> None:
        """Raise the refusal where there are more bytes than may be."""
        if size_bytes > self.size_bytes:
            raise self.refusal


class Blocks(io.RawIOBase):
    """Blocks of bytes as a file that is read once, counted and hashed meanwhile."""

    def __init__(self) -> None:
        self._left, self._ended = b"", False
        self._sha256 = hashlib.sha256()
        self.size_bytes = 0

    @property
    def sha256(self) -> str:
        """The SHA-256 of what has come so far, in hexadecimal."""
        return self._sha256.hexdigest()

    def readable(self) -> bool:
        """Tell that the file can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return `size` bytes, fewer only at the end."""
        blocks, held = [self._left], len(self._left)
        while not self._ended and (size < 0 or held < size):
            block = self._counted(self._next())
            blocks.append(block)
            held += len(block)
        surplus = max(0, held - size) if size >= 0 else 0
        # The surplus lies in the last block: more is asked for only when less is held than wanted.
        last = blocks.pop()
        blocks.append(last[: len(last) - surplus])
        self._left = last[len(last) - surplus :]
        return b"".join(blocks)

    def _next(self) -> bytes:
        """Return the next block that is not empty; an empty one at the end."""
        raise NotImplementedError

    def _counted(self, block: bytes) -> bytes:
        self._ended = not block
        self.size_bytes += len(block)
        self._sha256.update(block)
        return block


class Intake(Blocks):
    """The bytes that are coming, as a file for the thread that stores them.

    Reading it raises, in a thread that anyio started:
        SongTooLarge, StorageFull, UploadTooLong: more came than the limit.
        UploadStalled: nothing came for too long.
        UploadSlow: it comes too slowly.
    """

    def __init__(self, blocks: AsyncIterator[bytes], *, limit: Ceiling) -> None:
        super().__init__()
        self._blocks, self._limit = blocks, limit
        self._waited_s = 0.0

    async def begin(self) -> None:
        """Wait for the first bytes; raises as reading does."""
        while not self._ended and len(self._left) < HEAD_BYTES:
            self._left += self._counted(await self._receive())

    def _next(self) -> bytes:
        return from_thread.run(self._receive)

    def _counted(self, block: bytes) -> bytes:
        self._limit.check(self.size_bytes + len(block))
        return super()._counted(block)

    async def _receive(self) -> bytes:
        asked_s = time.monotonic()
        try:
            with anyio.fail_after(STALLED_AFTER_S):
                async for block in self._blocks:
                    if block:
                        # Only the client is waited for here: a slow store is not its fault.
                        self._waited_s += time.monotonic() - asked_s
                        self._check_pace(self.size_bytes + len(block))
                        return block
        except TimeoutError:
            raise UploadStalled(waited_s=STALLED_AFTER_S) from None
        return b""

    def _check_pace(self, come_bytes: int) -> None:
        if self._waited_s > PATIENCE_S and come_bytes < self._waited_s * LEAST_BYTES_PER_S:
            raise UploadSlow(
                come_bytes=come_bytes, waited_s=self._waited_s, least_bytes_per_s=LEAST_BYTES_PER_S
            )


class Receiver:
    """Takes uploads in, a few at a time.

    Args:
        store: where they are put.
        limit_bytes: how large one may be.
        turns: lets a few be stored at a time.
    """

    def __init__(self, store: ObjectStore, *, limit_bytes: int, turns: Turns) -> None:
        self._store, self._limit_bytes, self._turns = store, limit_bytes, turns

    async def receive(
        self,
        tenant: str,
        blocks: AsyncIterator[bytes],
        declared_bytes: int = 0,
        *,
        room: Ceiling | None = None,
    ) -> Received:
        """Store what comes.

        Args:
            tenant: whose it is.
            blocks: the bytes, as they come.
            declared_bytes: what the client says that will come; believed only where it is too much.
            room: what the tenant may store yet; None: anything.

        Raises:
            SongEmpty, SongTooLarge, StorageFull, UploadStalled, UploadSlow: nothing of it is left behind.
        """
        key = keys.upload(tenant, uuid.uuid4().hex)
        limit = Ceiling(self._limit_bytes, SongTooLarge(limit_bytes=self._limit_bytes))
        if room is not None and room.size_bytes < limit.size_bytes:
            limit = room
        intake = Intake(blocks, limit=limit)
        try:
            limit.check(declared_bytes)
            await intake.begin()
            await self._turns.run(tenant, lambda: self._store.put_stream(key, cast(BinaryIO, intake)))
            if intake.size_bytes == 0:
                raise SongEmpty()
        except BaseException:
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(discard, self._store, key)
            raise
        return Received(key, intake.sha256, intake.size_bytes)


def keep(store: ObjectStore, tenant: str, received: Received, name: str) -> bool:
    """Make an upload the source of its song; return whether the song is new."""
    source = keys.song_source(tenant, received.song)
    record = UploadRecord(name=name, size_bytes=received.size_bytes)
    try:
        if not store.exists(source):
            store.copy(received.key, source)
        new = store.create(keys.song_upload(tenant, received.song), to_json(record))
        # A source that was there may have been on its way out, with a song that was deleted just now or as
        # the rest of an upload that broke off; once the record is there, nobody takes it.
        if not store.exists(source):
            store.copy(received.key, source)
        return new
    finally:
        discard(store, received.key)


def discard(store: ObjectStore, key: str) -> None:
    """Delete an upload; if the store is away, clearing up does it later."""
    try:
        store.delete(key)
    except Unavailable as error:
        log.warning("upload left behind", action="upload_left", key=key, cause=str(error))

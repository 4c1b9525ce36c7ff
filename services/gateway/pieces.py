"""Uploads that come in pieces, and go on where they broke off (tus 1.0: core, creation, termination).

    t/<tenant>/uploads/<id>/begun.json          what was announced
    t/<tenant>/uploads/<id>/parts/<offset>      bytes from there on
    t/<tenant>/uploads/<id>/done.json           the song that it became

All that is known of an upload lies in the store, so any gateway goes on with it, and one that is killed
loses what has come since its last part, no more than `PART_BYTES`. A part is created only where there is
none: of two requests that send the same bytes one goes on, and the other is told where the upload is.

The last part is never stored as one. Its bytes are put behind the others, the whole is hashed and becomes a
song, and only then the upload is done: that it has all its bytes means that the song is there.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from typing import BinaryIO, cast

import structlog
from pydantic import Field

from services.gateway.turns import Turns
from services.gateway.upload_refusals import UploadDiffers, UploadElsewhere, UploadInPieces, UploadTooLong
from services.gateway.uploads import Blocks, Ceiling, Intake, Received, discard
from shared.errors import Unavailable
from shared.store import keys
from shared.store.documents import find_document
from shared.store.manifests import Document
from shared.store.objects import ObjectStore, to_json

PART_BYTES = 8 << 20
READ_BYTES = 256 << 10
"""What is read at a time: no more is lost of what came before a line broke."""
MOST_PARTS = 1000
"""Each costs a request when they are put together."""
log = structlog.get_logger(__name__)

Finish = Callable[[Received], bool]
"""Makes a song of what has come; tells whether it is new."""


class Begun(Document):
    """What was announced of an upload."""

    name: str
    size_bytes: int
    sha256: str | None = None
    begun_at: datetime = Field(default_factory=lambda: datetime.now(UTC))


class Done(Document):
    """What became of an upload."""

    song: str
    is_new: bool


@dataclass(frozen=True)
class Pieces:
    """An upload as far as it has come.

    Attributes:
        tenant: whose it is.
        id: its own.
        begun: what was announced.
        parts: offsets and sizes in bytes of what is stored, without a gap.
        done: what became of it; None: more is to come.
    """

    tenant: str
    id: str
    begun: Begun
    parts: tuple[tuple[int, int], ...] = ()
    done: Done | None = None

    @property
    def folder(self) -> str:
        """The prefix of all that is stored of it."""
        return keys.upload_folder(self.tenant, self.id)

    @property
    def offset_bytes(self) -> int:
        """How much of it is here."""
        return self.begun.size_bytes if self.done else sum(size for _, size in self.parts)

    def part(self, offset_bytes: int) -> str:
        """Return the key of the part that begins at an offset."""
        return f"{self.folder}parts/{offset_bytes:015}"


def begin(store: ObjectStore, tenant: str, begun: Begun) -> Pieces:
    """Note what is to come; return an upload without any bytes."""
    pieces = Pieces(tenant, uuid.uuid4().hex, begun)
    store.put(f"{pieces.folder}begun.json", to_json(begun), "application/json")
    return pieces


def find(store: ObjectStore, tenant: str, name: str) -> Pieces | None:
    """Return an upload as it is now, or None where there is none."""
    folder = keys.upload_folder(tenant, name)
    begun = find_document(store, Begun, f"{folder}begun.json")
    if begun is None:
        return None
    done = find_document(store, Done, f"{folder}done.json")
    sizes = {one.key.rsplit("/", 1)[1]: one.size_bytes for one in store.list(f"{folder}parts/")}
    return Pieces(tenant, name, begun, tuple(_without_gaps(sizes)), done)


def _without_gaps(sizes: dict[str, int]) -> Iterator[tuple[int, int]]:
    offset_bytes = 0
    for name, size_bytes in sorted(sizes.items()):
        if int(name) == offset_bytes:
            yield offset_bytes, size_bytes
            offset_bytes += size_bytes


def forget(store: ObjectStore, pieces: Pieces) -> None:
    """Delete all that is stored of an upload; the song that it became stays."""
    store.delete(f"{pieces.folder}begun.json")  # First: without it there is no upload, whatever else is left.
    store.delete_all(pieces.folder)


@dataclass
class Collector:
    """Takes pieces in, as many at a time as uploads.

    Args:
        store: where they are put.
        turns: what uploads of all kinds wait for.
    """

    store: ObjectStore
    turns: Turns

    async def take(
        self, pieces: Pieces, blocks: AsyncIterator[bytes], *, room: Ceiling | None, finish: Finish
    ) -> int:
        """Store what comes of an upload, and make a song of it once all is here; return its offset.

        What has come before a line broke is kept.

        Args:
            pieces: the upload as it is.
            blocks: its bytes from where it ends, as they come.
            room: what the tenant may store yet; None: anything.
            finish: makes a song of the whole.

        Raises:
            UploadTooLong, StorageFull, UploadStalled, UploadSlow, UploadInPieces: of what comes.
            UploadElsewhere: another request sends the same bytes.
            UploadDiffers: the whole is not what was announced; it is deleted.
        """
        left_bytes = pieces.begun.size_bytes - pieces.offset_bytes
        limit = Ceiling(left_bytes, UploadTooLong(size_bytes=pieces.begun.size_bytes))
        if room is not None and room.size_bytes < left_bytes:
            limit = room
        intake = Intake(blocks, limit=limit)
        await intake.begin()
        piece = _Piece(self.store, pieces, intake, finish)
        return await self.turns.run(pieces.tenant, piece.store_all)


@dataclass
class _Piece:
    """What one request sends of an upload, stored by a thread."""

    store: ObjectStore
    pieces: Pieces
    intake: Intake
    finish: Finish
    _held: bytearray = field(default_factory=bytearray)
    _stored: list[tuple[int, int]] = field(init=False)

    def __post_init__(self) -> None:
        self._stored = list(self.pieces.parts)

    @property
    def _offset_bytes(self) -> int:
        return sum(size for _, size in self._stored)

    def store_all(self) -> int:
        """Store what comes; return the offset of the upload then."""
        while block := self._read():
            self._held += block
            if len(self._held) >= PART_BYTES and not self._is_whole:
                self._put()
        if not self._is_whole:
            self._put()
            return self._offset_bytes
        self._end()
        return self.pieces.begun.size_bytes

    @property
    def _is_whole(self) -> bool:
        return self._offset_bytes + len(self._held) >= self.pieces.begun.size_bytes

    def _read(self) -> bytes:
        try:
            return self.intake.read(READ_BYTES)
        except BaseException:
            # Whatever broke off, what came before is the upload's.
            if not self._is_whole:
                self._put()
            raise

    def _put(self) -> None:
        """Store what is held as a part."""
        if not self._held:
            return
        if len(self._stored) >= MOST_PARTS:
            raise UploadInPieces(most=MOST_PARTS)
        offset_bytes = self._offset_bytes
        if not self.store.create(
            self.pieces.part(offset_bytes), bytes(self._held), "application/octet-stream"
        ):
            raise UploadElsewhere(
                offset_bytes=offset_bytes + len(self._held), given_bytes=self.pieces.offset_bytes
            )
        self._stored.append((offset_bytes, len(self._held)))
        self._held.clear()

    def _end(self) -> None:
        """Make a song of the parts and what is held."""
        received = self._joined()
        announced = self.pieces.begun.sha256
        if announced is not None and received.song != announced:
            discard(self.store, received.key)
            forget(self.store, self.pieces)
            raise UploadDiffers(announced=announced, found=received.song)
        done = Done(song=received.song, is_new=self.finish(received))
        self.store.create(f"{self.pieces.folder}done.json", to_json(done))
        try:
            self.store.delete_many([self.pieces.part(offset) for offset, _ in self._stored])
        except Unavailable as error:
            log.warning("parts left behind", action="upload_left", key=self.pieces.folder, cause=str(error))

    def _joined(self) -> Received:
        """Store the whole as one object, hashed on its way."""
        key = keys.upload(self.pieces.tenant, uuid.uuid4().hex)
        parts = chain.from_iterable(
            self.store.stream(self.pieces.part(offset_bytes)) for offset_bytes, _ in self._stored
        )
        whole = _Joined(chain(parts, [bytes(self._held)]))
        try:
            self.store.put_stream(key, cast(BinaryIO, whole))
        except BaseException:
            discard(self.store, key)
            raise
        return Received(key, whole.sha256, whole.size_bytes)


class _Joined(Blocks):
    """Blocks of several sources, as one file."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        super().__init__()
        self._blocks = blocks

    def _next(self) -> bytes:
        return next((block for block in self._blocks if block), b"")

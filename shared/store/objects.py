"""The object store: one bucket of any S3 server, spoken to with the minio SDK.

Three kinds of writing: `put` replaces, `create` writes only what is not there yet (a conditional put, of
which exactly one writer wins), and an `Attempt` stores payloads under a folder of its own and then creates
the manifest that makes them count. Foreign errors are translated by `faults`, and leave this file nowhere.
"""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import urllib3
from minio import Minio
from minio.commonconfig import CopySource
from minio.deleteobjects import DeleteObject
from minio.error import MinioException, S3Error
from pydantic import BaseModel

from shared.errors import StoreUnavailable
from shared.metrics.catalogue import Fault
from shared.settings import Settings, get_settings
from shared.store import faults
from shared.store.faults import ObjectMissing as ObjectMissing
from shared.store.faults import translated

BLOCK_BYTES = 1 << 20
PART_BYTES = 16 << 20
_TAKEN = {"PreconditionFailed", "ConditionalRequestConflict"}


@dataclass(frozen=True)
class Stored:
    """What a listing tells of an object."""

    key: str
    size_bytes: int
    modified: datetime | None


class ObjectStore:
    """One bucket. Safe to share between threads."""

    def __init__(self, client: Minio, bucket: str) -> None:
        self._client, self.bucket = client, bucket

    def ensure_bucket(self) -> None:
        """Make the bucket when it is missing."""
        with translated(self.bucket):
            if not self._client.bucket_exists(self.bucket):
                self._client.make_bucket(self.bucket)

    # Reading

    def get(self, key: str) -> bytes:
        """Return a whole object; for what is known to be small.

        Raises:
            ObjectMissing: there is none.
        """
        with translated(key):
            response = self._client.get_object(self.bucket, key)
            try:
                return bytes(response.read())
            finally:
                response.close()
                response.release_conn()

    def find(self, key: str) -> bytes | None:
        """Return a whole small object, or None where there is none."""
        try:
            return self.get(key)
        except ObjectMissing:
            return None

    def size(self, key: str) -> int:
        """Return an object's size in bytes, or raise ObjectMissing."""
        with translated(key):
            return int(self._client.stat_object(self.bucket, key).size or 0)

    def exists(self, key: str) -> bool:
        """Tell whether there is an object of this key."""
        try:
            self.size(key)
        except ObjectMissing:
            return False
        return True

    def stream(self, key: str, *, offset: int = 0, length: int = 0) -> Iterator[bytes]:
        """Yield an object, or `length` bytes of it from `offset`, in blocks."""
        with translated(key):
            response = self._client.get_object(self.bucket, key, offset=offset, length=length)
        return self._blocks(key, response)

    def _blocks(self, key: str, response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
        try:
            with translated(key):
                yield from response.stream(BLOCK_BYTES)
        finally:
            response.close()
            response.release_conn()

    def download(self, key: str, path: Path) -> Path:
        """Write an object to a file."""
        with path.open("wb") as file:
            for block in self.stream(key):
                file.write(block)
        return path

    # Writing

    def put(self, key: str, data: bytes, content_type: str = "application/octet-stream") -> None:
        """Write an object, in the place of an older one."""
        with translated(key):
            self._client.put_object(self.bucket, key, io.BytesIO(data), len(data), content_type)

    def put_stream(self, key: str, file: BinaryIO, content_type: str = "application/octet-stream") -> None:
        """Write all that a file yields, of unknown length, holding one part of it in memory."""
        with translated(key):
            self._client.put_object(
                self.bucket, key, file, -1, content_type, part_size=PART_BYTES, num_parallel_uploads=1
            )

    def put_file(self, key: str, path: Path, content_type: str = "application/octet-stream") -> None:
        """Write a file's bytes."""
        with translated(key):
            self._client.fput_object(self.bucket, key, str(path), content_type, num_parallel_uploads=1)

    def create(self, key: str, data: bytes, content_type: str = "application/json") -> bool:
        """Write an object only if there is none; of many writers exactly one is told True."""
        headers: dict[str, str | list[str] | tuple[str]] = {
            "If-None-Match": "*",
            "Content-Type": content_type,
        }
        try:
            # The SDK has no public parameter for a conditional put; the contract suite guards this call.
            self._client._put_object(self.bucket, key, data, headers)
        except (MinioException, urllib3.exceptions.HTTPError) as error:
            if isinstance(error, S3Error) and error.code in _TAKEN:
                return False
            faults.tell(key, error)
        return True

    def copy(self, source: str, target: str) -> None:
        """Copy an object inside the bucket, without its bytes passing through here."""
        with translated(source):
            self._client.copy_object(self.bucket, target, CopySource(self.bucket, source))

    # Listing and deleting

    def list(self, prefix: str) -> Iterator[Stored]:
        """Yield every object under a prefix, in the order of keys."""
        with translated(prefix):
            for item in self._client.list_objects(self.bucket, prefix, recursive=True):
                if not item.is_dir:
                    yield Stored(str(item.object_name), item.size or 0, item.last_modified)

    def folders(self, prefix: str, *, after: str | None = None) -> Iterator[str]:
        """Yield the names of the folders right under a prefix, from the one after `after`."""
        start = f"{prefix}{after}/" if after else None
        with translated(prefix):
            for item in self._client.list_objects(self.bucket, prefix, start_after=start):
                name = str(item.object_name)
                if name.endswith("/") and name != start:
                    yield name[len(prefix) : -1]

    def delete(self, key: str) -> None:
        """Delete an object; none there is as good."""
        with translated(key):
            try:
                self._client.remove_object(self.bucket, key)
            except S3Error as error:
                if error.code not in faults.MISSING:
                    raise

    def delete_all(self, prefix: str) -> int:
        """Delete every object under a prefix; return how many there were."""
        keys = [stored.key for stored in self.list(prefix)]
        self.delete_many(keys)
        return len(keys)

    def delete_many(self, keys: Sequence[str]) -> None:
        """Delete objects; those that are not there are as good as deleted."""
        if not keys:
            return
        with translated(keys[0]):
            failed = list(self._client.remove_objects(self.bucket, [DeleteObject(key) for key in keys]))
        if failed:
            faults.count(Fault.REFUSED)
            raise StoreUnavailable(f"{len(failed)} objects beside {keys[0]} could not be deleted")


class RangedReader(io.RawIOBase):
    """A seekable file over an object that fetches only the ranges that are read."""

    def __init__(self, store: ObjectStore, key: str) -> None:
        self._store, self._key = store, key
        self._size, self._position = store.size(key), 0

    def readable(self) -> bool:
        """Tell that the file can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that the file can be sought."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position in bytes."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        """Return the position in bytes."""
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill a buffer from the position on; return the number of bytes read."""
        wanted = min(len(buffer), self._size - self._position)
        if wanted <= 0:
            return 0
        filled = 0
        for block in self._store.stream(self._key, offset=self._position, length=wanted):
            buffer[filled : filled + len(block)] = block
            filled += len(block)
        self._position += filled
        return filled


def open_ranged(store: ObjectStore, key: str, buffer_bytes: int = 256 << 10) -> BinaryIO:
    """Open an object as a seekable file that fetches ranges as they are read."""
    return io.BufferedReader(RangedReader(store, key), buffer_bytes)


def connect(
    settings: Settings | None = None, *, timeout_s: float = 30.0, retries: int = 3, connections: int = 16
) -> ObjectStore:
    """Return the object store that the settings name; no request is made yet.

    Args:
        settings: those of the process unless given.
        timeout_s: seconds that the server may be silent.
        retries: how often a request is sent again.
        connections: kept open at most; threads beyond these open one for each request.
    """
    settings = settings or get_settings()
    http = urllib3.PoolManager(
        timeout=urllib3.Timeout(connect=min(5.0, timeout_s), read=timeout_s),
        maxsize=connections,
        retries=urllib3.Retry(total=retries, backoff_factor=0.2, status_forcelist=[500, 502, 503, 504]),
    )
    client = Minio(
        endpoint=settings.s3_endpoint,
        access_key=settings.s3_access_key,
        secret_key=settings.s3_secret_key.get_secret_value(),
        secure=settings.s3_secure,
        region=settings.s3_region,
        http_client=http,
    )
    return ObjectStore(client, settings.s3_bucket)


def to_json(document: BaseModel) -> bytes:
    """Return a document as the bytes that are stored."""
    return document.model_dump_json(indent=1).encode()


def new_attempt() -> str:
    """Return a fresh name for an attempt's folder."""
    return uuid.uuid4().hex


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

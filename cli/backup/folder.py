"""The folder of a backup: a file per object, and the file that says that the backup is whole.

backup.json             when it was taken, by which release; there as long as the backup is whole
objects/<key>           every object under its key in the bucket
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, ValidationError

from cli.errors import NotABackup
from shared.errors import Corrupt

__all__ = ["BackupFolder", "Taken"]

_PRIVATE = 0o700


class Taken(BaseModel):
    """What a backup says of itself."""

    format: Literal[1] = 1
    release: str
    begun_at: datetime
    ended_at: datetime = Field(default_factory=lambda: datetime.now(UTC))


class BackupFolder:
    """A backup on this machine. Files appear whole or not at all."""

    def __init__(self, root: Path) -> None:
        self.root, self._objects = root.expanduser().resolve(), root.expanduser().resolve() / "objects"

    @property
    def _taken(self) -> Path:
        return self.root / "backup.json"

    def prepare(self) -> None:
        """Make the folder, or take one that is empty or holds a backup already.

        Raises:
            NotABackup: it holds something else.
        """
        self.root.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        if any(self.root.iterdir()) and not self._objects.is_dir():
            raise NotABackup(str(self.root), found="other files", remedy="Name a new or an empty folder.")
        self._objects.mkdir(mode=_PRIVATE, exist_ok=True)

    def read_taken(self) -> Taken:
        """Return what the backup says of itself.

        Raises:
            NotABackup: there is none, or it was never finished.
        """
        if not self._taken.is_file():
            found = "a backup that was never finished" if self._objects.is_dir() else "no backup.json"
            remedy = (
                "Run `segue backup` on it once more." if self._objects.is_dir() else "Name a backup's folder."
            )
            raise NotABackup(str(self.root), found=found, remedy=remedy)
        try:
            return Taken.model_validate_json(self._taken.read_bytes())
        except ValidationError as error:
            found = f"a backup.json that this release cannot read ({error.error_count()} errors)"
            raise NotABackup(str(self.root), found=found, remedy="Use the release that wrote it.") from error

    def write_taken(self, taken: Taken) -> None:
        """Say that the backup is whole."""
        self._write(self._taken, [taken.model_dump_json(indent=1).encode()])

    def path(self, key: str) -> Path:
        """Return where an object is."""
        return self._objects / key

    def is_same(self, key: str, size_bytes: int, written_s: float | None) -> bool:
        """Tell whether an object is here as it was written at that time, in seconds since the epoch."""
        with suppress(FileNotFoundError):
            found = self.path(key).stat()
            when_ns = None if written_s is None else _to_ns(written_s)
            return found.st_size == size_bytes and found.st_mtime_ns == when_ns
        return False

    def has(self, key: str, size_bytes: int) -> bool:
        """Tell whether an object of that size is here."""
        with suppress(FileNotFoundError):
            return self.path(key).stat().st_size == size_bytes
        return False

    def write(
        self, key: str, blocks: Iterable[bytes], *, sha256: str | None = None, written_s: float | None = None
    ) -> int:
        """Write an object.

        Args:
            key: its key.
            blocks: its bytes, as they come.
            sha256: what they must have, in hexadecimal; None: any.
            written_s: when it was written, in seconds since the epoch; None: now.

        Returns:
            Its size in bytes.

        Raises:
            Corrupt: they have another; nothing is written.
        """
        return self._write(self.path(key), blocks, sha256, written_s)

    def read(self, key: str) -> bytes | None:
        """Return a small object, or None where there is none."""
        with suppress(FileNotFoundError):
            return self.path(key).read_bytes()
        return None

    def walk(self, prefix: str) -> Iterator[tuple[str, int, float]]:
        """Yield key, size in bytes and time of every object under a prefix that ends in a slash."""
        for folder, _, names in os.walk(self.path(prefix)):
            for name in sorted(names):
                if not name.startswith("."):
                    path = Path(folder, name)
                    found = path.stat()
                    yield path.relative_to(self._objects).as_posix(), found.st_size, found.st_mtime

    def tenants(self) -> list[str]:
        """Return whose things there are."""
        folder = self.path("t")
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

    def delete(self, key: str) -> None:
        """Delete an object, and the folders that it leaves empty."""
        path = self.path(key)
        path.unlink(missing_ok=True)
        with suppress(OSError):
            for parent in path.relative_to(self._objects).parents:
                (self._objects / parent).rmdir()

    def delete_drafts(self) -> None:
        """Delete what a run that was killed left half written."""
        for folder, _, names in os.walk(self._objects):
            for name in names:
                if name.startswith("."):
                    Path(folder, name).unlink(missing_ok=True)

    def _write(
        self,
        path: Path,
        blocks: Iterable[bytes],
        sha256: str | None = None,
        written_s: float | None = None,
    ) -> int:
        path.parent.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        draft = path.with_name(f".{uuid.uuid4().hex}")
        digest, size_bytes = hashlib.sha256(), 0
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                for block in blocks:
                    file.write(block)
                    digest.update(block)
                    size_bytes += len(block)
            if sha256 not in (None, digest.hexdigest()):
                key = path.relative_to(self._objects)
                raise Corrupt(
                    what=f"bytes of {key}", found=f"SHA-256 {digest.hexdigest()}", needed=str(sha256)
                )
            if written_s is not None:
                os.utime(draft, ns=(_to_ns(written_s), _to_ns(written_s)))
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        return size_bytes


def _to_ns(time_s: float) -> int:
    return round(time_s * 1000) * 1_000_000  # No store tells more than milliseconds.

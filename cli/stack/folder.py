"""The data folder of a local stack: its lock, its remembered ports and secrets, and the state of what runs.

lock            held (flock) as long as a stack uses the folder; contains the process id
identity.json   ports, passwords and keys, made once; readable by the owner alone
stack.json      the address of the gateway and the process ids, while a stack runs
valkey/ s3/ logs/
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import platformdirs
from pydantic import BaseModel, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from cli.stack import ports
from cli.stack.seaweed import ROLES
from shared.errors import AlreadyRunning

SECRET_BYTES = 32
_LOCK_TRIES, _LOCK_PAUSE_S = 3, 0.05


class LocalSettings(BaseSettings):
    """Settings of the local stack: environment variables `SEGUE_*`."""

    model_config = SettingsConfigDict(env_prefix="SEGUE_", extra="ignore")

    data: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("segue", appauthor=False)),
        description="Folder of everything that the local stack stores.",
    )
    valkey_server: Path | None = Field(None, description="Valkey's or Redis' server program.")
    weed: Path | None = Field(None, description="SeaweedFS' program.")


class Identity(BaseModel):
    """What a data folder's servers are known by; drawn at random when the folder is made."""

    id: str = Field(default_factory=lambda: uuid.uuid4().hex)
    ports: tuple[int, ...] = Field(default_factory=lambda: _choose_ports(), min_length=1 + len(ROLES))
    """Of Valkey, then of SeaweedFS' roles."""
    valkey_password: str = Field(default_factory=lambda: secrets.token_urlsafe(SECRET_BYTES))
    s3_access_key: str = Field(default_factory=lambda: secrets.token_hex(10))
    s3_secret_key: str = Field(default_factory=lambda: secrets.token_urlsafe(SECRET_BYTES))
    admin_key: str = Field(default_factory=lambda: secrets.token_urlsafe(SECRET_BYTES))
    """The operator's: whoever can read the folder may do with its gateway what they like."""

    def with_free_ports(self) -> Identity:
        """Return the same, or with other ports when one is taken now; both servers take a move well."""
        if ports.are_free(self.ports, with_offset=ports.GRPC_OFFSET):
            return self
        return self.model_copy(update={"ports": _choose_ports()})


@dataclass(frozen=True)
class Running:
    """A stack that runs: where its gateway is, and its processes."""

    url: str
    pid: int
    children: Mapping[str, int]


class DataFolder:
    """One data folder; made, for the owner alone, when missing."""

    def __init__(self, root: Path) -> None:
        self.root = root.expanduser().resolve()
        self._lock_file: int | None = None

    @property
    def valkey(self) -> Path:
        """Where Valkey keeps its data."""
        return self.root / "valkey"

    @property
    def s3(self) -> Path:
        """Where the object store keeps its data."""
        return self.root / "s3"

    @property
    def _identity_file(self) -> Path:
        return self.root / "identity.json"

    @property
    def state(self) -> Path:
        """The file that tells others what runs."""
        return self.root / "stack.json"

    def log(self, name: str) -> Path:
        """Return the path of a child's log."""
        return self.root / "logs" / f"{name}.log"

    def earlier_log(self, name: str) -> Path:
        """Return the path of a child's log of the run before."""
        return self.root / "logs" / f"{name}.log.1"

    def lock(self) -> None:
        """Take the folder for this process.

        Raises:
            AlreadyRunning: another stack has it.
        """
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        if not _take(descriptor):
            holder = os.pread(descriptor, 32, 0).decode().strip()
            os.close(descriptor)
            raise AlreadyRunning(folder=str(self.root), pid=int(holder) if holder.isdigit() else None)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._lock_file = descriptor

    def unlock(self) -> None:
        """Let the folder go."""
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None

    def is_locked(self) -> bool:
        """Tell whether a stack, of this or another process, uses the folder."""
        try:
            descriptor = os.open(self.root / "lock", os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def read_identity(self) -> Identity | None:
        """Return the folder's ports and secrets, or None in a new folder."""
        if not self._identity_file.exists():
            return None
        return Identity.model_validate_json(self._identity_file.read_bytes())

    def settle_identity(self, known: Identity | None) -> Identity:
        """Return and remember the folder's ports and secrets: those known, moved if a port is taken."""
        settled = (known or Identity()).with_free_ports()
        write_private(self._identity_file, settled.model_dump_json(indent=1))
        return settled

    def renew_logs(self) -> None:
        """Start new logs; those of the last run are kept beside them."""
        folder = self.root / "logs"
        folder.mkdir(mode=0o700, exist_ok=True)
        for log in folder.glob("*.log"):
            log.replace(self.earlier_log(log.stem))

    def write_state(self, running: Running) -> None:
        """Tell others what runs."""
        write_private(
            self.state,
            json.dumps(
                {"url": running.url, "pid": running.pid, "children": dict(running.children)}, indent=1
            ),
        )


def find_running(data_folder: Path | None = None) -> Running | None:
    """Return the stack that runs on a data folder, by default the user's, or None.

    The lock decides, not the state file, which a killed stack leaves behind.
    """
    folder = DataFolder(data_folder or LocalSettings().data)
    if not folder.is_locked():
        return None
    with suppress(FileNotFoundError, ValidationError, ValueError):
        state = json.loads(folder.state.read_bytes())
        return Running(state["url"], state["pid"], state["children"])
    return None  # It is just starting or stopping.


def write_private(path: Path, text: str) -> None:
    """Write a file for the owner alone, in one step: readers see the old one or the new one."""
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)


def _take(descriptor: int) -> bool:
    # A few tries, since a look by `is_locked` holds the lock for a moment.
    for _ in range(_LOCK_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_LOCK_PAUSE_S)
        else:
            return True
    return False


def _choose_ports() -> tuple[int, ...]:
    return tuple(ports.choose(1 + len(ROLES), with_offset=ports.GRPC_OFFSET))

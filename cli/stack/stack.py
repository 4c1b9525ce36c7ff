"""Segue on one machine: Valkey, an object store, the workers and the gateway under one data folder.

    with Stack() as stack:          # started and ready, or an error that says why not
        httpx.get(stack.url + "/v1/songs")

Servers start first, then workers and gateway; they stop in the reverse order, so that a worker can still
hand its task back. Nothing stays when the process that made the stack is killed (see `supervisor`).
"""

from __future__ import annotations

import os
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import SecretStr

from cli.stack import ports, processes, seaweed, valkey
from cli.stack.folder import DataFolder, Identity, LocalSettings, Running
from cli.stack.fullness import FullnessWatch
from cli.stack.supervisor import Child, Supervisor
from shared.errors import PortTaken, ServerFailed, Unavailable
from shared.settings import Settings

DEFAULT_PORT = 8000
ANY_PORT = 0
START_TIMEOUT_S = 120.0
PROBE_TIMEOUT_S = 5.0
FIRST_LOOK_S, LONGEST_LOOK_S = 0.05, 0.5
MOST_EXITS = 3
"""A child that ended this often before it was ever ready will not become so."""
LAST_LINES = 15
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104  # where to reach what listens everywhere


@dataclass(frozen=True)
class Service:
    """One of Segue's own processes."""

    name: str
    module: str
    ready_path: str | None = None
    """For the gateway: the path that answers 200 when it, the servers and the workers are ready."""
    grace_s: float = 20.0

    def child(self, folder: DataFolder, environment: dict[str, str]) -> Child:
        """Return how to start it."""
        return Child(
            self.name,
            (sys.executable, "-P", "-m", self.module),  # -P: nothing is imported from the data folder.
            log=folder.log(self.name),
            folder=folder.root,
            environment=environment,
            grace_s=self.grace_s,
        )


SERVICES = (
    Service("chunker", "services.chunker"),
    Service("trainer", "services.trainer"),
    Service("assembler", "services.assembler"),
    Service("gateway", "services.gateway", ready_path="/readyz", grace_s=5.0),
)


class Stack:
    """The local stack on one data folder. Use from one thread, as a context manager or by its methods.

    Args:
        data_folder: where everything is stored; None: `SEGUE_DATA`, or the user's data folder.
        host: address that the gateway listens on.
        port: port that the gateway listens on; `ANY_PORT`: a free one.
        services: what runs besides the servers; () for the servers alone.
    """

    def __init__(
        self,
        data_folder: Path | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = DEFAULT_PORT,
        services: Sequence[Service] = SERVICES,
    ) -> None:
        self._local = LocalSettings()
        self.folder = DataFolder(data_folder or self._local.data)
        self.host, self.port, self._services = host, port, tuple(services)
        self._supervisor: Supervisor | None = None
        self._fullness: FullnessWatch | None = None
        self._identity: Identity | None = None
        self._state_lock = threading.Lock()

    def __enter__(self) -> Self:
        self.start()
        try:
            self.wait_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The gateway's address."""
        return f"http://{_EVERYWHERE.get(self.host, self.host)}:{self.port}"

    def start(self, timeout_s: float = START_TIMEOUT_S) -> None:
        """Start the servers, wait for them, and start the services.

        Raises:
            AlreadyRunning: another stack uses the data folder.
            PortTaken: another program listens on the gateway's port.
            ToolMissing: a server's program is not installed.
            ServerFailed: a server does not become ready.
        """
        self.folder.lock()
        try:
            self._start(time.monotonic() + timeout_s)
        except BaseException:  # Also Ctrl-C: whatever has started must go.
            self.stop()
            raise

    def wait_ready(self, timeout_s: float = START_TIMEOUT_S) -> None:
        """Wait until every service is ready.

        Raises:
            ServerFailed: one does not become so in time, or ends again and again.
        """
        deadline_s = time.monotonic() + timeout_s
        for service in self._services:
            if service.ready_path is not None:
                self._await(service.name, _http_probe(self.url + service.ready_path), deadline_s)

    def stop(self) -> None:
        """Stop everything: gateway, workers, servers. A stack that does not run is left as it is."""
        if self._fullness:
            self._fullness.stop()
        if self._supervisor:
            gateways = [service.name for service in self._services if service.ready_path]
            workers = [service.name for service in self._services if not service.ready_path]
            for names in (gateways, workers, ["s3", "valkey"]):
                self._supervisor.stop(names)
            self._supervisor.close()
            self._supervisor = None
            self._seaweed.remove_sockets()
            self.folder.state.unlink(missing_ok=True)
        self.folder.unlock()

    def pids(self) -> dict[str, int]:
        """Return the process ids of the children that run right now, by name."""
        return self._supervisor.pids() if self._supervisor else {}

    @property
    def admin_key(self) -> str:
        """The operator's key of the gateway; the stack must have been started."""
        return self._known.admin_key

    def settings(self) -> Settings:
        """Return settings that point at this stack; it must have been started."""
        return settings_of(self.folder, self._known).model_copy(update={"host": self.host, "port": self.port})

    def environment(self) -> dict[str, str]:
        """Return the same settings as the environment variables that the services read."""
        return environment_of(self.settings())

    def _start(self, deadline_s: float) -> None:
        if self._services and self.port != ANY_PORT and not ports.is_free(self.port, host=self.host):
            raise PortTaken(self.port)
        valkey_binary = valkey.find_binary(self._local.valkey_server)
        weed_binary = seaweed.find_binary(self._local.weed)
        self.folder.renew_logs()
        identity = self._identity = self._cleared_identity()
        if self.port == ANY_PORT:
            candidates = ports.choose(1 + len(identity.ports))
            self.port = next(port for port in candidates if port not in identity.ports)
        # Marked by run as well, lest the watchdog of a killed run takes this one's children for its own.
        self._supervisor = supervisor = Supervisor(
            mark=f"{identity.id}/{uuid.uuid4().hex}/",
            watchdog_log=self.folder.log("watchdog"),
            on_change=self._write_state,
        )
        supervisor.start(self._valkey.child(binary=valkey_binary, log=self.folder.log("valkey")))
        supervisor.start(self._seaweed.child(binary=weed_binary, log=self.folder.log("s3")))
        self._fullness = FullnessWatch(
            self.folder.log("s3"),
            self.folder.s3,
            lambda: supervisor.restart("s3"),
            lambda folders: self._seaweed.show(self.settings(), folders),
            earlier_log=self.folder.earlier_log("s3"),
        )
        self._fullness.start()
        settings = self.settings()
        self._await("valkey", self._valkey.probe, deadline_s)
        self._await("s3", lambda: self._seaweed.probe(settings), deadline_s)
        for service in self._services:
            # Workers decode what strangers send: they get no key that they do not need.
            keys = {"SEGUE_ADMIN_KEY": self.admin_key if service.ready_path is not None else ""}
            supervisor.start(service.child(self.folder, self.environment() | keys))

    def _cleared_identity(self) -> Identity:
        """Return the folder's identity, after ending what a killed run left on its ports."""
        known = self.folder.read_identity()
        if known:
            processes.kill(mark=f"{known.id}/")
        return self.folder.settle_identity(known)

    @property
    def _known(self) -> Identity:
        if self._identity is None:
            raise RuntimeError("the stack has not been started")
        return self._identity

    @property
    def _valkey(self) -> valkey.Valkey:
        return _valkey_of(self.folder, self._known)

    @property
    def _seaweed(self) -> seaweed.Seaweed:
        return _seaweed_of(self.folder, self._known)

    def _write_state(self) -> None:
        # Of use to others only: a full disk must not stop the children. Looked and written in one, lest a
        # keeper's older look be written over a newer one.
        with self._state_lock, suppress(OSError):
            self.folder.write_state(Running(self.url, os.getpid(), self.pids()))

    def _await(self, name: str, probe: Callable[[], None], deadline_s: float) -> None:
        assert self._supervisor is not None
        pause_s = FIRST_LOOK_S
        while True:
            try:
                probe()
            except Unavailable as error:
                reason = str(error)
            else:
                return
            exits = self._supervisor.exits(name)
            if exits >= MOST_EXITS:
                reason = f"it ended {exits} times"
            elif time.monotonic() < deadline_s:
                time.sleep(pause_s)
                pause_s = min(2 * pause_s, LONGEST_LOOK_S)
                continue
            log = self.folder.log(name)
            raise ServerFailed(name, reason=reason, log=str(log), last_lines=_tail(log))


def settings_of(folder: DataFolder, identity: Identity) -> Settings:
    """Return settings that point at the servers of a data folder."""
    return Settings(
        valkey_url=_valkey_of(folder, identity).url,
        valkey_password=SecretStr(identity.valkey_password),
        s3_endpoint=_seaweed_of(folder, identity).endpoint,
        s3_access_key=identity.s3_access_key,
        s3_secret_key=SecretStr(identity.s3_secret_key),
        s3_secure=False,
    )


def _valkey_of(folder: DataFolder, identity: Identity) -> valkey.Valkey:
    return valkey.Valkey(folder.valkey, identity.ports[0], identity.valkey_password)


def _seaweed_of(folder: DataFolder, identity: Identity) -> seaweed.Seaweed:
    return seaweed.Seaweed(
        folder.s3,
        identity.ports[1:],
        identity.s3_access_key,
        identity.s3_secret_key,
        Settings().s3_bucket,
    )


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the part of the settings that says where everything is, as environment variables."""
    password = settings.valkey_password
    return {
        "SEGUE_VALKEY_URL": settings.valkey_url,
        "SEGUE_VALKEY_PASSWORD": password.get_secret_value() if password else "",
        "SEGUE_KEY_PREFIX": settings.key_prefix,
        "SEGUE_S3_ENDPOINT": settings.s3_endpoint,
        "SEGUE_S3_ACCESS_KEY": settings.s3_access_key,
        "SEGUE_S3_SECRET_KEY": settings.s3_secret_key.get_secret_value(),
        "SEGUE_S3_BUCKET": settings.s3_bucket,
        "SEGUE_S3_SECURE": str(settings.s3_secure).lower(),
        "SEGUE_HOST": settings.host,
        "SEGUE_PORT": str(settings.port),
    }


def _http_probe(url: str) -> Callable[[], None]:
    def probe() -> None:
        try:
            with urllib.request.urlopen(url, timeout=PROBE_TIMEOUT_S):  # noqa: S310  # our own http address
                return
        except urllib.error.HTTPError as error:
            raise Unavailable(
                f"{url} answers {error.code}: {error.read(500).decode(errors='replace')}"
            ) from error
        except OSError as error:
            raise Unavailable(f"{url} does not answer: {error}") from error

    return probe


def _tail(log: Path) -> str:
    with suppress(OSError):
        return "\n".join(log.read_text(errors="replace").splitlines()[-LAST_LINES:])
    return "(no log)"

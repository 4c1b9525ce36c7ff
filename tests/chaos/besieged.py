"""The local stack with a proxy before each server, so that what lies between can be broken."""

from __future__ import annotations

import shutil
import signal
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from cli.stack.stack import ANY_PORT, Stack, environment_of
from shared.settings import Settings
from tests.support.disks import small_disk
from tests.support.tcp_proxy import TcpProxy

BALLAST_BLOCK_BYTES = 1 << 20


class BesiegedStack(Stack):
    """All real processes; services reach Valkey and the store through `proxies` alone.

    Args:
        folder: of the stack's data.
        disk_bytes: of a small file system of their own for the store's data, which can be filled; needs root.
            None: they lie where the rest does.
    """

    def __init__(self, folder: Path, *, disk_bytes: int | None) -> None:
        super().__init__(folder, port=ANY_PORT)
        self._disk_bytes = disk_bytes
        self._around = ExitStack()
        self.proxies: dict[str, TcpProxy] = {}

    def start(self, timeout_s: float = 120.0) -> None:
        if self._disk_bytes is not None:
            self._around.enter_context(small_disk(self.folder.s3, self._disk_bytes))
        super().start(timeout_s)

    def stop(self) -> None:
        super().stop()
        self._around.close()
        self.proxies = {}

    def environment(self) -> dict[str, str]:
        """Lead the services to the proxies, which start with the first of them."""
        settings = self.settings()
        if not self.proxies:
            s3_port = int(settings.s3_endpoint.rsplit(":", 1)[1])
            self.proxies = {
                "valkey": self._around.enter_context(TcpProxy(urlsplit(settings.valkey_url).port or 0)),
                "s3": self._around.enter_context(TcpProxy(s3_port)),
            }
        return environment_of(self._led(settings))

    def _led(self, settings: Settings) -> Settings:
        return settings.model_copy(
            update={
                "valkey_url": f"redis://127.0.0.1:{self.proxies['valkey'].port}/0",
                "s3_endpoint": f"127.0.0.1:{self.proxies['s3'].port}",
            }
        )

    # Breaking it

    def signal(self, name: str, number: signal.Signals) -> int | None:
        """Send a signal to a process of the stack by its name; return its process id if it ran."""
        pid = self.pids().get(name)
        if pid is not None:
            with suppress(psutil.NoSuchProcess):
                psutil.Process(pid).send_signal(number)
        return pid

    def pool_children(self, worker: str) -> list[psutil.Process]:
        """Return the children of a worker that run its tasks."""
        with suppress(psutil.Error, KeyError):
            found = psutil.Process(self.pids()[worker]).children()
            return [child for child in found if "spawn_main" in " ".join(child.cmdline())]
        return []

    def empty_valkey(self) -> int | None:
        """Kill Valkey in such a way that it comes back without its data."""
        # The server holds its files open, so it neither notices nor writes them anew before it is killed.
        shutil.rmtree(self.folder.valkey / "appendonlydir", ignore_errors=True)
        return self.signal("valkey", signal.SIGKILL)

    def fill_store(self) -> None:
        """Leave no byte free on the store's disk."""
        with suppress(OSError), self._ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(BALLAST_BLOCK_BYTES))

    def relieve_store(self) -> None:
        """Free what `fill_store` took."""
        self._ballast.unlink(missing_ok=True)

    @property
    def _ballast(self) -> Path:
        return self.folder.s3 / "ballast"

    def heal(self) -> None:
        """End every fault that lasts."""
        for proxy in self.proxies.values():
            proxy.heal()
        self.relieve_store()

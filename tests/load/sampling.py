"""How much memory, and how many threads and connections, the processes of a stack hold while it runs."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psutil
import redis

from cli.stack.stack import Stack
from shared.jobs.leases import connect_valkey
from tests.load.figures import MIB

EVERY_S = 0.5


@dataclass(frozen=True)
class Sample:
    """One look at one part of a stack: a service with all of its children, or a server.

    Attributes:
        rss: bytes that lie in memory, shared ones counted for each process.
        connections: open ones of TCP, at either end.
        valkey: of these, to Valkey.
        clients: of these, of clients to the gateway.
    """

    at_s: float
    rss: int
    threads: int
    connections: int
    valkey: int
    clients: int


class Sampler(threading.Thread):
    """Looks at a stack until stopped."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(name="sampler", daemon=True)
        self._stack, self._over = stack, threading.Event()
        self._valkey_port = stack.settings().valkey_url.rsplit(":", 1)[1].split("/")[0]
        self._client: redis.Redis = connect_valkey(stack.settings())
        self.samples: dict[str, list[Sample]] = {}
        self.valkey: list[dict[str, Any]] = []

    def run(self) -> None:
        while not self._over.wait(EVERY_S):
            self.look()

    def look(self) -> dict[str, Sample]:
        """Look once; return what was seen of each part."""
        seen: dict[str, Sample] = {}
        for name, pid in self._stack.pids().items():
            with suppress(psutil.Error):
                seen[name] = self._sample(psutil.Process(pid))
                self.samples.setdefault(name, []).append(seen[name])
        with suppress(redis.RedisError):
            memory, clients = self._client.info("memory"), self._client.info("clients")
            self.valkey.append({"used": memory["used_memory"], "clients": clients["connected_clients"]})
        return seen

    def _sample(self, process: psutil.Process) -> Sample:
        family = [process, *process.children(recursive=True)]
        connections = [one for each in family for one in each.net_connections("tcp")]
        to_valkey = [one for one in connections if one.raddr and str(one.raddr.port) == self._valkey_port]
        open_ones = [one for one in connections if one.status == psutil.CONN_ESTABLISHED]
        return Sample(
            time.time(),
            rss=sum(each.memory_info().rss for each in family),
            threads=sum(each.num_threads() for each in family),
            connections=len(open_ones),
            valkey=len(to_valkey),
            clients=sum(one.laddr.port == self._stack.port for one in open_ones),
        )

    def stop(self) -> None:
        """End looking."""
        self._over.set()
        self.join()
        self._client.close()

    def peaks(self, from_s: float, to_s: float) -> dict[str, dict[str, float]]:
        """Return the most of each that a part held between two instants; memory in MiB."""
        found = {}
        for name, samples in self.samples.items():
            within = [one for one in samples if from_s <= one.at_s <= to_s] or samples[-1:]
            found[name] = {
                "rss_mib": round(max(one.rss for one in within) / MIB, 1),
                "threads": max(one.threads for one in within),
                "connections": max(one.connections for one in within),
                "to_valkey": max(one.valkey for one in within),
            }
        return found

"""Apply faults to a stack one after another, and watch what becomes visible meanwhile."""

from __future__ import annotations

import json
import signal
import threading
import time
from dataclasses import dataclass, field

import psutil
import redis

from shared.errors import SegueError
from shared.jobs.leases import Leases, connect_valkey
from shared.queue import TASK_OF, Queue
from shared.store.keys import Artifact
from shared.store.objects import ObjectStore, connect
from tests.chaos.besieged import BesiegedStack
from tests.chaos.journal import Journal
from tests.chaos.schedule import Fault, FaultKind

WAIT_FOR_WORK_S = 8.0
"""So long a fault that hits a task waits until one runs."""
DELAY_S = 0.5
LOOK_EVERY_S = 1.0


@dataclass
class Siege:
    """Faults against one stack. What is done is told by the journal as it is done."""

    stack: BesiegedStack
    journal: Journal

    def strike(self, fault: Fault) -> None:
        """Do one fault, hold it for its time, and end it."""
        target = self._busy(fault.target) if fault.target in set(Queue) else fault.target
        began = self.journal.write("fault", **{**fault.facts(), "target": target})
        hit = self._begin(fault.kind, target)
        time.sleep(fault.lasts_s)
        self.stack.heal()
        self.journal.write(
            "healed", number=fault.number, kind=fault.kind, target=target, hit=hit, began_s=began.at_s
        )

    def _begin(self, kind: FaultKind, target: str) -> list[int | None]:
        stack = self.stack
        match kind:
            case FaultKind.KILL_CHILD:
                return [_kill(child) for child in stack.pool_children(target)]
            case FaultKind.KILL_WORKER:
                return [stack.signal(target, signal.SIGKILL)]
            case FaultKind.STOP_WORKER:
                return [stack.signal(target, signal.SIGTERM)]
            case FaultKind.KILL_GATEWAY:
                return [stack.signal("gateway", signal.SIGKILL)]
            case FaultKind.KILL_VALKEY:
                return [stack.signal("valkey", signal.SIGKILL)]
            case FaultKind.EMPTY_VALKEY:
                return [stack.empty_valkey()]
            case FaultKind.KILL_STORE:
                return [stack.signal("s3", signal.SIGKILL)]
            case FaultKind.RESET:
                stack.proxies[target].reset(refuse=True)
            case FaultKind.BLACK_HOLE:
                stack.proxies[target].black_hole()
            case FaultKind.DELAY:
                stack.proxies[target].delay(DELAY_S)
            case FaultKind.STORE_FULL:
                stack.fill_store()
        return []

    def _busy(self, preferred: str) -> str:
        """Return a queue at which a task runs: the preferred one, else any, within a time."""
        deadline_s = time.monotonic() + WAIT_FOR_WORK_S
        while time.monotonic() < deadline_s:
            busy = self._running()
            if preferred in busy or busy:
                return preferred if preferred in busy else min(busy)
            time.sleep(0.05)
        return preferred

    def _running(self) -> set[str]:
        """Return the queues of the tasks that run, by their leases."""
        valkey = connect_valkey(self.stack.settings(), timeout_s=2.0)
        prefix = f"{Leases(valkey, self.stack.settings()).prefix}run:"
        try:
            keys = [key.removeprefix(prefix) for key in valkey.scan_iter(f"{prefix}*")]
        except redis.RedisError:
            return set()
        finally:
            valkey.close()
        return {TASK_OF[Artifact.parse(key).kind].queue.value for key in keys}


def _kill(process: psutil.Process) -> int | None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return None
    return process.pid


@dataclass(eq=False)
class Watch(threading.Thread):
    """Looks at the bucket again and again: what is visible must be whole, and stay what it is."""

    store: ObjectStore
    journal: Journal
    seen: dict[str, set[str]] = field(default_factory=dict)
    """Of each manifest, the attempts that it named."""
    breaches: list[str] = field(default_factory=list)
    looks: int = 0

    def __post_init__(self) -> None:
        super().__init__(name="watch", daemon=True)
        self._stopped = threading.Event()
        self._known: dict[str, object] = {}

    def run(self) -> None:
        while not self._stopped.wait(LOOK_EVERY_S):
            try:
                self.look()
            except SegueError:
                continue  # The store is away. Nobody can see anything then.

    def stop(self) -> None:
        self._stopped.set()
        self.join(timeout=30)

    def look(self) -> None:
        """Read each manifest that is new or has changed, and require its payloads."""
        for stored in list(self.store.list("t/")):
            if not stored.key.endswith("/manifest.json") or self._known.get(stored.key) == stored.modified:
                continue
            manifest = json.loads(self.store.get(stored.key))
            folder = stored.key.removesuffix("manifest.json")
            self.seen.setdefault(folder, set()).add(manifest["attempt"])
            sizes = {one.key: one.size_bytes for one in self.store.list(f"{folder}{manifest['attempt']}/")}
            for name, payload in manifest["payloads"].items():
                if sizes.get(f"{folder}{manifest['attempt']}/{name}") != payload["size_bytes"]:
                    self.breaches.append(f"{stored.key} was visible without all of {name}")
                    self.journal.write("half_visible", key=stored.key, payload=name)
            self._known[stored.key] = stored.modified
        self.looks += 1


def watch(stack: BesiegedStack, journal: Journal) -> Watch:
    """Begin to watch a stack's bucket, past the proxies."""
    watcher = Watch(connect(stack.settings(), timeout_s=5.0, retries=0), journal)
    watcher.start()
    return watcher

"""Keep child processes running until they are told to stop, and leave none behind.

Each child has a thread that starts it, waits for its end, kills what it left of its group or mark, and
starts it again after a pause that doubles from `FIRST_PAUSE_S` to `LONGEST_PAUSE_S`. Linux ties a
parent-death signal to the thread that started the process, so that thread must live as long as the child;
here it does.

Three things together leave no process behind: the parent-death signal (`child.py`) ends children at once
when the supervisor is killed, the watchdog ends their descendants, and the next start on the same data
folder ends what would survive the death of both.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cli.stack import processes

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 10.0
STEADY_S = 30.0
"""A child that lived this long starts again after the first pause."""
WATCHDOG_GRACE_S = 10.0
_LAUNCHER = Path(__file__).with_name("child.py")


@dataclass(frozen=True)
class Child:
    """How to start one child process, and how long it may take to stop."""

    name: str
    command: tuple[str, ...]
    log: Path
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    """Added to the supervisor's own environment."""
    grace_s: float = 10.0
    """Between SIGTERM and SIGKILL."""


class Supervisor:
    """Starts, restarts and stops children. Use from one thread at a time.

    Args:
        mark: what every descendant carries in its environment; ends in a slash (see `processes`).
        watchdog_log: where the watchdog's own complaints go.
        on_change: called, from any thread, when a child was started or has ended.
    """

    def __init__(self, *, mark: str, watchdog_log: Path, on_change: Callable[[], None] | None = None) -> None:
        self._mark = mark
        self._on_change = on_change or (lambda: None)
        self._watchdog = _Watchdog(mark, watchdog_log)
        self._keepers: dict[str, _Keeper] = {}

    def start(self, child: Child) -> None:
        """Start a child and keep it running."""
        keeper = _Keeper(child, f"{self._mark}{child.name}/", self._watchdog, self._on_change)
        self._keepers[child.name] = keeper
        keeper.start()

    def pids(self) -> dict[str, int]:
        """Return the process ids of the children that run right now."""
        # A copy, since keepers' threads look while children are added.
        return {name: keeper.pid for name, keeper in self._keepers.copy().items() if keeper.pid is not None}

    def exits(self, name: str) -> int:
        """Return how often a child has ended without being told to."""
        return self._keepers[name].exits

    def restart(self, name: str) -> None:
        """Kill a child; its keeper starts it again."""
        if (pid := self.pids().get(name)) is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def stop(self, names: Iterable[str]) -> None:
        """Stop some children at once, those that do not go within their grace by force."""
        keepers = [self._keepers[name] for name in names if name in self._keepers]
        for keeper in keepers:
            keeper.ask_to_stop()
        started_s = time.monotonic()
        for keeper in keepers:
            keeper.finish(started_s + keeper.child.grace_s)

    def close(self) -> None:
        """Stop all that still runs, and the watchdog."""
        self.stop(list(self._keepers))
        self._watchdog.close()


class _Keeper(threading.Thread):
    """Runs one child again and again."""

    def __init__(self, child: Child, mark: str, watchdog: _Watchdog, on_change: Callable[[], None]) -> None:
        super().__init__(name=f"keeper-{child.name}", daemon=True)
        self.child, self.exits = child, 0
        self._mark, self._watchdog, self._on_change = mark, watchdog, on_change
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id, while the child runs."""
        process = self._process
        return process.pid if process else None

    def run(self) -> None:
        """Start, await and restart the child until it is to stop."""
        pause_s = FIRST_PAUSE_S
        while not self._stopping.is_set():
            started_s = time.monotonic()
            ending = self._run_once()
            if self._stopping.is_set():
                return
            self.exits += 1
            lived_s = time.monotonic() - started_s
            if lived_s > STEADY_S:
                pause_s = FIRST_PAUSE_S
            self._note(f"{ending} after {lived_s:.1f} s; it is started again in {pause_s:g} s")
            self._stopping.wait(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def ask_to_stop(self) -> None:
        """Send SIGTERM to the child, and start it no more."""
        with self._lock:
            self._stopping.set()
            if self._process:
                self._process.send_signal(signal.SIGTERM)

    def finish(self, deadline_s: float) -> None:
        """Wait for the child until the deadline (monotonic clock), then kill it and all that it started."""
        self.join(max(0.0, deadline_s - time.monotonic()))
        while self.is_alive():
            pid = self.pid
            processes.kill(mark=self._mark, groups=[pid] if pid else [])
            self.join(1.0)

    def _run_once(self) -> str:
        try:
            with self._lock:
                if self._stopping.is_set():
                    return "it was not started"
                process = self._process = self._spawn()
        except OSError as error:
            return f"it could not be started ({error})"
        self._watchdog.add(process.pid)
        self._on_change()
        code = process.wait()
        # What a dead worker has started holds memory and knows no master: it goes before the next one comes.
        processes.kill(mark=self._mark, groups=[process.pid])
        self._watchdog.remove(process.pid)
        with self._lock:
            self._process = None
        self._on_change()
        return f"it was ended by signal {-code}" if code < 0 else f"it ended with code {code}"

    def _spawn(self) -> subprocess.Popen[bytes]:
        # -I and -S: the launcher needs nothing but the standard library.
        launcher = (sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid()))
        with self.child.log.open("ab") as log:
            return subprocess.Popen(
                [*launcher, *self.child.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.child.folder,
                env={**os.environ, **self.child.environment, processes.MARK_VARIABLE: self._mark},
                start_new_session=True,  # Ctrl-C in the terminal is the supervisor's alone to act on.
                umask=0o077,
            )

    def _note(self, event: str) -> None:
        with suppress(OSError), self.child.log.open("a") as log:  # A full disk must not end the keeping.
            log.write(f"segue: {self.child.name}: {event}\n")


class _Watchdog:
    """The process that cleans up after a killed supervisor; it is started again should it be missing."""

    def __init__(self, mark: str, log: Path) -> None:
        self._mark, self._log = mark, log
        self._groups: set[int] = set()
        self._lock = threading.Lock()
        self._process = self._spawn()

    def add(self, group: int) -> None:
        """Have a process group killed if the supervisor dies."""
        with self._lock:
            self._groups.add(group)
            self._tell(f"+{group}\n")

    def remove(self, group: int) -> None:
        """Forget a group of which nothing is left, since its number may be used again."""
        with self._lock:
            self._groups.discard(group)
            self._tell(f"-{group}\n")

    def close(self) -> None:
        """End the watchdog, after it has killed whatever is still registered."""
        with self._lock:
            if self._process.stdin:
                self._process.stdin.close()
            try:
                self._process.wait(WATCHDOG_GRACE_S)
            except subprocess.TimeoutExpired:  # A process forked from this one holds the pipe open.
                self._process.kill()
                self._process.wait()

    def _tell(self, line: str) -> None:
        try:
            self._write(line)
        except OSError:  # It was killed.
            self._process.wait()
            with suppress(OSError):  # The next line tries again.
                self._process = self._spawn()
                self._write("".join(f"+{other}\n" for other in self._groups))

    def _write(self, text: str) -> None:
        assert self._process.stdin is not None
        os.write(self._process.stdin.fileno(), text.encode())

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-P", "-m", "cli.stack.watchdog", self._mark, str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )

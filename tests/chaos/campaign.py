"""One campaign: a stack of real processes, jobs, faults, peace; then everything is checked and told.

    python -m tests.chaos.campaign --seed 1 --faults 30 --jobs 20 --folder out/chaos

leaves `journal.jsonl`, the services' logs and `report.json` in the folder. One seed draws the same faults
and jobs; what they meet depends on time, and is in the journal.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import httpx

from cli.demo import write_demo_songs
from shared.jobs.leases import Leases, connect_valkey
from shared.queue import Queue
from shared.store.keys import Kind, open_jobs_folder
from shared.store.objects import connect
from tests.chaos import checker
from tests.chaos.besieged import BesiegedStack
from tests.chaos.checker import Snapshot
from tests.chaos.clients import TENANT, Clients
from tests.chaos.journal import Journal, events_of_logs
from tests.chaos.recovery import recoveries, summary
from tests.chaos.schedule import Fault, FaultKind, Wish, faults, wishes
from tests.chaos.siege import Siege, watch
from tests.support.disks import can_mount
from tests.support.servers import until

SONG_S = 8.0
DISK_BYTES, DISK_BYTES_PER_JOB = 512 << 20, 16 << 20
"""Of the store's disk: a job leaves 7 MB, once while it is besieged and once in peace."""
LANES = 3
"""Clients at a time."""
MOST_WISHES = 2000
SETTLE_S = 420.0
"""Within it everything that was accepted has to end once nothing is broken any more."""
MADE_AGAIN = (*checker.REPEATABLE, Kind.ANALYSIS, Kind.SPECTRA, Kind.POOL)
_ATTEMPT = re.compile(r"[0-9a-f]{32}|manifest\.json")


@dataclass
class Report:
    """What a campaign found."""

    seed: int
    jobs: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    states: dict[str, int] = field(default_factory=dict)
    breaches: list[str] = field(default_factory=list)
    gave_up: list[str] = field(default_factory=list)
    leftovers: int = 0
    compared: int = 0
    looks: int = 0
    recovery: dict[str, dict[str, float]] = field(default_factory=dict)
    slowest_answer_s: float = 0.0
    siege_s: float = 0.0
    total_s: float = 0.0


@dataclass
class Campaign:
    """One campaign on one stack."""

    stack: BesiegedStack
    folder: Path
    seed: int
    least_jobs: int

    def run(self, planned: Sequence[Fault]) -> Report:
        """Do it all; breaches are told by the report."""
        started_s = time.monotonic()
        report = Report(self.seed, faults=dict(Counter(fault.kind.value for fault in planned)))
        self.journal = Journal(self.folder / "journal.jsonl")
        self.clients = self._prepared()
        drawn = wishes(self.seed, MOST_WISHES, len(self.clients.songs))
        watcher = watch(self.stack, self.journal)
        asked = self._besiege(planned, drawn)
        report.siege_s = round(time.monotonic() - started_s, 1)
        self._settle()
        watcher.stop()
        promises = list(self.clients.promises.values())
        told = events_of_logs(sorted((self.stack.folder.root / "logs").glob("*.log")))
        snapshot = checker.take_snapshot(self.store)
        found = checker.check(snapshot, promises, told, watcher.seen)
        folders = checker.results(snapshot, promises)
        report.breaches = found.breaches + watcher.breaches + self.clients.breaches
        report.breaches += checker.compare(snapshot, self._in_peace(snapshot, asked), folders)
        report.jobs, report.states, report.gave_up = len(promises), found.states, found.gave_up
        report.leftovers, report.compared, report.looks = found.leftovers, len(folders), watcher.looks
        report.recovery = summary(recoveries(self.journal.events, told))
        report.slowest_answer_s = round(self.clients.slowest_s, 2)
        report.total_s = round(time.monotonic() - started_s, 1)
        (self.folder / "report.json").write_text(json.dumps(asdict(report), indent=1))
        return report

    def _prepared(self) -> Clients:
        """Upload songs and fit the model that most mixes share, while nothing is broken."""
        self.store = connect(self.stack.settings())
        sounds = write_demo_songs(self.folder / "songs", seconds=SONG_S)
        clients = Clients(self.stack.url, self.journal, [], sounds, model="")
        with httpx.Client(base_url=f"{self.stack.url}/v1", timeout=60) as api:
            for path in sounds:
                answer = api.post("/songs", params={"name": path.name}, content=path.read_bytes())
                clients.songs.append(answer.raise_for_status().json()["id"])
            body = {"songs": clients.songs, "cut": {"method": "equal", "chunk_s": 2.0}}
            job = (
                api.post("/models", json={**body, "training": {"approach": "linear"}})
                .raise_for_status()
                .json()
            )
            shown = until(
                lambda: (
                    (now := api.get(f"/jobs/{job['id']}").json())["state"] in ("succeeded", "failed") and now
                ),
                timeout_s=SETTLE_S,
            )
        clients.model = shown["result"]["models"][0]
        self.journal.write("prepared", seed=self.seed, pids=self.stack.pids(), model=clients.model)
        return clients

    def _besiege(self, planned: Sequence[Fault], drawn: Sequence[Wish]) -> list[Wish]:
        """Let clients ask for one job after another while faults go on; return what was asked for."""
        over, asked = threading.Event(), []

        def supply() -> Iterator[Wish]:
            for wish in drawn:
                if over.is_set() and len(self.clients.promises) >= self.least_jobs:
                    return
                asked.append(wish)
                yield wish

        threading.Thread(target=self._probe, args=(over,), name="probe", daemon=True).start()
        lanes = in_lanes(supply(), self.clients.fulfil)
        siege = Siege(self.stack, self.journal)
        for fault in planned:
            siege.strike(fault)
            time.sleep(fault.pause_s)
        over.set()
        self._await(lanes)
        return asked

    def _await(self, threads: Iterable[threading.Thread]) -> None:
        deadline_s = time.monotonic() + SETTLE_S
        for thread in threads:
            thread.join(max(0.0, deadline_s - time.monotonic()))
        self.clients.closing.set()  # Who still waits has found a job that does not end.
        for thread in threads:
            thread.join(timeout=90)
        self.clients.closing.clear()

    def _probe(self, over: threading.Event) -> None:
        """Note whenever the gateway answers again."""
        up = True
        while not over.wait(0.2):
            try:
                answers = httpx.get(f"{self.stack.url}/healthz", timeout=5).is_success
            except httpx.TransportError:
                answers = False
            if answers != up:
                self.journal.write("gateway_up" if answers else "gateway_down")
            up = answers

    def _settle(self) -> None:
        """Wait until nothing is open, also of what follows jobs by itself."""
        deadline_s = time.monotonic() + SETTLE_S
        while list(self.store.list(open_jobs_folder(TENANT))) and time.monotonic() < deadline_s:
            time.sleep(0.5)
        valkey = connect_valkey(self.stack.settings())
        leases = Leases(valkey, self.stack.settings())
        while any(leases.queued(queue) for queue in Queue) and time.monotonic() < deadline_s:
            time.sleep(0.5)
        while list(valkey.scan_iter(f"{leases.prefix}run:*")) and time.monotonic() < deadline_s:
            time.sleep(0.5)
        valkey.close()
        self.journal.write("settled")

    def _in_peace(self, snapshot: Snapshot, asked: Sequence[Wish]) -> Snapshot:
        """Make everything anew with the models that there are, undisturbed; return what lies there then."""
        kinds = {kind.value for kind in MADE_AGAIN}
        doomed = [
            key
            for key in snapshot.sizes
            if len(parts := key.split("/")) > 4 and parts[2] in kinds and _ATTEMPT.fullmatch(parts[4])
        ]
        for key in sorted(doomed, key=lambda key: not key.endswith("/manifest.json")):
            self.store.delete(key)
        Leases(connect_valkey(self.stack.settings()), self.stack.settings()).note_deletion()
        again = [wish for wish in asked if wish.number in self.clients.promises]
        peace = replace(self.clients, promises={}, name="peace")
        self._await(in_lanes((replace(wish, cancel_after_s=None) for wish in again), peace.fulfil))
        return checker.take_snapshot(self.store)


def in_lanes(work: Iterator[Wish], do: Callable[[Wish], None]) -> list[threading.Thread]:
    """Start `LANES` threads that do pieces of work, one after another, until there are no more."""
    lock = threading.Lock()

    def lane() -> None:
        while True:
            with lock:
                wish = next(work, None)
            if wish is None:
                return
            do(wish)

    lanes = [threading.Thread(target=lane, name=f"client {number}", daemon=True) for number in range(LANES)]
    for thread in lanes:
        thread.start()
    return lanes


def campaign(folder: Path, planned: Sequence[Fault], *, seed: int, jobs: int) -> Report:
    """Run one campaign in a new folder; the stack is gone afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    full = any(fault.kind is FaultKind.STORE_FULL for fault in planned)
    disk_bytes = DISK_BYTES + jobs * DISK_BYTES_PER_JOB if full else None
    with BesiegedStack(folder / "stack", disk_bytes=disk_bytes) as stack:
        return Campaign(stack, folder, seed, jobs).run(planned)


def main() -> int:
    """Run one campaign as the command line says."""
    parser = argparse.ArgumentParser(description="Break a stack under work, and check what becomes of it.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--faults", type=int, default=110)
    parser.add_argument("--jobs", type=int, default=60, help="at least so many")
    parser.add_argument("--kinds", help="kinds of faults, with commas between; all that can be done here")
    parser.add_argument("--folder", type=Path, required=True, help="a new one")
    options = parser.parse_args()
    kinds = (
        tuple(map(FaultKind, options.kinds.split(","))) if options.kinds else possible_kinds(options.folder)
    )
    report = campaign(
        options.folder, faults(options.seed, options.faults, kinds), seed=options.seed, jobs=options.jobs
    )
    print(json.dumps(asdict(report), indent=1))
    return 1 if report.breaches else 0


def possible_kinds(folder: Path) -> tuple[FaultKind, ...]:
    """Return all kinds, or all but a full store where no small disk can be mounted."""
    full = FaultKind.STORE_FULL
    return tuple(kind for kind in FaultKind if kind is not full or can_mount(folder / "disk"))


if __name__ == "__main__":
    sys.exit(main())

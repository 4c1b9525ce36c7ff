"""What happened, one JSON line per fault and event, so that a failure can be replayed and explained."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Event:
    """Something that happened: when, in seconds since the epoch, what, and its facts."""

    at_s: float
    what: str
    facts: dict[str, Any] = field(default_factory=dict)


class Journal:
    """Appends events to a file and keeps them. Safe to share between threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.events: list[Event] = []
        self._lock = threading.Lock()

    def write(self, what: str, **facts: Any) -> Event:
        """Note what happened now."""
        with self._lock:
            event = Event(time.time(), what, facts)
            self.events.append(event)
            with self.path.open("a") as file:
                file.write(json.dumps({"at_s": round(event.at_s, 3), "what": what, **facts}) + "\n")
        return event

    def of(self, *kinds: str) -> list[Event]:
        """Return the events of these kinds, oldest first."""
        return [event for event in self.events if event.what in kinds]


def events_of_logs(paths: Iterable[Path]) -> list[Event]:
    """Return what services tell in their logs of starts, commits and ends, oldest first."""
    return sorted((event for path in paths for event in _told(path)), key=lambda event: event.at_s)


def _told(path: Path) -> Iterator[Event]:
    for line in path.read_text(errors="replace").splitlines():
        try:
            record = json.loads(line)
            yield Event(datetime.fromisoformat(record["timestamp"]).timestamp(), record["action"], record)
        except (ValueError, KeyError, TypeError):
            continue  # What servers, Celery and a process that dies in the midst of a line write.

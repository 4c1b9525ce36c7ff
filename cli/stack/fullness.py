"""Start the object store again once its disk has room, where it was full.

The store's index remembers that a write failed, and refuses every later one as well, whatever room there is
by then, until it is opened anew. So when it goes on to tell of no space while there is some, it is killed and
its keeper starts it again.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

__all__ = ["FullnessWatch"]

LOOK_EVERY_S = 2.0
ROOM_BYTES = 64 << 20
"""With less, it would soon be full again."""
MOST_READ_BYTES = 1 << 20
_TOLD = b"no space left on device"


class FullnessWatch(threading.Thread):
    """Looks at what the store tells, and has it started again where that is of no use any more.

    Args:
        log: what the store tells.
        folder: where its data lie.
        restart: ends the store; whoever keeps it starts it again.
    """

    def __init__(self, log: Path, folder: Path, restart: Callable[[], None]) -> None:
        super().__init__(name="fullness", daemon=True)
        self._log, self._folder, self._restart = log, folder, restart
        self._read_to = 0
        self._stopped = threading.Event()

    def run(self) -> None:
        """Look again and again until it is stopped."""
        while not self._stopped.wait(LOOK_EVERY_S):
            with suppress(OSError):  # Neither log nor folder has to be there yet.
                self.look()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()

    def look(self) -> None:
        """Read what was told since the last look, and have the store started again if it is to be."""
        told = self._news()
        # What was told while the disk was full is told again by the next write, if it still holds.
        if _TOLD in told and shutil.disk_usage(self._folder).free >= ROOM_BYTES:
            self._restart()

    def _news(self) -> bytes:
        with self._log.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            begun_anew = self._read_to > end
            log.seek(max(0 if begun_anew else self._read_to, end - MOST_READ_BYTES))
            self._read_to = end
            return log.read()

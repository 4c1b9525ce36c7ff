"""Start the object store again once its disk has room, where it was full, and have it show what it hides.

The store's index remembers that a write failed, and refuses every later one as well, whatever room there is
by then, until it is opened anew. So when it goes on to tell of no space while there is some, it is killed and
its keeper starts it again.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Set
from contextlib import suppress
from pathlib import Path

from cli.stack.hidden import folders_in
from shared.errors import Unavailable

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
        show: given folders that the store hides, has it show them; it may raise `Unavailable`, and is then
            called again.
        earlier_log: what the store told when it ran before.
    """

    def __init__(
        self,
        log: Path,
        folder: Path,
        restart: Callable[[], None],
        show: Callable[[Set[str]], None],
        *,
        earlier_log: Path | None = None,
    ) -> None:
        super().__init__(name="fullness", daemon=True)
        self._log, self._folder, self._restart, self._show = log, folder, restart, show
        self._hidden: set[str] = set()
        if earlier_log is not None and earlier_log.is_file():
            self._hidden = folders_in(earlier_log.read_bytes())
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
        """Read what was told since the last look, and have done what follows from it, once there is room."""
        told = self._news()
        self._hidden |= folders_in(told)
        if shutil.disk_usage(self._folder).free < ROOM_BYTES:
            return
        # What was told while the disk was full is told again by the next write, if it still holds.
        if _TOLD in told:
            self._restart()
        elif self._hidden:
            with suppress(Unavailable):
                self._show(self._hidden)
                self._hidden = set()

    def _news(self) -> bytes:
        with self._log.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            begun_anew = self._read_to > end
            log.seek(max(0 if begun_anew else self._read_to, end - MOST_READ_BYTES))
            self._read_to = end
            return log.read()

"""Run the assembler's worker: `python -m services.assembler`."""

from __future__ import annotations

import sys

from services.assembler.worker import app
from shared.queue import Queue
from shared.worker import run_worker

if __name__ == "__main__":
    sys.exit(run_worker(app, Queue.ASSEMBLER))

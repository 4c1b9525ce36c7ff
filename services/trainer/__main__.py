"""Run the trainer's worker: `python -m services.trainer`."""

from __future__ import annotations

import sys

from services.trainer.worker import app
from shared.queue import Queue
from shared.worker import run_worker

if __name__ == "__main__":
    sys.exit(run_worker(app, Queue.TRAINER))

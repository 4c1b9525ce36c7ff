"""The chunker's Celery application."""

from __future__ import annotations

from typing import Any

import structlog
from celery import signals

from shared.queue import make_app
from shared.sound.confining import gaps

app = make_app("services.chunker")
log = structlog.get_logger(__name__)


@signals.worker_ready.connect
def tell_gaps(**_: Any) -> None:
    """Tell operators, once for each worker, what a song that takes over its decoder could do here."""
    if found := gaps():
        log.warning("decoders not wholly confined here", action="decoders_unconfined", gaps=found)

"""Acknowledgements that fail are not the end of a worker.

Celery logs an acknowledgement that does not reach the broker, and goes on. With Valkey as the broker and one
task at a time, that is for ever: the unacknowledged message takes up the only credit, without credit nothing
is asked of Valkey, and so nothing tells that the connection is gone and a new one is needed.
"""

from __future__ import annotations

from typing import Any, NoReturn

import structlog
from celery.worker.request import Request
from kombu.asynchronous import get_event_loop

log = structlog.get_logger(__name__)


class ReconnectingRequest(Request):
    """A task in a worker's main process; the worker connects anew if its message cannot be acknowledged.

    The message is left to the broker, which sends it again much later; what it orders is made by then.
    """

    def acknowledge(self) -> None:
        """Acknowledge the message, or have the consumer restarted."""
        if self.acknowledged:
            return
        try:
            self.on_ack(log, ())  # No errors to be passed over.
        except tuple(self.connection_errors) as error:
            log.warning("not acknowledged", action="acknowledgement_failed", cause=type(error).__name__)
            restart_consumer(error)
        self.acknowledged = True


def restart_consumer(error: Exception) -> None:
    """Raise a connection's error where Celery restarts its consumer for it: in the worker's event loop.

    Raised where it was met, in the callback of a pool's result, it would be logged and passed over.
    """

    def fail(*_: Any) -> NoReturn:
        raise error

    if loop := get_event_loop():
        loop.call_soon(fail)

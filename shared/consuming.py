"""Whether a worker's consumer still hears its queue, though its main process lives.

A thread that beats tells nothing of the event loop that takes messages, nor of that loop's own connection,
which may be dead without a word. So a timer of the loop itself looks whether what was asked of the queue was
answered: Valkey answers within a second even where there is no message.
"""

from __future__ import annotations

import time
from typing import Any

from celery import Celery, bootsteps
from celery.worker.consumer import Consumer
from celery.worker.consumer.tasks import Tasks

__all__ = ["EAR", "Ear", "hears", "watch"]

LOOK_EVERY_S = 1.0
ANSWER_S = 3.0
"""An answer is late so long after the time that Valkey was given for it."""


class Ear:
    """When the consumer was last known to hear its queue."""

    def __init__(self) -> None:
        self._heard_s = time.monotonic()

    def hear(self) -> None:
        """Note that it hears now."""
        self._heard_s = time.monotonic()

    def silent_for_s(self) -> float:
        """Return for how many seconds it was not known to."""
        return time.monotonic() - self._heard_s


EAR = Ear()
"""Of this process's consumer."""


class _Listening(bootsteps.StartStopStep):
    """Look at the consumer from within its event loop, from each connection's start to its end."""

    requires = (Tasks,)

    def __init__(self, consumer: Consumer, **options: Any) -> None:
        super().__init__(consumer, **options)
        self._timer: Any = None

    def start(self, consumer: Consumer) -> None:
        """Begin to look."""
        EAR.hear()
        self._timer = consumer.timer.call_repeatedly(LOOK_EVERY_S, _look, (consumer,))

    def stop(self, consumer: Consumer) -> None:
        """Look no more: without a connection nothing is heard."""
        if self._timer is not None:
            self._timer.cancel()


def watch(app: Celery) -> None:
    """Have the worker of an application look whether it hears; before it starts."""
    app.steps["consumer"].add(_Listening)


def hears(channel: Any) -> bool:
    """Tell whether a channel's question for messages is answered in time, or none is to be asked.

    Args:
        channel: of kombu's Redis transport.
    """
    if not channel.qos.can_consume():
        return True  # All children are busy: there is nothing to be heard until one is done.
    asked_s = channel._brpop_sent_at if channel._in_poll else None
    return asked_s is None or time.monotonic() - asked_s < channel.brpop_timeout + ANSWER_S


def _look(consumer: Any) -> None:
    if consumer.task_consumer is not None and hears(consumer.task_consumer.channel):
        EAR.hear()

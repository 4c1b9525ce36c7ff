"""Figures of the whole installation: what all processes have counted, queues, workers and open jobs.

Read at every scrape from Valkey and the store. A server that does not answer is told as down, and what it
would have told is left out: a figure that is not known is none.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Set
from datetime import UTC, datetime

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from services.gateway.backend import Backend
from shared.errors import QueueUnavailable, StoreUnavailable
from shared.jobs import attention
from shared.jobs.records import State
from shared.metrics import sums
from shared.metrics.catalogue import COUNTERS, HISTOGRAMS, KINDS, Counter, Histogram
from shared.metrics.sums import Sums
from shared.metrics.tally import NO_BOUND, SUM
from shared.queue import TASK_OF, Queue
from shared.store.keys import Artifact

__all__ = ["JobsCollector", "QueuesCollector", "SumsCollector"]

Queued = Mapping[Queue, Mapping[Artifact, float]]
"""What is queued, with the time of each claim in seconds since the epoch."""


class _Asking(Collector):
    """What asks a server at every scrape, and not when it is registered."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def describe(self) -> Iterable[Metric]:
        return []


class SumsCollector(_Asking):
    """Adds what this process has counted, and tells the sums of all."""

    def collect(self) -> Iterator[Metric]:
        """Yield every metric of the catalogue."""
        leases = self._backend.leases
        up = GaugeMetricFamily("segue_valkey_up", "Whether Valkey answers the gateway.")
        try:
            sums.send(leases)
            found = sums.read(leases)
        except QueueUnavailable:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield from (_counter(counter, found) for counter in COUNTERS)
        yield from (_histogram(histogram, found) for histogram in HISTOGRAMS)


class QueuesCollector(_Asking):
    """Tells who works, what waits, and what is being worked at."""

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges."""
        try:
            leases = self._backend.leases
            queued = {queue: leases.queued(queue) for queue in Queue}
            running = leases.all_running()
            told = [
                self._workers(),
                self._deaf(),
                _queued(queued),
                _open(queued, running),
                _oldest(queued),
                self._heartbeats(),
                _running(running),
            ]
            led = leases.is_led()
        except QueueUnavailable:
            return
        yield from told
        yield GaugeMetricFamily(
            "segue_reconciler_leads", "Whether a worker looks after the open jobs.", value=led
        )

    def _workers(self) -> Metric:
        return _per_queue(
            "segue_workers",
            "Workers seen lately.",
            {queue: len(self._backend.leases.workers(queue)) for queue in Queue},
        )

    def _deaf(self) -> Metric:
        return _per_queue(
            "segue_deaf_workers",
            "Workers that live and do not hear their queue: of those seen lately.",
            {queue: len(attention.deaf(self._backend.leases, queue)) for queue in Queue},
        )

    def _heartbeats(self) -> Metric:
        return _per_queue(
            "segue_oldest_heartbeat_seconds",
            "How long ago the worker beat that has been silent for longest; 150 s after it is forgotten.",
            {queue: self._backend.leases.longest_silence_s(queue) for queue in Queue},
        )


def _queued(queued: Queued) -> Metric:
    return _per_queue(
        "segue_queued_messages",
        "Messages under way to workers; what waits for its turn are the open jobs.",
        {queue: len(claims) for queue, claims in queued.items()},
    )


def _open(queued: Queued, running: Set[Artifact]) -> Metric:
    tasks = {
        queue: claims.keys() | {one for one in running if TASK_OF[one.kind].queue is queue}
        for queue, claims in queued.items()
    }
    return _per_queue(
        "segue_open_tasks",
        "Tasks under way to workers or being worked at: by these, workers are scaled.",
        {queue: len(open_tasks) for queue, open_tasks in tasks.items()},
    )


def _oldest(queued: Queued) -> Metric:
    ages = {
        queue: max(0.0, time.time() - min(claims.values(), default=time.time()))
        for queue, claims in queued.items()
    }
    return _per_queue(
        "segue_oldest_queued_seconds", "How long the message that waits longest for a worker has.", ages
    )


def _running(running: Set[Artifact]) -> Metric:
    kinds = [artifact.kind.noun for artifact in running]
    gauge = GaugeMetricFamily("segue_running_tasks", "Leases of running tasks.", labels=["kind"])
    for kind in KINDS:
        gauge.add_metric([kind], kinds.count(kind))
    return gauge


class JobsCollector(_Asking):
    """Counts the jobs that have not ended: one listing for each tenant."""

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges."""
        up = GaugeMetricFamily("segue_store_up", "Whether the object store answers the gateway.")
        records = self._backend.records
        try:
            marks = [mark for tenant in records.tenants() for mark in records.open_marks(tenant)]
        except StoreUnavailable:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        now = datetime.now(UTC)
        ages_s = [(now - mark.modified).total_seconds() for mark in marks if mark.modified is not None]
        yield GaugeMetricFamily(
            "segue_oldest_open_job_seconds",
            "How long ago the oldest job was accepted that has not ended; 0: there is none.",
            value=max(0.0, *ages_s, 0.0),
        )
        try:
            running = self._running_jobs()
        except QueueUnavailable:
            return
        opened = GaugeMetricFamily("segue_open_jobs", "Jobs that have not ended.", labels=["state"])
        active = sum(mark.key.rsplit("/", 1)[1] in running for mark in marks)
        opened.add_metric([State.RUNNING], active)
        opened.add_metric([State.QUEUED], len(marks) - active)
        yield opened

    def _running_jobs(self) -> set[str]:
        leases = self._backend.leases
        return {job for artifact in leases.all_running() for job in leases.wanted_by(artifact)}


def _per_queue(name: str, text: str, values: dict[Queue, float] | dict[Queue, int]) -> Metric:
    gauge = GaugeMetricFamily(name, text, labels=["queue"])
    for queue, value in values.items():
        gauge.add_metric([queue.value], value)
    return gauge


def _counter(counter: Counter, found: Sums) -> Metric:
    family = CounterMetricFamily(counter.name, counter.help, labels=list(counter.labels))
    series = dict.fromkeys(counter.known_series(), 0.0)
    series |= {key[1:]: value for key, value in found.items() if _is_of(counter, key, len(counter.labels))}
    for labels, value in series.items():
        family.add_metric(list(labels), value)
    return family


def _histogram(histogram: Histogram, found: Sums) -> Metric:
    """Return a histogram, its buckets cumulated as Prometheus has them."""
    family = HistogramMetricFamily(histogram.name, histogram.help, labels=list(histogram.labels))
    series = {key[1:-1] for key in found if _is_of(histogram, key, len(histogram.labels) + 1)}
    bounds = [*map(str, histogram.bounds_s), NO_BOUND]
    for labels in sorted(series | set(histogram.known_series())):
        total, buckets = 0.0, []
        for bound in bounds:
            total += found.get((histogram.name, *labels, bound), 0.0)
            buckets.append((bound, total))
        family.add_metric(list(labels), buckets, found.get((histogram.name, *labels, SUM), 0.0))
    return family


def _is_of(counter: Counter, key: tuple[str, ...], labels: int) -> bool:
    """Tell whether a sum is of a metric as this version declares it."""
    return key[0] == counter.name and len(key) == labels + 1

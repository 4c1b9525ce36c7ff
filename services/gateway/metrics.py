"""What Prometheus scrapes: requests by route, workers and messages by queue."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import Depends, FastAPI
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_fastapi_instrumentator import Instrumentator

from services.gateway.access.refusals import OperatorOnly
from services.gateway.auth import TheCaller
from services.gateway.backend import Backend
from shared.errors import QueueUnavailable
from shared.queue import Queue


class QueueCollector(Collector):
    """Reads what Valkey knows at every scrape; without Valkey it tells nothing."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges."""
        workers = GaugeMetricFamily("segue_workers", "Workers seen lately.", labels=["queue"])
        queued = GaugeMetricFamily(
            "segue_queued_messages", "Messages under way to workers.", labels=["queue"]
        )
        try:
            for queue in Queue:
                workers.add_metric([queue.value], len(self._backend.leases.workers(queue)))
                queued.add_metric([queue.value], len(self._backend.leases.queued(queue)))
        except QueueUnavailable:
            return
        yield workers
        yield queued

    def describe(self) -> list[Metric]:
        """Return nothing, so that registering makes no request."""
        return []


def let_scrape(caller: TheCaller) -> None:
    """Let the operator read what all tenants do, and everyone where nobody is asked for a key.

    Raises:
        OperatorOnly: a tenant's key came.
    """
    if caller.key is not None and not caller.is_operator:
        raise OperatorOnly()


def add_metrics(app: FastAPI, backend: Backend) -> None:
    """Count requests, and serve `/metrics`."""
    registry = CollectorRegistry()
    registry.register(QueueCollector(backend))
    instrumentator = Instrumentator(excluded_handlers=["/metrics", "/healthz", "/readyz"], registry=registry)
    instrumentator.instrument(app).expose(app, include_in_schema=False, dependencies=[Depends(let_scrape)])

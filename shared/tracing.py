"""Traces, where SEGUE_OTLP_ENDPOINT names a collector: a request, its job and all its tasks are one trace.

Jobs outlive processes, so a trace's context is kept with the job, as W3C writes it (`traceparent`), and comes
with its messages. Off, nothing of OpenTelemetry is imported and nothing is done. A collector that does not
answer costs spans and no work: they are sent by a thread of their own, which drops what it cannot hold.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from shared.process import service_name, worker_name
from shared.settings import get_settings

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span as OtelSpan
    from opentelemetry.trace import Tracer

Attributes = Mapping[str, str | int | float | None]
"""What is known of a span; what is None is not."""
__all__ = ["Span", "current_traceparent", "flush", "record", "span", "trace_id_of"]

SEND_EVERY_MS = 1000
GIVE_UP_S = 3
_NANOSECONDS = 1_000_000_000
_lock = threading.Lock()


class Span:
    """A piece of work under way; off, it takes everything and does nothing."""

    def __init__(self, span: OtelSpan | None = None) -> None:
        self._span = span

    def rename(self, name: str) -> None:
        """Name it by what is known by now."""
        if self._span is not None:
            self._span.update_name(name)

    def note(self, attributes: Attributes) -> None:
        """Add what is known by now."""
        if self._span is not None:
            self._span.set_attributes(_known(attributes))

    def fail(self, cause: str) -> None:
        """Mark it as failed."""
        if self._span is not None:
            from opentelemetry.trace import StatusCode

            self._span.set_status(StatusCode.ERROR, cause)


@contextmanager
def span(
    name: str, attributes: Attributes, *, parent: str | None = None, serves: bool = False
) -> Iterator[Span]:
    """Trace what is done inside.

    Args:
        name: what is done.
        attributes: what is known of it.
        parent: the `traceparent` that it belongs to; None: it begins a trace.
        serves: whether a request is answered; otherwise a message is worked at.
    """
    tracer = _tracer()
    if tracer is None:
        yield Span()
        return
    from opentelemetry.trace import SpanKind

    kind = SpanKind.SERVER if serves else SpanKind.CONSUMER
    with tracer.start_as_current_span(
        name, context=_context(parent), kind=kind, attributes=_known(attributes)
    ) as begun:
        yield Span(begun)


def record(
    name: str, attributes: Attributes, *, parent: str | None, began: datetime, ended: datetime
) -> None:
    """Trace what lasted longer than any process: only its end is seen."""
    tracer = _tracer()
    if tracer is None or parent is None:
        return
    lasting = tracer.start_span(
        name, context=_context(parent), attributes=_known(attributes), start_time=_nanoseconds(began)
    )
    lasting.end(max(_nanoseconds(began), _nanoseconds(ended)))


def current_traceparent() -> str | None:
    """Return the context of what is being traced in this thread, to be carried elsewhere."""
    if _tracer() is None:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent")


def trace_id_of(traceparent: str | None) -> str | None:
    """Return the trace's own id, as backends show it."""
    return traceparent.split("-")[1] if traceparent else None


def flush() -> None:
    """Send what has ended, before the process does."""
    if _tracer() is not None:
        _provider().force_flush(GIVE_UP_S * 1000)


def _tracer() -> Tracer | None:
    return None if not get_settings().otlp_endpoint else _provider().get_tracer("segue")


def _provider() -> TracerProvider:
    with _lock:
        return _make_provider()


@lru_cache(maxsize=1)
def _make_provider() -> TracerProvider:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    named = {"service.name": f"segue-{service_name()}", "service.instance.id": worker_name()}
    provider = TracerProvider(resource=Resource.create({key: name for key, name in named.items() if name}))
    endpoint = str(get_settings().otlp_endpoint).rstrip("/")
    exporter = OTLPSpanExporter(f"{endpoint}/v1/traces", timeout=GIVE_UP_S)
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=SEND_EVERY_MS))
    return provider


def _context(parent: str | None) -> Context:
    """Return a context for a span: its parent's, or an empty one, whatever this thread is at."""
    from opentelemetry.context import Context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": parent or ""}, Context())


def _known(attributes: Attributes) -> dict[str, str | int | float]:
    return {name: value for name, value in attributes.items() if value is not None}


def _nanoseconds(when: datetime) -> int:
    return int(when.timestamp() * _NANOSECONDS)

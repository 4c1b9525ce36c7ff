"""`/metrics`: requests and radios of this process, and what all processes together did and have before them.

The second part is the same whichever gateway tells it. Where there are several, it is asked for apart from
the first, so that nothing is summed up that is one.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from fastapi import Depends, FastAPI, Query, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_fastapi_instrumentator import Instrumentator

from services.gateway.access.refusals import OperatorOnly
from services.gateway.auth import TheCaller
from services.gateway.backend import Backend
from services.gateway.metrics.installation import JobsCollector, QueuesCollector, SumsCollector
from services.gateway.metrics.process import RadiosCollector
from services.gateway.radio.radios import Radios
from services.gateway.served import UNCOUNTED

__all__ = ["Part", "add_metrics"]


class Part(StrEnum):
    """What may be asked for apart."""

    ALL = "all"
    PROCESS = "process"
    """Of the gateway that answers."""
    INSTALLATION = "installation"
    """The same from every gateway."""


def let_scrape(caller: TheCaller) -> None:
    """Let the operator read what all tenants do, and everyone where nobody is asked for a key.

    Raises:
        OperatorOnly: a tenant's key came.
    """
    if caller.key is not None and not caller.is_operator:
        raise OperatorOnly()


def add_metrics(app: FastAPI, backend: Backend, radios: Radios) -> None:
    """Count requests, and serve `/metrics`."""
    process, installation = CollectorRegistry(), CollectorRegistry()
    ProcessCollector(registry=process)
    process.register(RadiosCollector(radios))
    for collector in (SumsCollector(backend), QueuesCollector(backend), JobsCollector(backend)):
        installation.register(collector)
    # Radios and events go on for hours: what counts of them is how soon they begin.
    Instrumentator(
        excluded_handlers=list(UNCOUNTED), registry=process, should_exclude_streaming_duration=True
    ).instrument(app)

    @app.get("/metrics", include_in_schema=False, dependencies=[Depends(let_scrape)])
    def get_metrics(of: Annotated[Part, Query()] = Part.ALL) -> Response:
        told = [installation] if of is Part.INSTALLATION else [process]
        told += [installation] if of is Part.ALL else []
        text = b"".join(generate_latest(registry) for registry in told)
        return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})

"""Where work comes from: the request that asked for it, told in each line and each trace of it."""

from __future__ import annotations

import structlog
from pydantic import BaseModel, ConfigDict

from shared import tracing

__all__ = ["Origin", "current_origin"]


class Origin(BaseModel):
    """Kept with a job and carried by its messages; it decides nothing."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    request_id: str | None = None
    """Of the request that asked for the job; its answer had it as `X-Request-ID`."""
    traceparent: str | None = None
    """Of that request as well, where traces are sent."""


def current_origin() -> Origin:
    """Return where the work of this thread comes from."""
    bound = structlog.contextvars.get_contextvars()
    return Origin(request_id=bound.get("request_id"), traceparent=tracing.current_traceparent())

"""Sessions of pages."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from services.gateway.schemas.common import TIME_EXAMPLE, Schema


class Session(Schema):
    """As whom a page may read, and for how long."""

    tenant: str = Field(description="Whose things it sees.", examples=["4f1c20aa9be7"])
    expires_at: datetime | None = Field(
        description="When the cookie ends; null: none is needed, since no key is.", examples=[TIME_EXAMPLE]
    )

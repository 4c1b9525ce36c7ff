"""Keys."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from services.gateway.schemas.common import TIME_EXAMPLE, RequestSchema, Schema

KEY_ID_EXAMPLE = "4f1c20aa9be7"
TENANT_PATTERN = r"^[a-z0-9][a-z0-9-]{0,38}$"


class KeyRequest(RequestSchema):
    """What a new key is for."""

    name: str = Field(
        min_length=1,
        max_length=100,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        description="What to call it: a person, or a program.",
        examples=["anna"],
    )
    tenant: str | None = Field(
        None,
        pattern=TENANT_PATTERN,
        description="Whose things it opens: those of another key's tenant, or `local`, what was made without "
        "a key. By default a new tenant's, who has nothing yet.",
        examples=["local"],
    )


class Key(Schema):
    """A key, but for its secret."""

    id: str = Field(
        description="Its public part; it stands in the key and in logs.", examples=[KEY_ID_EXAMPLE]
    )
    name: str = Field(description="What it is called.", examples=["anna"])
    tenant: str = Field(description="Whose things it opens.", examples=[KEY_ID_EXAMPLE])
    made_at: datetime = Field(description="When it was made.", examples=[TIME_EXAMPLE])
    revoked_at: datetime | None = Field(
        description="Since when it opens nothing; null: it does.", examples=[None]
    )


class NewKey(Key):
    """A key as it is told once."""

    key: str = Field(
        description="The key. It is kept nowhere: who loses it needs another.",
        examples=["segue_4f1c20aa9be7_..."],
    )

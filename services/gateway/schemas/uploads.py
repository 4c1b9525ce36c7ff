"""Uploads that come in pieces."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from services.gateway.schemas.common import SONG_EXAMPLE, TIME_EXAMPLE, UPLOAD_EXAMPLE, Links, Schema


class Upload(Schema):
    """An upload as far as it has come."""

    id: str = Field(description="The upload's id.", examples=[UPLOAD_EXAMPLE])
    name: str = Field(description="Name of the file.", examples=["Night Drive.wav"])
    size_bytes: int = Field(description="Bytes that it is to have.", examples=[42_000_000])
    offset_bytes: int = Field(description="Bytes that are here: go on from there.", examples=[8_388_608])
    begun_at: datetime = Field(description="When it was begun.", examples=[TIME_EXAMPLE])
    song: str | None = Field(
        description="Id of the song that it became; null: not all of it is here.", examples=[SONG_EXAMPLE]
    )
    is_new: bool | None = Field(
        description="Whether the song was not there before; null: not all of it is here.", examples=[True]
    )
    links: Links

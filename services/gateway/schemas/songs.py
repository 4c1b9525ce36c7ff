"""Songs."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from services.gateway.schemas.common import JOB_EXAMPLE, SONG_EXAMPLE, TIME_EXAMPLE, Links, Problem, Schema


class SongState(StrEnum):
    """How far a song is. The last two are final."""

    RECEIVED = "received"
    READY = "ready"
    REJECTED = "rejected"


class Song(Schema):
    """An uploaded song. Figures are null until it is `ready`."""

    id: str = Field(description="SHA-256 of its bytes.", examples=[SONG_EXAMPLE])
    state: SongState = Field(
        description="`received`: stored, not decoded yet; `ready`: decoded; `rejected`: see `problem`."
    )
    name: str = Field(description="Name of the file that was uploaded.", examples=["Night Drive.mp3"])
    size_bytes: int = Field(description="Bytes that were uploaded.", examples=[4_096_000])
    uploaded_at: datetime = Field(description="When its bytes came first.", examples=[TIME_EXAMPLE])
    title: str = Field(description="From its tags, else its file name.", examples=["Night Drive"])
    artist: str | None = Field(description="From its tags.", examples=["The Examples"])
    duration_s: float | None = Field(description="Length in seconds.", examples=[214.6])
    sample_rate_hz: int | None = Field(description="Its own rate, at which it is kept.", examples=[44100])
    channels: int | None = Field(description="1 or 2.", examples=[2])
    codec: str | None = Field(description="Container and codec of the upload.", examples=["mp3"])
    peak: float | None = Field(
        description="Largest magnitude of a sample, 1.0 at full scale.", examples=[0.97]
    )
    problem: Problem | None = Field(
        description="Why it was rejected, or why it could not be decoded: then upload it again.",
        examples=[None],
    )
    job: str | None = Field(
        description="The job that decodes it, unless it is decoded.", examples=[JOB_EXAMPLE]
    )
    links: Links

"""Songs."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from services.gateway.schemas.common import JOB_EXAMPLE, SONG_EXAMPLE, TIME_EXAMPLE, Links, Problem, Schema
from shared.corrections import Correction


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


class Analysis(Schema):
    """What was found of a song. Confidences go from 0 to 1."""

    song: str = Field(description="Id of the song.", examples=[SONG_EXAMPLE])
    tempo_bpm: float | None = Field(
        description="Beats a minute, by the median; null: no beat.", examples=[122.0]
    )
    beat_confidence: float = Field(
        description="How sure it is that the music has this beat; from 0.5 on it is taken for real.",
        examples=[0.94],
    )
    beats_per_bar: int | None = Field(description="3 or 4; null: no beat.", examples=[4])
    bar_confidence: float = Field(description="How sure it is which beats begin a bar.", examples=[0.7])
    key: str | None = Field(description="The key; null: nothing has a pitch.", examples=["A minor"])
    key_confidence: float = Field(description="How sure the key is.", examples=[0.5])
    sections_s: list[float] = Field(
        description="Where sections begin, rising from 0; they are numbered from 0.", examples=[[0.0]]
    )
    note: str | None = Field(description="Why no beat was found.", examples=[None])
    correction: Correction = Field(description="What was known of it, and not found by listening.")
    beats_s: list[float] = Field(description="The beats, rising.", examples=[[0.31, 0.8]])
    bars_s: list[float] = Field(description="Those that begin a bar.", examples=[[0.31]])
    links: Links

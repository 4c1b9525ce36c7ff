"""Radios: what plays, and what is not to be heard."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from services.gateway.schemas.common import POOL_EXAMPLE, SONG_EXAMPLE, RequestSchema, Schema
from shared.parameters import SongId


class Playing(Schema):
    """A piece of a song that a radio plays."""

    song: str = Field(description="Id of the song.", examples=[SONG_EXAMPLE])
    title: str = Field(description="Its title.", examples=["Night Drive"])
    artist: str | None = Field(description="Its artist, if its tags tell.", examples=["The Examples"])
    chunk: int = Field(description="Number of the chunk in its cut, from 0.", examples=[12])
    for_s: float = Field(description="For how long this chunk has played, in seconds.", examples=[2.5])


class Radio(Schema):
    """A radio as it is now."""

    pool: str = Field(description="Id of the pool.", examples=[POOL_EXAMPLE])
    seed: int = Field(description="The same pool and seed give the same stream.", examples=[0])
    stream: str = Field(description="Where to listen.", examples=[f"/v1/radio/{POOL_EXAMPLE}.mp3?seed=0"])
    listeners: int = Field(description="Who listens through this gateway.", examples=[2])
    played_s: float = Field(description="How much was sent since it went on air.", examples=[512.3])
    ahead_s: float = Field(description="How much is ready to be sent.", examples=[74.1])
    playing: Playing | None = Field(description="What is sent now; null: it is not on air.")


class RadioBan(RequestSchema):
    """What is never to be heard again, as long as the radio is on air."""

    what: Literal["song", "chunk"] = Field("song", description="A whole song, or one chunk of it.")
    song: SongId | None = Field(
        None, description="Id of the song; null: what plays now.", examples=[SONG_EXAMPLE]
    )
    chunk: int | None = Field(
        None, ge=0, description="Of `chunk` with a song: its number in its cut, from 0.", examples=[12]
    )

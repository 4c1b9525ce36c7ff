"""Cuts, pools, models and mixes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from services.gateway.schemas.common import (
    CUT_EXAMPLE,
    MIX_EXAMPLE,
    MODEL_EXAMPLE,
    POOL_EXAMPLE,
    PREVIEW_EXAMPLE,
    SONG_EXAMPLE,
    TIME_EXAMPLE,
    Links,
    Schema,
)
from shared.parameters import Cut, Output, Sequencing
from shared.revisions import Edit


class Made(Schema):
    """What all artifacts have."""

    created_at: datetime = Field(description="When it was made.", examples=[TIME_EXAMPLE])
    size_bytes: int = Field(description="Bytes of all that is stored of it.", examples=[1_048_576])
    links: Links


class CutSummary(Made):
    """A cut song, as lists show it."""

    id: str = Field(description="The cut's id.", examples=[CUT_EXAMPLE])
    song: str = Field(description="Id of the song.", examples=[SONG_EXAMPLE])
    cut: Cut = Field(description="How it was cut.", examples=[{"method": "silence"}])
    chunk_count: int = Field(description="Number of chunks.", examples=[52])
    mean_chunk_s: float = Field(description="Mean length of a chunk in seconds.", examples=[4.1])


class Chunk(Schema):
    """A piece of a song. All chunks of a cut, laid end to end, are the song."""

    n: int = Field(description="Its number, from 0.", examples=[7])
    start: int = Field(description="Its first sample.", examples=[1_234_800])
    stop: int = Field(description="The sample after its last.", examples=[1_411_200])
    start_s: float = Field(description="Where it begins, in seconds.", examples=[28.0])
    duration_s: float = Field(description="Its length in seconds.", examples=[4.0])


class CutDetails(CutSummary):
    """A cut song."""

    sample_rate_hz: int = Field(description="The song's rate; positions count its samples.", examples=[44100])
    channels: int = Field(description="1 or 2.", examples=[2])
    format: str = Field(description="How chunk files are stored.", examples=["flac"])
    threshold_dbfs: float | None = Field(
        description="The threshold of silence in force; null for other cuts.", examples=[-22.5]
    )
    note: str | None = Field(
        description="Why it is not cut as it was asked for; null: it is.", examples=[None]
    )
    chunks: list[Chunk] = Field(description="The chunks in order.")


class Pool(Made):
    """The chunks that a mix is drawn from, as one model sees them."""

    id: str = Field(description="The pool's id.", examples=[POOL_EXAMPLE])
    approach: str = Field(description="The model's approach.", examples=["linear"])
    model: str = Field(description="Id of the model.", examples=[MODEL_EXAMPLE])
    cuts: list[str] = Field(description="Ids of its cuts, in order.", examples=[[CUT_EXAMPLE]])
    songs: list[str] = Field(description="Id of the song of each cut.", examples=[[SONG_EXAMPLE]])
    counts: list[int] = Field(
        description="Chunks of each cut that are long enough to be judged.", examples=[[52]]
    )
    chunks: int = Field(description="Number of chunks.", examples=[52])


class Model(Made):
    """A fitted approach."""

    id: str = Field(description="The model's id.", examples=[MODEL_EXAMPLE])
    approach: str = Field(description="Name of the approach.", examples=["binary"])
    settings: dict[str, Any] = Field(
        description="Every setting.", examples=[{"preset": "fast", "epochs": 60}]
    )
    seed: int = Field(description="Of everything random in the fit.", examples=[0])
    weights_sha256: str = Field(description="SHA-256 of its weights.", examples=[MODEL_EXAMPLE])
    epochs: int = Field(description="Epochs that were run; 0: solved in closed form.", examples=[34])
    fit_s: float = Field(description="Seconds that the fit took.", examples=[71.3])
    train_songs: list[str] = Field(description="Songs it was fitted on.", examples=[[SONG_EXAMPLE]])
    held_out_songs: list[str] = Field(
        description="Songs that the fit never saw, to judge it by.", examples=[[]]
    )
    summary: dict[str, float | None] = Field(
        description="The main ones of its quick figures after the fit.", examples=[{"held_out_auc": 0.71}]
    )


class Mix(Made):
    """A rendered mix."""

    id: str = Field(description="The mix's id.", examples=[MIX_EXAMPLE])
    title: str = Field(description="Of the songs it is made of.", examples=["Segue: Night Drive and Lounge"])
    duration_s: float = Field(description="Length in seconds.", examples=[121.7])
    chunks: int = Field(description="Number of chunks.", examples=[30])
    songs: int = Field(description="Number of songs used.", examples=[5])
    approach: str = Field(description="What judged the transitions.", examples=["linear"])
    model: str | None = Field(
        description="Id of the model; null where its record is gone.", examples=[MODEL_EXAMPLE]
    )
    pool: str | None = Field(
        description="Id of the pool; null where its record is gone.", examples=[POOL_EXAMPLE]
    )
    sequencing: Sequencing | None = Field(
        description="How chunks were chosen; null where its record is gone.", examples=[{"chunks": 30}]
    )
    output: Output = Field(description="How it was rendered.", examples=[{"format": "mp3"}])
    revision_of: str | None = Field(
        description="Id of the mix that it is a revision of; null: of none.", examples=[None]
    )
    edits: list[Edit] = Field(description="What was changed of that mix.", examples=[[]])


class Version(Schema):
    """A mix in the history of another."""

    id: str = Field(description="The mix's id.", examples=[MIX_EXAMPLE])
    created_at: datetime | None = Field(
        description="When it was made; null: it was deleted.", examples=[TIME_EXAMPLE]
    )
    duration_s: float | None = Field(description="Length in seconds.", examples=[121.7])
    chunks: int | None = Field(description="Number of chunks.", examples=[30])
    revision_of: str | None = Field(description="Id of the mix that it was made of.", examples=[MIX_EXAMPLE])
    edits: list[Edit] = Field(
        description="What was changed of that one.", examples=[[{"edit": "swap", "position": 7}]]
    )
    links: Links


class History(Schema):
    """How a mix came to be, and what was made of it. Going back is to go on from an earlier one."""

    ancestors: list[Version] = Field(
        description="The line of mixes that it was made of, the first one first."
    )
    mix: Version = Field(description="The mix itself.")
    revisions: list[Version] = Field(description="What was made of it, the oldest first.")


class Preview(Made):
    """A few seconds around a seam of a mix."""

    id: str = Field(description="The preview's id.", examples=[PREVIEW_EXAMPLE])
    mix: str = Field(description="Id of the mix.", examples=[MIX_EXAMPLE])
    position: int = Field(description="The place of the chunk that begins with the seam.", examples=[5])
    duration_s: float = Field(description="Length in seconds.", examples=[10.0])
    seam_s: float = Field(description="Where in it that chunk begins.", examples=[5.0])
    manner: str = Field(
        description="How the seam is made: `continues`, `blend`, `bass_swap`, `cut` or `echo_out`.",
        examples=["blend"],
    )
    format: str = Field(description="Of the sound.", examples=["mp3"])

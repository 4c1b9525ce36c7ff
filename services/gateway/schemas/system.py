"""The system itself: approaches, state of the servers, clearing up."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from services.gateway.schemas.common import Schema


class Approach(Schema):
    """A way to judge transitions."""

    name: str = Field(description="Its name.", examples=["linear"])
    summary: str = Field(description="What it does, in a line.", examples=["Closed form, fits in seconds."])
    trained: bool = Field(description="Whether it trains a network, epoch by epoch.", examples=[False])
    presets: dict[str, dict[str, Any]] = Field(
        description="Every setting by preset; the first is the default.",
        examples=[{"default": {"ridge": 0.1}}],
    )
    settings: dict[str, Any] = Field(
        description="JSON Schema of its settings: each with its meaning, default and bounds.",
        examples=[{"properties": {"ridge": {"default": 0.1, "type": "number"}}}],
    )


class Stored(Schema):
    """What is stored of one kind."""

    objects: int = Field(description="Number of objects.", examples=[1800])
    bytes: int = Field(description="Their bytes.", examples=[734_003_200])


class System(Schema):
    """The state of the installation, for this tenant."""

    versions: dict[str, str] = Field(description="Of Segue and Python.", examples=[{"segue": "0.1.0"}])
    workers: dict[str, int] | None = Field(
        description="Workers alive per queue; null: Valkey does not answer.",
        examples=[{"chunker": 1, "trainer": 1, "assembler": 1}],
    )
    deaf: dict[str, int] | None = Field(
        description="Of these, workers that do not hear their queue, and take no work.",
        examples=[{"chunker": 0, "trainer": 0, "assembler": 0}],
    )
    queued: dict[str, int] | None = Field(
        description="Messages under way per queue; the backlog is the open jobs.", examples=[{"chunker": 2}]
    )
    stored: dict[str, Stored] = Field(
        description="What is stored, by kind.", examples=[{"songs": {"objects": 3, "bytes": 12_000_000}}]
    )
    open_jobs: int = Field(description="Jobs that have not ended.", examples=[1])
    limits: dict[str, int | float] = Field(
        description="Limits of a song.", examples=[{"max_upload_bytes": 200_000_000, "max_song_s": 10_800}]
    )


class Check(Schema):
    """One thing that must hold for the system to work."""

    name: str = Field(description="What was looked at.", examples=["store"])
    ok: bool = Field(description="Whether it holds.", examples=[True])
    detail: str = Field(description="What was found.", examples=["reached; conditional put works"])


class Readiness(Schema):
    """Whether requests can be served and work gets done."""

    ready: bool = Field(description="Whether all checks hold.", examples=[True])
    checks: list[Check] = Field(description="Each thing that was looked at.")


class Health(Schema):
    """That the process lives."""

    status: str = Field(description="`ok`.", examples=["ok"])


class GarbageItem(Schema):
    """Something that no record reaches."""

    prefix: str = Field(
        description="What all of its keys begin with.", examples=["t/local/uploads/0b5d1c4e8f6a"]
    )
    reason: str = Field(description="Why nothing needs it.", examples=["an upload that was never finished"])
    objects: int = Field(description="Number of objects.", examples=[1])
    bytes: int = Field(description="Their bytes.", examples=[4_096_000])


class Collected(Schema):
    """What was cleared up, or would be."""

    dry_run: bool = Field(description="Whether nothing was deleted.", examples=[False])
    removed: int = Field(description="Objects removed; in a dry run: that would be.", examples=[12])
    bytes: int = Field(description="Their bytes.", examples=[52_428_800])
    items: list[GarbageItem] = Field(description="What they were.")

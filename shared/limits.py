"""The limits that keep a mix from merely playing its songs again."""

from __future__ import annotations

from pydantic import Field

from shared.places import Choices

__all__ = ["NO_LIMITS", "Limits"]


class Limits(Choices):
    """What keeps a mix from replaying its songs. One that a pool cannot meet is relaxed; the report tells."""

    most_replay: float | None = Field(
        0.5,
        ge=0,
        le=1,
        description="Largest share of steps to the chunk that followed in the song anyway; null: any.",
    )
    longest_run_s: float | None = Field(
        32.0, gt=0, description="Longest stretch of several chunks out of one song, in seconds; null: any."
    )
    least_between_songs: float | None = Field(
        1 / 3, ge=0, le=1, description="Smallest share of seams between different songs; null: none."
    )
    least_songs: int | None = Field(
        None,
        ge=1,
        description="Fewest different songs; null: 8, or all where there are fewer, and for less than 30 "
        "chunks in proportion.",
    )
    twins_apart: int | None = Field(
        8,
        ge=1,
        le=10_000,
        description="A chunk that begins like one of the last so many does not come; null: it may.",
    )
    tempo_within_percent: float | None = Field(
        None,
        ge=0,
        le=100,
        description="Songs follow each other whose tempos, folded by 2:1, differ by no more percent than "
        "this, or of which one has no sure beat; null: any. Never relaxed.",
        examples=[6],
    )
    key_within: int | None = Field(
        None,
        ge=0,
        le=6,
        description="Songs follow each other whose keys are no more steps apart on the circle of fifths, or "
        "of which one's key is unsure; 0: the same key or its relative; null: any. Never relaxed.",
        examples=[1],
    )


NO_LIMITS = Limits(
    most_replay=None, longest_run_s=None, least_between_songs=None, least_songs=1, twins_apart=None
)
"""What a mix is chosen by that keeps to nothing but its wishes."""

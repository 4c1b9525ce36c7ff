"""How requests and recipes name songs, and places in them: chunks and passages."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared.bulk import Bounded

__all__ = ["Choices", "End", "Parameters", "Passage", "SongId", "Start", "song_of"]

SongId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A song is named by the SHA-256 of its bytes."""


class Parameters(BaseModel):
    """A frozen group of parameters that refuses names it does not know."""

    # JSON knows no infinity: what was stored with one would come back as null.
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Choices(Bounded, Parameters):
    """Parameters that users choose: `"5"`, `true` and what is not finite are no numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Start(Choices):
    """The chunk a mix begins with."""

    song: SongId = Field(description="Its song.")
    chunk: int = Field(0, ge=0, description="Its number in the song's cut, from 0.")


class End(Choices):
    """Where a mix ends: a chunk, or any chunk of a song."""

    song: SongId = Field(description="Its song.")
    chunk: int | None = Field(
        None, ge=0, description="Its number in the song's cut, from 0; null: whichever fits best."
    )


class Passage(Choices):
    """A passage of a song: one of its sections, or a span of time."""

    song: SongId = Field(
        description="Its song.",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    )
    section: int | None = Field(
        None,
        ge=0,
        description="One of the sections that the song's analysis tells, from 0; not with a span.",
        examples=[None],
    )
    from_s: float | None = Field(
        None, ge=0, description="Where a span begins; null: where the song does.", examples=[30.0]
    )
    to_s: float | None = Field(
        None, gt=0, description="Where it ends; null: where the song does.", examples=[62.5]
    )

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        span = self.from_s is not None or self.to_s is not None
        if span == (self.section is not None):
            raise ValueError("a passage is a section, or a span by from_s and to_s; a whole song is its id")
        if self.to_s is not None and self.to_s <= self.begins_s:
            raise ValueError("from_s comes before to_s")
        return self

    @property
    def begins_s(self) -> float:
        """Where a span begins."""
        return self.from_s or 0.0

    @property
    def ends_s(self) -> float:
        """Where a span ends; infinite: where the song does."""
        return float("inf") if self.to_s is None else self.to_s


def song_of(named: SongId | Passage) -> SongId:
    """Return the song of what names one, or a passage of one."""
    return named.song if isinstance(named, Passage) else named

"""What users know better of a song than its analysis: its tempo, its bars, its key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from shared.parameters import Choices, SongId
from shared.sound.tonality import KEY_FORM, spelled

__all__ = ["Correction", "Corrections"]


class Correction(Choices):
    """What is known of a song; null: it is found by listening."""

    tempo_bpm: float | None = Field(
        None,
        ge=30,
        le=300,
        description="Beats a minute, to a few percent; the beats are tracked near it.",
        examples=[87.0],
    )
    beats_per_bar: Literal[2, 3, 4, 5, 6, 7] | None = Field(None, description="Beats in a bar.", examples=[3])
    downbeat_s: float | None = Field(
        None,
        ge=0,
        le=36_000,
        description="Where in the song some bar begins; the nearest beat is taken.",
        examples=[12.4],
    )
    key: Annotated[str, Field(pattern=KEY_FORM), AfterValidator(spelled)] | None = Field(
        None, description="The key, such as `A minor` or `Eb major`.", examples=["A minor"]
    )

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known."""
        return self == Correction()


Corrections = Mapping[SongId, Correction]
"""By song; those of which nothing is known are left out."""

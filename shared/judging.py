"""What users may choose where models are judged; like `parameters`, part of requests, recipes and keys."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from shared.bulk import counted_first
from shared.parameters import Choices

__all__ = ["LEAST_JUDGED_SONGS", "Gaps", "Protocol"]

MOST_GAPS = 8
Gaps = Annotated[
    tuple[Annotated[float, Field(gt=0, le=2)], ...],
    Field(
        min_length=1,
        max_length=MOST_GAPS,
        strict=False,
        description="What is left out on each side of every chunk, rising; the first is called `at the cut`.",
    ),
    counted_first(MOST_GAPS),
]
"""Seconds."""

LEAST_JUDGED_SONGS = 2
"""With one song there is no false successor out of another."""


class Protocol(Choices):
    """How approaches are judged: on which chunks, with what left out at the cut, and how much is asked."""

    chunks_per_song: int | None = Field(
        47,
        ge=4,
        le=1000,
        description="The first so many chunks of every song, songs with fewer left out; null: the number, "
        "47 at most, that leaves the most chunks.",
    )
    gaps_s: Gaps = (0.02, 0.1, 0.2, 0.5)
    headline_gap_s: float = Field(
        0.1, description="The gap, one of `gaps_s`, whose figures are the headline."
    )
    false_successors: int = Field(
        8, ge=1, le=64, description="Of each kind and each transition, for the AUC."
    )
    puzzles: int = Field(200, ge=0, le=2000, description="Puzzles of each size, at most.")
    pairwise_queries: int = Field(
        200,
        ge=1,
        le=100_000,
        description="Transitions asked of an approach that runs a network for every pair; of others, all.",
    )
    pairwise_puzzles: int = Field(
        40, ge=0, le=2000, description="Puzzles of each size given to such an approach, at most."
    )
    resamples: int = Field(1000, ge=100, le=20_000, description="Of the bootstrap behind every interval.")
    seed: int = Field(
        0,
        ge=0,
        lt=2**31,
        description="Of the pool's order, the false successors, the puzzles, the bootstrap.",
    )

    @model_validator(mode="after")
    def _gaps_fit_together(self) -> Self:
        if list(self.gaps_s) != sorted(set(self.gaps_s)):
            raise ValueError("gaps_s must rise")
        if self.headline_gap_s not in self.gaps_s:
            raise ValueError("headline_gap_s must be one of gaps_s")
        return self

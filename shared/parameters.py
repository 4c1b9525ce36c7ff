"""What users may choose at each step: the parameters of cutting, training, judging, sequencing and rendering.

They are part of requests, of recipes, of messages and of artifact keys alike, so each is defined once,
here, with its unit in its name, its default and its bounds.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

SongId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A song is named by the SHA-256 of its bytes."""

ArtifactKey = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""An artifact is named by the SHA-256 of all that decides its content."""


class Parameters(BaseModel):
    """A frozen group of parameters that refuses names it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Cut(Parameters):
    """How a song is cut into chunks."""

    method: Literal["silence", "equal"] = Field(
        "silence",
        description="`silence`: at the end of each quiet stretch; `equal`: every `chunk_s`.",
    )
    threshold_dbfs: Annotated[float, Field(ge=-120, le=0)] | Literal["auto"] = Field(
        "auto",
        description="A window is silent at or below this level. `auto` chooses it per song so that chunks "
        "average `target_chunk_s`; the study used -16.",
    )
    min_silence_ms: int = Field(300, ge=10, le=10_000, description="Shortest stretch that counts as silence.")
    target_chunk_s: float = Field(4.0, ge=0.5, le=60, description="Mean chunk length that `auto` aims at.")
    min_chunk_ms: int = Field(1000, ge=0, le=60_000, description="Shorter chunks join a neighbour.")
    max_chunk_ms: int | None = Field(
        12_000, ge=1000, description="Longer chunks are split at their quietest place; null: never."
    )
    chunk_s: float = Field(5.0, ge=0.1, le=600, description="Length of a chunk of the method `equal`.")
    keep_rest: bool = Field(
        False, description="`equal`: keep a rest shorter than half a chunk as a chunk of its own."
    )
    format: Literal["flac", "wav", "mp3"] = Field("flac", description="How chunk files are stored.")


class Training(Parameters):
    """How a model is made: an approach with all of its settings, resolved."""

    approach: str = Field(
        "linear",
        description="`segue`, `linear`, `binary`, `forecast`, `categorical`, `start_end`, `spectral` or "
        "`random`.",
    )
    settings: dict[str, Any] = Field(default_factory=dict, description="Every setting of the approach.")
    seed: int = Field(0, ge=0, lt=2**31, description="Of everything random in the fit.")


Gaps = Annotated[
    tuple[Annotated[float, Field(gt=0, le=2)], ...],
    Field(
        min_length=1,
        max_length=8,
        description="What is left out on each side of every chunk, rising; the first is called `at the cut`.",
    ),
]
"""Seconds."""

LEAST_JUDGED_SONGS = 2
"""With one song there is no false successor out of another."""


class Protocol(Parameters):
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


class Start(Parameters):
    """The chunk a mix begins with."""

    song: SongId = Field(description="Its song.")
    chunk: int = Field(0, ge=0, description="Its number in the song's cut, from 0.")


class Sequencing(Parameters):
    """How chunks are chosen from the pool."""

    chunks: int = Field(30, ge=1, le=10_000, description="Number of chunks in the mix.")
    start: Start | None = Field(None, description="The first chunk; null: the first chunk of the first song.")
    accept_above: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Take the first chunk, in the pool's order, that scores above this, as the study's code "
        "did (0.99); null: take the best of all.",
    )


class Output(Parameters):
    """How a mix is rendered."""

    format: Literal["mp3", "wav", "flac", "ogg"] = Field("mp3", description="Container and codec.")
    bitrate_kbps: int | None = Field(
        None, ge=32, le=320, description="Of MP3 and Ogg; null: best variable rate (LAME V0, Vorbis q6)."
    )
    sample_rate_hz: Literal[22050, 32000, 44100, 48000] = Field(44100, description="Of the mix.")
    channels: Literal[1, 2] = Field(2, description="Of the mix: 2 is stereo.")
    seams: Literal["blend", "plain"] = Field(
        "blend",
        description="How chunks are joined: `blend` fades, with levels and low waves brought together; "
        "`plain` lays the songs' own samples end to end, as the study did.",
    )
    loudness_lufs: float = Field(
        -14.0, ge=-30, le=-9, description="What each song is brought to; plain joins leave songs as they are."
    )

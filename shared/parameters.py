"""What users may choose at each step: the parameters of cutting, training, sequencing and rendering.

They are part of requests, of recipes, of messages and of artifact keys alike, so each is defined once,
here, with its unit in its name, its default and its bounds.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from shared.bulk import counted_first
from shared.limits import NO_LIMITS, Limits
from shared.places import Choices, End, Parameters, Passage, SongId, Start

__all__ = [
    "MOST_CHUNKS",
    "NO_LIMITS",
    "ArtifactKey",
    "Choices",
    "Cut",
    "End",
    "Energy",
    "Limits",
    "Output",
    "Parameters",
    "Passage",
    "Sequencing",
    "SongId",
    "Start",
    "Training",
]

ArtifactKey = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""An artifact is named by the SHA-256 of all that decides its content."""


MOST_CHUNKS = 5000
"""Of one cut. A worker holds the edges of all: 66 kB a chunk and 13 kB a second, 0.5 GB for a song of 3 h."""


class Cut(Choices):
    """How a song is cut into chunks."""

    method: Literal["silence", "equal", "beats"] = Field(
        "silence",
        description="`silence`: at the end of each quiet stretch; `equal`: every `chunk_s`; `beats`: every "
        "`bars` bars, or at silence where the music has no beat.",
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
    bars: int = Field(2, ge=1, le=16, description="Bars in a chunk of the method `beats`.")
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


MOST_NAMED, MOST_ENERGY_POINTS = 1000, 100
Named = Annotated[
    tuple[SongId | Passage, ...], Field(max_length=MOST_NAMED, strict=False), counted_first(MOST_NAMED)
]
"""Songs, and passages of songs."""
Share = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0, le=10)]
_EnergyPoint = Annotated[tuple[Share, Share], Field(strict=False)]
EnergyPoints = Annotated[
    tuple[_EnergyPoint, ...], Field(min_length=1, max_length=MOST_ENERGY_POINTS, strict=False)
]
Energy = Annotated[Literal["rise", "fall", "arc"] | EnergyPoints, counted_first(MOST_ENERGY_POINTS)]


_LIMITS_OF_RUNS: dict[str, Any] = {"most_replay": None, "longest_run_s": None, "least_between_songs": None}
_NOT_GREEDY = (
    "duration_s",
    "end",
    "must",
    "without",
    "most_in_a_row",
    "energy",
    "repeats_after",
    "runs_bars",
    "opening",
    "closing",
)


class Sequencing(Choices):
    """How chunks are chosen from the pool."""

    chunks: int | None = Field(
        30,
        ge=1,
        le=10_000,
        description="Number of chunks in the mix. Null where `duration_s` is given.",
        examples=[30],
    )
    duration_s: float | None = Field(
        None,
        ge=1,
        le=36_000,
        description="Length of the mix, as near as chunks allow, in place of `chunks`.",
        examples=[None],
    )
    start: Start | None = Field(
        None,
        description="The first chunk; null: the first of the first song that may appear.",
        examples=[{"song": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "chunk": 0}],
    )
    end: End | None = Field(None, description="The last chunk, or its song; null: any.", examples=[None])
    must: Named = Field(
        (),
        description="Songs, and passages of songs, that have to appear: of each a chunk.",
        examples=[[]],
    )
    without: Named = Field(
        (),
        description="Songs, and passages of songs, that must not appear: no chunk of them.",
        examples=[[]],
    )
    most_in_a_row: int | None = Field(
        None, ge=1, description="Most chunks of one song in a row; null: any number.", examples=[None]
    )
    repeats_after: int | None = Field(
        None,
        ge=1,
        le=10_000,
        description="A chunk may come again when so many others came since; null: none comes twice.",
        examples=[None],
    )
    energy: Energy | None = Field(
        None,
        description="The course of the energy, the rank of a chunk's loudness from 0 to 1: `rise`, `fall`, "
        "`arc`, or points [place in the mix, energy], both from 0 to 1, joined by lines; null: any.",
        examples=["arc", [[0, 0.2], [0.5, 1], [1, 0.3]]],
    )
    smoothness: Weight = Field(
        0.5, description="How much chunks that begin unlike the last are held back; 0: not.", examples=[0.5]
    )
    steadiness: Weight = Field(
        0.5,
        description="How much chunks are held back whose tempo, folded by 2:1, is not near that of the last; "
        "0: not.",
        examples=[0.5],
    )
    sections: Weight = Field(
        0.5,
        description="How much steps are held back that leave a song in the midst of one of its sections, or "
        "enter one there; 0: not.",
        examples=[0.5],
    )
    runs_bars: Literal[8, 16, 32] | None = Field(
        None,
        description="How many bars a song plays on before it is left, as near as chunks allow, or up to a "
        "quarter less; without a sure beat 1.5 s a bar, or up to half less; null: any number. With it, "
        "limits on replays, runs and seams between songs are off unless they are given.",
        examples=[None],
    )
    opening: Literal["intro", "any"] | None = Field(
        None,
        description="`intro`: the mix begins with the first chunk of a song, and none comes inside; `any`: "
        "it need not, and they may; null: `intro` where the pool and the other wishes allow.",
        examples=[None],
    )
    closing: Literal["ending", "any"] | None = Field(
        None,
        description="`ending`: the mix ends with the last chunk of a song, played to its end, and none comes "
        "inside; `any`: it need not, and they may; null: `ending` where the pool and the other wishes allow, "
        "but the length in seconds decides where one is given.",
        examples=[None],
    )
    method: Literal["beam", "greedy", "sample"] = Field(
        "beam",
        description="`beam`: the sequence with the highest sum of scores that a beam search finds; `sample`: "
        "each chunk drawn by a softmax of the scores; both keep to the limits. `greedy`: the study's walk to "
        "the best chunk, again and again; it knows no limits and of the wishes only `chunks` and `start`.",
    )
    width: int | None = Field(
        None,
        ge=1,
        le=64,
        description="Sequences that `beam` follows at a time; null: 8, or 1 for an approach that runs a "
        "network for every pair, as each takes as long as a mix: the best chunk within the limits.",
        examples=[None],
    )
    temperature: float = Field(
        1.0, gt=0, le=100, description="Of `sample`: scores are divided by it.", examples=[1.0]
    )
    seed: int = Field(0, ge=0, lt=2**31, description="Of `sample`.", examples=[0])
    limits: Limits = Field(Limits(), description="What `beam` and `sample` keep to.")
    accept_above: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Of `greedy`, which it implies: take the first chunk, in the pool's order, that scores "
        "above this, as the study's code did (0.99); null: take the best of all.",
        examples=[None],
    )

    @property
    def names_sections(self) -> bool:
        """Tell whether a passage is asked for, or left out, by the number of its section."""
        named = (*self.must, *self.without)
        return any(isinstance(one, Passage) and one.section is not None for one in named)

    @property
    def needs_analyses(self) -> bool:
        """Tell whether chunks are chosen by what is known of their songs' beats and keys."""
        if self.method == "greedy":
            return False
        asked = (self.limits.tempo_within_percent, self.limits.key_within)
        leanings = self.steadiness > 0 or self.sections > 0 or self.names_sections
        return leanings or self.runs_bars is not None or any(limit is not None for limit in asked)

    @model_validator(mode="before")
    @classmethod
    def _implied(cls, given: Any) -> Any:
        """Fill in what follows from what was given."""
        if not isinstance(given, dict):
            return given
        implied: dict[str, Any] = {}
        if given.get("duration_s") is not None:
            implied["chunks"] = None
        if given.get("accept_above") is not None:
            implied["method"] = "greedy"
        limits = given.get("limits", {})
        if isinstance(limits, Limits):
            limits = limits.model_dump(exclude_unset=True)
        if given.get("runs_bars") is not None and isinstance(limits, dict):
            # They say roughly what runs say exactly.
            given = given | {"limits": _LIMITS_OF_RUNS | limits}
        return implied | given

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.chunks is None) == (self.duration_s is None):
            raise ValueError("give either chunks or duration_s")
        if self.method != "greedy" and self.accept_above is not None:
            raise ValueError(f"accept_above belongs to the method greedy, not to {self.method}")
        if isinstance(self.energy, tuple):
            places = [place for place, _ in self.energy]
            if any(after <= before for before, after in pairwise(places)):
                raise ValueError("the points of energy come one after another: give rising places")
        if self.method == "greedy" and (asked := [name for name in _NOT_GREEDY if getattr(self, name)]):
            raise ValueError(f"the method greedy knows no {asked[0]}; use beam")
        return self


class Output(Choices):
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
    stretch: bool = Field(
        True,
        description="Whether a blend may play a song up to 4 % faster or slower where it is entered, at its "
        "own pitch, for beats to go on; within some bars it is back at its own tempo.",
    )

"""What users may change about a mix: edits, which make a new mix of it. The old one stays as it is.

A position is a chunk's place in the mix, from 0, as the edits before in the list have left it. The seam at a
position is the one where that chunk begins.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shared.bulk import counted_first
from shared.parameters import Choices, Parameters, SongId

__all__ = [
    "MAX_EDITS",
    "Ban",
    "ChunkName",
    "Edit",
    "Edits",
    "Lengthen",
    "Manner",
    "Move",
    "Pin",
    "Remove",
    "SeamChange",
    "SeamEdit",
    "SeamWish",
    "Swap",
    "Unpin",
]

MAX_EDITS = 100
MOST_NUDGE_MS, MOST_NUDGE_BEATS = 4000.0, 16.0

Manner = Literal["auto", "blend", "cut", "echo_out", "bass_swap"]

Position = Annotated[int, Field(ge=0, lt=10_000)]
Ms = Annotated[float, Field(ge=-MOST_NUDGE_MS, le=MOST_NUDGE_MS, allow_inf_nan=False)]
Beats = Annotated[float, Field(ge=-MOST_NUDGE_BEATS, le=MOST_NUDGE_BEATS, allow_inf_nan=False)]


class ChunkName(Choices):
    """One chunk of a pool."""

    song: SongId = Field(description="Its song.")
    chunk: int = Field(ge=0, description="Its number in the song's cut, from 0.")


class SeamWish(Parameters):
    """How a seam is to be made, all of it decided.

    Attributes:
        manner: `auto`: as the mix's settings say.
        nudge_s: how much later it lies than where it would be put: what comes before is left, and what begins
            there entered, so much later in their songs.
    """

    manner: Manner = "auto"
    nudge_s: float = 0.0


class SeamChange(Choices):
    """What is to be different about a seam; null: as it is."""

    manner: Manner | None = Field(
        None,
        description="`auto`: as Segue finds best; `blend`: a fade; `cut`: a hard join at the chunks' "
        "edges; `echo_out`: the last beat before echoes away, while the coming chunk begins clean; "
        "`bass_swap`: one bass line gives way to the other on a downbeat, where both songs have a beat.",
    )
    nudge_ms: Ms | None = Field(
        None, description="How much later the seam lies than where it would be put; earlier if negative."
    )
    nudge_beats: Beats | None = Field(
        None, description="The same in beats of the song that is entered; added to `nudge_ms`."
    )

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be different."""
        return self.manner is None and self.nudge_ms is None and self.nudge_beats is None


class Swap(Choices):
    """Put another chunk in the place of one."""

    edit: Literal["swap"] = Field("swap", description="Its kind.")
    position: Position = Field(description="Its place in the mix, from 0.")
    by: ChunkName | None = Field(
        None,
        description="The chunk to take; null: the next-best one, which fits both neighbours, keeps to the "
        "limits and did not stand there before in the history of the mix.",
    )


class Ban(Choices):
    """Keep a chunk or a song out of the mix and all revisions of it; others take its places."""

    edit: Literal["ban"] = Field("ban", description="Its kind.")
    song: SongId = Field(description="The song.")
    chunk: int | None = Field(None, ge=0, description="Its chunk, from 0; null: all of them.")


class _Section(Choices):
    first: Position = Field(description="The first place of the section, from 0.")
    last: Position = Field(description="The last one.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            raise ValueError("last must not come before first")
        return self


class Pin(_Section):
    """Keep a section as it is: later edits change none of its chunks, nor their order."""

    edit: Literal["pin"] = Field("pin", description="Its kind.")


class Unpin(_Section):
    """Let a section be changed again."""

    edit: Literal["unpin"] = Field("unpin", description="Its kind.")


class SeamEdit(SeamChange):
    """Choose how a seam is made, or move it."""

    edit: Literal["seam"] = Field("seam", description="Its kind.")
    position: Annotated[int, Field(ge=1, lt=10_000)] = Field(
        description="The place of the chunk that begins there, from 1."
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.is_empty:
            raise ValueError("give manner, nudge_ms or nudge_beats")
        return self


class Lengthen(Choices):
    """Let the mix go on after its last chunk."""

    edit: Literal["lengthen"] = Field("lengthen", description="Its kind.")
    chunks: int | None = Field(None, ge=2, le=10_000, description="Chunks that the mix has then.")
    duration_s: float | None = Field(
        None, ge=1, le=36_000, description="How long it is then, in place of `chunks`."
    )

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if (self.chunks is None) == (self.duration_s is None):
            raise ValueError("give either chunks or duration_s")
        return self


class Remove(Choices):
    """Take a chunk out; its neighbours meet."""

    edit: Literal["remove"] = Field("remove", description="Its kind.")
    position: Position = Field(description="Its place in the mix, from 0.")


class Move(Choices):
    """Put a chunk elsewhere in the mix."""

    edit: Literal["move"] = Field("move", description="Its kind.")
    position: Position = Field(description="Its place in the mix, from 0.")
    to: Position = Field(description="The place that it has then.")


Edit = Annotated[Swap | Ban | Pin | Unpin | SeamEdit | Lengthen | Remove | Move, Field(discriminator="edit")]
Edits = Annotated[
    tuple[Edit, ...], Field(min_length=1, max_length=MAX_EDITS, strict=False), counted_first(MAX_EDITS)
]

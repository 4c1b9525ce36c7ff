"""What a stored document is, and the order of a mix as one: its chunks, and what users have said of them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.parameters import Limits
from shared.revisions import Ban, ChunkName, SeamWish

__all__ = ["Document", "EditDone", "FormFacts", "SequenceFacts", "Step"]


class Document(BaseModel):
    """A JSON document in the bucket. Fields that a later release added are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Step(Document):
    """One chunk of a sequence."""

    song: str
    cut: str
    chunk: int
    score: float | None = Field(description="How well it follows the one before; null for the first.")
    pinned: bool = Field(False, description="Whether edits leave it as it is.")
    seam: SeamWish | None = Field(None, description="How its beginning is to be joined; null: as usual.")
    passed: list[ChunkName] = Field([], description="What stood here in earlier revisions.")

    @property
    def name(self) -> ChunkName:
        """What it is called in requests."""
        return ChunkName(song=self.song, chunk=self.chunk)


class EditDone(Document):
    """What an edit came to."""

    done: str = Field(description="In a sentence.")
    positions: list[int] = Field([], description="The places that were given another chunk.")


class FormFacts(Document):
    """What a mix is as a form. Where a song plays on from chunk to chunk, that is one run."""

    intro: bool = Field(description="Whether it begins with a song's first chunk.")
    ending: bool = Field(description="Whether it ends with a song's last chunk.")
    left_at_sections: float | None = Field(
        description="Share of runs that are left where a section ends; null: no song's are known."
    )
    entered_at_sections: float | None = Field(
        description="Share of runs that are entered where a section begins; null: no song's are known."
    )
    run_s: float = Field(description="Median length of runs.")
    run_bars: float | None = Field(
        description="The same in bars, of songs with a sure beat; null: none has one."
    )


class SequenceFacts(Document):
    """Chunks in order."""

    of: Literal["sequence"] = "sequence"
    steps: list[Step]
    limits: Limits | None = Field(None, description="Those in force; null: none.")
    energy_off: float | None = Field(
        None, description="How far the energy is from what was wanted, on average; null: any was."
    )
    form: FormFacts | None = Field(
        None, description="What it is as a form; null: an earlier release made it."
    )
    banned: list[Ban] = Field([], description="What no revision brings back.")
    edits: list[EditDone] = Field([], description="Of a revision: what each edit came to.")

    @property
    def seam_wishes(self) -> dict[int, SeamWish]:
        """How seams are to be made, by the place of the chunk that begins there; others as usual."""
        return {place: step.seam for place, step in enumerate(self.steps) if step.seam is not None}

"""What a job is for: its recipe names the goal and every parameter on the way to it.

A recipe is all that the planner knows of a request. It is stored with the job and never changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shared.corrections import Correction, Corrections
from shared.judging import Protocol
from shared.parameters import ArtifactKey, Cut, Output, Parameters, Sequencing, SongId, Training
from shared.revisions import Edits, SeamChange
from shared.store.specs import CutSpec

__all__ = [
    "AnalyseSongs",
    "BuildPool",
    "Cut",
    "CutSongs",
    "DecodeSong",
    "EvaluateModel",
    "FitModel",
    "MakeMix",
    "Output",
    "Part",
    "PreviewSeam",
    "Protocol",
    "Recipe",
    "ReviseMix",
    "Sequencing",
    "Training",
    "ViewPool",
    "corrections_of",
]


class Part(Parameters):
    """One song, cut in one way."""

    song: SongId
    cut: Cut = Cut()
    correction: Correction | None = None

    @property
    def needs_analysis(self) -> bool:
        """Tell whether its cut rests on what was found of the song's beats."""
        return self.cut.method == "beats"

    @property
    def spec(self) -> CutSpec:
        """The spec of its cut."""
        correction = self.correction if self.needs_analysis else None
        return CutSpec(song=self.song, cut=self.cut, correction=correction)


MAX_PARTS = 2000
Parts = Annotated[tuple[Part, ...], Field(min_length=1, max_length=MAX_PARTS)]


class DecodeSong(Parameters):
    """Probe and decode an uploaded song."""

    goal: Literal["song"] = "song"
    song: SongId


class AnalyseSongs(Parameters):
    """Find the beats, bars, keys and sections of songs."""

    goal: Literal["analyses"] = "analyses"
    songs: Annotated[tuple[SongId, ...], Field(min_length=1, max_length=MAX_PARTS)]
    corrections: dict[SongId, Correction] = Field(default_factory=dict)


class CutSongs(Parameters):
    """Cut songs into chunks."""

    goal: Literal["cuts"] = "cuts"
    parts: Parts


class FitModel(Parameters):
    """Fit an approach on cut songs."""

    goal: Literal["model"] = "model"
    parts: Parts
    training: Training


class BuildPool(Parameters):
    """Embed the chunks of cut songs with a model: one that exists, or one to be fitted on the same cuts."""

    goal: Literal["pool"] = "pool"
    parts: Parts
    model: ArtifactKey | Training


class MakeMix(Parameters):
    """Assemble and render a mix from a pool."""

    goal: Literal["mix"] = "mix"
    parts: Parts
    model: ArtifactKey | Training
    sequencing: Sequencing = Sequencing()
    output: Output = Output()


class ReviseMix(Parameters):
    """Make a new mix of an old one by edits."""

    goal: Literal["revision"] = "revision"
    mix: ArtifactKey
    edits: Edits


class PreviewSeam(Parameters):
    """Render a few seconds of a mix around one seam, as it is or as a change would have it."""

    goal: Literal["preview"] = "preview"
    mix: ArtifactKey
    position: int = Field(ge=1)
    change: SeamChange = SeamChange()
    around_s: float = 5.0
    format: Literal["mp3", "wav"] = "mp3"


class ViewPool(Parameters):
    """Look into the pool that a mix was chosen from: as a map, or for what else could stand at one place."""

    goal: Literal["view"] = "view"
    mix: ArtifactKey
    position: int | None = Field(None, ge=0)


class EvaluateModel(Parameters):
    """Judge a model on cut songs: one that exists, or one to be fitted on these, judged on what it held out.

    Without parts: on the songs that a model held out of its own dataset, cut as they are there.
    """

    goal: Literal["report"] = "report"
    parts: tuple[Part, ...] = Field((), max_length=MAX_PARTS)
    model: ArtifactKey | Training
    protocol: Protocol = Protocol()

    @model_validator(mode="after")
    def _something_to_fit_on(self) -> Self:
        if isinstance(self.model, Training) and not self.parts:
            raise ValueError("a model that is to be fitted needs parts")
        return self


Recipe = Annotated[
    DecodeSong
    | AnalyseSongs
    | CutSongs
    | FitModel
    | BuildPool
    | MakeMix
    | ReviseMix
    | PreviewSeam
    | ViewPool
    | EvaluateModel,
    Field(discriminator="goal"),
]


def corrections_of(recipe: Recipe, parts: Iterable[Part]) -> Corrections:
    """Return what a recipe knows of its songs, given all of its parts."""
    if isinstance(recipe, AnalyseSongs):
        return recipe.corrections
    return {part.song: part.correction for part in parts if part.correction is not None}

"""What a job is for: its recipe names the goal and every parameter on the way to it.

A recipe is all that the planner knows of a request. It is stored with the job and never changes.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shared.parameters import ArtifactKey, Cut, Output, Parameters, Sequencing, SongId, Training

__all__ = [
    "BuildPool",
    "Cut",
    "CutSongs",
    "DecodeSong",
    "FitModel",
    "MakeMix",
    "Output",
    "Part",
    "Recipe",
    "Sequencing",
    "Training",
]


class Part(Parameters):
    """One song, cut in one way."""

    song: SongId
    cut: Cut = Cut()


Parts = Annotated[tuple[Part, ...], Field(min_length=1, max_length=2000)]


class DecodeSong(Parameters):
    """Probe and decode an uploaded song."""

    goal: Literal["song"] = "song"
    song: SongId


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


Recipe = Annotated[DecodeSong | CutSongs | FitModel | BuildPool | MakeMix, Field(discriminator="goal")]

"""Requests for work."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from services.gateway.schemas.common import MODEL_EXAMPLE, SONG_EXAMPLE, RequestSchema
from shared.bulk import counted_first
from shared.judging import Protocol
from shared.learning.pretrained import PRETRAINED
from shared.parameters import ArtifactKey, Cut, Output, Sequencing, SongId
from shared.revisions import Edits, SeamChange

MAX_PARTS, MAX_SETTINGS = 2000, 100
BEST = PRETRAINED[0]
"""The approach of whoever names none."""
_Name = Annotated[str, StringConstraints(max_length=50)]
_Songs = Annotated[list[SongId], Field(min_length=1, max_length=MAX_PARTS), counted_first(MAX_PARTS)]
_Cuts = Annotated[list[ArtifactKey], Field(min_length=1, max_length=MAX_PARTS), counted_first(MAX_PARTS)]


class TrainingRequest(RequestSchema):
    """How a model is to be made. `GET /v1/approaches` tells what there is to choose."""

    approach: _Name = Field(
        BEST,
        description="Name of the approach. `segue`, the best, learns from two songs or more.",
        examples=["binary"],
    )
    preset: _Name | None = Field(
        None, description="A named set of settings; null: the approach's default.", examples=["fast"]
    )
    settings: Annotated[dict[_Name, Any], counted_first(MAX_SETTINGS)] = Field(
        default_factory=dict,
        max_length=MAX_SETTINGS,
        description="Single settings, over those of the preset.",
        examples=[{"epochs": 20}],
    )
    seed: int = Field(0, ge=0, lt=2**31, description="Of everything random in the fit.", examples=[0])


class PartsRequest(RequestSchema):
    """What to work on: songs and how to cut them, or cuts that there are."""

    songs: _Songs | None = Field(
        None,
        description="Ids of songs; the first one's first chunk begins a mix. Either these or `cuts`.",
        examples=[[SONG_EXAMPLE]],
    )
    cuts: _Cuts | None = Field(
        None,
        description="Ids of cuts, in place of songs.",
        examples=[None],
    )
    cut: Cut | None = Field(
        None,
        description="How the songs are cut; null: at silence, with a threshold chosen per song.",
        examples=[{"method": "equal", "chunk_s": 5.0}],
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.songs is None) == (self.cuts is None):
            raise ValueError("give either songs or cuts")
        if self.cuts is not None and self.cut is not None:
            raise ValueError("cuts are cut already: leave `cut` out, or give songs")
        return self


class CutsRequest(RequestSchema):
    """Cut songs into chunks."""

    songs: _Songs = Field(description="Ids of the songs.", examples=[[SONG_EXAMPLE]])
    cut: Cut = Field(Cut(), description="How they are cut.", examples=[{"method": "silence"}])


class ModelRequest(PartsRequest):
    """Fit an approach."""

    training: TrainingRequest = Field(
        TrainingRequest(),
        description="How the model is made.",
        examples=[{"approach": "binary", "preset": "fast"}],
    )


class PretrainedRequest(RequestSchema):
    """Have a model that is shipped fitted."""

    approach: _Name = Field(BEST, description="`segue` or `linear`.", examples=["segue"])


class ReportRequest(RequestSchema):
    """Judge a model: on songs, or on those that it held out of its fit."""

    songs: _Songs | None = Field(
        None,
        description="Ids of at least two songs that the model has not learned from; null: the ones that it "
        "held out, cut as they were for the fit.",
        examples=[[SONG_EXAMPLE]],
    )
    cut: Cut | None = Field(
        None,
        description="How the songs are cut; null: at silence, with a threshold chosen per song.",
        examples=[{"method": "equal", "chunk_s": 4.0}],
    )
    protocol: Protocol = Field(
        Protocol(),
        description="How it is judged. Of held-out songs, `chunks_per_song` is chosen unless it is given.",
        examples=[{"chunks_per_song": 47}],
    )

    @model_validator(mode="after")
    def _cut_of_songs(self) -> Self:
        if self.cut is not None and self.songs is None:
            raise ValueError("held-out songs are cut already: leave `cut` out, or give songs")
        return self


class JudgedRequest(PartsRequest):
    """Work that needs a model: the shipped one, another that is there, or one to be fitted on the songs."""

    model: ArtifactKey | None = Field(
        None,
        description="Id of a model that there is. Either this, or `training`, or neither: then the shipped "
        "`segue` judges, and nothing is fitted.",
        examples=[MODEL_EXAMPLE],
    )
    training: TrainingRequest | None = Field(
        None,
        description="How a model is to be made of these songs; `{}` fits `segue`.",
        examples=[None],
    )

    @model_validator(mode="after")
    def _one_model(self) -> Self:
        if self.model is not None and self.training is not None:
            raise ValueError("give either model or training")
        return self


class PoolRequest(JudgedRequest):
    """Embed the chunks of songs for an approach."""


class MixRequest(JudgedRequest, Sequencing):
    """Assemble and render a mix; whatever is missing on the way to it is made."""

    output: Output = Field(Output(), description="How it is rendered.", examples=[{"format": "mp3"}])

    @property
    def sequencing(self) -> Sequencing:
        """How its chunks are chosen."""
        return Sequencing(**{name: getattr(self, name) for name in Sequencing.model_fields})


class RevisionRequest(RequestSchema):
    """Make a new mix of one that there is; that one stays as it is."""

    edits: Edits = Field(
        description="What is to be different, made one after another: `swap`, `ban`, `pin`, `unpin`, `seam`, "
        "`lengthen`, `remove` or `move`.",
        examples=[[{"edit": "swap", "position": 7}, {"edit": "seam", "position": 5, "manner": "cut"}]],
    )


class PreviewRequest(SeamChange):
    """Hear a seam as it is, or as a change would have it."""

    around_s: float = Field(5.0, ge=1, le=15, description="Seconds on each side of the seam.", examples=[5.0])
    format: Literal["mp3", "wav"] = Field("mp3", description="Of the sound.")

    @property
    def change(self) -> SeamChange:
        """What is to be different."""
        return SeamChange(**{name: getattr(self, name) for name in SeamChange.model_fields})

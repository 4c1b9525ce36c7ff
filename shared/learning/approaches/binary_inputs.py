"""What `binary` may be told to see, and its examples: tails and heads, laid end to end, with their truth."""

from __future__ import annotations

from typing import Annotated, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from shared.bulk import counted_first
from shared.learning.approaches.base import TrainedSettings
from shared.learning.corpus import Corpus, Floats, Indices
from shared.learning.metadata import ExamplesWithMetadata, Metadata, edge_metadata, metadata_scale
from shared.learning.pairs import Examples, chunk_pairs, cut_pairs
from shared.learning.points import Normalisation, trimmed_points
from shared.sound.features import BANDS, EDGE_FRAMES, Edges, mix_channels
from shared.store.arrays import Arrays

TRAIN_CHANNEL = 0
SCALE = "metadata_scale"
"""The name of the array that metadata's distances are scaled by."""

Pairs = Examples | ExamplesWithMetadata


class BinarySettings(TrainedSettings):
    """The network, its examples and its training."""

    preset: str = Field(
        "default",
        description="The named set of values that the other settings start from. `fast`: small, trained in "
        "about a minute; `seed`: the study's network; `seed-gpu`: the same in mixed precision with more "
        "examples per step, meant for a GPU and not measured on one.",
    )
    sees: Literal["points", "frames"] = Field(
        "frames", description="`points`: raw points at 1,260 Hz; `frames`: log-mel frames of 64 bands."
    )
    max_edge_points: int = Field(
        466,
        ge=8,
        le=20_000,
        description="`points`: points on each side of the cut; fewer where the shortest chunk has fewer.",
    )
    normalise: Normalisation = Field("chunk_peak", description="`points`: what each chunk is scaled by.")
    edge_frames: int = Field(
        32, ge=4, le=EDGE_FRAMES, description="`frames`: frames on each side of the cut, 11.6 ms apart."
    )
    true_successors: Literal[1, 2] = Field(
        2, description="1: (i, i+1) is true; 2: (i, i+2) is true as well, as the study has it."
    )
    false_successors: int = Field(2, ge=1, le=32, description="Random false successors of each chunk.")
    random_cuts_per_epoch: int = Field(
        0,
        ge=0,
        le=100_000,
        description="`frames`: cuts at random places, shared out over the training songs.",
    )
    redraw: bool = Field(False, description="Draw false successors and random cuts anew for each epoch.")
    filters: int = Field(1024, ge=1, le=4096, description="Of the convolution.")
    kernel_size: int = Field(2, ge=1, le=64, description="Of the convolution.")
    dilation_rate: int = Field(1, ge=1, le=64, description="Of the convolution.")
    activation: Literal["linear", "relu"] = Field("linear", description="Of Conv1D and Dense.")
    lstm_units: int = Field(266, ge=1, le=2048, description="Of the LSTM; the study's code has 256.")
    dense_units: int = Field(256, ge=1, le=4096, description="Of the dense layer.")
    dropout: float = Field(0.25, ge=0, lt=1, description="Share of dense outputs dropped in training.")
    metadata: Annotated[tuple[Metadata, ...], counted_first(len(get_args(Metadata)))] = Field(
        (),
        description="What the network is told of both sides beside what it sees: `loudness`, `tempo`, "
        "`spectrum`, `key`. Of chunks alone, so `random_cuts_per_epoch` is 0 with any of them.",
    )

    @model_validator(mode="after")
    def _metadata_are_of_chunks(self) -> Self:
        if len(set(self.metadata)) < len(self.metadata):
            raise ValueError("metadata names one of them twice")
        if self.metadata and self.random_cuts_per_epoch:
            raise ValueError("metadata are told of chunks alone: set random_cuts_per_epoch to 0")
        return self


def input_shape(settings: BinarySettings, constants: Arrays) -> tuple[int, int]:
    """Return how many points or frames the network sees of a pair, and the features of each."""
    if settings.sees == "points":
        return 2 * int(constants["edge_size"]), 1
    return 2 * settings.edge_frames, BANDS


def metadata_constants(corpus: Corpus, settings: BinarySettings) -> Arrays:
    """Return how distances of metadata are scaled, if there are any."""
    if not settings.metadata:
        return {}
    return {SCALE: metadata_scale(*edge_metadata(corpus.edges, settings.metadata, channel=TRAIN_CHANNEL))}


def draw_examples(
    corpus: Corpus, settings: BinarySettings, constants: Arrays, rng: np.random.Generator, *, channel: int
) -> Pairs:
    """Return the true and false pairs of a corpus's chunks and, where asked for, of random cuts."""
    sides = edge_inputs(corpus.edges, corpus.songs, settings, constants, channel=channel)
    drawn = chunk_pairs(corpus, true=settings.true_successors, false=settings.false_successors, rng=rng)
    parts = [Examples(*sides, *drawn)]
    if settings.metadata:
        told = edge_metadata(corpus.edges, settings.metadata, channel=channel)
        return ExamplesWithMetadata(parts[0], *told, constants[SCALE])
    per_song = -(-settings.random_cuts_per_epoch // max(1, corpus.song_count))
    if settings.sees == "frames":
        for cuts in corpus.random_cuts(per_song, rng, length=settings.edge_frames):
            sides = _standardised(cuts.tails, constants)[:, ::-1], _standardised(cuts.heads, constants)
            parts.append(Examples(*sides, *cut_pairs(len(cuts), false=settings.false_successors, rng=rng)))
    return Examples.concatenate(parts)


def edge_inputs(
    edges: Edges, songs: Indices | None, settings: BinarySettings, constants: Arrays, *, channel: int | None
) -> tuple[Floats, Floats]:
    """Return tails and heads as the network sees them, float32, shape (n, frames, bands) each.

    Without a channel, points are those of the channel that was trained on, frames those of the mix.
    """
    if settings.sees == "points":
        seen = TRAIN_CHANNEL if channel is None else channel
        return trimmed_points(
            edges, int(constants["edge_size"]), settings.normalise, channel=seen, songs=songs
        )
    sides = (edges.tails[:, :, : settings.edge_frames], edges.heads[:, :, : settings.edge_frames])
    tails, heads = (mix_channels(side) if channel is None else side[:, channel] for side in sides)
    return _standardised(tails, constants)[:, ::-1], _standardised(heads, constants)


def _standardised(frames: NDArray[np.float16], constants: Arrays) -> Floats:
    return ((frames - constants["band_mean"]) * constants["band_scale"]).astype(np.float32)

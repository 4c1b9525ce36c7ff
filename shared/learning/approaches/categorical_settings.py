"""What users may choose of `categorical`: its classes, its network and its training."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from shared.learning.approaches.base import TrainedSettings
from shared.learning.classes import ClassesBy, FewestClasses, MostClasses
from shared.learning.points import Normalisation
from shared.sound.features import EDGE_FRAMES


class CategoricalSettings(TrainedSettings):
    """The classes, the network and its training."""

    classes: ClassesBy = "similarity"
    fewest_classes: FewestClasses = 2
    most_classes: MostClasses = 32
    sees: Literal["points", "frames"] = Field(
        "frames",
        description="`points`: whole chunks, squeezed; `frames`: whitened log-mel frames at the cut.",
    )
    squeezed_points: int = Field(1000, ge=8, le=20_000, description="`points`: points of a squeezed chunk.")
    normalise: Normalisation = Field("chunk_peak", description="`points`: what each chunk is scaled by.")
    edge_frames: int = Field(
        8, ge=4, le=EDGE_FRAMES, description="`frames`: frames on each side of the cut, 11.6 ms apart."
    )
    false_successors: int = Field(
        0,
        ge=0,
        le=32,
        description="Random false successors of each chunk, of no class; 0: none, as in the study, and "
        "categorical instead of binary cross-entropy.",
    )
    random_cuts_per_epoch: int = Field(
        0,
        ge=0,
        le=100_000,
        description="`frames` and `similarity`: cuts at random places, shared out over the training songs.",
    )
    filters: int = Field(10, ge=1, le=4096, description="Of the convolution.")
    kernel_size: int = Field(1, ge=1, le=64, description="Of the convolution.")
    activation: Literal["linear", "relu"] = Field("linear", description="Of Conv1D and Dense.")
    lstm_units: int = Field(20, ge=1, le=2048, description="Of the LSTM.")
    dense_units: int = Field(100, ge=1, le=4096, description="Of the dense layer.")
    dropout: float = Field(0, ge=0, lt=1, description="Share of dense outputs dropped in training.")

"""`binary`: a CNN-LSTM that tells true successors from false ones, as the study presented it.

Preset `seed` is the study's network on raw points: tail of A and head of B laid end to end, through
Conv1D, MaxPooling1D, LSTM, Dense, Dropout and Flatten to one sigmoid. Preset `fast` is of the same family
on log-mel frames, small enough to train in about a minute on 2 cores.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from shared.errors import BadSetting
from shared.learning.approaches.base import Network, Scorer, TrainedSettings
from shared.learning.approaches.binary_scoring import PairNetwork, PoolLogits
from shared.learning.corpus import Corpus, Floats, Indices, need_examples
from shared.learning.networks import optimizer_of
from shared.learning.pairs import Examples, chunk_pairs, cut_pairs
from shared.learning.points import Normalisation, trimmed_points
from shared.sound.features import BANDS, EDGE_FRAMES, Edges, mix_channels
from shared.store.arrays import Arrays

_TRAIN_CHANNEL, _VALIDATION_CHANNEL = 0, 1
_LEAST_EXAMPLES = 4
_LEAST_DEVIATION = 1e-2


class BinarySettings(TrainedSettings):
    """The network, its examples and its training."""

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


class Binary(Network[BinarySettings]):
    """Tell pairs of chunks that follow each other from pairs that do not."""

    name: ClassVar[str] = "binary"
    summary: ClassVar[str] = "The study's CNN-LSTM: tells true successors from random ones."
    settings_type = BinarySettings
    scores_in_numpy: ClassVar[bool] = True
    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "fast": {
            "edge_frames": 6,
            "true_successors": 1,
            "random_cuts_per_epoch": 2000,
            "redraw": True,
            "filters": 32,
            "activation": "relu",
            "lstm_units": 16,
            "dense_units": 16,
            "dropout": 0.5,
            "optimizer": "adam",
            "learning_rate": 0.003,
            "epochs": 60,
            "patience": 8,
        },
        "seed": {"sees": "points"},
    }

    def constants(self, corpus: Corpus, settings: BinarySettings) -> Arrays:
        """Return the edge size, or the mean and scale of each band over the training songs."""
        if settings.sees == "points":
            shortest = corpus.edges.shortest_points
            size = min(shortest, settings.max_edge_points)
            if 2 * size <= settings.dilation_rate * (settings.kernel_size - 1) + 1:
                raise BadSetting(
                    f"The shortest chunk has {shortest} points at 1,260 Hz, too few for a kernel of "
                    f"{settings.kernel_size} dilated by {settings.dilation_rate}. Raise min_chunk_ms."
                )
            return {"edge_size": np.array(size, dtype=np.int64)}
        seen = corpus.edges.heads[:, _TRAIN_CHANNEL, : settings.edge_frames].astype(np.float32)
        scale = 1 / np.maximum(seen.std(axis=(0, 1)), _LEAST_DEVIATION)
        return {"band_mean": seen.mean(axis=(0, 1)), "band_scale": scale.astype(np.float32)}

    def train_examples(
        self, corpus: Corpus, settings: BinarySettings, constants: Arrays, *, seed: int, epoch: int
    ) -> Examples:
        """Return transitions of the first channel, and pairs at random cuts of the mixed channels."""
        early = corpus if settings.patience is None else corpus.parted(100 - settings.kept_back_percent)[0]
        rng = np.random.default_rng([seed, epoch if settings.redraw else 0])
        examples = _examples(early, settings, constants, rng, channel=_TRAIN_CHANNEL)
        need_examples(examples.rarer, _LEAST_EXAMPLES)
        return examples

    def validation_examples(
        self, corpus: Corpus, settings: BinarySettings, constants: Arrays, *, seed: int
    ) -> Examples:
        """Return the pairs of the first epoch's transitions as the second channel has them."""
        without_cuts = settings.model_copy(update={"random_cuts_per_epoch": 0})
        return _examples(
            corpus, without_cuts, constants, np.random.default_rng([seed, 0]), channel=_VALIDATION_CHANNEL
        )

    def stopping_examples(
        self, corpus: Corpus, settings: BinarySettings, constants: Arrays, *, seed: int
    ) -> Examples | None:
        """Return pairs of the end of each training song; None where all epochs are run, or it has too few."""
        if settings.patience is None:
            return None
        late = corpus.parted(100 - settings.kept_back_percent)[1]
        examples = _examples(late, settings, constants, np.random.default_rng(seed), channel=_TRAIN_CHANNEL)
        return examples if examples.rarer >= _LEAST_EXAMPLES else None

    def build(self, settings: BinarySettings, constants: Arrays) -> Any:
        """Build and compile the network."""
        import keras
        from keras import layers

        network = keras.Sequential(
            [
                keras.Input(_input_shape(settings, constants)),
                layers.Conv1D(
                    settings.filters,
                    settings.kernel_size,
                    dilation_rate=settings.dilation_rate,
                    activation=settings.activation,
                    name="conv1d",
                ),
                layers.MaxPooling1D(2, strides=2, name="max_pooling1d"),
                layers.LSTM(settings.lstm_units, return_sequences=True, name="lstm"),
                layers.Dense(settings.dense_units, activation=settings.activation, name="dense"),
                layers.Dropout(settings.dropout, name="dropout"),
                layers.Flatten(name="flatten"),
                layers.Dense(1, activation="sigmoid", name="dense_1"),
            ],
            name=self.name,
        )
        optimizer = optimizer_of(settings.optimizer, settings.learning_rate)
        # XLA on a CPU compiles an LSTM for longer than a small one takes to train.
        network.compile(optimizer, "binary_crossentropy", metrics=["accuracy"], jit_compile=False)
        return network

    def scorer(self, settings: BinarySettings, weights: Arrays) -> Scorer:
        """Return the scorer of trained weights. Keras has no part in it."""
        return BinaryScorer(settings, weights)


class BinaryScorer(Scorer):
    """Scores are logits; what is shown is the sigmoid of the study."""

    pairwise: ClassVar[bool] = True

    def __init__(self, settings: BinarySettings, weights: Arrays) -> None:
        self._settings, self._weights = settings, weights
        self._latest: PoolLogits | None = None

    def usable(self, edges: Edges) -> NDArray[np.bool_]:
        """Refuse chunks that have fewer points than the network sees."""
        if self._settings.sees == "frames":
            return super().usable(edges)
        return edges.points_per_chunk >= int(self._weights["edge_size"])

    def prepare(self, edges: Edges, songs: Indices | None = None) -> Arrays:
        """Normalise both sides of every chunk: float32, shape (n, frames, bands) each."""
        tails, heads = _edge_inputs(edges, songs, self._settings, self._weights, channel=None)
        return {"tails": tails, "heads": heads}

    def scores(
        self, prepared: Arrays, reference: int, candidates: Indices, step: int | None = None
    ) -> Floats:
        """Return logits. The first call on a pool does what its heads need, for all calls on that pool."""
        return self._pool(prepared).logits(np.array([reference], dtype=np.int64), candidates)[0]

    def dense(self, prepared: Arrays, chunks: int) -> Floats:
        """Return the logits of all pairs; references share the work on heads that cannot be kept."""
        everyone = np.arange(chunks, dtype=np.int64)
        return self._pool(prepared).logits(everyone, everyone)

    def _pool(self, prepared: Arrays) -> PoolLogits:
        """Return the pool that these arrays prepare, the same as in the last call if the arrays are."""
        tails, heads = prepared["tails"], prepared["heads"]
        if self._latest is None or self._latest.tails is not tails or self._latest.heads is not heads:
            # The last one's memory is given back before the next takes its own.
            self._latest = None
            self._latest = PoolLogits(self._network, tails, heads)
        return self._latest

    @cached_property
    def _network(self) -> PairNetwork:
        return PairNetwork(
            self._weights,
            edge_size=_input_shape(self._settings, self._weights)[0] // 2,
            dilation_rate=self._settings.dilation_rate,
            rectified=self._settings.activation == "relu",
        )


def _input_shape(settings: BinarySettings, constants: Arrays) -> tuple[int, int]:
    if settings.sees == "points":
        return 2 * int(constants["edge_size"]), 1
    return 2 * settings.edge_frames, BANDS


def _examples(
    corpus: Corpus, settings: BinarySettings, constants: Arrays, rng: np.random.Generator, *, channel: int
) -> Examples:
    """Return the true and false pairs of a corpus's chunks and, where asked for, of random cuts."""
    sides = _edge_inputs(corpus.edges, corpus.songs, settings, constants, channel=channel)
    drawn = chunk_pairs(corpus, true=settings.true_successors, false=settings.false_successors, rng=rng)
    parts = [Examples(*sides, *drawn)]
    per_song = -(-settings.random_cuts_per_epoch // max(1, corpus.song_count))
    if settings.sees == "frames":
        for cuts in corpus.random_cuts(per_song, rng, length=settings.edge_frames):
            sides = _standardised(cuts.tails, constants)[:, ::-1], _standardised(cuts.heads, constants)
            parts.append(Examples(*sides, *cut_pairs(len(cuts), false=settings.false_successors, rng=rng)))
    return Examples.concatenate(parts)


def _edge_inputs(
    edges: Edges, songs: Indices | None, settings: BinarySettings, constants: Arrays, *, channel: int | None
) -> tuple[Floats, Floats]:
    """Return tails and heads as the network sees them, float32, shape (n, frames, bands) each.

    Without a channel, points are those of the channel that was trained on, frames those of the mix.
    """
    if settings.sees == "points":
        seen = _TRAIN_CHANNEL if channel is None else channel
        return trimmed_points(
            edges, int(constants["edge_size"]), settings.normalise, channel=seen, songs=songs
        )
    sides = (edges.tails[:, :, : settings.edge_frames], edges.heads[:, :, : settings.edge_frames])
    tails, heads = (mix_channels(side) if channel is None else side[:, channel] for side in sides)
    return _standardised(tails, constants)[:, ::-1], _standardised(heads, constants)


def _standardised(frames: NDArray[np.float16], constants: Arrays) -> Floats:
    return ((frames - constants["band_mean"]) * constants["band_scale"]).astype(np.float32)

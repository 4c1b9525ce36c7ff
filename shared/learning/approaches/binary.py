"""`binary`: a CNN-LSTM that tells true successors from false ones, as the study presented it.

Preset `seed` is the study's network on raw points: tail of A and head of B laid end to end, through
Conv1D, MaxPooling1D, LSTM, Dense, Dropout and Flatten to one sigmoid. Preset `fast` is of the same family
on log-mel frames, small enough to train in about a minute on 2 cores. Preset `seed-gpu` is `seed` in mixed
precision and with larger steps, for a GPU; it was not measured on one.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from shared.errors import BadSetting
from shared.learning.approaches.base import Network, Scorer
from shared.learning.approaches.binary_inputs import (
    SCALE,
    TRAIN_CHANNEL,
    BinarySettings,
    Pairs,
    draw_examples,
    edge_inputs,
    input_shape,
    metadata_constants,
)
from shared.learning.approaches.binary_scoring import PairNetwork, PoolLogits
from shared.learning.corpus import Corpus, Floats, Indices, need_examples
from shared.learning.lstm import lstm
from shared.learning.metadata import edge_metadata, metadata_distances
from shared.learning.networks import optimizer_of
from shared.learning.precision import in_precision
from shared.sound.features import Edges
from shared.store.arrays import Arrays

_VALIDATION_CHANNEL = 1
_LEAST_EXAMPLES = 4
_LEAST_DEVIATION = 1e-2
_OUTPUT = "network/dense_1/kernel"


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
        "seed-gpu": {"sees": "points", "precision": "mixed_bfloat16", "batch_size": 512},
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
            return {"edge_size": np.array(size, dtype=np.int64), **metadata_constants(corpus, settings)}
        seen = corpus.edges.heads[:, TRAIN_CHANNEL, : settings.edge_frames].astype(np.float32)
        scale = 1 / np.maximum(seen.std(axis=(0, 1)), _LEAST_DEVIATION)
        standard = {"band_mean": seen.mean(axis=(0, 1)), "band_scale": scale.astype(np.float32)}
        return {**standard, **metadata_constants(corpus, settings)}

    def train_examples(
        self, corpus: Corpus, settings: BinarySettings, constants: Arrays, *, seed: int, epoch: int
    ) -> Pairs:
        """Return transitions of the first channel, and pairs at random cuts of the mixed channels."""
        early = corpus if settings.patience is None else corpus.parted(100 - settings.kept_back_percent)[0]
        rng = np.random.default_rng([seed, epoch if settings.redraw else 0])
        examples = draw_examples(early, settings, constants, rng, channel=TRAIN_CHANNEL)
        need_examples(examples.rarer, _LEAST_EXAMPLES)
        return examples

    def validation_examples(
        self, corpus: Corpus, settings: BinarySettings, constants: Arrays, *, seed: int
    ) -> Pairs:
        """Return the pairs of the first epoch's transitions as the second channel has them."""
        without_cuts = settings.model_copy(update={"random_cuts_per_epoch": 0})
        return draw_examples(
            corpus, without_cuts, constants, np.random.default_rng([seed, 0]), channel=_VALIDATION_CHANNEL
        )

    def stopping_examples(
        self, corpus: Corpus, settings: BinarySettings, constants: Arrays, *, seed: int
    ) -> Pairs | None:
        """Return pairs of the end of each training song; None where all epochs are run, or it has too few."""
        if settings.patience is None:
            return None
        late = corpus.parted(100 - settings.kept_back_percent)[1]
        examples = draw_examples(
            late, settings, constants, np.random.default_rng(seed), channel=TRAIN_CHANNEL
        )
        return examples if examples.rarer >= _LEAST_EXAMPLES else None

    def build(self, settings: BinarySettings, constants: Arrays) -> Any:
        """Build and compile the network."""
        with in_precision(settings.precision):
            return self._built(settings, constants)

    def _built(self, settings: BinarySettings, constants: Arrays) -> Any:
        import keras
        from keras import layers

        hidden = [
            layers.Conv1D(
                settings.filters,
                settings.kernel_size,
                dilation_rate=settings.dilation_rate,
                activation=settings.activation,
                name="conv1d",
            ),
            layers.MaxPooling1D(2, strides=2, name="max_pooling1d"),
            lstm(settings.lstm_units, return_sequences=True, name="lstm"),
            layers.Dense(settings.dense_units, activation=settings.activation, name="dense"),
            layers.Dropout(settings.dropout, name="dropout"),
            layers.Flatten(name="flatten"),
        ]
        edges = keras.Input(input_shape(settings, constants))
        output = layers.Dense(1, activation="sigmoid", dtype="float32", name="dense_1")
        if settings.metadata:
            distances = keras.Input((len(constants[SCALE]),))
            seen = edges
            for layer in hidden:
                seen = layer(seen)
            told = layers.Concatenate(name="metadata")([seen, distances])
            network = keras.Model([edges, distances], output(told), name=self.name)
        else:
            network = keras.Sequential([edges, *hidden, output], name=self.name)
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
        tails, heads = edge_inputs(edges, songs, self._settings, self._weights, channel=None)
        prepared = {"tails": tails, "heads": heads}
        if self._settings.metadata:
            told = edge_metadata(edges, self._settings.metadata, channel=None)
            prepared |= zip(("tail_metadata", "head_metadata"), told, strict=True)
        return prepared

    def scores(
        self, prepared: Arrays, reference: int, candidates: Indices, step: int | None = None
    ) -> Floats:
        """Return logits. The first call on a pool does what its heads need, for all calls on that pool."""
        seen = self._pool(prepared).logits(np.array([reference], dtype=np.int64), candidates)[0]
        return seen + self._told(prepared, reference, candidates)

    def dense(self, prepared: Arrays, chunks: int) -> Floats:
        """Return the logits of all pairs; references share the work on heads that cannot be kept."""
        everyone = np.arange(chunks, dtype=np.int64)
        seen = self._pool(prepared).logits(everyone, everyone)
        return seen + np.stack([self._told(prepared, each, everyone) for each in range(chunks)])

    def _told(self, prepared: Arrays, reference: int, candidates: Indices) -> Floats:
        """Return what metadata add to the logits, which is linear in their distances: shape (m,)."""
        if not self._settings.metadata:
            return np.zeros(len(candidates), dtype=np.float32)
        tail, heads = prepared["tail_metadata"][reference], prepared["head_metadata"][candidates]
        added: Floats = metadata_distances(tail, heads, self._weights[SCALE]) @ self._split_output[1]
        return added

    def _pool(self, prepared: Arrays) -> PoolLogits:
        """Return the pool that these arrays prepare, the same as in the last call if the arrays are."""
        tails, heads = prepared["tails"], prepared["heads"]
        if self._latest is None or self._latest.tails is not tails or self._latest.heads is not heads:
            # The last one's memory is given back before the next takes its own.
            self._latest = None
            self._latest = PoolLogits(self._network, tails, heads)
        return self._latest

    @cached_property
    def _split_output(self) -> tuple[Floats, Floats]:
        """The last kernel: the rows of what is seen, shape (k, 1), and those of what is told, (numbers,)."""
        kernel = self._weights[_OUTPUT]
        told = len(self._weights[SCALE])
        return kernel[:-told], kernel[-told:, 0]

    @cached_property
    def _network(self) -> PairNetwork:
        own = {_OUTPUT: self._split_output[0]} if self._settings.metadata else {}
        return PairNetwork(
            {**self._weights, **own},
            edge_size=input_shape(self._settings, self._weights)[0] // 2,
            dilation_rate=self._settings.dilation_rate,
            rectified=self._settings.activation == "relu",
        )

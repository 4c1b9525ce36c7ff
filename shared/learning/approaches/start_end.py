"""`start_end`: classify how chunks end and how they start, and join what belongs to the same transition.

The study describes this approach and did not build it. Two networks learn the same classes, which are the
transitions of the training songs: one sees a chunk's end piece and tells the transition that it opens,
the other a start piece and tells the transition that it closes. A song of n chunks has n - 1. After a
chunk, its end is classified, and the chunk is taken whose start has the highest probability for that class.

The study leaves the networks open. Preset `seed` has those of `categorical`, the study's other classifier
of transitions (Conv1D, LSTM, Dense, Flatten, Dense), with the softmax that the study asks for, on pieces
of 466 points, the edge of `binary`. Preset `fast` has few units, on whitened log-mel frames, and classes
made by similarity; it weighs every class by its probability instead of the likeliest alone: with P(c) the
share of class c, B follows A to the degree of the sum over c of P(c | end of A) P(c | start of B) / P(c).
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from shared.learning.approaches.base import Network, Scorer, TrainedSettings
from shared.learning.classes import (
    CLASS_FRAMES,
    ClassesBy,
    FewestClasses,
    MostClasses,
    make_classes,
    truth_of_cuts,
    truth_of_pairs,
)
from shared.learning.corpus import Corpus, Floats, Indices, need_examples
from shared.learning.frames import band_whitening, frame_edges, whitened
from shared.learning.lstm import stock_lstm
from shared.learning.networks import optimizer_of, run_in_blocks
from shared.learning.pairs import Rows
from shared.learning.points import Normalisation, trimmed_points
from shared.learning.precision import in_precision
from shared.sound.features import BANDS, EDGE_FRAMES, Edges
from shared.store.arrays import Arrays

_TRAIN_CHANNEL, _VALIDATION_CHANNEL = 0, 1
_LEAST_EXAMPLES = 4
_BLOCK = 256


class StartEndSettings(TrainedSettings):
    """The classes, the two networks and their training."""

    classes: ClassesBy = "similarity"
    fewest_classes: FewestClasses = 2
    most_classes: MostClasses = 32
    match: Literal["likeliest", "every"] = Field(
        "every",
        description="`likeliest`: the probability of the class of A's end, as in the study; `every`: of any "
        "class that both share.",
    )
    sees: Literal["points", "frames"] = Field(
        "frames", description="`points`: raw points at 1,260 Hz; `frames`: whitened log-mel frames."
    )
    max_edge_points: int = Field(
        466,
        ge=8,
        le=20_000,
        description="`points`: points of a piece; fewer where the shortest chunk has fewer.",
    )
    normalise: Normalisation = Field("chunk_peak", description="`points`: what each chunk is scaled by.")
    edge_frames: int = Field(
        16, ge=4, le=EDGE_FRAMES, description="`frames`: frames of a piece, 11.6 ms apart."
    )
    random_cuts_per_epoch: int = Field(
        0,
        ge=0,
        le=100_000,
        description="`frames` and `similarity`: cuts at random places, shared out over the training songs.",
    )
    filters: int = Field(10, ge=1, le=4096, description="Of each convolution.")
    kernel_size: int = Field(1, ge=1, le=64, description="Of each convolution.")
    activation: Literal["linear", "relu"] = Field("linear", description="Of Conv1D and Dense.")
    lstm_units: int = Field(20, ge=1, le=2048, description="Of each LSTM.")
    dense_units: int = Field(100, ge=1, le=4096, description="Of each dense layer.")
    dropout: float = Field(0, ge=0, lt=1, description="Share of dense outputs dropped in training.")


class StartEnd(Network[StartEndSettings]):
    """Tell which transition a chunk's end opens, and which its start closes."""

    name: ClassVar[str] = "start_end"
    summary: ClassVar[str] = (
        "Two classifiers, of how chunks end and of how they start; described by the study."
    )
    settings_type = StartEndSettings
    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "fast": {
            "fewest_classes": 128,
            "most_classes": 256,
            "edge_frames": 8,
            "random_cuts_per_epoch": 4000,
            "filters": 32,
            "kernel_size": 2,
            "activation": "relu",
            "lstm_units": 32,
            "dense_units": 64,
            "dropout": 0.4,
            "optimizer": "adam",
            "learning_rate": 0.003,
            "epochs": 40,
            "patience": 8,
        },
        "seed": {"sees": "points", "classes": "transitions", "match": "likeliest"},
    }

    def constants(self, corpus: Corpus, settings: StartEndSettings) -> Arrays:
        """Return the classes with their shares, and the size of pieces or how frames are whitened."""
        classes = make_classes(
            corpus, settings.classes, ring=False, fewest=settings.fewest_classes, most=settings.most_classes
        )
        # One more of each than was counted, so that no class is impossible.
        counts = 1 + truth_of_pairs(corpus, corpus.successors(), classes).sum(axis=0)
        classes["class_shares"] = (counts / counts.sum()).astype(np.float32)
        if settings.sees == "points":
            size = min(corpus.edges.shortest_points, settings.max_edge_points)
            return {**classes, "edge_size": np.array(max(size, 1), dtype=np.int64)}
        return {**classes, **band_whitening(corpus.edges, settings.edge_frames, channel=_TRAIN_CHANNEL)}

    def train_examples(
        self, corpus: Corpus, settings: StartEndSettings, constants: Arrays, *, seed: int, epoch: int
    ) -> Rows:
        """Return the transitions of the first channel, and random cuts."""
        early = corpus.parted(100 - settings.kept_back_percent)[0] if _may_stop_early(settings) else corpus
        rng = np.random.default_rng([seed, epoch])
        examples = _examples(early, settings, constants, rng, channel=_TRAIN_CHANNEL)
        need_examples(len(examples), _LEAST_EXAMPLES)
        return examples

    def validation_examples(
        self, corpus: Corpus, settings: StartEndSettings, constants: Arrays, *, seed: int
    ) -> Rows:
        """Return the transitions as the second channel has them."""
        return _transitions(corpus, settings, constants, channel=_VALIDATION_CHANNEL)

    def stopping_examples(
        self, corpus: Corpus, settings: StartEndSettings, constants: Arrays, *, seed: int
    ) -> Rows | None:
        """Return transitions of the end of each training song; None where all epochs are run.

        None as well where each transition is a class: nothing can be learned of those kept back.
        """
        if not _may_stop_early(settings):
            return None
        late = corpus.parted(100 - settings.kept_back_percent)[1]
        examples = _examples(late, settings, constants, np.random.default_rng(seed), channel=_TRAIN_CHANNEL)
        return examples if len(examples) >= _LEAST_EXAMPLES else None

    def build(self, settings: StartEndSettings, constants: Arrays) -> Any:
        """Build and compile both networks as one model whose halves share nothing."""
        with in_precision(settings.precision):
            return self._built(settings, constants)

    def _built(self, settings: StartEndSettings, constants: Arrays) -> Any:
        import keras

        inputs, outputs = zip(*(_half(side, settings, constants) for side in ("end", "start")), strict=True)
        network = keras.Model(list(inputs), list(outputs), name=self.name)
        optimizer = optimizer_of(settings.optimizer, settings.learning_rate)
        # XLA on a CPU compiles an LSTM for longer than a small one takes to train.
        network.compile(
            optimizer,
            ["categorical_crossentropy"] * 2,
            metrics=[["accuracy"], ["accuracy"]],
            jit_compile=False,
        )
        return network

    def scorer(self, settings: StartEndSettings, weights: Arrays) -> Scorer:
        """Return the scorer of trained weights. The networks are built when a pool is prepared."""
        return StartEndScorer(self, settings, weights)


class StartEndScorer(Scorer):
    """Scores are log-probabilities, or with `every` log-likelihood ratios."""

    space = ("ends", "starts")

    def __init__(self, approach: StartEnd, settings: StartEndSettings, weights: Arrays) -> None:
        self._approach, self._settings, self._weights = approach, settings, weights

    def usable(self, edges: Edges) -> NDArray[np.bool_]:
        """Refuse chunks that have fewer points than a piece."""
        if self._settings.sees == "frames":
            return super().usable(edges)
        return edges.points_per_chunk >= int(self._weights["edge_size"])

    def prepare(self, edges: Edges, songs: Indices | None = None) -> Arrays:
        """Classify every end and every start: log-probabilities, float32, shape (n, classes) each."""
        import keras

        network = self._approach.restored(self._settings, self._weights)
        for side in ("end", "start"):
            # The logarithm of a softmax that has come to 0 or 1 would make ties of unequal chunks.
            network.get_layer(f"{side}_classes").activation = keras.activations.log_softmax
        sides = _sides(edges, songs, self._settings, self._weights, channel=None)
        ends, starts = run_in_blocks(network, sides, _BLOCK)
        if self._settings.match == "likeliest":
            return {"classes": ends.argmax(axis=1), "starts": starts}
        return {"ends": ends, "starts": starts - np.log(self._weights["class_shares"])}

    def scores(
        self, prepared: Arrays, reference: int, candidates: Indices, step: int | None = None
    ) -> Floats:
        """Return how probable it is that each start closes what the reference's end opens."""
        starts = prepared["starts"][candidates]
        if self._settings.match == "likeliest":
            return starts[:, prepared["classes"][reference]]
        together = starts + prepared["ends"][reference]
        highest = together.max(axis=1)
        return highest + np.log(np.exp(together - highest[:, None]).sum(axis=1))

    def display(self, scores: Floats) -> Floats:
        """Return the probability of the class, or with `every` the logistic function of the ratio."""
        return np.exp(scores) if self._settings.match == "likeliest" else super().display(scores)


def _half(side: str, settings: StartEndSettings, constants: Arrays) -> tuple[Any, Any]:
    """Return input and output of the network of one side."""
    import keras
    from keras import layers

    shape = (settings.edge_frames, BANDS)
    if settings.sees == "points":
        shape = (int(constants["edge_size"]), 1)
    piece = keras.Input(shape, name=side)
    found = layers.Conv1D(
        settings.filters, settings.kernel_size, activation=settings.activation, name=f"{side}_conv1d"
    )(piece)
    found = stock_lstm(settings.lstm_units, return_sequences=True, name=f"{side}_lstm")(found)
    found = layers.Dense(settings.dense_units, activation=settings.activation, name=f"{side}_dense")(found)
    if settings.dropout:
        found = layers.Dropout(settings.dropout, name=f"{side}_dropout")(found)
    found = layers.Flatten(name=f"{side}_flatten")(found)
    classes = int(constants["classes"])
    output = layers.Dense(classes, activation="softmax", dtype="float32", name=f"{side}_classes")
    return piece, output(found)


def _may_stop_early(settings: StartEndSettings) -> bool:
    return settings.patience is not None and settings.classes == "similarity"


def _examples(
    corpus: Corpus, settings: StartEndSettings, constants: Arrays, rng: np.random.Generator, *, channel: int
) -> Rows:
    """Return both pieces of each transition and, where asked for, of random cuts, with their classes."""
    parts = [_transitions(corpus, settings, constants, channel=channel)]
    if settings.sees == "frames" and settings.classes == "similarity":
        per_song = -(-settings.random_cuts_per_epoch // max(1, corpus.song_count))
        for cuts in corpus.random_cuts(per_song, rng, length=max(settings.edge_frames, CLASS_FRAMES)):
            truth = truth_of_cuts(cuts, constants)
            ends, starts = (
                whitened(side[:, : settings.edge_frames], constants) for side in (cuts.tails, cuts.heads)
            )
            parts.append(Rows((ends[:, ::-1], starts), (truth, truth)))
    return Rows.concatenate(parts)


def _transitions(corpus: Corpus, settings: StartEndSettings, constants: Arrays, *, channel: int) -> Rows:
    """Return both pieces of each transition with their class."""
    pairs = corpus.successors()
    ends, starts = _sides(corpus.edges, corpus.songs, settings, constants, channel=channel)
    truth = truth_of_pairs(corpus, pairs, constants)
    return Rows((ends[pairs[:, 0]], starts[pairs[:, 1]]), (truth, truth))


def _sides(
    edges: Edges, songs: Indices | None, settings: StartEndSettings, constants: Arrays, *, channel: int | None
) -> tuple[Floats, Floats]:
    """Return the end and the start piece of each chunk: float32, shape (n, points or frames, features) each.

    Without a channel, points are those of the channel that was trained on, frames those of the mix.
    """
    if settings.sees == "frames":
        return frame_edges(edges, settings.edge_frames, constants, channel=channel)
    of = _TRAIN_CHANNEL if channel is None else channel
    return trimmed_points(edges, int(constants["edge_size"]), settings.normalise, channel=of, songs=songs)

"""`categorical`: learn each transition of the songs as a class of its own, and walk the classes in a mix.

Preset `seed` is the study's network on raw points: whole chunk A and whole chunk B, each squeezed to 1,000
points and laid end to end, through Conv1D, LSTM, Dense and Flatten to a sigmoid per class. Chunks 1 and 2
are the first class, 2 and 3 the second, and a song's last chunk with its first closes the ring, song by
song. At step k of a mix the chunk is taken that, joined to the last one, scores highest for class k; after
the last class comes the first again. Preset `fast` is of the same family on whitened log-mel frames at the
cut, with classes made by similarity, as the study says should help.

The study leaves open how a chunk is squeezed (here: means of equal stretches), how it is scaled (here: to
[-1, 1]), and batch and epochs (here: those of `binary`). It made random pairs and never trained on them;
`fast` does: none of its classes is theirs. That takes binary cross-entropy, one question per class, and
makes the best class tell true successors from false ones.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar, cast

import numpy as np

from shared.learning.approaches.base import Network, Scorer
from shared.learning.approaches.categorical_settings import CategoricalSettings
from shared.learning.classes import (
    CLASS_FRAMES,
    accuracy,
    make_classes,
    ring_transitions,
    truth_of_cuts,
    truth_of_pairs,
)
from shared.learning.corpus import Corpus, Floats, Indices, need_examples
from shared.learning.frames import band_whitening, frame_edges, whitened
from shared.learning.illustrations import spread
from shared.learning.lstm import stock_lstm
from shared.learning.networks import optimizer_of
from shared.learning.pairs import Examples, cut_pairs, joined
from shared.learning.points import squeezed_points
from shared.learning.precision import in_precision
from shared.sound.features import BANDS, Edges
from shared.store.arrays import Arrays

_TRAIN_CHANNEL, _VALIDATION_CHANNEL = 0, 1
_LEAST_EXAMPLES = 4
_BLOCK = 64


class Categorical(Network[CategoricalSettings]):
    """Tell which transition of the training songs a pair of chunks is, or is most like."""

    name: ClassVar[str] = "categorical"
    summary: ClassVar[str] = "The study's classifier: each transition, or each kind of them, is a class."
    settings_type = CategoricalSettings
    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "fast": {
            "fewest_classes": 4,
            "most_classes": 8,
            "edge_frames": 6,
            "false_successors": 2,
            "random_cuts_per_epoch": 3000,
            "filters": 64,
            "kernel_size": 2,
            "activation": "relu",
            "lstm_units": 48,
            "dense_units": 64,
            "dropout": 0.4,
            "optimizer": "adam",
            "learning_rate": 0.003,
            "epochs": 40,
            "patience": 8,
        },
        "seed": {"sees": "points", "classes": "transitions"},
    }

    def constants(self, corpus: Corpus, settings: CategoricalSettings) -> Arrays:
        """Return the classes, and how frames are whitened."""
        classes = make_classes(
            corpus, settings.classes, ring=True, fewest=settings.fewest_classes, most=settings.most_classes
        )
        if settings.sees == "points":
            return classes
        return {**classes, **band_whitening(corpus.edges, settings.edge_frames, channel=_TRAIN_CHANNEL)}

    def train_examples(
        self, corpus: Corpus, settings: CategoricalSettings, constants: Arrays, *, seed: int, epoch: int
    ) -> Examples:
        """Return the transitions of the first channel, and what else there is to learn the classes by."""
        early = corpus.parted(100 - settings.kept_back_percent)[0] if _may_stop_early(settings) else corpus
        rng = np.random.default_rng([seed, epoch])
        examples = _examples(early, settings, constants, rng, channel=_TRAIN_CHANNEL)
        need_examples(int(examples.truth.sum()), _LEAST_EXAMPLES)
        return examples

    def validation_examples(
        self, corpus: Corpus, settings: CategoricalSettings, constants: Arrays, *, seed: int
    ) -> Examples:
        """Return the transitions as the second channel has them."""
        without_cuts = settings.model_copy(update={"random_cuts_per_epoch": 0})
        rng = np.random.default_rng([seed, 0])
        return _examples(corpus, without_cuts, constants, rng, channel=_VALIDATION_CHANNEL)

    def stopping_examples(
        self, corpus: Corpus, settings: CategoricalSettings, constants: Arrays, *, seed: int
    ) -> Examples | None:
        """Return pairs of the end of each training song; None where all epochs are run.

        None as well where each transition is a class: nothing can be learned of those kept back.
        """
        if not _may_stop_early(settings):
            return None
        late = corpus.parted(100 - settings.kept_back_percent)[1]
        examples = _examples(late, settings, constants, np.random.default_rng(seed), channel=_TRAIN_CHANNEL)
        return examples if examples.truth.sum() >= _LEAST_EXAMPLES else None

    def build(self, settings: CategoricalSettings, constants: Arrays) -> Any:
        """Build and compile the network."""
        with in_precision(settings.precision):
            return self._built(settings, constants)

    def _built(self, settings: CategoricalSettings, constants: Arrays) -> Any:
        import keras
        from keras import layers

        network = keras.Sequential(
            [
                keras.Input(_input_shape(settings)),
                layers.Conv1D(
                    settings.filters, settings.kernel_size, activation=settings.activation, name="conv1d"
                ),
                stock_lstm(settings.lstm_units, return_sequences=True, name="lstm"),
                layers.Dense(settings.dense_units, activation=settings.activation, name="dense"),
                *([layers.Dropout(settings.dropout, name="dropout")] if settings.dropout else []),
                layers.Flatten(name="flatten"),
                layers.Dense(
                    int(constants["classes"]), activation="sigmoid", dtype="float32", name="dense_1"
                ),
            ],
            name=self.name,
        )
        told_apart = settings.false_successors > 0
        # XLA on a CPU compiles an LSTM for longer than a small one takes to train.
        network.compile(
            optimizer_of(settings.optimizer, settings.learning_rate),
            "binary_crossentropy" if told_apart else "categorical_crossentropy",
            metrics=[accuracy if told_apart else "accuracy"],
            jit_compile=False,
        )
        return network

    def illustrate(
        self, seen: Corpus, unseen: Corpus, settings: CategoricalSettings, weights: Arrays
    ) -> dict[str, Any]:
        """Return the layers, and how many transitions fall into each class."""
        scorer, facts = (
            CategoricalScorer(self, settings, weights),
            super().illustrate(seen, unseen, settings, weights),
        )
        return facts | {"classes": {"seen": scorer.per_class(seen), "unseen": scorer.per_class(unseen)}}

    def scorer(self, settings: CategoricalSettings, weights: Arrays) -> Scorer:
        """Return the scorer of trained weights. The network is built at its first score."""
        return CategoricalScorer(self, settings, weights)


class CategoricalScorer(Scorer):
    """Scores are logits: of the class of the step, or of the best class where there is no step."""

    pairwise: ClassVar[bool] = True

    def __init__(self, approach: Categorical, settings: CategoricalSettings, weights: Arrays) -> None:
        self._approach, self._settings, self._weights = approach, settings, weights

    def prepare(self, edges: Edges, songs: Indices | None = None) -> Arrays:
        """Return every chunk as A and as B: float32, shape (n, points or frames, features) each."""
        tails, heads = _sides(edges, songs, self._settings, self._weights, channel=None)
        return {"tails": tails, "heads": heads}

    def scores(
        self, prepared: Arrays, reference: int, candidates: Indices, step: int | None = None
    ) -> Floats:
        """Return the logits of one class, block by block."""
        tail = prepared["tails"][reference][None]
        blocks = [np.empty(0, dtype=np.float32)]
        for at in range(0, len(candidates), _BLOCK):
            heads = prepared["heads"][candidates[at : at + _BLOCK]]
            logits = self._logits(joined(np.broadcast_to(tail, (len(heads), *tail.shape[1:])), heads))
            blocks.append(logits.max(axis=1) if step is None else logits[:, step % logits.shape[1]])
        return np.concatenate(blocks)

    def per_class(self, corpus: Corpus) -> list[int]:
        """Count the transitions of a corpus by their most likely class; of very many, a part of them."""
        prepared = self.prepare(corpus.edges, corpus.songs)
        pairs, counts = spread(corpus.successors()), np.zeros(int(self._weights["classes"]), np.int64)
        for first, second in (block.T for block in np.array_split(pairs, len(pairs) // _BLOCK + 1)):
            if len(first):
                logits = self._logits(joined(prepared["tails"][first], prepared["heads"][second]))
                np.add.at(counts, logits.argmax(axis=1), 1)
        return [int(count) for count in counts]

    @cached_property
    def _logits(self) -> Callable[[Floats], Floats]:
        """The network without its last sigmoid, traced once for batches of any size."""
        import keras
        import tensorflow as tf

        network = self._approach.restored(self._settings, self._weights)
        network.layers[-1].activation = keras.activations.linear
        run = tf.function(
            lambda inputs: network(inputs, training=False),
            input_signature=[tf.TensorSpec((None, *network.input_shape[1:]), tf.float32)],
        )
        return lambda inputs: cast(Floats, run(tf.constant(inputs)).numpy())


def _may_stop_early(settings: CategoricalSettings) -> bool:
    return settings.patience is not None and settings.classes == "similarity"


def _input_shape(settings: CategoricalSettings) -> tuple[int, int]:
    if settings.sees == "points":
        return 2 * settings.squeezed_points, 1
    return 2 * settings.edge_frames, BANDS


def _examples(
    corpus: Corpus,
    settings: CategoricalSettings,
    constants: Arrays,
    rng: np.random.Generator,
    *,
    channel: int,
) -> Examples:
    """Return the transitions with their classes, false pairs without, and both of random cuts."""
    sides = _sides(corpus.edges, corpus.songs, settings, constants, channel=channel)
    pairs = ring_transitions(corpus) if settings.classes == "transitions" else corpus.successors()
    truth = truth_of_pairs(corpus, pairs, constants)
    references = np.arange(len(corpus), dtype=np.int64)
    drawn = corpus.false_successors(references, settings.false_successors, rng)
    false = np.stack([np.repeat(references, settings.false_successors), drawn.ravel()], axis=1)
    false = false[false[:, 1] >= 0]
    nothing = np.zeros((len(false), truth.shape[1]), dtype=np.float32)
    parts = [Examples(*sides, np.concatenate([pairs, false]), np.concatenate([truth, nothing]))]
    if settings.sees == "frames" and settings.classes == "similarity":
        parts += _cut_examples(corpus, settings, constants, rng)
    return Examples.concatenate(parts)


def _cut_examples(
    corpus: Corpus, settings: CategoricalSettings, constants: Arrays, rng: np.random.Generator
) -> list[Examples]:
    """Return both sides of random cuts, with the class that is nearest, and false pairs of them."""
    per_song = -(-settings.random_cuts_per_epoch // max(1, corpus.song_count))
    parts = []
    for cuts in corpus.random_cuts(per_song, rng, length=max(settings.edge_frames, CLASS_FRAMES)):
        pairs, is_true = cut_pairs(len(cuts), false=settings.false_successors, rng=rng)
        truth = truth_of_cuts(cuts, constants)[pairs[:, 0]] * is_true[:, None]
        tails, heads = (
            whitened(side[:, : settings.edge_frames], constants) for side in (cuts.tails, cuts.heads)
        )
        parts.append(Examples(tails[:, ::-1], heads, pairs, truth))
    return parts


def _sides(
    edges: Edges,
    songs: Indices | None,
    settings: CategoricalSettings,
    constants: Arrays,
    *,
    channel: int | None,
) -> tuple[Floats, Floats]:
    """Return what is seen of each chunk as A and as B, float32, shape (n, points or frames, features) each.

    Without a channel, points are those of the channel that was trained on, frames those of the mix.
    """
    if settings.sees == "frames":
        return frame_edges(edges, settings.edge_frames, constants, channel=channel)
    of = _TRAIN_CHANNEL if channel is None else channel
    whole = squeezed_points(edges, settings.squeezed_points, settings.normalise, channel=of, songs=songs)
    return whole, whole

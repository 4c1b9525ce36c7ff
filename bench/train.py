"""Training: an epoch of the study's network beside stock Keras, and beside what the machine multiplies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.material import Bench
from bench.measuring import Row, by_turns, median_s, times_as_fast
from bench.pool import real_pool
from services.trainer.fitting import _over_batches
from shared.learning.approaches import Network, get_approach
from shared.learning.approaches.binary_inputs import BinarySettings
from shared.learning.backend import configure_tensorflow
from shared.learning.corpus import Corpus, Floats
from shared.learning.networks import get_weights, optimizer_of, set_weights
from shared.learning.pairs import Batches, Rows
from shared.store.arrays import Arrays

THREADS = 2
AGREE_WITHIN = 1e-3
MOST_ROUNDS = 3
SEED = 0
PAIRS = 967


@dataclass(frozen=True)
class _Epoch:
    """An epoch of both networks, each from the same weights and over the same rows in the same order."""

    settings: BinarySettings
    inputs: Floats
    truth: Floats
    ours: Any
    stock: Any
    start: Arrays

    @classmethod
    def of(cls, examples: Batches, settings: BinarySettings, edge_size: int, pairs: int) -> _Epoch:
        import keras

        order = np.random.default_rng([SEED, 0]).permutation(len(examples))[:pairs]
        inputs, truth = examples.batch(order)
        keras.utils.set_random_seed(SEED)
        ours = _approach().build(settings, {"edge_size": np.array(edge_size)})
        stock = _stock_network(settings, inputs.shape[1:])
        epoch = cls(settings, inputs, truth, ours, stock, get_weights(ours))
        # Both trace and set up their optimizers outside what is timed: the last batch is a shorter one.
        for rows in {len(truth[: settings.batch_size]), len(truth) % settings.batch_size} - {0}:
            for network in (ours, stock):
                network.train_on_batch(inputs[:rows], truth[:rows])
        stock.fit(inputs[:1], truth[:1], verbose=0)
        return epoch

    def run_stock(self) -> float:
        """Return the mean loss of an epoch of `fit`."""
        self._reset(self.stock)
        told = self.stock.fit(
            self.inputs, self.truth, batch_size=self.settings.batch_size, shuffle=False, verbose=0
        )
        return float(told.history["loss"][0])

    def run_ours(self) -> float:
        """Return the mean loss of an epoch as the trainer runs it."""
        self._reset(self.ours)
        examples = Rows((self.inputs,), (self.truth,))
        rows = np.arange(len(examples), dtype=np.int64)
        return _over_batches(self.ours.train_on_batch, examples, rows, self.settings.batch_size)[0]

    @property
    def products_flop(self) -> int:
        """The operations of an epoch's matrix products: forwards, and by inputs and weights backwards."""
        settings, frames = self.settings, (self.inputs.shape[1] - self.settings.kernel_size + 1) // 2
        gates = 4 * settings.lstm_units
        per_frame = gates * (settings.filters + settings.lstm_units)
        per_frame += settings.lstm_units * settings.dense_units
        return int(6 * per_frame * frames * len(self.inputs))

    def _reset(self, network: Any) -> None:
        set_weights(network, self.start)
        for variable in network.optimizer.variables:
            if "learning_rate" not in variable.path:
                variable.assign(np.zeros(variable.shape))


def rows(bench: Bench) -> Iterator[Row]:
    """Train the study's network for an epoch, by turns with the same network of stock layers."""
    configure_tensorflow(THREADS)
    epoch = _epoch(bench)
    sides = by_turns(epoch.run_stock, epoch.run_ours, min(bench.rounds, MOST_ROUNDS))
    yield Row(
        "train: an epoch of the seed network",
        sides.segue_s,
        peer="Keras fit, stock layers",
        peer_s=sides.peer_s,
        goal=times_as_fast(1.3),
        agrees=abs(sides.ours - sides.theirs) <= AGREE_WITHIN * abs(sides.theirs),
        note=f"{len(epoch.truth)} pairs on {THREADS} cores, losses {sides.theirs:.6f} and {sides.ours:.6f}; "
        "no dropout on either side; tracing is left out of both",
    )
    yield _floor(epoch, sides.segue_s)


def _floor(epoch: _Epoch, segue_s: float) -> Row:
    rng = np.random.default_rng(SEED)
    filters, gates = epoch.settings.filters, 4 * epoch.settings.lstm_units
    left, right = (rng.normal(size=(filters, width)).astype(np.float32) for width in (filters, gates))
    rate = 2.0 * left.size * gates / median_s(lambda: left @ right, 50)
    floor_s = epoch.products_flop / rate
    return Row(
        "train: share of the sgemm floor",
        segue_s,
        note=f"{epoch.products_flop / len(epoch.truth) / 1e9:.2f} GFLOP a pair; numpy multiplies at "
        f"{rate / 1e9:.0f} GFLOP/s, so the floor is {floor_s:.1f} s: {floor_s / segue_s:.0%} reached",
    )


def _epoch(bench: Bench) -> _Epoch:
    """Draw pairs of real chunks as the preset does; enough chunks for the pairs that are wanted."""
    pairs = bench.size(PAIRS, 40)
    edges, songs = real_pool(bench, bench.size(pairs // 4 + 40, 24))
    by_song = np.argsort(songs, kind="stable")
    bands = edges.heads.shape[-1]
    frames = tuple(np.empty((0, bands), np.float16) for _ in np.unique(songs))
    # Songs that ran out were cut anew; chunks of one song need only lie together.
    corpus = Corpus(edges.select(by_song), np.unique(songs[by_song], return_inverse=True)[1], frames)
    small = {"max_edge_points": 16, "filters": 8, "lstm_units": 6, "dense_units": 4} if bench.smoke else {}
    settings = _approach().resolve({"preset": "seed", "dropout": 0.0, **small})
    constants = _approach().constants(corpus, settings)
    examples = _approach().train_examples(corpus, settings, constants, seed=SEED, epoch=0)
    return _Epoch.of(examples, settings, int(constants["edge_size"]), pairs)


def _approach() -> Network[BinarySettings]:
    approach = get_approach("binary")
    assert isinstance(approach, Network)
    return approach


def _stock_network(settings: BinarySettings, shape: tuple[int, ...]) -> Any:
    """Return the network as the study wrote it, of stock layers that bear the same names."""
    import keras
    from keras import layers

    network = keras.Sequential(
        [
            keras.Input(shape),
            layers.Conv1D(settings.filters, settings.kernel_size, name="conv1d"),
            layers.MaxPooling1D(2, strides=2, name="max_pooling1d"),
            layers.LSTM(settings.lstm_units, return_sequences=True, name="lstm"),
            layers.Dense(settings.dense_units, name="dense"),
            layers.Dropout(settings.dropout, name="dropout"),
            layers.Flatten(name="flatten"),
            layers.Dense(1, activation="sigmoid", name="dense_1"),
        ]
    )
    optimizer = optimizer_of(settings.optimizer, settings.learning_rate)
    network.compile(optimizer, "binary_crossentropy", metrics=["accuracy"], jit_compile=False)
    return network

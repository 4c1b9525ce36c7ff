"""`forecast`: predict how a song goes on, then take the chunk that begins most like it.

Preset `seed` is the study's network on raw points: the last 880 points of A, through Conv1D, MaxPooling1D,
LSTM and Dense to the next 18; the score of B is minus the mean squared difference to its first 18.
Preset `fast` is of the same family on whitened log-mel frames. It predicts their means over the next 1, 4
and 16 (up to 0.19 s), since single frames are as much noise as music, and it predicts them as changes
against the means over as many frames before: that a sound goes on as it is need not be learned.

The study leaves open which windows are learned from, how many, and for how long. Here every true
transition is one, as it is scored (A normalised as A, B as B), and the others lie at random places of the
training songs, drawn anew for each epoch. Before a song there is silence, and so there is before a chunk
that is shorter than the input: such chunks stay in the pool.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from shared.learning.approaches.base import Network, Scorer, TrainedSettings
from shared.learning.corpus import Corpus, Floats, Indices, need_examples
from shared.learning.frames import band_whitening, frame_edges, whitened
from shared.learning.illustrations import forecast_examples, forecast_facts, layers_of, spread
from shared.learning.lstm import stock_lstm
from shared.learning.networks import optimizer_of, run_in_blocks
from shared.learning.pairs import Rows
from shared.learning.points import Normalisation, normalised_points, trimmed_points
from shared.learning.precision import in_precision
from shared.sound.features import BANDS, EDGE_FRAMES, Edges
from shared.store.arrays import Arrays

_TRAIN_CHANNEL, _VALIDATION_CHANNEL = 0, 1
_LEAST_EXAMPLES = 4
_HORIZONS = (1, 4, 16)
_BLOCK = 64
_LEAST_POWER = 1e-6


class ForecastSettings(TrainedSettings):
    """The network, its windows and its training."""

    sees: Literal["points", "frames"] = Field(
        "frames", description="`points`: raw points at 1,260 Hz; `frames`: whitened log-mel frames."
    )
    normalise: Normalisation = Field("chunk_peak", description="`points`: what each chunk is scaled by.")
    input_points: int = Field(880, ge=8, le=20_000, description="`points`: points that are seen.")
    forecast_points: int = Field(18, ge=1, le=2000, description="`points`: points that are predicted.")
    input_frames: int = Field(
        16, ge=4, le=EDGE_FRAMES, description="`frames`: frames that are seen, 11.6 ms apart."
    )
    random_windows_per_epoch: int = Field(
        2000, ge=0, le=100_000, description="Windows at random places, shared out over the training songs."
    )
    filters: int = Field(1024, ge=1, le=4096, description="Of the convolution.")
    kernel_size: int = Field(2, ge=1, le=64, description="Of the convolution.")
    activation: Literal["linear", "relu"] = Field("linear", description="Of the convolution.")
    lstm_units: int = Field(100, ge=1, le=2048, description="Of the LSTM.")
    dropout: float = Field(0, ge=0, lt=1, description="Share of the LSTM's outputs dropped in training.")


class Forecast(Network[ForecastSettings]):
    """Predict what comes next, and compare."""

    name: ClassVar[str] = "forecast"
    summary: ClassVar[str] = (
        "The study's forecaster: predicts what comes next and takes what is most like it."
    )
    settings_type = ForecastSettings
    presets: ClassVar[dict[str, dict[str, Any]]] = {
        "fast": {
            "filters": 128,
            "activation": "relu",
            "lstm_units": 128,
            "optimizer": "adam",
            "learning_rate": 0.003,
            "epochs": 60,
            "patience": 8,
        },
        "seed": {"sees": "points", "epochs": 100},
    }

    def constants(self, corpus: Corpus, settings: ForecastSettings) -> Arrays:
        """Return the power of what is predicted, and how frames are whitened."""
        constants: Arrays = {}
        if settings.sees == "frames":
            constants = band_whitening(corpus.edges, max(_HORIZONS), channel=_TRAIN_CHANNEL)
        after = _sides(corpus.edges, corpus.songs, settings, constants, channel=_TRAIN_CHANNEL)[2]
        power = np.maximum(np.mean(np.square(after)), _LEAST_POWER)
        return {**constants, "power": np.array(power, dtype=np.float32)}

    def train_examples(
        self, corpus: Corpus, settings: ForecastSettings, constants: Arrays, *, seed: int, epoch: int
    ) -> Rows:
        """Return the transitions of the first channel, and windows at random places."""
        early = corpus if settings.patience is None else corpus.parted(100 - settings.kept_back_percent)[0]
        rng = np.random.default_rng([seed, epoch])
        windows = _windows(early, settings, constants, rng, channel=_TRAIN_CHANNEL)
        need_examples(len(windows), _LEAST_EXAMPLES)
        return windows

    def validation_examples(
        self, corpus: Corpus, settings: ForecastSettings, constants: Arrays, *, seed: int
    ) -> Rows:
        """Return the transitions as the second channel has them."""
        return _transitions(corpus, settings, constants, channel=_VALIDATION_CHANNEL)

    def stopping_examples(
        self, corpus: Corpus, settings: ForecastSettings, constants: Arrays, *, seed: int
    ) -> Rows | None:
        """Return windows of the end of each training song; None where all epochs are run, or too few."""
        if settings.patience is None:
            return None
        late = corpus.parted(100 - settings.kept_back_percent)[1]
        windows = _windows(late, settings, constants, np.random.default_rng(seed), channel=_TRAIN_CHANNEL)
        return windows if len(windows) >= _LEAST_EXAMPLES else None

    def build(self, settings: ForecastSettings, constants: Arrays) -> Any:
        """Build and compile the network."""
        with in_precision(settings.precision):
            return self._built(settings, constants)

    def _built(self, settings: ForecastSettings, constants: Arrays) -> Any:
        import keras
        from keras import layers

        numbers = settings.forecast_points if settings.sees == "points" else len(_HORIZONS) * BANDS
        network = keras.Sequential(
            [
                keras.Input(_input_shape(settings)),
                layers.Conv1D(
                    settings.filters, settings.kernel_size, activation=settings.activation, name="conv1d"
                ),
                layers.MaxPooling1D(2, strides=2, name="max_pooling1d"),
                stock_lstm(settings.lstm_units, name="lstm"),
                *([layers.Dropout(settings.dropout, name="dropout")] if settings.dropout else []),
                layers.Dense(numbers, dtype="float32", name="dense"),
            ],
            name=self.name,
        )
        optimizer = optimizer_of(settings.optimizer, settings.learning_rate)
        # XLA on a CPU compiles an LSTM for longer than a small one takes to train.
        network.compile(optimizer, "mean_squared_error", jit_compile=False)
        return network

    def illustrate(
        self, seen: Corpus, unseen: Corpus, settings: ForecastSettings, weights: Arrays
    ) -> dict[str, Any]:
        """Return the layers, and forecasts of the held-out songs beside what came."""
        corpus = unseen if len(unseen.successors()) else seen
        pairs = spread(corpus.successors())
        before, base, after = _sides(corpus.edges, corpus.songs, settings, weights, channel=_TRAIN_CHANNEL)
        network, first = self.restored(settings, weights), pairs[:, 0]
        predicted = base[first] + run_in_blocks(network, [before[first]], _BLOCK)[0]
        facts: dict[str, Any] = {"layers": layers_of(network)}
        if settings.sees == "frames":
            return facts | {"forecast": forecast_facts(pairs, predicted, base[first], after)}
        held = np.broadcast_to(before[first, -1], predicted.shape)
        examples = forecast_examples(before[first, :, 0], predicted, after[pairs[:, 1]])
        forecast = forecast_facts(pairs, predicted, held, after)
        return facts | {"forecast": forecast | {"examples": examples}}

    def scorer(self, settings: ForecastSettings, weights: Arrays) -> Scorer:
        """Return the scorer of trained weights. The network is built when a pool is prepared."""
        return ForecastScorer(self, settings, weights)


class ForecastScorer(Scorer):
    """Scores are minus the mean squared difference between what was predicted and what comes."""

    space = ("forecasts", "heads")

    def __init__(self, approach: Forecast, settings: ForecastSettings, weights: Arrays) -> None:
        self._approach, self._settings, self._weights = approach, settings, weights

    def usable(self, edges: Edges) -> NDArray[np.bool_]:
        """Refuse chunks that have fewer points than are predicted."""
        if self._settings.sees == "frames":
            return super().usable(edges)
        return edges.points_per_chunk >= self._settings.forecast_points

    def prepare(self, edges: Edges, songs: Indices | None = None) -> Arrays:
        """Predict what follows each chunk, and see how each begins: float32, shape (n, numbers) each."""
        network = self._approach.restored(self._settings, self._weights)
        before, base, after = _sides(edges, songs, self._settings, self._weights, channel=None)
        return {"forecasts": base + run_in_blocks(network, [before], _BLOCK)[0], "heads": after}

    def scores(
        self, prepared: Arrays, reference: int, candidates: Indices, step: int | None = None
    ) -> Floats:
        """Return minus the mean squared differences."""
        difference = prepared["heads"][candidates] - prepared["forecasts"][reference]
        return -np.mean(np.square(difference), axis=1)

    def display(self, scores: Floats) -> Floats:
        """Return exp(-error / power): 1 for a perfect forecast, 0.37 for one no better than silence."""
        return np.exp(scores / self._weights["power"])


def _input_shape(settings: ForecastSettings) -> tuple[int, int]:
    """Return how many points or frames are seen, and the features of each."""
    return (settings.input_points, 1) if settings.sees == "points" else (settings.input_frames, BANDS)


def _sides(
    edges: Edges, songs: Indices | None, settings: ForecastSettings, constants: Arrays, *, channel: int | None
) -> tuple[Floats, Floats, Floats]:
    """Return what is seen of each chunk, what its forecast is added to, and what it is as a candidate.

    They are float32, of the shapes (n, seen, features), (n, numbers) and (n, numbers). Without a channel,
    points are those of the channel that was trained on, frames those of the mix.
    """
    if settings.sees == "points":
        seen, coming = settings.input_points, settings.forecast_points
        of = _TRAIN_CHANNEL if channel is None else channel
        tails, heads = trimmed_points(edges, max(seen, coming), settings.normalise, channel=of, songs=songs)
        return tails[:, -seen:], np.zeros((len(edges), coming), dtype=np.float32), heads[:, :coming, 0]
    most = max(settings.input_frames, *_HORIZONS)
    tails, heads = frame_edges(edges, most, constants, channel=channel)
    return tails[:, -settings.input_frames :], _means(tails[:, ::-1]), _means(heads)


def _means(frames: Floats) -> Floats:
    """Return the means over the frames next to the cut, (m, frames, BANDS): float32, shape (m, numbers)."""
    return np.concatenate([frames[:, :horizon].mean(axis=1) for horizon in _HORIZONS], axis=1)


def _transitions(corpus: Corpus, settings: ForecastSettings, constants: Arrays, *, channel: int) -> Rows:
    """Return each true transition as a window: what is seen of A, and how B begins."""
    before, base, after = _sides(corpus.edges, corpus.songs, settings, constants, channel=channel)
    first, second = corpus.successors().T
    return Rows((before[first],), (after[second] - base[first],))


def _windows(
    corpus: Corpus, settings: ForecastSettings, constants: Arrays, rng: np.random.Generator, *, channel: int
) -> Rows:
    """Return the transitions, and windows at random places of the same songs."""
    parts = [_transitions(corpus, settings, constants, channel=channel)]
    per_song = -(-settings.random_windows_per_epoch // max(1, corpus.song_count))
    if settings.sees == "points":
        parts.append(_random_point_windows(corpus, settings, per_song, rng, channel=channel))
    else:
        for cuts in corpus.random_cuts(per_song, rng, length=max(settings.input_frames, *_HORIZONS)):
            tails, heads = whitened(cuts.tails, constants), whitened(cuts.heads, constants)
            before = tails[:, : settings.input_frames][:, ::-1]
            parts.append(Rows((before,), (_means(heads) - _means(tails),)))
    return Rows.concatenate(parts)


def _random_point_windows(
    corpus: Corpus, settings: ForecastSettings, per_song: int, rng: np.random.Generator, *, channel: int
) -> Rows:
    """Return windows at random places of each song: within chunks, and across true transitions.

    Songs lie one after another with as much silence before each as a window sees, so none sees another.
    """
    seen, coming = settings.input_points, settings.forecast_points
    points = normalised_points(corpus.edges, settings.normalise, channel=channel, songs=corpus.songs)
    song_of = np.repeat(corpus.songs, corpus.edges.points_per_chunk)
    padded = np.zeros(len(points) + seen * corpus.song_count, dtype=np.float32)
    padded[np.arange(len(points)) + seen * (song_of + 1)] = points
    counts = np.bincount(song_of, minlength=corpus.song_count)
    starts = np.cumsum(counts) - counts + seen * (np.arange(corpus.song_count) + 1)
    places = [
        start + rng.choice(count - coming, size=min(per_song, count - coming), replace=False)
        for start, count in zip(starts, counts, strict=True)
        if count > coming
    ]
    at = np.concatenate([np.empty(0, dtype=np.int64), *places])[:, None]
    return Rows((padded[at - seen + np.arange(seen)][:, :, None],), (padded[at + np.arange(coming)],))

"""The interface of every approach: its settings, what it learns from, and its scorer.

An approach is fitted in one of two ways. A `ClosedForm` solves for its weights at once; a `Network` says
how its examples and its Keras model are made, and the trainer runs the epochs. Both give plain arrays,
and from these a `Scorer`, which judges transitions of a pool it has prepared.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from shared.errors import BadSetting
from shared.learning.corpus import Corpus, Floats, Indices
from shared.learning.illustrations import layers_of
from shared.learning.networks import set_weights
from shared.learning.pairs import Batches
from shared.learning.precision import Precision
from shared.parameters import Parameters
from shared.sound.features import Edges
from shared.store.arrays import Arrays

MOST_FAULTS = 3
"""So many wrong settings are named; whoever gives more mends these first."""
MOST_SHOWN = 60
"""Characters that are repeated of what was given."""
Shortlist = Callable[[int, NDArray[np.bool_]], Indices]
"""Given a reference chunk and which chunks may follow it, (n,): those worth scoring, int64, rising, at least
one where any may follow."""


class Settings(Parameters):
    """The settings that every approach has."""

    preset: str = Field("default", description="The named set of values that the other settings start from.")


class TrainedSettings(Settings):
    """The settings that every approach has that is trained epoch by epoch."""

    optimizer: Literal["rmsprop", "adam", "sgd"] = Field("rmsprop", description="Best in the study: rmsprop.")
    learning_rate: float = Field(0.001, gt=0, le=1, description="Of the optimizer.")
    batch_size: int = Field(64, ge=1, le=4096, description="Examples per step.")
    precision: Precision = Field(
        "float32",
        description="What layers compute in while they are trained; `mixed_bfloat16` and `mixed_float16` are "
        "meant for GPUs. Weights, outputs and losses are float32 with each, and so is what scores.",
    )
    epochs: int = Field(600, ge=1, le=10_000, description="Passes over the examples, at most.")
    patience: int | None = Field(
        None,
        ge=1,
        description="Epochs without a better loss on the kept-back part before training ends, with the best "
        "weights; null: all epochs are run, and the last weights taken.",
    )
    kept_back_percent: int = Field(
        20, ge=1, le=50, description="The end of each training song that is kept back to stop early by."
    )


AnySettings = TypeVar("AnySettings", bound=Settings)


class Scorer(ABC):
    """Judges transitions. Holds fitted weights; knows nothing of how they came about."""

    pairwise: ClassVar[bool] = False
    """Whether a score costs a run of a network per pair, so that all pairs of a pool cannot be had."""

    space: ClassVar[tuple[str, ...]] = ("tails", "heads")
    """The arrays of `prepare` that say where a chunk lies among all others: shape (n, ...) each."""

    background: bool = False
    """Whether a score of a pair depends on the other chunks of the pool as well."""

    def without_background(self) -> Scorer:
        """Return the same scorer, judging each pair for itself."""
        return self

    def usable(self, edges: Edges) -> NDArray[np.bool_]:
        """Say which chunks are long enough to be judged; the others stay out of a pool. Shape (n,)."""
        return np.ones(len(edges), dtype=np.bool_)

    @abstractmethod
    def prepare(self, edges: Edges, songs: Indices | None = None) -> Arrays:
        """Do once what scoring a pool needs.

        Args:
            edges: the pool's n chunks, all usable.
            songs: int64, shape (n,): the song of each chunk; None: they are all of one song. Matters only
                to an approach that normalises by song.

        Returns:
            Arrays to be kept with the pool, and given to `scores`.
        """

    @abstractmethod
    def scores(
        self, prepared: Arrays, reference: int, candidates: Indices, step: int | None = None
    ) -> Floats:
        """Score each candidate as the successor of the reference.

        Args:
            prepared: what `prepare` returned for the pool.
            reference: index of the chunk that is to be followed.
            candidates: int64, shape (m,): indices of the chunks that may follow it.
            step: which transition of a mix this is, from 0, for an approach that asks for something else
                at each step; None: outside of a mix, where a pair is judged for itself.

        Returns:
            float32, shape (m,): any real numbers; higher is better. Memory is bounded whatever the number
            of candidates.
        """

    def index(self, prepared: Arrays) -> Arrays:
        """Return arrays to be kept with a large pool beside the prepared ones, so that `shortlist` has them.

        By default none: every step of a mix scores all chunks that are left.
        """
        return {}

    def shortlist(self, prepared: Arrays) -> Shortlist | None:
        """Return what names the few chunks of a pool that can be the best; None: all have to be scored."""
        return None

    def dense(self, prepared: Arrays, chunks: int) -> Floats:
        """Score every chunk after every chunk: float32, shape (n, n), a row per reference."""
        everyone = np.arange(chunks, dtype=np.int64)
        return np.stack([self.scores(prepared, reference, everyone) for reference in range(chunks)])

    def display(self, scores: Floats) -> Floats:
        """Turn scores to what is shown and what `accept_above` means: rising with them, in [0, 1].

        By default the logistic function, for scores that are logits or log-likelihood ratios.
        """
        return sigmoid(scores)


class Approach(ABC, Generic[AnySettings]):
    """One way to judge transitions."""

    name: ClassVar[str]
    summary: ClassVar[str]
    settings_type: type[AnySettings]
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"default": {}}
    """Values by preset; the first preset is the default."""
    scores_in_numpy: ClassVar[bool] = True
    """Whether its scorer runs without TensorFlow, which takes seconds and hundreds of megabytes to load."""

    def resolve(self, given: Mapping[str, Any] | None = None) -> AnySettings:
        """Return all settings: those given, over those of the preset, over the defaults.

        Raises:
            BadSetting: a name or a value that cannot be.
        """
        given = dict(given or {})
        preset = given.setdefault("preset", next(iter(self.presets)))
        if not isinstance(preset, str) or preset not in self.presets:
            raise BadSetting(
                f"{self.name} has no preset {_shortened(repr(preset))}. "
                f"Choose one of: {', '.join(self.presets)}."
            )
        try:
            return self.settings_type.model_validate({**self.presets[preset], **given})
        except ValidationError as error:
            raise BadSetting(self._explain(error)) from error

    @abstractmethod
    def scorer(self, settings: AnySettings, weights: Arrays) -> Scorer:
        """Return the scorer of fitted weights."""

    def _explain(self, error: ValidationError) -> str:
        faults = error.errors()
        reasons = [_reason(fault) for fault in faults[:MOST_FAULTS]]
        if len(faults) > MOST_FAULTS:
            reasons.append(f"{len(faults) - MOST_FAULTS} more are wrong")
        told = f"These settings of {self.name} cannot be used: {'; '.join(reasons)}."
        if any(fault["type"] == "extra_forbidden" for fault in faults):
            told += f" It has: {', '.join(self.settings_type.model_fields)}."
        return told


class ClosedForm(Approach[AnySettings]):
    """An approach whose weights are solved for in one go."""

    @abstractmethod
    def solve(self, corpus: Corpus, settings: AnySettings, *, seed: int) -> Arrays:
        """Return the weights.

        Raises:
            NothingToLearn: the corpus has too few examples.
        """


class Network(Approach[AnySettings]):
    """An approach that trains a Keras network on examples, epoch by epoch.

    The settings have `epochs`, `batch_size`, `precision` and `patience` (epochs without a better stopping
    loss before the fit ends; None: all epochs are run and the last weights are taken).
    """

    scores_in_numpy: ClassVar[bool] = False

    @abstractmethod
    def constants(self, corpus: Corpus, settings: AnySettings) -> Arrays:
        """Return what is fixed before training and kept with the weights: sizes, standardisation, classes.

        Raises:
            NothingToLearn: the corpus has too few examples.
        """

    @abstractmethod
    def train_examples(
        self, corpus: Corpus, settings: AnySettings, constants: Arrays, *, seed: int, epoch: int
    ) -> Batches:
        """Return the examples of one epoch, the same for the same seed and epoch.

        Raises:
            NothingToLearn: the corpus has too few.
        """

    @abstractmethod
    def validation_examples(
        self, corpus: Corpus, settings: AnySettings, constants: Arrays, *, seed: int
    ) -> Batches:
        """Return the training transitions as the other channel has them, as the study validated."""

    @abstractmethod
    def stopping_examples(
        self, corpus: Corpus, settings: AnySettings, constants: Arrays, *, seed: int
    ) -> Batches | None:
        """Return examples of the training songs that are kept from training, to stop early by."""

    @abstractmethod
    def build(self, settings: AnySettings, constants: Arrays) -> Any:
        """Build and compile the Keras model. Its weights come from the global seed, and are float32."""

    def restored(self, settings: AnySettings, weights: Arrays) -> Any:
        """Return the Keras model with fitted weights, in float32 whatever it was trained in.

        What scores runs on processors, most of which are slower in 16 bits, and scores should not tie.
        """
        network = self.build(settings.model_copy(update={"precision": "float32"}), weights)
        set_weights(network, weights)
        return network

    def illustrate(
        self, seen: Corpus, unseen: Corpus, settings: AnySettings, weights: Arrays
    ) -> dict[str, Any]:
        """Return plain facts that pictures of the fitted network are drawn from.

        Args:
            seen: the training songs.
            unseen: the held-out ones, perhaps none.
            settings: of the fit.
            weights: that came of it.
        """
        return {"layers": layers_of(self.build(settings, weights))}


def sigmoid(logits: Floats) -> Floats:
    """Return the logistic function of the logits, without overflow."""
    return (0.5 * (1.0 + np.tanh(0.5 * logits))).astype(np.float32)


def _reason(fault: Mapping[str, Any]) -> str:
    path = _shortened(_path(fault["loc"]))
    if fault["type"] == "extra_forbidden":
        return f"it has no setting {path!r}"
    return f"{path} is {_shortened(repr(fault['input']))}: {fault['msg'].lower()}"


def _shortened(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."


def _path(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "the settings"

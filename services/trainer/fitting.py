"""Fitting an approach to a corpus: at once, or epoch by epoch with a checkpoint to go on from.

The order of examples and what dropout drops derive from (seed, epoch) alone, so a fit that was stopped
and taken up again sees what an undisturbed one would have seen.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from shared.learning.approaches import Approach, ClosedForm, Network, Settings
from shared.learning.corpus import Corpus, Indices, need_examples
from shared.learning.networks import get_optimizer, get_weights, seed_dropout, set_optimizer, set_weights
from shared.learning.pairs import Batches
from shared.store.arrays import Arrays, pack_arrays, unpack_arrays

_STATE = "state"
_BEST = "best/"
_CONSTANTS = "constants/"
_MEASURE_ROWS = 256


class Epoch(BaseModel):
    """The figures of one epoch. `val_` is the other channel of the same songs, as in the study.

    What forecasts numbers has no accuracy; what has several outputs has their mean.
    """

    model_config = ConfigDict(frozen=True)

    epoch: int
    loss: float
    accuracy: float | None = None
    val_loss: float
    val_accuracy: float | None = None
    stopping_loss: float | None = None
    stopping_accuracy: float | None = None
    seconds: float


@dataclass(frozen=True)
class Checkpoint:
    """A fit in the middle: weights, constants, the optimizer's state, the best weights, and the history."""

    arrays: Arrays
    history: tuple[Epoch, ...]

    def to_bytes(self) -> bytes:
        """Return the checkpoint as an `.npz`."""
        state = json.dumps([epoch.model_dump() for epoch in self.history])
        return pack_arrays({**self.arrays, _STATE: np.array(state)})

    @classmethod
    def from_bytes(cls, data: bytes) -> Checkpoint:
        """Read a checkpoint back."""
        arrays = unpack_arrays(data)
        state = json.loads(str(arrays.pop(_STATE)))
        return cls(arrays, tuple(Epoch.model_validate(epoch) for epoch in state))


@dataclass(frozen=True)
class Fitted:
    """A fitted approach: its weights by name, and the figures of each epoch (none if solved at once)."""

    weights: Arrays
    history: tuple[Epoch, ...]
    fit_s: float

    @property
    def best(self) -> Epoch | None:
        """The epoch whose weights these are; None if they were solved for at once."""
        return self.history[best_epoch(self.history)] if self.history else None


@dataclass(frozen=True)
class Hooks:
    """What the caller wants to know and to decide between epochs.

    Attributes:
        on_epoch: called with the epoch's figures, the most epochs there can be, and the seconds left
            if all of them are run.
        should_pause: asked after each epoch; True ends the call with a checkpoint.
        should_keep: asked after each epoch that does not end the call; True has a checkpoint kept.
        keep: called with that checkpoint; the fit goes on with the network as it is, which costs seconds to
            make anew.
        check: called before each epoch; raises to end the fit.
    """

    on_epoch: Callable[[Epoch, int, float], None] = field(default=lambda epoch, epochs, eta_s: None)
    should_pause: Callable[[], bool] = field(default=lambda: False)
    should_keep: Callable[[], bool] = field(default=lambda: False)
    keep: Callable[[Checkpoint], None] = field(default=lambda checkpoint: None)
    check: Callable[[], None] = field(default=lambda: None)


def best_epoch(history: Sequence[Epoch]) -> int:
    """Return the number of the epoch of the least stopping loss, or of the last one where there is none."""
    losses = [epoch.stopping_loss for epoch in history if epoch.stopping_loss is not None]
    return int(np.argmin(losses)) if losses else len(history) - 1


def fit(
    corpus: Corpus,
    approach: Approach[Any],
    settings: Settings,
    *,
    seed: int = 0,
    checkpoint: Checkpoint | None = None,
    hooks: Hooks | None = None,
) -> Fitted | Checkpoint:
    """Fit an approach.

    Args:
        corpus: the training songs.
        approach: what to fit.
        settings: all of its settings, resolved.
        seed: of everything random.
        checkpoint: what an earlier call with the same arguments returned, to go on from.
        hooks: see there.

    Returns:
        The fitted weights, or a checkpoint where `should_pause` asked for one.

    Raises:
        NothingToLearn: the corpus has too few examples.
    """
    hooks = hooks or Hooks()
    if isinstance(approach, Network):
        return _Run(corpus, approach, settings, seed, checkpoint).go(hooks)
    if not isinstance(approach, ClosedForm):
        raise TypeError(f"{approach.name} is neither solved nor trained")
    hooks.check()
    started = time.monotonic()
    weights = approach.solve(corpus, settings, seed=seed)
    return Fitted(weights, (), time.monotonic() - started)


class _Run:
    """One network in training."""

    def __init__(
        self,
        corpus: Corpus,
        approach: Network[Any],
        settings: Any,
        seed: int,
        checkpoint: Checkpoint | None,
    ) -> None:
        import keras

        self.corpus, self.approach, self.settings, self.seed = corpus, approach, settings, seed
        # Rounding differs between machines: classes that were made anew might be others, or more.
        self.constants = (
            approach.constants(corpus, settings)
            if checkpoint is None
            else _under(_CONSTANTS, checkpoint.arrays)
        )
        self.validation = approach.validation_examples(corpus, settings, self.constants, seed=seed)
        need_examples(len(self.validation), 1)
        self.stopping = approach.stopping_examples(corpus, settings, self.constants, seed=seed)
        keras.utils.set_random_seed(seed)
        self.network = approach.build(settings, self.constants)
        self.history: list[Epoch] = []
        self.best: Arrays = {}
        if checkpoint is not None:
            set_weights(self.network, checkpoint.arrays)
            set_optimizer(self.network, checkpoint.arrays)
            self.history = list(checkpoint.history)
            self.best = _under(_BEST, checkpoint.arrays)

    def go(self, hooks: Hooks) -> Fitted | Checkpoint:
        """Run epochs until there are enough, no better ones come, or a pause is asked for."""
        while not self._is_over():
            hooks.check()
            epoch = self._run_epoch(len(self.history))
            self.history.append(epoch)
            if best_epoch(self.history) == epoch.epoch:
                self.best = get_weights(self.network)
            left = self.settings.epochs - len(self.history)
            hooks.on_epoch(epoch, self.settings.epochs, left * self._seconds() / len(self.history))
            if self._is_over():
                break
            if hooks.should_pause():
                return self._checkpoint()
            if hooks.should_keep():
                hooks.keep(self._checkpoint())
        return Fitted({**self.constants, **self.best}, tuple(self.history), self._seconds())

    def _run_epoch(self, number: int) -> Epoch:
        started = time.monotonic()
        examples = self.approach.train_examples(
            self.corpus, self.settings, self.constants, seed=self.seed, epoch=number
        )
        seed_dropout(self.network, self.seed, number)
        order = np.random.default_rng([self.seed, number]).permutation(len(examples))
        trained = _over_batches(self.network.train_on_batch, examples, order, self.settings.batch_size)
        val_loss, val_accuracy = self._measure(self.validation)
        stopping = self._measure(self.stopping) if self.stopping else (None, None)
        return Epoch(
            epoch=number,
            loss=trained[0],
            accuracy=trained[1],
            val_loss=val_loss,
            val_accuracy=val_accuracy,
            stopping_loss=stopping[0],
            stopping_accuracy=stopping[1],
            seconds=time.monotonic() - started,
        )

    def _measure(self, examples: Batches) -> tuple[float, float | None]:
        rows = np.arange(len(examples), dtype=np.int64)
        return _over_batches(self.network.test_on_batch, examples, rows, _MEASURE_ROWS)

    def _is_over(self) -> bool:
        done, patience = len(self.history), self.settings.patience
        if done >= self.settings.epochs:
            return True
        return bool(done) and patience is not None and done - 1 - best_epoch(self.history) >= patience

    def _seconds(self) -> float:
        return sum(epoch.seconds for epoch in self.history)

    def _checkpoint(self) -> Checkpoint:
        kept = {_BEST + name: array for name, array in self.best.items()}
        kept |= {_CONSTANTS + name: array for name, array in self.constants.items()}
        arrays = {**get_weights(self.network), **get_optimizer(self.network), **kept}
        return Checkpoint(arrays, tuple(self.history))


def _over_batches(
    step: Callable[..., dict[str, float]], examples: Batches, order: Indices, batch_size: int
) -> tuple[float, float | None]:
    """Run a step, which reports its own batch, over all examples; return the mean loss and accuracy.

    Keras names the accuracies of several outputs after them, as in `end_accuracy`.
    """
    losses, accuracies = [], []
    for at in range(0, len(order), batch_size):
        rows = order[at : at + batch_size]
        figures = step(*examples.batch(rows), return_dict=True)
        losses.append(len(rows) * float(figures["loss"]))
        found = [float(value) for name, value in figures.items() if name.endswith("accuracy")]
        accuracies.append(len(rows) * sum(found) / len(found) if found else None)
    known = [accuracy for accuracy in accuracies if accuracy is not None]
    return sum(losses) / len(order), sum(known) / len(order) if known else None


def _under(prefix: str, arrays: Arrays) -> Arrays:
    """Return the arrays whose names start with a prefix, without it."""
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}

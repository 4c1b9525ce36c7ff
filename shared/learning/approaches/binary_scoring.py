"""The network of `binary`, run over a pool: its exact logits, each part computed as often as it changes.

A pooled frame of the convolution sees a few neighbouring points of tail and head laid end to end. Frames
that see the tail alone, and the LSTM's state after them, are computed once per reference; what frames that
see the head alone feed to the LSTM, once per pool and kept in memory; frames over the joint, and the
recurrence after it, for every pair. Dense, Flatten and Dense are a sum over frames.

Knows weights and points; nothing of chunks, settings or Keras, whose conventions (gates in the order input,
forget, cell, output; one bias) the tests compare with.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.errors import Corrupt
from shared.learning.corpus import Floats, Indices
from shared.learning.pairs import joined
from shared.store.arrays import Arrays

KEPT_BYTES = 7 * 2**28
"""Most memory for what the heads of a pool feed to the LSTM. A chunk takes 0.99 MB in preset `seed`, so
these are 1,903 chunks; the container that assembles has 3 GiB."""

_WORK_BYTES = 2**26
_MOST_REFERENCES = 16
_FLOAT_BYTES = 4


@dataclass
class State:
    """The LSTM after some frames of several inputs, and the logits as far as those frames give them.

    Attributes:
        hidden: float32, shape (rows, units).
        cell: float32, shape (rows, units).
        logits: float64, shape (rows,).
    """

    hidden: Floats
    cell: Floats
    logits: NDArray[np.float64]

    def repeated(self, times: int) -> State:
        """Return each row so many times, one after the other."""
        return State(
            np.repeat(self.hidden, times, axis=0),
            np.repeat(self.cell, times, axis=0),
            np.repeat(self.logits, times),
        )


class PairNetwork:
    """Conv1D, MaxPooling1D, LSTM, Dense, Flatten and Dense, to be run frame by frame.

    Attributes:
        edge_size: points on each side of the cut; where frames are seen, these are its points.
        gates: 4 times the LSTM's units.
        span: points under one pooled frame, which begins 2 points after the one before.
        frames: pooled frames of a pair.
        row_bytes: what a row needs in memory while one frame of it is worked on, roughly.
    """

    def __init__(self, weights: Arrays, *, edge_size: int, dilation_rate: int, rectified: bool) -> None:
        """Take the weights of a network.

        Args:
            weights: by path, as `get_weights` names them.
            edge_size: points on each side of the cut.
            dilation_rate: of the convolution.
            rectified: whether Conv1D and Dense have a ReLU.

        Raises:
            Corrupt: a weight is missing, or does not fit the others.
        """
        self.edge_size, self._rectified = edge_size, rectified
        kernel = _weight(weights, "conv1d/kernel", None, None, None)
        taps, channels, filters = kernel.shape
        self._filters = kernel.reshape(taps * channels, filters)
        self._filter_bias = _weight(weights, "conv1d/bias", filters)
        self._taps = dilation_rate * np.arange(taps)
        self.span = dilation_rate * (taps - 1) + 2
        self.frames = (2 * edge_size - self.span) // 2 + 1
        self.gates = len(_weight(weights, "lstm/lstm_cell/bias", None))
        units = self.gates // 4
        # The logistic function of x is (1 + tanh(x / 2)) / 2: with these halved, one tanh does all gates.
        halved = np.repeat(np.array([0.5, 0.5, 1, 0.5], dtype=np.float32), units)
        self._kernel = _weight(weights, "lstm/lstm_cell/kernel", filters, self.gates) * halved
        self._recurrent = _weight(weights, "lstm/lstm_cell/recurrent_kernel", units, self.gates) * halved
        self._bias = _weight(weights, "lstm/lstm_cell/bias", self.gates) * halved
        self._read_out = _ReadOut(weights, units, self.frames, rectified=rectified)
        convolved = 2 * (len(self._filters) + filters) + 4 * self.span * channels
        self.row_bytes = _FLOAT_BYTES * (convolved + 3 * self.gates + self._read_out.width)

    def start(self, rows: int) -> State:
        """Return the state before the first frame."""
        shape = rows, self.gates // 4
        return State(
            np.zeros(shape, np.float32), np.zeros(shape, np.float32), np.full(rows, self._read_out.offset)
        )

    def inputs(self, points: Floats, rows: Indices, starts: Indices) -> Floats:
        """Convolve, pool, and project to what the gates receive.

        Args:
            points: float32, shape (n, length, channels).
            rows: int64, shape (r,): which of the n.
            starts: int64, shape (f,): the first point under each pooled frame.

        Returns:
            float32, shape (f, r, gates).
        """
        taps = starts[:, None, None] + self._taps
        pooled, other = (
            points[rows[:, None], taps + shift].reshape(-1, len(self._filters)) @ self._filters
            for shift in (0, 1)
        )
        # Bias and ReLU keep the order of two numbers, so they may follow the maximum.
        np.maximum(pooled, other, out=pooled)
        pooled += self._filter_bias
        if self._rectified:
            np.maximum(pooled, 0, out=pooled)
        projected = pooled @ self._kernel
        projected += self._bias
        return projected.reshape(len(starts), len(rows), self.gates)

    def advance(self, state: State, inputs: Floats, frame: int) -> None:
        """Take a state over one frame, in place.

        Args:
            state: of m * r rows.
            inputs: float32, shape (r, gates): what the first r rows receive, and each r rows after them.
            frame: which of the network's frames it is.
        """
        gates = state.hidden @ self._recurrent
        by_input = gates.reshape(-1, *inputs.shape)
        by_input += inputs
        np.tanh(gates, out=gates)
        enter, keep, new, leave = np.split(gates, 4, axis=1)
        keep += 1
        state.cell *= keep
        enter += 1
        enter *= new
        state.cell += enter
        state.cell *= 0.5
        np.tanh(state.cell, out=state.hidden)
        leave += 1
        leave *= 0.5
        state.hidden *= leave
        state.logits += self._read_out.of_frame(state.hidden, frame)


class _ReadOut:
    """Dense, Flatten and Dense: the sum over frames of what each adds, and an offset."""

    def __init__(self, weights: Arrays, units: int, frames: int, *, rectified: bool) -> None:
        self._kernel = _weight(weights, "dense/kernel", units, None)
        self.width = self._kernel.shape[1]
        self._bias = _weight(weights, "dense/bias", self.width)
        last = _weight(weights, "dense_1/kernel", frames * self.width, 1)
        self._by_frame = last.reshape(frames, self.width)
        self.offset = float(_weight(weights, "dense_1/bias", 1)[0])
        self._rectified = rectified
        if not rectified:
            self.offset += float((self._by_frame @ self._bias).sum(dtype=np.float64))
            self._by_frame = self._by_frame @ self._kernel.T

    def of_frame(self, hidden: Floats, frame: int) -> Floats:
        """Return what a frame adds to the logits, shape (rows,), for hidden states, shape (rows, units)."""
        if self._rectified:
            hidden = np.maximum(hidden @ self._kernel + self._bias, 0)
        return hidden @ self._by_frame[frame]


class PoolLogits:
    """The logits of a pool's pairs. Keeps, up to a limit, what the heads met so far feed to the LSTM."""

    def __init__(
        self, network: PairNetwork, tails: Floats, heads: Floats, *, kept_bytes: int = KEPT_BYTES
    ) -> None:
        """Take a pool of n chunks.

        Args:
            network: what judges.
            tails: float32, shape (n, edge_size, channels), in the order in which they sound.
            heads: the same of heads.
            kept_bytes: most memory to keep.
        """
        self.tails, self.heads, self._network = tails, heads, network
        self._joint = max(0, (network.edge_size - network.span) // 2 + 1)
        self._after_joint = min((network.edge_size + 1) // 2, network.frames)
        frames = network.frames - self._after_joint
        keepable = min(len(heads), kept_bytes // max(1, _FLOAT_BYTES * frames * network.gates))
        # Memory that is never written is never taken.
        self._kept = np.empty((frames, keepable, network.gates), dtype=np.float32)
        self._known = np.zeros(keepable, dtype=np.bool_)
        self._rows = max(1, _WORK_BYTES // network.row_bytes)

    def logits(self, references: Indices, candidates: Indices) -> Floats:
        """Return the logit of every candidate after every reference.

        Memory beside the result and what is kept is bounded, whatever their numbers. References asked
        together share the work on heads that cannot be kept.

        Args:
            references: int64, shape (r,).
            candidates: int64, shape (c,).

        Returns:
            float32, shape (r, c).
        """
        result = np.empty((len(references), len(candidates)), dtype=np.float32)
        most = min(_MOST_REFERENCES, self._rows)
        for at in range(0, len(references), most):
            group = references[at : at + most]
            before = self._over_tails(group)
            for places in self._blocks(candidates, self._rows // len(group)):
                state = self._over_joint(before, group, candidates[places])
                self._over_heads(state, candidates[places])
                result[at : at + most, places] = state.logits.reshape(len(group), -1)
        return result

    def _blocks(self, candidates: Indices, size: int) -> Iterator[Indices]:
        """Yield the places of candidates in blocks: heads that can be kept, then those that cannot."""
        keepable = candidates < len(self._known)
        for part in (np.flatnonzero(keepable), np.flatnonzero(~keepable)):
            for at in range(0, len(part), size):
                yield part[at : at + size]

    def _over_tails(self, references: Indices) -> State:
        """Return the state of each reference after the frames that see its tail alone."""
        state = self._network.start(len(references))
        for frames in self._spans(0, self._joint, len(references)):
            inputs = self._network.inputs(self.tails, references, 2 * frames)
            self._over(state, inputs, frames)
        return state

    def _over_joint(self, before: State, references: Indices, candidates: Indices) -> State:
        """Return the state of each pair after the joint, the pairs of a reference together."""
        state = before.repeated(len(candidates))
        start = 2 * self._joint
        stop = 2 * (self._after_joint - 1) + self._network.span - self._network.edge_size
        pairs = joined(
            self.tails[np.repeat(references, len(candidates)), start:],
            self.heads[np.tile(candidates, len(references)), :stop],
        )
        everyone = np.arange(len(pairs), dtype=np.int64)
        for frames in self._spans(self._joint, self._after_joint, len(pairs)):
            self._over(state, self._network.inputs(pairs, everyone, 2 * frames - start), frames)
        return state

    def _over_heads(self, state: State, candidates: Indices) -> None:
        """Take the state of pairs over the frames that see the heads alone."""
        for frames in self._spans(self._after_joint, self._network.frames, len(candidates)):
            self._over(state, self._head_inputs(frames, candidates), frames)
        self._known[candidates[candidates < len(self._known)]] = True

    def _head_inputs(self, frames: Indices, candidates: Indices) -> Floats:
        """Return what the heads of one block feed to the LSTM, shape (frames, candidates, gates)."""
        kept = self._kept[frames[0] - self._after_joint :][: len(frames)]
        keepable = candidates[0] < len(self._known)
        if keepable and self._known[candidates].all():
            return kept.take(candidates, axis=1)
        inputs = self._network.inputs(self.heads, candidates, 2 * frames - self._network.edge_size)
        if keepable:
            kept[:, candidates] = inputs
        return inputs

    def _spans(self, start: int, stop: int, rows: int) -> Iterator[Indices]:
        """Yield frames from start to stop, as many at a time as memory allows for so many rows."""
        size = max(1, self._rows // rows)
        for at in range(start, stop, size):
            yield np.arange(at, min(at + size, stop), dtype=np.int64)

    def _over(self, state: State, inputs: Floats, frames: Indices) -> None:
        for each, frame in zip(inputs, frames, strict=True):
            self._network.advance(state, each, int(frame))


def _weight(weights: Arrays, name: str, *shape: int | None) -> Floats:
    """Return a weight whose sizes are those given; None: any."""
    found = weights.get(f"network/{name}")
    sizes = () if found is None else found.shape
    if (
        found is None
        or len(sizes) != len(shape)
        or any(needed not in (None, size) for size, needed in zip(sizes, shape, strict=True))
    ):
        needed = ", ".join("any" if size is None else str(size) for size in shape)
        raise Corrupt(
            what=f"weight network/{name}",
            found="nothing" if found is None else f"shape {sizes}",
            needed=f"shape ({needed})",
        )
    return found

"""Examples that networks learn from: pairs of edges laid end to end, and rows of plain inputs and targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from shared.learning.corpus import Corpus, Floats, Indices


class Batches(Protocol):
    """Examples of any kind, as a network in training takes them."""

    def __len__(self) -> int:
        """Return the number of examples."""
        ...

    def batch(self, rows: Indices) -> tuple[Any, Any]:
        """Return inputs and targets of some examples: each one array, or one per input and output."""
        ...


@dataclass(frozen=True)
class Rows:
    """Examples whose inputs and targets are at hand, row by row.

    Attributes:
        inputs: one array per input of the network, each of m rows.
        targets: one array per output of the network, each of m rows.
    """

    inputs: tuple[Floats, ...]
    targets: tuple[Floats, ...]

    def __len__(self) -> int:
        return len(self.targets[0])

    def batch(self, rows: Indices) -> tuple[Any, Any]:
        """Return some rows; a network of one input or output gets an array instead of a list of one."""
        return _of_one_or_more(self.inputs, rows), _of_one_or_more(self.targets, rows)

    @classmethod
    def concatenate(cls, parts: list[Rows]) -> Rows:
        """Bring examples of the same network together."""
        inputs = zip(*(part.inputs for part in parts), strict=True)
        targets = zip(*(part.targets for part in parts), strict=True)
        return cls(tuple(map(np.concatenate, inputs)), tuple(map(np.concatenate, targets)))


@dataclass(frozen=True)
class Examples:
    """Pairs of edges with their truth, gathered to network inputs batch by batch.

    Attributes:
        tails: float, shape (tails, frames, bands), in the order in which they sound: the cut comes last.
        heads: float, shape (heads, frames, bands): the cut comes first.
        pairs: int64, shape (m, 2): a row of `tails` and one of `heads`.
        truth: float32, shape (m,): 1 where the head followed the tail; or shape (m, classes): 1 for the
            class of the pair.
    """

    tails: NDArray[Any]
    heads: NDArray[Any]
    pairs: Indices
    truth: Floats

    def __len__(self) -> int:
        return len(self.pairs)

    def batch(self, rows: Indices) -> tuple[Floats, Floats]:
        """Return inputs, float32 (rows, 2 * frames, bands), and truths, float32, of as many rows."""
        return joined(self.tails[self.pairs[rows, 0]], self.heads[self.pairs[rows, 1]]), self.truth[rows]

    @property
    def rarer(self) -> int:
        """The number of true or of false pairs, whichever are fewer."""
        true = int(self.truth.sum())
        return min(true, len(self) - true)

    @classmethod
    def concatenate(cls, parts: list[Examples]) -> Examples:
        """Bring examples together; their pairs stay pairs of the same edges."""
        sizes = [(len(part.tails), len(part.heads)) for part in parts]
        shifts = np.cumsum([(0, 0), *sizes[:-1]], axis=0)
        return cls(
            np.concatenate([part.tails for part in parts]),
            np.concatenate([part.heads for part in parts]),
            np.concatenate([part.pairs + shift for part, shift in zip(parts, shifts, strict=True)]),
            np.concatenate([part.truth for part in parts]),
        )


def joined(tails: NDArray[Any], heads: NDArray[Any]) -> Floats:
    """Lay tails and heads end to end: float32, shape (m, 2 * frames, bands)."""
    return np.concatenate([tails, heads], axis=1, dtype=np.float32, casting="same_kind")


def chunk_pairs(corpus: Corpus, *, true: int, false: int, rng: np.random.Generator) -> tuple[Indices, Floats]:
    """Pair the chunks of each song as the study did, within songs and without false truths.

    Args:
        corpus: n chunks.
        true: how many of the chunks after a chunk count as its true successors.
        false: successors drawn at random for each chunk, none of i, i + 1, i + 2.
        rng: the source of false ones.

    Returns:
        Pairs of chunks, int64, shape (m, 2), and their truth, float32, shape (m,).
    """
    positive = np.concatenate([corpus.successors(distance + 1) for distance in range(true)])
    references = np.arange(len(corpus), dtype=np.int64)
    drawn = corpus.false_successors(references, false, rng)
    negative = np.stack([np.repeat(references, false), drawn.ravel()], axis=1)
    return _labelled(positive, negative[negative[:, 1] >= 0])


def cut_pairs(cuts: int, *, false: int, rng: np.random.Generator) -> tuple[Indices, Floats]:
    """Pair both sides of the cuts of one song: each tail with its own head, and with heads of other cuts.

    Returns:
        Pairs of cuts, int64, shape (m, 2), and their truth, float32, shape (m,).
    """
    own = np.arange(cuts, dtype=np.int64)
    if cuts < 2:
        return _labelled(np.stack([own, own], axis=1), np.empty((0, 2), dtype=np.int64))
    other = (own[:, None] + rng.integers(1, cuts, size=(cuts, false))) % cuts
    negative = np.stack([np.repeat(own, false), other.ravel()], axis=1)
    return _labelled(np.stack([own, own], axis=1), negative)


def _of_one_or_more(arrays: tuple[Floats, ...], rows: Indices) -> Floats | list[Floats]:
    picked = [array[rows] for array in arrays]
    return picked[0] if len(picked) == 1 else picked


def _labelled(positive: Indices, negative: Indices) -> tuple[Indices, Floats]:
    truth = np.repeat(np.array([1, 0], dtype=np.float32), [len(positive), len(negative)])
    return np.concatenate([positive, negative]), truth

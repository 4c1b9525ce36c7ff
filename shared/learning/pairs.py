"""True and false pairs of edges, as pairwise networks learn from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.learning.corpus import Corpus, Floats, Indices


@dataclass(frozen=True)
class Examples:
    """Pairs of edges with their truth, gathered to network inputs batch by batch.

    Attributes:
        tails: float, shape (tails, frames, bands), in the order in which they sound: the cut comes last.
        heads: float, shape (heads, frames, bands): the cut comes first.
        pairs: int64, shape (m, 2): a row of `tails` and one of `heads`.
        truth: float32, shape (m,): 1 where the head followed the tail.
    """

    tails: NDArray[Any]
    heads: NDArray[Any]
    pairs: Indices
    truth: Floats

    def __len__(self) -> int:
        return len(self.pairs)

    def batch(self, rows: Indices) -> tuple[Floats, Floats]:
        """Return inputs, float32 (rows, 2 * frames, bands), and truths, float32 (rows,)."""
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


def _labelled(positive: Indices, negative: Indices) -> tuple[Indices, Floats]:
    truth = np.repeat(np.array([1, 0], dtype=np.float32), [len(positive), len(negative)])
    return np.concatenate([positive, negative]), truth

"""The heads that are likeliest after a tail, found without looking at all of a large pool.

With a and b the coordinates of a tail and of a head, and w = s² / (1 - s²) / 2 of the correlations s, the
ratio of `shared.learning.likelihood` is, pair by pair,

    a b s / (1 - s²) - (a² + b²) w  =  - w (b - a / s)² + what depends on a alone:

for one tail, the likeliest heads are those nearest to a / s in a space whose axes are stretched by √w. So a
search for nearest neighbours finds them, and nothing has to be made up to turn products into distances.
Above `EXACT_CHUNKS` heads, that search is an inverted file of 8-bit codes (faiss): the space is parted into
cells around centres found by k-means, those nearest to the tail are looked through, and what they give is
scored again by the likelihood itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from shared.learning.corpus import Floats, Indices
from shared.learning.likelihood import Likelihood
from shared.store.arrays import Arrays

if TYPE_CHECKING:
    from faiss import IndexIVFScalarQuantizer

EXACT_CHUNKS = 20_000
"""Up to so many heads, all are scored: that takes milliseconds, and nothing is missed."""

CODES = "neighbours"
"""The name of the cells and codes among a pool's arrays."""

_CELLS_PER_ROOT = 1.5
"""Cells for each square root of the number of heads; rounded to a power of two."""

_HEADS_PER_CELL = 48
"""Heads that k-means looks at for each cell; with 39 or more, faiss does not warn of too few."""

_SHARE_LOOKED_THROUGH = 8
"""One in so many cells is looked through, but never fewer than `_LEAST_CELLS`: recall@10 of 0.99 and more."""

_LEAST_CELLS = 32
_LEAST_ASKED = 64
_WIDER = 4
_AT_ONCE = 1 << 16


class HeadIndex:
    """Finds the likeliest heads after a tail: exactly in a small pool, nearly so in a large one.

    Built twice of the same heads by as many threads on the same machine, it is the same to the byte. With
    another number of threads k-means adds in another order, and some heads lie in other cells.

    Attributes:
        likelihood: what scores.
        heads: float32, shape (n, pairs): their coordinates. They are kept, not copied.
    """

    def __init__(
        self, likelihood: Likelihood, heads: Floats, cells: IndexIVFScalarQuantizer | None = None
    ) -> None:
        self.likelihood, self.heads, self._cells = likelihood, heads, cells
        if cells is not None:
            cells.nprobe = max(_LEAST_CELLS, cells.nlist // _SHARE_LOOKED_THROUGH)

    @classmethod
    def build(cls, likelihood: Likelihood, heads: Floats, *, exact_up_to: int = EXACT_CHUNKS) -> HeadIndex:
        """Index heads, float32, shape (n, pairs).

        Args:
            likelihood: whose coordinates they are.
            heads: of the chunks of a pool.
            exact_up_to: with so many heads or fewer there is nothing to build.
        """
        if len(heads) <= exact_up_to:
            return cls(likelihood, heads)
        return cls(likelihood, heads, _filled(likelihood, heads))

    @classmethod
    def from_arrays(cls, likelihood: Likelihood, heads: Floats, arrays: Arrays) -> HeadIndex:
        """Restore an index from a pool's arrays; it is exact where they hold none of `to_arrays`."""
        if CODES not in arrays:
            return cls(likelihood, heads)
        import faiss

        cells = faiss.deserialize_index(arrays[CODES])
        assert isinstance(cells, faiss.IndexIVFScalarQuantizer)
        return cls(likelihood, heads, cells)

    def to_arrays(self) -> Arrays:
        """Return the cells and codes, uint8, to be kept beside the heads; nothing where it is exact."""
        if self._cells is None:
            return {}
        import faiss

        return {CODES: faiss.serialize_index(self._cells)}

    @property
    def exact(self) -> bool:
        """Whether all heads are scored."""
        return self._cells is None

    def nearest(
        self, tail: Floats, k: int, unused: NDArray[np.bool_] | None = None
    ) -> tuple[Indices, Floats]:
        """Return the heads that score highest after a tail.

        Args:
            tail: its coordinates, float32, shape (pairs,).
            k: how many are asked for; fewer come where there are fewer.
            unused: shape (n,): which heads may be returned; None: all.

        Returns:
            Indices, int64, shape (k,), the best first, of equals the lower one; and their ratios, float32.
        """
        found = self.candidates(tail, k, unused)
        ratios = [self.likelihood.ratios(tail[None], self.heads[block])[0] for block in _blocks(found)]
        scores = np.concatenate([np.empty(0, np.float32), *ratios])
        best = np.argsort(-scores, kind="stable")[:k]
        return found[best], scores[best]

    def candidates(self, tail: Floats, k: int, unused: NDArray[np.bool_] | None = None) -> Indices:
        """Return those among whom are the k best: int64, rising; all that may be returned where it is exact.

        Never fewer than k, unless fewer may be returned. `nearest` explains the arguments.
        """
        allowed = np.ones(len(self.heads), np.bool_) if unused is None else unused
        if self._cells is not None:
            query = (tail * _stretches(self.likelihood)[0])[None]
            asked = max(_LEAST_ASKED, 2 * k)
            while asked < len(self.heads):
                found = self._cells.search(query, asked)[1][0]
                kept = found[found >= 0]
                kept = kept[allowed[kept]]
                if len(kept) >= k:
                    return np.sort(kept)
                if found[-1] < 0:
                    break  # All cells that are looked through are exhausted.
                asked *= _WIDER
        return np.flatnonzero(allowed)


def _filled(likelihood: Likelihood, heads: Floats) -> IndexIVFScalarQuantizer:
    """Return cells that hold all heads as 8-bit codes."""
    import faiss

    pairs = heads.shape[1]
    cells = 1 << round(np.log2(_CELLS_PER_ROOT * np.sqrt(len(heads))))
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatL2(pairs), pairs, cells, faiss.ScalarQuantizer.QT_8bit
    )
    learned = min(len(heads), cells * _HEADS_PER_CELL)
    some = np.sort(np.random.default_rng(0).choice(len(heads), learned, replace=False))
    stretch = _stretches(likelihood)[1]
    index.train(heads[some] * stretch)
    for block in _blocks(np.arange(len(heads))):
        index.add(heads[block[0] : block[-1] + 1] * stretch)
    return index


def _stretches(likelihood: Likelihood) -> tuple[Floats, Floats]:
    """Return what tails (√w / s) and heads (√w) are multiplied by so that distances count: (pairs,) each."""
    tails = 1 / np.sqrt(2 * (1 - np.square(likelihood.correlations)))
    return tails, tails * likelihood.correlations


def _blocks(indices: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Part indices, so that what is made for each part stays small."""
    for at in range(0, len(indices), _AT_ONCE):
        yield indices[at : at + _AT_ONCE]

"""The edges of many chunks, as arrays that can be stored, joined and picked from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from shared.sound.mel import BANDS
from shared.sound.samples import Float32

Float16 = NDArray[np.float16]

CHANNELS = 2
"""Edges are stereo; mono repeats its channel."""

EDGE_FRAMES = 128
"""Frames of an edge: 1.5 s."""

POINTS_RATE_HZ = 1260
"""Rate of the study's data points: 44,100 / 35."""


_ROWS = ("tails", "heads", "points", "long_tails", "long_heads", "outlines")
_OFFSETS = ("offsets", "outline_offsets")
_GROWTH = 1.25


@dataclass(frozen=True, eq=False)
class Edges:
    """The edges of n chunks.

    Attributes:
        tails: float16, shape (n, 2, EDGE_FRAMES, BANDS): log-mel from each chunk's end backwards.
        heads: float16, the same shape: from each chunk's start on.
        points: float32, shape (total, 2): every chunk's points, one chunk after the other.
        offsets: int64, shape (n + 1,): chunk i has the points [offsets[i], offsets[i + 1]).
        long_tails: float16, shape (n, LONG_BINS): the long spectrum before each chunk's end; of no bins
            where long spectra are not at hand.
        long_heads: float16, the same shape: after each chunk's start.
        outlines: float16, shape (steps, BANDS): the course of every whole chunk, one chunk after the other;
            no steps where outlines are not at hand.
        outline_offsets: int64, shape (n + 1,): chunk i has the steps [outline_offsets[i],
            outline_offsets[i + 1]).
    """

    tails: Float16
    heads: Float16
    points: Float32
    offsets: NDArray[np.int64]
    long_tails: Float16 = field(default_factory=lambda: np.zeros((0, 0), np.float16))
    long_heads: Float16 = field(default_factory=lambda: np.zeros((0, 0), np.float16))
    outlines: Float16 = field(default_factory=lambda: np.zeros((0, BANDS), np.float16))
    outline_offsets: NDArray[np.int64] = field(default_factory=lambda: np.zeros(1, np.int64))

    def __post_init__(self) -> None:
        for name in ("long_tails", "long_heads"):
            if getattr(self, name).shape == (0, 0):
                object.__setattr__(self, name, np.zeros((len(self), 0), np.float16))
        if not len(self.outlines):
            object.__setattr__(self, "outline_offsets", np.zeros(len(self) + 1, np.int64))
        expected = (len(self), CHANNELS, EDGE_FRAMES, BANDS)
        fits = (
            self.tails.shape == self.heads.shape == expected
            and self.points.shape[1:] == (CHANNELS,)
            and self.outlines.shape[1:] == (BANDS,)
            and len(self.outline_offsets) == len(self.offsets)
            and _rises_to(self.offsets, len(self.points))
            and _rises_to(self.outline_offsets, len(self.outlines))
            and self.long_tails.shape == self.long_heads.shape == (len(self), self.long_tails.shape[1])
        )
        if not fits:
            raise ValueError(f"edges of {len(self)} chunks: their arrays do not fit together")

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def points_per_chunk(self) -> NDArray[np.int64]:
        """How many points each chunk has: int64, shape (n,)."""
        return np.diff(self.offsets)

    @property
    def shortest_points(self) -> int:
        """Points of the shortest chunk; 0 where there is no chunk."""
        return int(self.points_per_chunk.min(initial=np.iinfo(np.int64).max)) if len(self) else 0

    @classmethod
    def of_one(
        cls,
        tail: Float16,
        head: Float16,
        points: Float32,
        long_tail: Float16,
        long_head: Float16,
        outline: Float16,
    ) -> Self:
        """Wrap one chunk: (2, EDGE_FRAMES, BANDS) twice, (m, 2), (LONG_BINS,) twice, (steps, BANDS)."""
        return cls(
            tail[None],
            head[None],
            points,
            np.array([0, len(points)], np.int64),
            long_tail[None],
            long_head[None],
            outline,
            np.array([0, len(outline)], np.int64),
        )

    @classmethod
    def concatenate(cls, parts: Sequence[Edges]) -> Self:
        """Lay the chunks of several edges one after another; none gives edges of no chunk."""
        no_spectra = np.zeros((0, CHANNELS, EDGE_FRAMES, BANDS), np.float16)
        no_points = np.zeros((0, CHANNELS), np.float32)
        no_outline = np.zeros((0, BANDS), np.float16)
        no_long = np.zeros((0, max((part.long_tails.shape[1] for part in parts), default=0)), np.float16)
        with_chunks = [part for part in parts if len(part)]
        return cls(
            np.concatenate([no_spectra, *(part.tails for part in parts)]),
            np.concatenate([no_spectra, *(part.heads for part in parts)]),
            np.concatenate([no_points, *(part.points for part in parts)]),
            joined_offsets([part.offsets for part in parts]),
            np.concatenate([no_long, *(part.long_tails for part in with_chunks)]),
            np.concatenate([no_long, *(part.long_heads for part in with_chunks)]),
            np.concatenate([no_outline, *(part.outlines for part in parts)]),
            joined_offsets([part.outline_offsets for part in parts]),
        )

    @classmethod
    def laid_out(cls, parts: Iterable[Edges]) -> Self:
        """Lay the chunks of edges of one kind one after another, as they come.

        Each part is let go before the next one is made; `concatenate` holds all of them beside its result.
        """
        rows = {name: _Rows() for name in _ROWS}
        counts: dict[str, list[NDArray[np.int64]]] = {name: [np.zeros(1, np.int64)] for name in _OFFSETS}
        for part in parts:
            for name in _ROWS:
                rows[name].append(getattr(part, name))
            for name in _OFFSETS:
                counts[name].append(np.diff(getattr(part, name)))
        if len(counts["offsets"]) == 1:
            return cls.concatenate([])
        laid: dict[str, Any] = {name: found.array() for name, found in rows.items()}
        laid |= {name: np.cumsum(np.concatenate(found)) for name, found in counts.items()}
        return cls(**laid)

    def select(self, indices: NDArray[np.int64]) -> Self:
        """Pick chunks, in the order of `indices`, int64, shape (k,)."""
        points, offsets = _picked(self.offsets, indices)
        steps, outline_offsets = _picked(self.outline_offsets, indices)
        return type(self)(
            self.tails[indices],
            self.heads[indices],
            self.points[points],
            offsets,
            self.long_tails[indices],
            self.long_heads[indices],
            self.outlines[steps],
            outline_offsets,
        )

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays by name, to be stored."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Restore edges from what `to_arrays` gave.

        Raises:
            KeyError: an array is missing.
            ValueError: the arrays do not fit together.
        """
        return cls(
            arrays["tails"].astype(np.float16, copy=False),
            arrays["heads"].astype(np.float16, copy=False),
            arrays["points"].astype(np.float32, copy=False),
            arrays["offsets"].astype(np.int64, copy=False),
            arrays["long_tails"].astype(np.float16, copy=False),
            arrays["long_heads"].astype(np.float16, copy=False),
            arrays["outlines"].astype(np.float16, copy=False),
            arrays["outline_offsets"].astype(np.int64, copy=False),
        )


class _Rows:
    """Rows that are laid one after another in one array, which grows where it lies."""

    def __init__(self) -> None:
        self._array: NDArray[Any] | None = None
        self._laid = 0

    def append(self, rows: NDArray[Any]) -> None:
        """Lay rows after the others: the same type, shape (k, ...), all but k the same."""
        if self._array is None:
            self._array = np.empty((0, *rows.shape[1:]), rows.dtype)
        stop = self._laid + len(rows)
        if stop > len(self._array):
            self._resize(self._array, max(stop, int(len(self._array) * _GROWTH)))
        self._array[self._laid : stop] = rows
        self._laid = stop

    def array(self) -> NDArray[Any]:
        """Return all rows; none are laid any more."""
        assert self._array is not None
        self._resize(self._array, self._laid)
        return self._array

    @staticmethod
    def _resize(array: NDArray[Any], rows: int) -> None:
        array.resize((rows, *array.shape[1:]), refcheck=False)  # Nobody else knows it yet.


def _rises_to(offsets: NDArray[np.int64], total: int) -> bool:
    return bool(offsets[0] == 0 and offsets[-1] == total and (np.diff(offsets) >= 0).all())


def joined_offsets(parts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Return the offsets of parts whose rows are laid one after another.

    Args:
        parts: each int64, shape (k + 1,), rising from 0: where every chunk's rows begin and end.
    """
    return np.cumsum(np.concatenate([np.zeros(1, np.int64), *(np.diff(part) for part in parts)]))


def _picked(
    offsets: NDArray[np.int64], chunks: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows of some chunks, in their order, and the offsets that they have then."""
    counts = np.diff(offsets)[chunks]
    found = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    # A row of the pick lies as far behind its chunk's first row here as there.
    return np.arange(found[-1]) + np.repeat(offsets[:-1][chunks] - found[:-1], counts), found

"""What followed when this was heard before: a pool's own music as a memory of passages.

Music repeats. Where some passage inside a chunk sounds like the tail that is to be followed, what comes after
it there is a hint at what may come here. The passages most like the tail are recalled, from all chunks of the
pool, and each candidate's head is compared with what followed them: at once, or after a skip, since something
may have been left out at the cut. A passage and what follows it lie within one chunk, so that which chunks
were neighbours is never seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.learning.corpus import Floats, Indices
from shared.learning.practice import Sides
from shared.sound.features import BANDS, OUTLINE_HOPS, outline_of
from shared.store.arrays import Arrays

Float16 = NDArray[np.float16]

PASSAGE_STEPS = (6, 14)
"""Lengths of passages, in steps of 46 ms: a beat, or a few."""

SKIPS = ((0, 1, 2), (3, 4, 5, 6), (7, 9, 11), (14, 18, 22))
"""Steps between a passage and what is taken to follow it, in four groups from near to far."""

_POOLED = 2
"""Steps averaged inside a passage."""

_EVERY = 2
"""Of so many passages one is looked through."""

_MOMENT = 4
"""Of so many of these in a row the most like is recalled: 0.37 s."""

_RECALLED = 16
_SOFTNESS = 0.001
_NOTHING = -2.0
_LEAST_NORM = 1e-3
_CELLS_AT_ONCE = 1 << 23
_ROWS_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class PassageSpace:
    """Where passages of one length lie, so that the cosine tells how alike two are.

    Attributes:
        mean: float32, shape (features,): of bands and of steps, averaged by twos.
        directions: float32, shape (features, dimensions): principal ones, softly whitened, since bands and
            steps that go together would else count many times.
    """

    mean: Floats
    directions: Floats

    @property
    def steps(self) -> int:
        """The length of a passage."""
        return len(self.mean) // BANDS * _POOLED

    @classmethod
    def of_passages(cls, passages: Float16, dimensions: int) -> PassageSpace:
        """Find the principal directions of m passages, float16, shape (m, steps, BANDS)."""
        flat = _flat(passages).astype(np.float64)
        mean = flat.mean(axis=0)
        flat -= mean
        variances, directions = np.linalg.eigh(flat.T @ flat / max(1, len(flat)))
        kept = slice(len(variances) - min(dimensions, len(variances)), None)
        softened = np.sqrt(np.maximum(variances[kept], 0) + _SOFTNESS * variances[-1] + 1e-12)
        return cls(mean.astype(np.float32), (directions[:, kept] / softened).astype(np.float32))

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.float32]], prefix: str) -> PassageSpace:
        """Restore a space from what `to_arrays` gave."""
        return cls(arrays[prefix + "mean"], arrays[prefix + "directions"])

    def to_arrays(self, prefix: str) -> Arrays:
        """Return the arrays by name, to be stored."""
        return {prefix + "mean": self.mean, prefix + "directions": self.directions}

    def place(self, passages: Float16) -> Floats:
        """Return where m passages, (m, steps, BANDS), lie: float32, shape (m, dimensions), of unit length."""
        placed = (_flat(passages) - self.mean) @ self.directions
        length = np.linalg.norm(placed, axis=1, keepdims=True) + _LEAST_NORM
        return (placed / length).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Memory:
    """All passages of one length in a pool, its tails and its heads.

    Attributes:
        passages: float32, shape (m, dimensions), chunk after chunk, in the order of time.
        room: int64, shape (m,): by how many steps a passage can be moved on within its chunk.
        moments: int64, shape (_MOMENT, moments): the passages that are looked through. Those of one moment, a
            column, lie near one another in one chunk, and the most like of them is recalled.
        tails: float32, shape (n, dimensions): the end of each chunk, right up to the cut.
        heads: float32, shape (n, dimensions): the beginning of each chunk.
        steps: the length of a passage.
    """

    passages: Floats
    room: Indices
    moments: Indices
    tails: Floats
    heads: Floats
    steps: int

    @classmethod
    def of(cls, space: PassageSpace, sides: Sides) -> Memory:
        """Lay out a pool's passages."""
        steps, hops = space.steps, space.steps * OUTLINE_HOPS
        counts = np.maximum(np.diff(sides.outline_offsets) - steps + 1, 0)
        before = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
        # Passage p begins as far behind its chunk's first step as it lies behind its chunk's first passage.
        place = np.arange(before[-1]) - np.repeat(before[:-1], counts)
        starts = place + np.repeat(sides.outline_offsets[:-1], counts)
        return cls(
            _placed(space, sides.outlines, starts),
            np.repeat(counts, counts) - 1 - place,
            _moments(counts, before[:-1], steps),
            space.place(outline_of(sides.tails[:, :hops][:, ::-1])),
            space.place(outline_of(sides.heads[:, :hops])),
            steps,
        )

    def hints(self, candidates: Indices) -> tuple[Floats, Floats]:
        """Say how well candidates go on as it went on before.

        Args:
            candidates: int64, shape (n, k): of every chunk.

        Returns:
            float32, shape (len(SKIPS), n, k): by group of skips the likeness of the best recalled passage to
            the tail plus that of what followed it to the head, in [-2, 2], -2 where nothing was recalled; and
            float32, shape (n,): the likeness of the best passage alone.
        """
        hints = np.full((len(SKIPS), *candidates.shape), _NOTHING, np.float32)
        best = np.full(len(candidates), _NOTHING / 2, np.float32)
        moments = self.moments.shape[1]
        if not moments:
            return hints, best
        memory, recalled = self.passages[self.moments.ravel()], min(_RECALLED, moments)
        rows_at_once = max(1, min(_CELLS_AT_ONCE // self.moments.size, _ROWS_AT_ONCE))
        for at in range(0, len(candidates), rows_at_once):
            rows = slice(at, at + rows_at_once)
            likeness = (self.tails[rows] @ memory.T).reshape(-1, _MOMENT, moments)
            highest = likeness.max(axis=1)
            some = np.argpartition(-highest, recalled - 1, axis=1)[:, :recalled]
            within = np.take_along_axis(likeness, some[:, None, :], axis=2).argmax(axis=1)
            highest = np.take_along_axis(highest, some, axis=1)
            best[rows] = highest.max(axis=1)
            chosen = self.moments[within, some]
            hints[:, rows] = self._followed(chosen, highest, self.heads[candidates[rows]])
        return hints, best

    def _followed(self, recalled: Indices, likeness: Floats, heads: Floats) -> Floats:
        """Compare what followed recalled passages with heads: shape (len(SKIPS), rows, k).

        Args:
            recalled: int64, shape (rows, r): passages.
            likeness: float32, the same shape: to the tails.
            heads: float32, shape (rows, k, dimensions): of the candidates.
        """
        found = np.empty((len(SKIPS), *heads.shape[:2]), np.float32)
        for number, group in enumerate(SKIPS):
            moved = np.array(group) + self.steps
            has_room = self.room[recalled][:, :, None] >= moved
            after = np.where(has_room, recalled[:, :, None] + moved, 0).reshape(len(recalled), -1)
            together = np.matmul(self.passages[after], heads.transpose(0, 2, 1))
            together += np.repeat(likeness, len(group), axis=1)[:, :, None]
            together[~has_room.reshape(after.shape)] = _NOTHING
            found[number] = together.max(axis=1)
        return found


def _moments(counts: Indices, first: Indices, steps: int) -> Indices:
    """Gather the passages of each chunk that another can follow to moments: int64, (_MOMENT, moments).

    Args:
        counts: int64, shape (n,): passages of each chunk.
        first: int64, shape (n,): the first passage of each chunk.
        steps: the length of a passage.
    """
    able = -(-np.maximum(counts - steps, 0) // _EVERY)
    moments = -(-able // _MOMENT)
    before = np.cumsum(moments) - moments
    number = np.arange(moments.sum()) - np.repeat(before, moments)
    # A chunk's last moment is filled up with its last passage.
    place = np.minimum(number * _MOMENT + np.arange(_MOMENT)[:, None], np.repeat(able, moments) - 1)
    return np.repeat(first, moments) + place * _EVERY


def _placed(space: PassageSpace, outlines: Float16, starts: Indices) -> Floats:
    """Place passages of an outline by their first steps, block by block."""
    span = np.arange(space.steps)
    blocks = np.array_split(starts, max(1, len(starts) // 8192))
    return np.concatenate([space.place(outlines[block[:, None] + span]) for block in blocks])


def _flat(passages: Float16) -> Floats:
    """Average steps by twos and lay them end to end: float32, shape (m, steps / 2 * BANDS)."""
    count, parts = len(passages), passages.shape[1] // _POOLED
    pooled = passages.reshape(count, parts, _POOLED, BANDS).mean(axis=2, dtype=np.float32)
    return pooled.reshape(count, parts * BANDS)

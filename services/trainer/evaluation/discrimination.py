"""AUC: how well scores part true successors from false ones of four kinds."""

from __future__ import annotations

from typing import get_args

import numpy as np
from numpy.typing import NDArray

from services.trainer.evaluation.bootstrap import Doubles
from services.trainer.evaluation.reports import FalseKind
from shared.learning.corpus import Floats, Indices
from shared.sound.features import Edges, mix_channels

KINDS: tuple[FalseKind, ...] = get_args(FalseKind)

MOST_COMPARED = 2000
"""Transitions whose scores are compared, all with all; more add little, since intervals are over songs."""

_LEVEL_FRAMES = 16
"""0.2 s: what is heard as a jump of level at a cut."""

_ROWS = 256


def head_levels_db(edges: Edges) -> Floats:
    """Measure how loud each chunk begins: float32, shape (n,), dB."""
    heads = mix_channels(edges.heads[:, :, :_LEVEL_FRAMES]).astype(np.float32)
    return 10 * np.log10(np.exp(heads).mean(axis=(1, 2)))


def draw_false(
    pairs: Indices,
    songs: Indices,
    places: Indices,
    twins: NDArray[np.bool_],
    levels_db: Floats,
    *,
    count: int,
    seed: int,
) -> dict[FalseKind, Indices]:
    """Choose false successors of each transition, none of them a twin of the true one.

    `random_song`: any chunk of another song. `same_song`: of the same song, and neither the chunk itself
    nor beside it. `level_matched`: of another song, those that begin as loud as the true one, or next to
    it. `reversed_pair` asks the transition backwards: it holds the chunk itself, to be asked as the
    successor of its successor.

    Args:
        pairs: int64, shape (q, 2): chunk and true successor.
        songs: int64, shape (n,): the song of each chunk.
        places: int64, shape (n,): its number in the song.
        twins: bool, shape (n, n).
        levels_db: shape (n,): of the heads.
        count: of each kind and transition.
        seed: of the draw.

    Returns:
        By kind int64, shape (q, count), `reversed_pair` (q, 1); a transition with fewer repeats some, one
        with none has -1.
    """
    rng = np.random.default_rng(seed)
    found: dict[FalseKind, list[Indices]] = {kind: [] for kind in KINDS}
    for start in range(0, len(pairs), _ROWS):
        chunks, targets = pairs[start : start + _ROWS].T
        free = ~twins[targets]
        is_own_song = songs[chunks][:, None] == songs
        is_apart = np.abs(places[chunks][:, None] - places) > 1
        lots = rng.random(free.shape, dtype=np.float32)
        steps_db = np.abs(levels_db[targets][:, None] - levels_db)
        found["random_song"].append(_least(lots, free & ~is_own_song, count))
        found["same_song"].append(_least(lots, free & is_own_song & is_apart, count))
        found["level_matched"].append(_least(steps_db, free & ~is_own_song, count))
        found["reversed_pair"].append(np.where(twins[chunks, targets], -1, chunks)[:, None])
    return {kind: np.concatenate(parts) for kind, parts in found.items()}


def concordance(true: Floats, false: Floats) -> Doubles:
    """Compare every true score with the false scores of every transition.

    The AUC under any weighting w of transitions (summing to 1) is then wᵀ C w.

    Args:
        true: shape (m,).
        false: shape (m, k).

    Returns:
        C, float64, shape (m, m): C[q, r] is the share of false scores of r that the true one of q exceeds,
        ties counting half.
    """
    shares = np.zeros((len(true), len(true)))
    for column in false.T:
        shares += (true[:, None] > column) + 0.5 * (true[:, None] == column)
    return shares / false.shape[1]


def _least(keys: Floats, allowed: NDArray[np.bool_], count: int) -> Indices:
    """Return in each row the allowed columns with the least keys, (rows, count); -1 where none is allowed."""
    keys = np.where(allowed, keys, np.inf)
    count_there = min(count, keys.shape[1])
    columns = np.argpartition(keys, count_there - 1, axis=1)[:, :count_there]
    columns = np.take_along_axis(columns, np.take_along_axis(keys, columns, axis=1).argsort(axis=1), axis=1)
    able = np.minimum(allowed.sum(axis=1), count_there)[:, None]
    picked = np.take_along_axis(columns, np.arange(count) % np.maximum(able, 1), axis=1)
    return np.where(able > 0, picked, -1)

"""Where the true successor stands among all candidates, and what follows from that."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.trainer.evaluation.bootstrap import Doubles, Resamples, interval
from services.trainer.evaluation.reports import Estimate, Gain, Retrieval
from shared.learning.corpus import Floats, Indices

CURVE_ENDS_AT = 100


def ranks_of(true: Floats, scores: Floats, allowed: NDArray[np.bool_]) -> Doubles:
    """Return 1 + the number of rivals that score higher + half of those that tie.

    Args:
        true: shape (q,): the score of each true successor.
        scores: shape (q, n): those of all chunks.
        allowed: bool, shape (q, n): the rivals; neither the true successor nor the query itself.

    Returns:
        float64, shape (q,), at least 1.
    """
    higher = ((scores > true[:, None]) & allowed).sum(axis=1)
    ties = ((scores == true[:, None]) & allowed).sum(axis=1)
    return 1.0 + higher + 0.5 * ties


def retrieval(ranks: Doubles, in_song: Doubles, resamples: Resamples, *, gap_s: float) -> Retrieval:
    """Summarise ranks.

    Args:
        ranks: shape (m,): of the true successors in the pool.
        in_song: shape (m,): the same among the chunks of their own song.
        resamples: of the songs of these m transitions.
        gap_s: at which they were asked.
    """
    shares = {
        "mrr": 1 / ranks,
        "r_at_1": ranks <= 1,
        "r_at_5": ranks <= 5,
        "r_at_10": ranks <= 10,
        "in_song_r_at_1": in_song <= 1,
    }
    found = {name: resamples.mean(values) for name, values in shares.items()}
    found["median_rank"] = resamples.median(ranks)
    for name in ("mrr", "r_at_1", "r_at_10", "in_song_r_at_1"):
        found[f"{name}_songs"] = resamples.song_mean(shares[name].astype(np.float64))
    return Retrieval(
        gap_s=gap_s,
        queries=len(ranks),
        intervals={name: interval(figure) for name, figure in found.items()},
        **{name: figure.value for name, figure in found.items()},
    )


def gain_over(ranks: Doubles, reference: Doubles, songs: Indices, *, gap_s: float, **drawing: Any) -> Gain:
    """Compare the ranks that two approaches gave to the same true successors.

    Args:
        ranks: shape (m,): of the approach.
        reference: shape (m,): of the one it is compared to.
        songs: int64, shape (m,): the song of each transition.
        gap_s: at which both were asked.
        **drawing: seed and count of the resamples.
    """
    found: Estimate = Resamples.of(songs, **drawing).mean(1 / ranks - 1 / reference)
    return Gain(mrr_gain=found.value, low=found.low, high=found.high, gap_s=gap_s, queries=len(ranks))


def recall_curve(ranks: Doubles) -> list[float]:
    """Return R@k for k = 1 to 100."""
    within = np.searchsorted(np.sort(ranks), np.arange(1, CURVE_ENDS_AT + 1), side="right")
    return [float(share) for share in within / len(ranks)]


def chance_mrr(chunks: int) -> float:
    """Return the expected 1 / rank of a random order of all chunks but the query."""
    return float(np.mean(1 / np.arange(1, chunks)))

"""From what the chunkers stored to what is judged: trials, and an empty corpus where there is no dataset."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from services.trainer.evaluation.selecting import MOST_CHUNKS
from services.trainer.evaluation.trials import Trial
from shared.judging import Protocol
from shared.learning.corpus import Corpus
from shared.sound.edges import Edges
from shared.store.arrays import Arrays

NOTHING_LEARNED = Corpus(Edges.concatenate([]), np.empty(0, np.int64), ())
"""What baselines that learn are left out on."""


def make_trial(
    song: str,
    title: str,
    by_gap: Iterable[tuple[float, Arrays]],
    openings: NDArray[np.int16],
    frames: NDArray[np.float16],
    protocol: Protocol,
) -> Trial:
    """Return a trial of one cut, with no more chunks than can be judged, to bound memory.

    Args:
        song: its id.
        title: for people.
        by_gap: for each gap of the protocol, the arrays of edges and `long_enough`; one is held at a time.
        openings: int16, shape (n, OPENING_SAMPLES).
        frames: float16, shape (hops, BANDS): of the whole song.
        protocol: tells how many chunks of a song are judged.
    """
    first = np.arange(min(len(openings), protocol.chunks_per_song or MOST_CHUNKS), dtype=np.int64)
    edges, long_enough = {}, {}
    for gap_s, arrays in by_gap:
        edges[gap_s] = Edges.from_arrays(arrays).select(first)
        long_enough[gap_s] = arrays["long_enough"][first]
    return Trial(song, title, edges, long_enough, openings[first], frames)

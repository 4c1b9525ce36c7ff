"""What is judged, and what the judged models have learned from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.trainer.evaluation.recordings import Fingerprint
from shared.sound.features import BANDS, Edges
from shared.sound.openings import OPENING_SAMPLES


@dataclass(frozen=True, eq=False)
class Trial:
    """One cut of one song, to be judged. Everything is made from each chunk's own samples.

    Attributes:
        song: its id.
        title: for people.
        edges: by gap in seconds: the edges of all n chunks, each trimmed by the gap on both sides.
        long_enough: by gap: bool, shape (n,): the chunks that something is left of at this gap. The edges
            of the others may be anything; they are not looked at.
        openings: int16, shape (n, OPENING_SAMPLES): the first 1.5 s of each chunk, untrimmed, mono, at
            OPENING_RATE_HZ; a shorter chunk is filled up with zeros.
        frames: float16, shape (hops, BANDS): the whole song's log-mel frames, 11.6 ms apart.
    """

    song: str
    title: str
    edges: Mapping[float, Edges]
    long_enough: Mapping[float, NDArray[np.bool_]]
    openings: NDArray[np.int16]
    frames: NDArray[np.float16]

    def __post_init__(self) -> None:
        chunks = len(self.openings)
        fits = (
            self.edges.keys() == self.long_enough.keys()
            and all(len(edges) == chunks for edges in self.edges.values())
            and all(mask.shape == (chunks,) for mask in self.long_enough.values())
            and self.openings.shape == (chunks, OPENING_SAMPLES)
            and self.frames.shape[1:] == (BANDS,)
        )
        if not fits:
            raise ValueError(
                f"trial of song {self.song}: edges, masks, openings and frames do not fit together"
            )

    def __len__(self) -> int:
        return len(self.openings)


@dataclass(frozen=True, eq=False)
class LearnedSong:
    """A song that a judged model has learned from.

    Attributes:
        song: its id.
        title: for people.
        fingerprint: what `fingerprint` of its frames gave.
    """

    song: str
    title: str
    fingerprint: Fingerprint

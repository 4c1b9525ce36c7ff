"""The tempos and keys of a pool's songs: which songs are neighbours. Pure arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from services.assembler.beatmatching import SAME_TEMPO
from shared.parameters import Limits
from shared.sound.tonality import place_on_circle
from shared.store.manifests import AnalysisFacts

__all__ = ["SURE_KEY", "Traits"]

Doubles = NDArray[np.float64]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]

SURE_KEY = 0.25
"""Keys are taken for real from this confidence on."""

_CLASHING = 2 * SAME_TEMPO
"""Tempos farther apart than this clash as much as any two."""


@dataclass(frozen=True)
class Traits:
    """What is known of k songs as wholes.

    Attributes:
        tempos_bpm: float64, shape (k,): NaN where no beat is sure.
        keys: int64, shape (k,): their places on the circle of fifths, 0 to 11; -1 where no key is sure.
    """

    tempos_bpm: Doubles
    keys: Indices

    @classmethod
    def unknown(cls, songs: int) -> Self:
        """Return the traits of songs that nobody listened to."""
        return cls(np.full(songs, np.nan), np.full(songs, -1, np.int64))

    @classmethod
    def of(cls, songs: Sequence[str], analyses: Mapping[str, AnalysisFacts]) -> Self:
        """Return the traits of songs, in their order, as far as they were analysed."""
        traits = cls.unknown(len(songs))
        for place, song in enumerate(songs):
            found = analyses.get(song)
            if found is not None and found.tempo_bpm is not None:
                traits.tempos_bpm[place] = found.tempo_bpm
            if found is not None and found.key is not None and found.key_confidence >= SURE_KEY:
                traits.keys[place] = place_on_circle(found.key)
        return traits

    def neighbours(self, limits: Limits) -> dict[str, Mask]:
        """Tell which songs may follow each other, by limit that is on: bool, shape (k, k), symmetric.

        A song may follow itself; one of which nothing is known may follow all and be followed by all.
        """
        near: dict[str, Mask] = {}
        if limits.tempo_within_percent is not None:
            steps = self.tempo_steps
            near["limits.tempo_within_percent"] = np.isnan(steps) | (
                steps <= limits.tempo_within_percent / 100 + 1e-9
            )
        if limits.key_within is not None:
            apart = (self.keys[:, None] - self.keys) % 12
            unknown = (self.keys[:, None] < 0) | (self.keys < 0)
            near["limits.key_within"] = unknown | (np.minimum(apart, 12 - apart) <= limits.key_within)
        return near

    @property
    def tempo_steps(self) -> Doubles:
        """By how much each tempo is faster than each other, folded by 2:1: 0.01 is 1 %, NaN is unknown.

        Shape (k, k), symmetric, from 0 to the half of an octave.
        """
        octaves = np.log2(self.tempos_bpm[:, None] / self.tempos_bpm)
        return np.asarray(2 ** np.abs(octaves - np.round(octaves)) - 1)

    @property
    def clashes(self) -> Doubles:
        """How much the beats of songs clash: float64, shape (k, k), from 0 to 1.

        0 where both can sound together for a while, or one has no sure beat; see `SAME_TEMPO`.
        """
        beyond = (self.tempo_steps - SAME_TEMPO) / (_CLASHING - SAME_TEMPO)
        return np.clip(np.nan_to_num(beyond, nan=0.0), 0.0, 1.0)

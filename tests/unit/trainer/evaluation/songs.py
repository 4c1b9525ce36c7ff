"""Songs made up for evaluation: every chunk's edges say which chunk it is, so that scores can be planted."""

from __future__ import annotations

import numpy as np

from services.trainer.evaluation.trials import Trial
from shared.judging import Protocol
from shared.learning.approaches import Scorer
from shared.sound.features import BANDS, EDGE_FRAMES, Edges
from shared.sound.openings import OPENING_SAMPLES
from tests.unit.learning.planted import planted_frames

GAPS_S = (0.02, 0.1)


def protocol(**given):
    return Protocol(**{"chunks_per_song": 10, "gaps_s": GAPS_S, "resamples": 200, **given})


def coded_edges(number, chunks, rng):
    """Noise, with the song's number and the chunk's place in the first two bands of the first frame."""
    tails, heads = rng.normal(-5, 2, (2, chunks, 2, EDGE_FRAMES, BANDS)).astype(np.float16)
    for side in (tails, heads):
        side[:, :, 0, 0] = number
        side[:, :, 0, 1] = np.arange(chunks)[:, None]
    return Edges(tails, heads, np.empty((0, 2), np.float32), np.zeros(chunks + 1, np.int64))


def trial(number, chunks=10, *, name=None, frames=None, openings=None, long_enough=None, gaps_s=GAPS_S):
    rng = np.random.default_rng([1, number])
    edges = coded_edges(number, chunks, rng)
    if openings is None:
        openings = rng.normal(0, 3000, (chunks, OPENING_SAMPLES)).astype(np.int16)
    mask = np.ones(chunks, np.bool_) if long_enough is None else np.asarray(long_enough)
    return Trial(
        song=name or f"{number:02d}",
        title=f"Song {number}",
        edges=dict.fromkeys(gaps_s, edges),
        long_enough=dict.fromkeys(gaps_s, mask),
        openings=openings,
        frames=planted_frames(rng, 4000) if frames is None else frames,
    )


def album(songs=6, chunks=10, **given):
    return [trial(number, chunks, **given) for number in range(songs)]


class Planted(Scorer):
    """Scores by which chunks are asked about: `judge(song, place, songs, places)`, the latter arrays."""

    def __init__(self, judge, *, pairwise=False, background=False):
        self.judge, self.background = judge, background
        self.is_pairwise = pairwise
        self.asked = 0

    @property
    def pairwise(self):
        return self.is_pairwise

    def prepare(self, edges, songs=None):
        assert songs is None
        return {"songs": edges.heads[:, 0, 0, 0].astype(int), "places": edges.heads[:, 0, 0, 1].astype(int)}

    def scores(self, prepared, reference, candidates, step=None):
        self.asked += len(candidates)
        songs, places = prepared["songs"], prepared["places"]
        found = self.judge(songs[reference], places[reference], songs[candidates], places[candidates])
        return np.broadcast_to(found, candidates.shape).astype(np.float32)


def knows(song, place, songs, places):
    return np.where((songs == song) & (places == place + 1), 3.0, 0.0) + 0.001 * places


def noise(song, place, songs, places):
    """Numbers that look random, the same for the same two chunks."""
    return np.sin(1e4 * np.sin(12.9 * song + 78.2 * place + 37.7 * songs + 93.9 * places))


def constant(song, place, songs, places):
    return 0.0

"""How much an experiment does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Scale:
    """The size of all experiments.

    Attributes:
        name: of the scale.
        excerpt_s: seconds taken of each song.
        skipped_s: seconds left out before it, where songs fade in.
        train_songs: of each kind to learn from. Of three or four a fit holds one out, of fewer none.
        judged_songs: of each kind to judge by.
        chunk_s: length of a chunk where the cut is not the question.
        max_chunk_ms: where a cut at silences finds none.
        chunks_per_song: judged of every song, at most.
        queries: transitions asked of networks that score pair by pair.
        resamples: behind every interval.
        seeds: of the fits.
        points_seeds: the same of networks that see raw points, which are many times slower.
        steps: gradient steps of each fit.
        pair_steps: the same where only pairs of chunks are learned from, which are soon known by heart.
        points_steps: the same of networks that see raw points.
        random_cuts: per epoch, where the cut is not the question.
        epochs: of the curve over epochs.
        mixes: of each approach.
        mix_chunks: of a mix.
        study_epochs: of the study's own networks.
        study: settings that make the study's networks smaller, by approach.
        approaches: that make mixes.
        approach_epochs: of those that are trained, at most.
        brief: compare only the first and the last of a row of conditions.
    """

    name: str
    excerpt_s: float
    skipped_s: float
    train_songs: int
    judged_songs: int
    chunk_s: float
    max_chunk_ms: int
    chunks_per_song: int
    queries: int
    resamples: int
    seeds: tuple[int, ...]
    points_seeds: tuple[int, ...]
    steps: int
    pair_steps: int
    points_steps: int
    random_cuts: int
    epochs: tuple[int, ...]
    mixes: int
    mix_chunks: int
    study_epochs: int
    study: Mapping[str, Mapping[str, int]]
    approaches: tuple[str, ...]
    approach_epochs: int
    brief: bool = False

    def some_of(self, row: Sequence[T]) -> list[T]:
        """Return the part of a row of conditions that is compared."""
        return [row[0], row[-1]] if self.brief and len(row) > 1 else list(row)

    @property
    def songs_needed(self) -> int:
        """Songs of each kind that are long enough."""
        return self.train_songs + self.judged_songs


FULL = Scale(
    name="full",
    excerpt_s=100.0,
    skipped_s=15.0,
    train_songs=4,
    judged_songs=4,
    chunk_s=4.0,
    max_chunk_ms=12_000,
    chunks_per_song=24,
    queries=120,
    resamples=500,
    seeds=(0, 1, 2),
    points_seeds=(0, 1),
    steps=600,
    pair_steps=200,
    points_steps=60,
    random_cuts=600,
    epochs=(1, 5, 19, 40),
    mixes=4,
    mix_chunks=24,
    study_epochs=6,
    study={"forecast": {"random_windows_per_epoch": 600, "filters": 256}, "categorical": {}, "binary": {}},
    approaches=("random", "spectral", "linear", "segue", "binary", "forecast", "categorical", "start_end"),
    approach_epochs=12,
)
"""Answers with intervals: about three quarters of an hour for all experiments on two cores."""

SMOKE = Scale(
    name="smoke",
    excerpt_s=14.0,
    skipped_s=0.0,
    train_songs=1,
    judged_songs=2,
    chunk_s=1.5,
    max_chunk_ms=2000,
    chunks_per_song=6,
    queries=4,
    resamples=100,
    seeds=(0,),
    points_seeds=(0,),
    steps=1,
    pair_steps=1,
    points_steps=1,
    random_cuts=20,
    epochs=(1,),
    mixes=1,
    mix_chunks=4,
    study_epochs=1,
    study={
        "forecast": {"random_windows_per_epoch": 8, "filters": 4, "lstm_units": 4, "input_points": 60},
        "categorical": {"squeezed_points": 30},
        "binary": {"filters": 4, "lstm_units": 4, "max_edge_points": 30},
    },
    approaches=("random", "linear", "binary"),
    approach_epochs=1,
    brief=True,
)
"""Shows that everything runs, on songs of seconds; its figures mean nothing."""

SCALES = {scale.name: scale for scale in (SMOKE, FULL)}

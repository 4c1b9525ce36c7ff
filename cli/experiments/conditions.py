"""What is compared, and what came of it: a figure is that of several seeds, each with its interval."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any, Self

from cli.documents import Document, Shown
from cli.experiments.scales import Scale
from shared.parameters import Cut

BATCH = 64
FALSE_SUCCESSORS = 2

NETWORK: Mapping[str, Any] = {
    "sees": "frames",
    "edge_frames": 6,
    "true_successors": 1,
    "false_successors": FALSE_SUCCESSORS,
    "random_cuts_per_epoch": 0,
    "redraw": True,
    "filters": 32,
    "activation": "relu",
    "lstm_units": 16,
    "dense_units": 16,
    "dropout": 0.5,
    "optimizer": "adam",
    "learning_rate": 0.003,
    "batch_size": BATCH,
    "patience": None,
}
"""The network of all comparisons: the study's `binary` on 0.1 s of log-mel frames, made small."""

POINTS: Mapping[str, Any] = {
    **NETWORK,
    "sees": "points",
    "max_edge_points": 180,
    "filters": 16,
    "activation": "linear",
}
"""The same on raw points, 0.14 s of them: the shortest edge that the study had."""


@dataclass(frozen=True)
class Condition:
    """One thing that is compared with others.

    Attributes:
        name: in tables and plots.
        songs: ids of the songs to learn from.
        cut: of these songs.
        settings: of the approach.
        approach: that is fitted.
    """

    name: str
    songs: tuple[str, ...]
    cut: Cut
    settings: Mapping[str, Any] = field(default_factory=dict)
    approach: str = "binary"

    def request(self, seed: int) -> Document:
        """Return the request for a fit."""
        training = {"approach": self.approach, "settings": dict(self.settings), "seed": seed}
        return {"songs": list(self.songs), "cut": self.cut.model_dump(mode="json"), "training": training}


@dataclass(frozen=True)
class Pool:
    """Songs to judge by, and how they are cut and asked about."""

    songs: tuple[str, ...]
    cut: Cut
    protocol: Document

    def request(self) -> Document:
        """Return the request for a report."""
        cut = self.cut.model_dump(mode="json")
        return {"songs": list(self.songs), "cut": cut, "protocol": self.protocol}


@dataclass(frozen=True)
class Fit:
    """A fitted model: its document and the figures of its epochs."""

    model: Shown
    history: list[dict[str, Any]]


@dataclass(frozen=True)
class Figure:
    """One figure under several seeds.

    Attributes:
        values: by seed.
        low, high: ends of the 95 % intervals over songs, averaged over seeds.
    """

    values: tuple[float, ...]
    low: float
    high: float

    @property
    def mean(self) -> float:
        """The mean over seeds."""
        return fmean(self.values)

    def text(self) -> str:
        """Return it for a table: `0.312 (seeds 0.301 to 0.320; songs 0.25 to 0.38)`."""
        seeds = ""
        if len(self.values) > 1:
            seeds = f"seeds {min(self.values):.3f} to {max(self.values):.3f}; "
        return f"{self.mean:.3f} ({seeds}songs {self.low:.2f} to {self.high:.2f})"

    def document(self) -> Document:
        """Return it for programs."""
        return {
            "by_seed": list(self.values),
            "mean": self.mean,
            "songs_low": self.low,
            "songs_high": self.high,
        }

    @classmethod
    def of(cls, reports: Sequence[Shown], approach: str) -> Self:
        """Read the headline, MRR with 0.1 s left out on each side, of several reports."""
        headlines = [report["approaches"][approach]["headline"] for report in reports]
        intervals = [headline["intervals"]["mrr"] for headline in headlines]
        return cls(
            tuple(headline["mrr"] for headline in headlines),
            fmean(interval["low"] for interval in intervals),
            fmean(interval["high"] for interval in intervals),
        )


@dataclass(frozen=True)
class Outcome:
    """A condition with its fits and the reports on them, seed by seed."""

    condition: Condition
    fits: tuple[Fit, ...]
    reports: tuple[Shown, ...]

    def figure(self, approach: str | None = None) -> Figure:
        """Return the headline of the fitted approach, or of a baseline that was asked the same."""
        return Figure.of(self.reports, approach or self.condition.approach)

    def trained(self, name: str) -> float | None:
        """Return a figure of the last epoch, the mean over seeds; None where nothing was trained."""
        found = [fit.history[-1][name] for fit in self.fits if fit.history]
        return fmean(found) if found and None not in found else None

    def document(self) -> Document:
        """Return it for programs."""
        pool = self.reports[0]["pool"]
        return {
            "condition": self.condition.name,
            "approach": self.condition.approach,
            "settings": dict(self.condition.settings),
            "train_songs": len(self.condition.songs),
            "mrr": {name: self.figure(name).document() for name in self.reports[0]["approaches"]},
            "r_at_10": [
                report["approaches"][self.condition.approach]["headline"]["r_at_10"]
                for report in self.reports
            ],
            "training": {name: self.trained(name) for name in ("accuracy", "loss", "val_accuracy")},
            "epochs": [len(fit.history) for fit in self.fits],
            "fit_s": [fit.model["fit_s"] for fit in self.fits],
            "pool": {name: pool[name] for name in ("songs", "chunks", "transitions", "chance_mrr", "digest")},
        }


def learned_songs(count: int) -> int:
    """Return how many of so many songs a fit learns from: of three or four, one is held out."""
    return count - 1 if count > 2 else count


def epochs_for(steps: int, *, chunks: Sequence[int], random_cuts: int = 0, batch: int = BATCH) -> int:
    """Return how many epochs make about so many gradient steps.

    Args:
        steps: gradient steps that are wanted.
        chunks: of each song that is given to the fit; which of them it holds out is not known before.
        random_cuts: per epoch.
        batch: pairs per step.
    """
    learned = learned_songs(len(chunks)) * fmean(chunks)
    pairs = (learned + random_cuts) * (1 + FALSE_SUCCESSORS)
    return max(1, round(steps / math.ceil(pairs / batch)))


def protocol_of(scale: Scale, *, chunks_per_song: int | None = None) -> Document:
    """Return how everything is judged: at the headline gap alone, and without puzzles, to save time."""
    return {
        "chunks_per_song": chunks_per_song or scale.chunks_per_song,
        "gaps_s": [0.1],
        "pairwise_queries": scale.queries,
        "puzzles": 0,
        "resamples": scale.resamples,
    }


def best_of(outcomes: Sequence[Outcome], figure: Callable[[Outcome], Figure] = Outcome.figure) -> Outcome:
    """Return the outcome of the highest mean."""
    return max(outcomes, key=lambda outcome: figure(outcome).mean)

"""What an evaluation gives: plain figures, each described, with their intervals beside them.

Names of gaps, as keys, are seconds: "0.02", "0.1".
"""

from __future__ import annotations

import hashlib
import json
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from shared.judging import Protocol

LINEAR = "linear"
"""The approach that others are compared to."""

AnyFigure = TypeVar("AnyFigure")
ByGap = dict[str, AnyFigure]

FalseKind = Literal["random_song", "same_song", "reversed_pair", "level_matched"]


class Document(BaseModel):
    """A frozen part of a report."""

    model_config = ConfigDict(frozen=True)


class Interval(Document):
    """Where a figure may lie: 95 %, by bootstrap."""

    low: float
    high: float


class Estimate(Interval):
    """A figure with its 95 % interval."""

    value: float


class Gain(Interval):
    """How much better an approach ranks the same successors than `linear` does."""

    mrr_gain: float = Field(
        description="Mean over transitions of the difference of 1 / rank; above 0: better."
    )
    gap_s: float = Field(description="The gap at which both were asked.")
    queries: int = Field(description="Transitions that both were asked.")


class Retrieval(Document):
    """Where the true successor stands among all chunks of the pool; ties count half."""

    gap_s: float = Field(description="Left out on each side of every chunk.")
    queries: int = Field(description="Transitions asked.")
    mrr: float = Field(description="Mean of 1 / rank of the true successor.")
    r_at_1: float = Field(description="Share of true successors ranked first.")
    r_at_5: float = Field(description="Share of true successors ranked fifth or better.")
    r_at_10: float = Field(description="Share of true successors ranked tenth or better.")
    median_rank: float = Field(description="Half of the true successors rank so or better.")
    in_song_r_at_1: float = Field(description="Share ranked first among the chunks of their own song.")
    mrr_songs: float = Field(description="`mrr` within each song, averaged over songs.")
    r_at_1_songs: float = Field(description="`r_at_1` within each song, averaged over songs.")
    r_at_10_songs: float = Field(description="`r_at_10` within each song, averaged over songs.")
    in_song_r_at_1_songs: float = Field(description="`in_song_r_at_1` within each song, averaged over songs.")
    intervals: dict[str, Interval] = Field(description="By the name of the figure.")


class Puzzle(Document):
    """How well shuffled chunks of a song, that followed one another, are put in order.

    The order taken is the one whose transitions have the highest sum of scores; orders that tie count in
    equal parts.
    """

    puzzles: int = Field(description="Puzzles given, none with twins among its chunks.")
    exact: Estimate = Field(description="Share put in order without a fault.")
    neighbours: Estimate = Field(description="Share of true neighbours that stand side by side, in order.")
    chance_exact: float = Field(description="`exact` of a random order: 1 / size!.")
    chance_neighbours: float = Field(description="`neighbours` of a random order: 1 / size.")


class GapFigures(Retrieval):
    """All that one approach scored at one gap; its own figures leave the target's twins out."""

    strict: Retrieval = Field(description="The same with twins among the candidates.")
    without_background: Retrieval | None = Field(
        description="The same of the bare score, where the approach corrects it by the rest of the pool."
    )
    vs_linear: Gain | None = Field(description="Null: `linear` was not judged.")
    auc: dict[FalseKind, Estimate | None] = Field(
        description="Chance that a true successor outscores a false one of the kind; null: there is none."
    )
    puzzles: dict[str, Puzzle | None] = Field(description="By number of chunks; null: no song gives one.")
    recall_curve: list[float] = Field(description="R@k for k = 1 to 100.")


class ScoreSamples(Document):
    """Scores as the approach gave them, to be plotted: each kind a sample, rising."""

    true: list[float] = Field(description="Of true successors.")
    same_song: list[float] = Field(description="Of false successors out of the same song.")
    random_song: list[float] = Field(description="Of false successors out of other songs.")


class HeatMap(Document):
    """The scores of all transitions within one song."""

    song: str = Field(description="Its id.")
    title: str = Field(description="For people.")
    scores: list[list[float | None]] = Field(
        description="A row per chunk that is followed, a column per chunk that follows; null: itself."
    )


class ApproachFigures(GapFigures):
    """What one approach scored; its own figures are those at the cut, the first gap."""

    vs_linear: Gain | None = Field(description="At the headline gap; null: `linear` was not judged.")
    headline: Retrieval = Field(description="At the headline gap.")
    gap_mrr: ByGap[float] = Field(description="`mrr` by gap.")
    gap_intervals: ByGap[Interval] = Field(description="Of `gap_mrr`.")
    by_gap: ByGap[GapFigures] = Field(description="All figures by gap.")
    scores: ScoreSamples = Field(description="At the headline gap.")
    heat_map: HeatMap = Field(description="At the headline gap, of a song with middling figures.")
    pairwise: bool = Field(description="Whether only a sample of transitions was asked, as each costs much.")
    background: bool = Field(description="Whether scores use the other chunks of the pool.")


class LeftOut(Document):
    """A song that was not asked about."""

    song: str = Field(description="Its id.")
    title: str = Field(description="For people.")
    reason: str = Field(description="For people.")


class PoolFacts(Document):
    """What was asked of every approach alike."""

    songs: int = Field(description="Songs judged.")
    chunks: int = Field(description="Chunks of these songs, among which successors are ranked.")
    chunks_per_song: int = Field(description="The first so many of each song.")
    transitions: int = Field(description="True transitions at the first gap.")
    titles: list[str] = Field(description="Of the songs judged.")
    left_out: list[LeftOut] = Field(description="Songs that were not judged, and why.")
    gaps_s: list[float] = Field(description="The gaps, rising.")
    chunks_by_gap: ByGap[int] = Field(description="Chunks long enough for the gap and for every approach.")
    twin_share: float = Field(description="Share of true successors that have a twin in the pool.")
    chance_mrr: float = Field(description="Expected `mrr` of a random order at the first gap.")
    resampled: Literal["songs", "transitions"] = Field(
        description="What the bootstrap draws: songs, or transitions where there are fewer than five songs; "
        "intervals are then too narrow, since transitions of a song are alike."
    )
    digest: str = Field(description="The same for the same questions: what may be compared.")


class Evaluation(Document):
    """Does B follow A? Every approach asked the same questions about songs it never saw."""

    version: Literal[1] = 1
    protocol: Protocol
    pool: PoolFacts
    approaches: dict[str, ApproachFigures]


def gap_name(gap_s: float) -> str:
    """Return a gap as a key: 0.1 gives "0.1"."""
    return f"{gap_s:g}"


def digest_of(*facts: object) -> str:
    """Return the SHA-256 of facts that JSON can hold."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

"""Reports on models, as lists and the leaderboard show them."""

from __future__ import annotations

from pydantic import Field

from services.gateway.schemas.artifacts import Made
from services.gateway.schemas.common import MODEL_EXAMPLE, POOL_DIGEST_EXAMPLE, REPORT_EXAMPLE, Schema
from services.gateway.schemas.votes import TallyRow
from shared.judging import Protocol


class Estimate(Schema):
    """A figure with its 95 % interval, by bootstrap over songs."""

    value: float = Field(description="The figure.", examples=[0.412])
    low: float = Field(description="Lower end of the interval.", examples=[0.371])
    high: float = Field(description="Upper end of the interval.", examples=[0.455])


class Gain(Schema):
    """How much better an approach ranks the same successors than `linear` does."""

    mrr_gain: float = Field(description="Mean difference of 1 / rank; above 0: better.", examples=[0.083])
    low: float = Field(description="Lower end of its 95 % interval.", examples=[0.051])
    high: float = Field(description="Upper end of its 95 % interval.", examples=[0.114])


class Headline(Schema):
    """What one approach scored, at the headline gap unless it says otherwise."""

    mrr: Estimate = Field(description="Mean of 1 / rank of the true successor.")
    vs_linear: Gain | None = Field(description="Null: `linear` was not judged.")
    r_at_1: float = Field(description="Share of true successors ranked first.", examples=[0.31])
    r_at_10: float = Field(description="Share of true successors ranked tenth or better.", examples=[0.62])
    in_song_r_at_1: float = Field(
        description="Share ranked first among the chunks of their own song.", examples=[0.48]
    )
    queries: int = Field(description="Transitions asked.", examples=[690])
    gap_mrr: dict[str, float] = Field(
        description="`mrr` by gap: seconds left out on each side of every chunk.",
        examples=[{"0.02": 0.61, "0.1": 0.412}],
    )


class ReportSummary(Made):
    """A report on a model: who ranks true successors how well."""

    id: str = Field(description="The report's id.", examples=[REPORT_EXAMPLE])
    model: str = Field(description="Id of the model.", examples=[MODEL_EXAMPLE])
    approach: str = Field(description="The model's approach.", examples=["binary"])
    pool: str = Field(
        description="The same for the same questions: figures of one pool may be compared.",
        examples=[POOL_DIGEST_EXAMPLE],
    )
    songs: int = Field(description="Songs judged.", examples=[15])
    chunks: int = Field(description="Chunks among which successors are ranked.", examples=[705])
    headline_gap_s: float = Field(description="The headline gap in seconds.", examples=[0.1])
    protocol: Protocol = Field(description="How it was judged.")
    figures: dict[str, Headline] = Field(
        description="By approach: the model's, and the baselines beside it.", examples=[{}]
    )


class LeaderboardRow(Headline):
    """One approach, fitted once."""

    place: int = Field(description="By `mrr`; those that tie share the better place.", examples=[1])
    approach: str = Field(description="Name of the approach.", examples=["binary"])
    models: list[str] = Field(
        description="Models whose reports have these very figures; several for a baseline.",
        examples=[[MODEL_EXAMPLE]],
    )
    beats_linear: bool | None = Field(
        description="Whether the whole interval of the gain lies above 0; null: `linear` itself, or unknown.",
        examples=[True],
    )


class Leaderboard(Schema):
    """Approaches that were asked the same questions, best first."""

    pool: str = Field(description="Of the questions that all were asked.", examples=[POOL_DIGEST_EXAMPLE])
    songs: int = Field(description="Songs judged.", examples=[15])
    chunks: int = Field(description="Chunks among which successors are ranked.", examples=[705])
    headline_gap_s: float = Field(description="The gap of the figures, in seconds.", examples=[0.1])
    rows: list[LeaderboardRow] = Field(description="By `mrr`, best first.")
    votes: list[TallyRow] = Field(
        description="How the mixes of models were liked beside each other, in blind comparisons."
    )

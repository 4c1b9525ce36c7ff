"""What a report says in figures, as its manifest keeps them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from shared.store.sequences import Document

__all__ = ["ApproachFacts", "GainFacts", "ReportFacts"]


class GainFacts(Document):
    """How much better an approach ranks the same successors than `linear` does, with its 95 % interval."""

    mrr_gain: float
    low: float
    high: float


class ApproachFacts(Document):
    """What one approach scored, at the headline gap unless it says otherwise."""

    mrr: float
    mrr_low: float
    mrr_high: float
    r_at_1: float
    r_at_10: float
    in_song_r_at_1: float
    queries: int
    gap_mrr: dict[str, float] = Field(description="`mrr` by gap in seconds, such as `0.1`, rising.")
    vs_linear: GainFacts | None


class ReportFacts(Document):
    """A report on a model. Payloads: `report.json`, `report.html`."""

    of: Literal["report"] = "report"
    approach: str = Field(description="Of the model.")
    pool: str = Field(description="SHA-256 of the questions: what may be compared.")
    songs: int
    chunks: int
    headline_gap_s: float
    figures: dict[str, ApproachFacts] = Field(description="By approach: the model's and the baselines.")

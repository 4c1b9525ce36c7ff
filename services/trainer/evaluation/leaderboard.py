"""Reports on the same pool, side by side: who ranks true successors best."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from services.trainer.evaluation.reports import (
    LINEAR,
    ApproachFigures,
    Document,
    Estimate,
    Evaluation,
    Gain,
    gap_name,
)
from shared.errors import BadSetting


class Row(Document):
    """One approach, fitted once."""

    place: int = Field(description="By the headline; those that tie share the better place.")
    approach: str
    models: list[str] = Field(description="Whose reports have these very figures; several for a baseline.")
    headline_mrr: Estimate = Field(description="Mean of 1 / rank of the true successor, at the headline gap.")
    vs_linear: Gain | None = Field(description="At the headline gap; null: `linear` was not judged.")
    beats_linear: bool | None = Field(
        description="Whether the whole interval of the gain lies above 0; null: `linear` itself, or unknown."
    )
    r_at_1: float = Field(description="At the headline gap.")
    r_at_10: float = Field(description="At the headline gap.")
    in_song_r_at_1: float = Field(description="At the headline gap.")
    mrr_at_the_cut: float = Field(description="`mrr` at the first gap.")
    queries: int = Field(description="Transitions asked.")


class Leaderboard(Document):
    """Approaches by the headline, best first."""

    gap_s: float = Field(description="The headline gap.")
    songs: int
    chunks: int
    digest: str = Field(description="Of the questions that all were asked.")
    rows: list[Row]


def leaderboard(reports: Mapping[str, Evaluation]) -> Leaderboard:
    """Rank what several reports judged.

    Args:
        reports: by the name of the model they were made for.

    Raises:
        BadSetting: there is no report, or they did not ask the same questions.
    """
    if not reports:
        raise BadSetting("A leaderboard needs at least one report; there is none. Evaluate a model first.")
    first = next(iter(reports.values()))
    others = [name for name, report in reports.items() if report.pool.digest != first.pool.digest]
    if others:
        raise BadSetting(
            f"The reports of {', '.join(others)} asked other questions than that of {next(iter(reports))}. "
            "Compare figures on the same songs only, cut the same way and judged by the same protocol."
        )
    rows: dict[str, Row] = {}
    for model, report in reports.items():
        for approach, figures in report.approaches.items():
            row = _row(approach, figures)
            # Baselines of two models that learned from the same songs are one and the same.
            same = rows.setdefault(row.model_dump_json(), row)
            same.models.append(model)
    ordered = sorted(rows.values(), key=lambda row: (-row.headline_mrr.value, row.approach, row.models))
    values = [row.headline_mrr.value for row in ordered]
    return Leaderboard(
        gap_s=first.protocol.headline_gap_s,
        songs=first.pool.songs,
        chunks=first.pool.chunks_by_gap[gap_name(first.protocol.headline_gap_s)],
        digest=first.pool.digest,
        rows=[row.model_copy(update={"place": 1 + values.index(row.headline_mrr.value)}) for row in ordered],
    )


def _row(approach: str, figures: ApproachFigures) -> Row:
    headline, gain = figures.headline, figures.vs_linear
    interval = headline.intervals["mrr"]
    return Row(
        place=0,
        approach=approach,
        models=[],
        headline_mrr=Estimate(value=headline.mrr, low=interval.low, high=interval.high),
        vs_linear=gain,
        beats_linear=None if gain is None or approach == LINEAR else gain.low > 0,
        r_at_1=headline.r_at_1,
        r_at_10=headline.r_at_10,
        in_song_r_at_1=headline.in_song_r_at_1,
        mrr_at_the_cut=figures.mrr,
        queries=headline.queries,
    )

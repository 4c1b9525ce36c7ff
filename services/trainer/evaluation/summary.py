"""The headline of a report: what its record tells, so that lists and leaderboards need not open it."""

from __future__ import annotations

from services.trainer.evaluation.reports import ApproachFigures, Evaluation
from shared.store.manifests import ApproachFacts, GainFacts, ReportFacts


def facts_of(report: Evaluation, approach: str) -> ReportFacts:
    """Return the record of a report on a model of an approach."""
    return ReportFacts(
        approach=approach,
        pool=report.pool.digest,
        songs=report.pool.songs,
        chunks=report.pool.chunks,
        headline_gap_s=report.protocol.headline_gap_s,
        figures={name: _facts_of_approach(figures) for name, figures in report.approaches.items()},
    )


def _facts_of_approach(figures: ApproachFigures) -> ApproachFacts:
    headline, gain = figures.headline, figures.vs_linear
    return ApproachFacts(
        mrr=headline.mrr,
        mrr_low=headline.intervals["mrr"].low,
        mrr_high=headline.intervals["mrr"].high,
        r_at_1=headline.r_at_1,
        r_at_10=headline.r_at_10,
        in_song_r_at_1=headline.in_song_r_at_1,
        queries=headline.queries,
        gap_mrr=figures.gap_mrr,
        vs_linear=None if gain is None else GainFacts(mrr_gain=gain.mrr_gain, low=gain.low, high=gain.high),
    )

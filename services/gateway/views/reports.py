"""Reports as clients see them, one by one and side by side: pure functions of their manifests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.gateway.schemas.reports import (
    Estimate,
    Gain,
    Headline,
    Leaderboard,
    LeaderboardRow,
    ReportSummary,
)
from services.gateway.schemas.votes import TallyRow
from shared.errors import BadSetting, NotFound, SegueError
from shared.store.manifests import ApproachFacts, Manifest, ReportFacts
from shared.store.specs import ReportSpec

LINEAR = "linear"
"""The approach that others are compared to."""


class NothingToRank(NotFound):
    """There is no report, or none on the pool that was asked for."""

    slug = "no-report"
    title = "There is no report yet"

    def __init__(self, pool: str | None) -> None:
        self.kind, self.name = "report", pool or ""
        on_pool = "" if pool is None else f" on pool {pool}"
        SegueError.__init__(
            self, f"There is no report{on_pool} to rank. Ask for one with POST /v1/models/{{id}}/report."
        )


def report_summary(key: str, manifest: Manifest) -> ReportSummary:
    """Show a report as lists do."""
    spec, facts, path = manifest.spec, manifest.expect(ReportFacts), f"/v1/reports/{key}"
    assert isinstance(spec, ReportSpec)
    return ReportSummary(
        id=key,
        created_at=manifest.created_at,
        size_bytes=manifest.size_bytes,
        model=spec.model,
        approach=facts.approach,
        pool=facts.pool,
        songs=facts.songs,
        chunks=facts.chunks,
        headline_gap_s=facts.headline_gap_s,
        protocol=spec.protocol,
        figures={name: Headline(**_figures(found)) for name, found in facts.figures.items()},
        links={"self": path, "page": f"{path}/page", "model": f"/v1/models/{spec.model}"},
    )


def leaderboard(reports: Mapping[str, Manifest], pool: str | None, votes: Sequence[TallyRow]) -> Leaderboard:
    """Rank the approaches of all reports on one pool.

    Args:
        reports: manifests of reports that were made, by id.
        pool: the pool's digest, or a beginning of it; None: that of the newest report.
        votes: cast between mixes of any models, whatever the pool.

    Raises:
        NothingToRank: there is no such report.
        BadSetting: the beginning fits several pools.
    """
    newest_first = sorted(reports.values(), key=lambda one: one.created_at, reverse=True)
    pools = list(dict.fromkeys(one.expect(ReportFacts).pool for one in newest_first))
    fitting = pools[:1] if pool is None else [one for one in pools if one.startswith(pool)]
    if not fitting:
        raise NothingToRank(pool)
    if len(fitting) > 1:
        named = ", ".join(one[:16] for one in fitting[:5])
        raise BadSetting(f"{len(fitting)} pools begin with {pool} ({named}). Give more of the digest.")
    chosen = [one for one in newest_first if one.expect(ReportFacts).pool == fitting[0]]
    facts = chosen[0].expect(ReportFacts)
    return Leaderboard(
        pool=facts.pool,
        songs=facts.songs,
        chunks=facts.chunks,
        headline_gap_s=facts.headline_gap_s,
        rows=_ranked(chosen),
        votes=list(votes),
    )


def _ranked(reports: list[Manifest]) -> list[LeaderboardRow]:
    """Return a row for every approach of every report; those with the very same figures are one."""
    models: dict[str, list[str]] = {}
    rows: dict[str, LeaderboardRow] = {}
    for manifest in reports:
        assert isinstance(manifest.spec, ReportSpec)
        for approach, found in manifest.expect(ReportFacts).figures.items():
            row = _row(approach, found)
            name = row.model_dump_json()
            rows.setdefault(name, row)
            models.setdefault(name, []).append(manifest.spec.model)
    ordered = sorted(rows, key=lambda name: (-rows[name].mrr.value, rows[name].approach, models[name]))
    values = [rows[name].mrr.value for name in ordered]
    return [
        rows[name].model_copy(
            update={
                "place": 1 + values.index(rows[name].mrr.value),
                "models": sorted(set(models[name])),
            }
        )
        for name in ordered
    ]


def _row(approach: str, facts: ApproachFacts) -> LeaderboardRow:
    gain = facts.vs_linear
    return LeaderboardRow(
        **_figures(facts),
        place=0,
        approach=approach,
        models=[],
        beats_linear=None if gain is None or approach == LINEAR else gain.low > 0,
    )


def _figures(facts: ApproachFacts) -> dict[str, Any]:
    """Return the fields of a headline."""
    gain = facts.vs_linear
    return {
        "mrr": Estimate(value=facts.mrr, low=facts.mrr_low, high=facts.mrr_high),
        "vs_linear": None if gain is None else Gain(mrr_gain=gain.mrr_gain, low=gain.low, high=gain.high),
        "r_at_1": facts.r_at_1,
        "r_at_10": facts.r_at_10,
        "in_song_r_at_1": facts.in_song_r_at_1,
        "queries": facts.queries,
        "gap_mrr": facts.gap_mrr,
    }

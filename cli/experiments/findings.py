"""What an experiment found, before it is laid out: tables, plots, sentences that follow from the figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cli.experiments.conditions import Outcome
from cli.output import number


@dataclass(frozen=True)
class Table:
    """A table: `name` is that of its file, every row has a cell per heading."""

    name: str
    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Plot:
    """A plot as SVG, and what it shows."""

    name: str
    title: str
    svg: str


@dataclass
class Findings:
    """All that an experiment gives.

    Attributes:
        name: of the experiment.
        question: that it asks.
        sentences: what the figures say, computed from them.
        tables, plots: in their order.
        data: every figure, for programs.
    """

    name: str
    question: str
    sentences: list[str] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    plots: list[Plot] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)

    def add(self, key: str, outcomes: Sequence[Outcome]) -> None:
        """Keep the figures of outcomes under a name of their own."""
        self.data[key] = [outcome.document() for outcome in outcomes]


def outcome_table(
    name: str, title: str, outcomes: Sequence[Outcome], baselines: Sequence[str] = ("linear", "spectral")
) -> Table:
    """Return a row per condition: held-out rank, what training says of itself, baselines asked the same."""
    headings = ["condition", "MRR", "R@10", "accuracy", "loss", *(f"MRR of `{one}`" for one in baselines)]
    rows = []
    for outcome in outcomes:
        approach = outcome.condition.approach
        found = [report["approaches"][approach]["headline"]["r_at_10"] for report in outcome.reports]
        told = [
            outcome.figure(one).text() if one in outcome.reports[0]["approaches"] else "-"
            for one in baselines
        ]
        trained = [number(outcome.trained(figure)) for figure in ("accuracy", "loss")]
        rows.append(
            [
                outcome.condition.name,
                outcome.figure().text(),
                number(sum(found) / len(found)),
                *trained,
                *told,
            ]
        )
    return Table(name, title, headings, rows)


def parted(better: Outcome, worse: Outcome) -> str:
    """Say in words whether two conditions can be told apart."""
    one, other = better.figure(), worse.figure()
    gap = f"{one.mean:.3f} against {other.mean:.3f}"
    if len(one.values) < 2:
        return f"{gap}, of one seed: nothing can be said of how sure that is"
    if min(one.values) <= max(other.values):
        return f"{gap}, but the seeds overlap: not told apart"
    if one.low <= other.high:
        return f"{gap}: every seed is above every other, though the intervals over songs overlap"
    return f"{gap}: seeds and songs agree"

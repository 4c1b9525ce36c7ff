"""A report as one HTML file: no script, nothing fetched, readable on a phone and in the dark."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from math import factorial

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from services.trainer.evaluation.plots import gap_plot, heat_plot, recall_plot, score_plot
from services.trainer.evaluation.puzzles import SIZES
from services.trainer.evaluation.reports import LINEAR, ApproachFigures, Evaluation, Interval, gap_name

_KINDS = {
    "random_song": "another song",
    "same_song": "same song, elsewhere",
    "reversed_pair": "the two swapped",
    "level_matched": "another song, as loud",
}


@dataclass(frozen=True)
class _Plots:
    """SVG of the plots; `scores` and `heat_maps` by approach."""

    recall: Markup
    gaps: Markup
    scores: dict[str, Markup]
    heat_maps: dict[str, Markup]


def render_page(report: Evaluation, *, title: str = "Does B follow A?") -> str:
    """Write a report as an HTML document, approaches by their headline, best first."""
    ordered = dict(sorted(report.approaches.items(), key=lambda item: -item[1].headline.mrr))
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"share": _share, "range": _range, "signed": _signed}
    template = environment.from_string(resources.files(__package__).joinpath("page.html").read_text("utf-8"))
    return template.render(
        title=title,
        report=report,
        pool=report.pool,
        approaches=ordered,
        headline_gap=gap_name(report.protocol.headline_gap_s),
        cut_gap=gap_name(report.protocol.gaps_s[0]),
        kinds=_KINDS,
        sizes={str(size): 1 / factorial(size) for size in SIZES},
        linear=LINEAR,
        plots=_plots(ordered),
    )


def _plots(approaches: dict[str, ApproachFigures]) -> _Plots:
    # What is marked as safe was written by matplotlib, which escapes the names in it.
    return _Plots(
        Markup(recall_plot(approaches)),  # noqa: S704
        Markup(gap_plot(approaches)),  # noqa: S704
        {name: Markup(score_plot(name, found.scores)) for name, found in approaches.items()},  # noqa: S704
        {name: Markup(heat_plot(name, found.heat_map)) for name, found in approaches.items()},  # noqa: S704
    )


def _share(value: float) -> str:
    """Write a share as percent: with a decimal below 10 %, and as few as 0.0025 % in full."""
    percent = 100 * value
    return f"{percent:.0f} %" if percent >= 10 or percent == 0 else f"{percent:.2g} %"


def _range(found: Interval, *, percent: bool = False) -> str:
    if percent:
        return f"{100 * found.low:.0f}–{100 * found.high:.0f}"
    return f"{found.low:.3f}–{found.high:.3f}"


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "−")

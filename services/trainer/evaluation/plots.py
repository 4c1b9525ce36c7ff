"""Plots of a report as SVG, to stand inside a page: no script, no address, text in the page's own colour."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, PercentFormatter

from services.trainer.evaluation.reports import ApproachFigures, HeatMap, ScoreSamples, gap_name

_TEXT = "#010203"
"""Stands for the page's text colour until the plot is in the page."""

_COLOURS = ("#2f8fd0", "#e0803a", "#3fa66b", "#b86bc9", "#c2a02a", "#d65a6a", "#5fb3b3", "#8c8c8c")
"""Told apart on white and on black."""

_LINES = ("-", "--", "-.", ":", "--", "-.", ":", "-")
"""Told apart by who cannot tell the colours."""

_WIDTH_IN, _HEIGHT_IN = 4.4, 3.2
"""Narrow, so that the text stays readable on a phone."""

_STYLE: Any = {
    "svg.fonttype": "none",
    "font.size": 10,
    "text.color": _TEXT,
    "axes.labelcolor": _TEXT,
    "axes.edgecolor": _TEXT,
    "xtick.color": _TEXT,
    "ytick.color": _TEXT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#808080",
    "grid.alpha": 0.3,
    "axes.prop_cycle": cycler(color=_COLOURS) + cycler(linestyle=_LINES),
    # Names may hold a dollar sign.
    "text.parse_math": False,
}


def recall_plot(approaches: Mapping[str, ApproachFigures]) -> str:
    """Draw the recall curves at the headline gap."""

    def draw(axes: Axes) -> None:
        for name, found in approaches.items():
            curve = found.by_gap[gap_name(found.headline.gap_s)].recall_curve
            axes.plot(np.arange(1, len(curve) + 1), curve, label=name)
        axes.set_xscale("log")
        axes.set_xticks([1, 2, 5, 10, 20, 50, 100], ["1", "2", "5", "10", "20", "50", "100"])
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_ylim(0, 1)
        axes.yaxis.set_major_formatter(PercentFormatter(1))
        axes.set_xlabel("guesses allowed")
        axes.set_ylabel("true successor among them")

    return _svg("recall", draw, legend=True)


def gap_plot(approaches: Mapping[str, ApproachFigures]) -> str:
    """Draw what is left of each approach as more is left out at the cut."""

    def draw(axes: Axes) -> None:
        for name, found in approaches.items():
            gaps_s = [float(gap) for gap in found.gap_mrr]
            values = list(found.gap_mrr.values())
            low = [interval.low for interval in found.gap_intervals.values()]
            high = [interval.high for interval in found.gap_intervals.values()]
            (line,) = axes.plot(gaps_s, values, marker="o", label=name)
            axes.fill_between(gaps_s, low, high, color=line.get_color(), alpha=0.15, linewidth=0)
        axes.set_ylim(0, 1)
        axes.set_xlim(left=0)
        axes.set_xlabel("left out on each side of the cut (s)")
        axes.set_ylabel("mean of 1 / rank")

    return _svg("gaps", draw, legend=True)


def score_plot(name: str, scores: ScoreSamples) -> str:
    """Draw how the scores of true and false transitions lie."""
    kinds = {
        "true successors": (scores.true, _COLOURS[2], "-"),
        "same song, but wrong": (scores.same_song, _COLOURS[1], "--"),
        "another song": (scores.random_song, _COLOURS[7], ":"),
    }

    def draw(axes: Axes) -> None:
        everything = np.concatenate([values for values, _, _ in kinds.values()])
        low, high = np.quantile(everything, [0.01, 0.99])
        bins = np.linspace(low, high if high > low else low + 1, 31)
        for label, (values, colour, line) in kinds.items():
            if values:
                heights = np.histogram(np.clip(values, bins[0], bins[-1]), bins)[0] / len(values)
                axes.stairs(heights, bins, fill=True, color=colour, alpha=0.18)
                axes.stairs(heights, bins, color=colour, linestyle=line, linewidth=1.8, label=label)
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.set_xlabel("score")
        axes.set_ylabel("share of transitions")

    return _svg(f"scores of {name}", draw, legend=True)


def heat_plot(name: str, found: HeatMap) -> str:
    """Draw the scores within one song: a row per chunk, a column per candidate."""

    def draw(axes: Axes) -> None:
        scores = np.array([[np.nan if score is None else score for score in row] for row in found.scores])
        # What a score is matters only beside the others of its row.
        beaten = np.stack([np.searchsorted(np.sort(row), row) for row in scores]) / max(1, len(scores) - 2)
        axes.imshow(
            np.where(np.isnan(scores), np.nan, beaten),
            cmap=mpl.colormaps["magma"].with_extremes(bad="#808080"),
            vmin=0,
            vmax=1,
            interpolation="nearest",
            extent=(0.5, len(scores) + 0.5, len(scores) + 0.5, 0.5),
        )
        axes.grid(visible=False)
        axes.set_xlabel("candidate (its number in the song)")
        axes.set_ylabel("chunk that is followed")

    return _svg(f"map of {name}", draw, height_in=_WIDTH_IN)


def _svg(
    name: str, draw: Callable[[Axes], None], *, legend: bool = False, height_in: float = _HEIGHT_IN
) -> str:
    with mpl.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=(_WIDTH_IN, height_in), layout="constrained")
        axes = figure.add_subplot()
        draw(axes)
        if legend:
            handles, labels = axes.get_legend_handles_labels()
            figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False, fontsize=9)
        written = io.StringIO()
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
    return _as_part_of_a_page(written.getvalue())


def _as_part_of_a_page(svg: str) -> str:
    """Leave out what only a file of its own needs, and what would be there twice in a page of several."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r' xmlns(:xlink)?="[^"]*"', "", svg)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    svg = re.sub(r' (?:width|height)="[^"]*pt"', "", svg)
    return svg.replace("xlink:href", "href").replace(_TEXT, "currentColor")

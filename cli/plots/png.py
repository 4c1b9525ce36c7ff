"""Drawings as a picture, one below the other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cli.plots.drawings import Chart, Drawing, Matrix, Series

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["save"]

WIDTH_IN, CHART_IN, MAP_IN, ROW_IN = 9.0, 3.4, 6.2, 0.34
DOTS_PER_IN = 130
LONGEST_NAME = 28
PALE, WAY = "#cccccc", "#7a7a7a"
"""Points that stand behind the rest, and lines that do."""
MOST_NAMED = 12
"""So many series have names beside them; more would hide what is drawn."""


def save(drawings: Sequence[Drawing], target: Path) -> None:
    """Write drawings to a PNG file."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    heights = [_height_in(one) for one in drawings]
    with rc_context({"text.parse_math": False, "font.size": 9, "axes.axisbelow": True}):
        canvas = Figure(figsize=(WIDTH_IN, sum(heights)), layout="constrained")
        rows = canvas.subplots(len(drawings), 1, squeeze=False, height_ratios=heights)[:, 0]
        for axes, drawing in zip(rows, drawings, strict=True):
            axes.set_title(drawing.title, loc="left", fontsize=10)
            _draw(axes, drawing)
        canvas.savefig(target, format="png", dpi=DOTS_PER_IN)


def _height_in(drawing: Drawing) -> float:
    if isinstance(drawing, Chart):
        return MAP_IN if drawing.same_scale else CHART_IN
    return max(CHART_IN, 1.6 + ROW_IN * len(drawing.names))


def _draw(axes: Axes, drawing: Drawing) -> None:
    match drawing:
        case Chart():
            _draw_chart(axes, drawing)
        case Matrix():
            _draw_matrix(axes, drawing)


def _draw_chart(axes: Axes, chart: Chart) -> None:
    for one in chart.series:
        axes.plot(
            *(one.x, one.y, "-" if one.kind == "line" else "o"),
            color=_colour_of(one),
            label=one.name[:LONGEST_NAME],
            markersize=4,
            linewidth=0.9 if one.muted else 1.5,
        )
    if chart.same_scale:
        axes.set_aspect("equal", adjustable="datalim")
    axes.set_xlabel(chart.x_label)
    axes.set_ylabel(chart.y_label)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    if 1 < len(chart.series) <= MOST_NAMED:
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)


def _colour_of(series: Series) -> str | None:
    """Return a colour where a series is not to have its own of the cycle."""
    if not series.muted:
        return None
    return WAY if series.kind == "line" else PALE


def _draw_matrix(axes: Axes, matrix: Matrix) -> None:
    shades = [[float("nan") if shade is None else shade for shade in row] for row in matrix.shades]
    axes.imshow(shades, cmap="Blues", vmin=-0.2, vmax=1.2, aspect="auto")
    for row, texts in enumerate(matrix.texts):
        for column, text in enumerate(texts):
            dark = (matrix.shades[row][column] or 0) > 0.6
            axes.text(column, row, text, ha="center", va="center", color="white" if dark else "black")
    names = [name[:LONGEST_NAME] for name in matrix.names]
    axes.set_xticks(range(len(names)), names, rotation=40, ha="right")
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel(matrix.column_label)
    axes.set_ylabel(matrix.row_label)

"""Plots of figures, as SVG whose text is text."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cli.experiments.conditions import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#2f8fd0", "#e0803a", "#3fa66b", "#b86bc9", "#c2a02a", "#d65a6a", "#5fb3b3", "#8c8c8c")
WIDTH_IN = 6.4
_ROW_IN, _FRAME_IN = 0.3, 0.9
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "segue",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#808080",
    "grid.alpha": 0.3,
    "figure.facecolor": "white",
    "text.parse_math": False,  # Names may hold a dollar sign.
}


def drawn(draw: Callable[[Axes], None], *, height_in: float = 3.2, width_in: float = WIDTH_IN) -> str:
    """Return what is drawn into one pair of axes."""
    return drawn_side_by_side([draw], height_in=height_in, width_in=width_in)


def drawn_side_by_side(
    draws: Sequence[Callable[[Axes], None]], *, height_in: float = 3.2, width_in: float = WIDTH_IN
) -> str:
    """Return what is drawn into pairs of axes beside one another; the same drawing gives the same bytes."""
    import matplotlib as mpl
    from matplotlib.figure import Figure as Canvas

    with mpl.rc_context(_STYLE):
        canvas = Canvas(figsize=(width_in, height_in), layout="constrained")
        for axes, draw in zip(canvas.subplots(1, len(draws), squeeze=False)[0], draws, strict=True):
            draw(axes)
        target = io.StringIO()
        canvas.savefig(target, format="svg", metadata={"Date": None, "Creator": None})
    return re.sub(r"[ \t]+\n", "\n", target.getvalue())


def figure_plot(figures: Mapping[str, Figure], *, chance: float | None = None, axis: str) -> str:
    """Draw a row per name: a dot per seed, a bar at their mean, a line for the interval over songs."""

    def draw(axes: Axes) -> None:
        names = list(figures)
        for row, figure in enumerate(figures.values()):
            axes.hlines(row, figure.low, figure.high, color=COLOURS[0], alpha=0.35, linewidth=5)
            axes.plot(figure.values, [row] * len(figure.values), "o", color=COLOURS[0], markersize=4)
            axes.plot([figure.mean], [row], "|", color="black", markersize=12)
        if chance is not None:
            axes.axvline(chance, color="#808080", linestyle=":", label="chance")
            axes.legend(loc="lower right", bbox_to_anchor=(1, 1), frameon=False)
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_xlim(left=0)
        axes.set_xlabel(axis)

    return drawn(draw, height_in=_FRAME_IN + _ROW_IN * len(figures))


def curve_plot(
    curves: Mapping[str, Sequence[tuple[float, Figure]]], *, across: str, axis: str, logarithmic: bool = False
) -> str:
    """Draw figures over a number: the mean of the seeds, and all seeds between least and most."""

    def draw(axes: Axes) -> None:
        at: list[float] = []
        for colour, (name, points) in zip(COLOURS, curves.items(), strict=False):
            at = [x for x, _ in points]
            axes.plot(at, [figure.mean for _, figure in points], "o-", color=colour, label=name)
            least, most = ([edge(figure.values) for _, figure in points] for edge in (min, max))
            axes.fill_between(at, least, most, color=colour, alpha=0.2, linewidth=0)
        if logarithmic:
            axes.set_xscale("log")
            axes.set_xticks(at, [f"{x:g}" for x in at])
            axes.minorticks_off()
        axes.set_xlabel(across)
        axes.set_ylabel(axis)
        axes.legend(frameon=False)

    return drawn(draw)


def bar_plot(shares: Mapping[str, Mapping[str, float]], *, axis: str) -> str:
    """Draw a group of bars per name; each group has the same kinds of bars."""

    def draw(axes: Axes) -> None:
        names = list(shares)
        kinds = list(next(iter(shares.values())))
        height = 0.8 / len(kinds)
        for place, (colour, kind) in enumerate(zip(COLOURS, kinds, strict=False)):
            rows = [row - 0.4 + height * (place + 0.5) for row in range(len(names))]
            axes.barh(rows, [shares[name][kind] for name in names], height, color=colour, label=kind)
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_xlabel(axis)
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=len(kinds), frameon=False)

    return drawn(draw, height_in=_FRAME_IN + 1.4 * _ROW_IN * len(shares))

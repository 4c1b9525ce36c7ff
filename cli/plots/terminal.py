"""Drawings as text, as wide as the terminal."""

from __future__ import annotations

from typing import Any

from rich.color import Color
from rich.console import RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from cli.plots.drawings import Chart, Drawing, Matrix

__all__ = ["render"]

WIDEST, HEIGHT = 110, 20
LONGEST_NAME = 24
_DARK, _LIGHT = (24, 48, 78), (111, 199, 255)


def render(drawing: Drawing, width: int) -> RenderableType:
    """Return a drawing for a terminal of so many columns."""
    match drawing:
        case Chart():
            return Text.from_ansi(_charted(drawing, min(width, WIDEST)))
        case Matrix():
            return _tabled(drawing)


def _charted(chart: Chart, width: int) -> str:
    import plotext  # It takes a moment, and most commands draw nothing.

    figure: Any = plotext.figure
    figure.clear()
    figure.plot_size(width, HEIGHT)
    figure.title(chart.title)
    figure.label(chart.x_label, axis="x")
    figure.label(chart.y_label, axis="y")
    for one in chart.series:
        signal = figure.signal(list(one.x), list(one.y), **({} if one.kind == "line" else {"marker": "dot"}))
        if one.kind == "line":
            signal.lines()
        if len(chart.series) > 1:
            signal.label(one.name[:LONGEST_NAME])
        figure.draw(signal)
    drawn: str = figure.build().string()
    return drawn


def _tabled(matrix: Matrix) -> Table:
    """Draw a matrix as a table: columns are numbered, since names are too long to stand over them."""
    table = Table(
        title=f"{matrix.title}: {matrix.row_label} the row {matrix.column_label} the column",
        box=None,
        pad_edge=False,
    )
    table.add_column("", no_wrap=True)
    for number in range(1, len(matrix.names) + 1):
        table.add_column(str(number), justify="right", min_width=3)
    for number, name in enumerate(matrix.names):
        cells = (
            Text(text.rjust(2), style=_style(shade))
            for text, shade in zip(matrix.texts[number], matrix.shades[number], strict=True)
        )
        table.add_row(f"{number + 1:>2} {name[:LONGEST_NAME]}", *cells)
    return table


def _style(shade: float | None) -> Style:
    if shade is None:
        return Style()
    red, green, blue = (dark + shade * (light - dark) for dark, light in zip(_DARK, _LIGHT, strict=True))
    return Style(bgcolor=Color.from_rgb(red, green, blue), color="black" if shade > 0.5 else "white")

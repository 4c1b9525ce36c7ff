"""Drawings as text, as wide as the terminal."""

from __future__ import annotations

from itertools import cycle
from typing import Any

from rich.color import Color
from rich.console import Group, RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from cli.output import COLOURS, MUTED
from cli.plots.drawings import Chart, Drawing, Matrix

__all__ = ["render"]

WIDEST, HEIGHT = 110, 20
LONGEST_NAME = 24
_DARK, _LIGHT = (24, 48, 78), (111, 199, 255)


def render(drawing: Drawing, width: int) -> RenderableType:
    """Return a drawing for a terminal of so many columns."""
    match drawing:
        case Chart():
            return _charted(drawing, min(width, WIDEST))
        case Matrix():
            title = f"{drawing.title}, {drawing.row_label} the row {drawing.column_label} the column"
            return Group(Text(title), _tabled(drawing))


def _charted(chart: Chart, width: int) -> RenderableType:
    """Draw a chart; title and names stand around it, since plotext writes them over what is drawn."""
    import plotext  # It takes a moment, and most commands draw nothing.

    figure: Any = plotext.figure
    figure.clear()
    figure.theme("simple")  # On the terminal's own background.
    figure.plot_size(width, HEIGHT)
    figure.label(chart.x_label, axis="x")
    figure.label(chart.y_label, axis="y")
    colours = cycle(COLOURS)
    named = [(one, MUTED if one.muted else next(colours)) for one in chart.series]
    for one, colour in named:
        symbol = "hd" if one.kind == "line" else "dot"
        marker = plotext.marker(symbol, tuple(Color.parse(colour).get_truecolor()))
        signal = figure.signal(list(one.x), list(one.y), marker=marker)
        figure.draw(signal.lines() if one.kind == "line" else signal)
    names = [part for one, colour in named for part in (("■ ", colour), f"{one.name[:LONGEST_NAME]}  ")]
    legend = [Text.assemble(*names)] if len(named) > 1 else []
    return Group(Text(chart.title), *legend, Text.from_ansi(figure.build().string()))


def _tabled(matrix: Matrix) -> Table:
    """Draw a matrix as a table: columns are numbered, since names are too long to stand over them."""
    table = Table(box=None, pad_edge=False)
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

"""A plot of a mix: which song when, how loud, how well each chunk follows, and how much each seam jolts."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from services.assembler.extras.chapters import clock
from services.assembler.extras.palette import Colour, colours_of
from services.assembler.extras.sections import Section, sections_at, song_changes
from services.assembler.reports import Entry
from services.assembler.tagging import clean_text

__all__ = ["draw_plot"]

_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "segue",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#8a90a0",
    "axes.labelcolor": "#333947",
    "xtick.color": "#555b6b",
    "ytick.color": "#555b6b",
    "axes.axisbelow": True,
    "grid.color": "#c8ccd6",
    "grid.linewidth": 0.5,
    "figure.facecolor": "white",
    "text.parse_math": False,  # Titles may hold a dollar sign.
}

_WIDTH_IN, _FIXED_IN, _ROW_IN = 11.0, 5.0, 0.21
_ROWS_MAX = 16
"""Songs that have a row of their own, in the order in which they come; the others share one."""

_NAME_MAX = 30
_FLOOR_DBFS = -48.0
_BAR = 0.72
_MARK = "#d01c3f"
_INK = "#333947"
_DRAWN_BINS = 600
_LEAST_JOLT = 1.0
"""The axis of jolts reaches at least to here, so that small ones look small."""


def draw_plot(
    entries: Sequence[Entry],
    sections: Sequence[Section],
    levels: NDArray[np.float64],
    *,
    worst: Sequence[int],
    title: str,
    duration_s: float,
) -> str:
    """Return the plot as SVG without scripts, whose text is text; the same mix gives the same bytes.

    Args:
        entries: the chunks of the mix.
        sections: its sections.
        levels: float64, shape (n,): of equal stretches of the mix, 1.0 at full scale.
        worst: positions of the chunks whose seams are marked, the worst first.
        title: of the mix.
        duration_s: of the mix.
    """
    songs = song_changes(sections)
    colours = colours_of(songs)
    rows = min(len(songs), _ROWS_MAX + 1)
    # A title may have letters that the font for measuring lacks; whoever shows the SVG has another.
    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure = Figure(figsize=(_WIDTH_IN, _FIXED_IN + _ROW_IN * rows), layout="constrained")
        ratios = (0.6 + _ROW_IN * rows, 0.9, 1.2, 1.2)
        timeline, level, score, jolt = figure.subplots(4, 1, sharex=True, height_ratios=ratios)
        _draw_timeline(timeline, sections, colours)
        _draw_levels(level, sections, levels, colours, duration_s)
        _draw_scores(score, entries, colours)
        _draw_jolts(jolt, entries, colours, worst)
        _mark_worst((timeline, level, score, jolt), entries, worst)
        jolt.set_xlim(0, duration_s)
        _label_time(jolt)
        figure.suptitle(clean_text(title, limit=90), fontsize=11, fontweight="bold", x=0.01, ha="left")
        target = io.StringIO()
        figure.savefig(target, format="svg", metadata={"Date": None, "Creator": None})
    return re.sub(r"[ \t]+\n", "\n", target.getvalue())


def _label_time(axes: Axes) -> None:
    axes.xaxis.set_major_formatter(FuncFormatter(lambda time_s, _: clock(time_s)))
    axes.xaxis.set_major_locator(MaxNLocator(12, steps=[1, 1.5, 2, 3, 6, 10]))
    axes.set_xlabel("in the mix (minutes:seconds)")


def _draw_timeline(axes: Axes, sections: Sequence[Section], colours: dict[str, Colour]) -> None:
    names = {
        section.song: clean_text(section.title, limit=_NAME_MAX) or section.song[:12] for section in sections
    }
    row_of = {song: min(row, _ROWS_MAX) for row, song in enumerate(colours)}
    by_song = groupby(
        sorted(sections, key=lambda section: row_of[section.song]), key=lambda section: section.song
    )
    for song, own in by_song:
        bars = [(section.start_s, section.end_s - section.start_s) for section in own]
        axes.broken_barh(
            bars, (row_of[song] - _BAR / 2, _BAR), facecolors=colours[song], edgecolor="white", linewidth=0.8
        )
    labels = [names[song] for song in list(colours)[:_ROWS_MAX]]
    if len(colours) > _ROWS_MAX:
        labels.append(f"{len(colours) - _ROWS_MAX} more")
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_title("songs", loc="left", fontsize=9, color=_INK)


def _draw_levels(
    axes: Axes,
    sections: Sequence[Section],
    levels: NDArray[np.float64],
    colours: dict[str, Colour],
    duration_s: float,
) -> None:
    """Draw the level of each stretch as a bar in its song's colour."""
    per_bar = max(1, len(levels) // _DRAWN_BINS)
    first = np.arange(0, len(levels), per_bar)
    if len(first):
        power = np.add.reduceat(levels**2, first) / np.diff([*first, len(levels)])
        dbfs = np.maximum(10 * np.log10(np.maximum(power, 1e-12)), _FLOOR_DBFS)
        edges = np.append(first, len(levels)) * (duration_s / len(levels))
        corners = [
            [(a, _FLOOR_DBFS), (a, top), (b, top), (b, _FLOOR_DBFS)]
            for a, b, top in zip(edges[:-1], edges[1:], dbfs, strict=True)
        ]
        shades = np.array([colours[section.song] for section in sections])[sections_at(sections, edges[:-1])]
        axes.add_collection(PolyCollection(corners, facecolors=shades, linewidths=0))
    axes.set_ylim(_FLOOR_DBFS, 0)
    axes.set_yticks([-36, -24, -12, 0])
    axes.grid(axis="y")
    axes.set_title("level (dB, root mean square)", loc="left", fontsize=9, color=_INK)


def _draw_scores(axes: Axes, entries: Sequence[Entry], colours: dict[str, Colour]) -> None:
    steps = [(entry, entry.score) for entry in entries if entry.score is not None]
    for replays, marker, size in ((True, "|", 40), (False, "o", 26)):
        own = [(entry, score) for entry, score in steps if _continues(entry) is replays]
        axes.scatter(
            [entry.mix_start_s for entry, _ in own],
            [score for _, score in own],
            c=[colours[entry.song] for entry, _ in own] or None,
            marker=marker,
            s=size,
            zorder=3,
        )
    axes.set_ylim(-0.04, 1.06)
    axes.set_yticks([0, 0.5, 1])
    axes.grid(axis="y")
    axes.set_title(
        "score of each step (dot: a seam, bar: the song plays on)", loc="left", fontsize=9, color=_INK
    )


def _draw_jolts(
    axes: Axes, entries: Sequence[Entry], colours: dict[str, Colour], worst: Sequence[int]
) -> None:
    seams = [(entry, entry.seam) for entry in entries if entry.seam is not None and not _continues(entry)]
    starts_s, jolts = [entry.mix_start_s for entry, _ in seams], [seam.jolt for _, seam in seams]
    shades = [colours[entry.song] for entry, _ in seams]
    axes.vlines(starts_s, 0, jolts, colors=shades or None, linewidth=2.2)
    axes.scatter(starts_s, jolts, c=shades or None, s=18, zorder=3)
    top = 1.28 * max([_LEAST_JOLT, *jolts])
    for rank, position in enumerate(worst, start=1):
        found = next((pair for pair in seams if pair[0].position == position), None)
        if found is None:
            continue
        entry, seam = found
        axes.scatter([entry.mix_start_s], [seam.jolt], s=70, facecolors="none", edgecolors=_MARK, zorder=4)
        axes.annotate(
            f"{rank}",
            (entry.mix_start_s, seam.jolt),
            xytext=(0, 7),
            textcoords="offset points",
            ha="center",
            color=_MARK,
            fontweight="bold",
        )
    axes.set_ylim(0, top)
    axes.grid(axis="y")
    axes.set_title(
        "jolt of each seam, |ln(after / before)| (ringed: the worst)", loc="left", fontsize=9, color=_INK
    )


def _mark_worst(panels: Sequence[Axes], entries: Sequence[Entry], worst: Sequence[int]) -> None:
    marked = set(worst)
    for entry in entries:
        if entry.position in marked:
            for axes in panels:
                axes.axvline(entry.mix_start_s, color=_MARK, linewidth=0.7, alpha=0.45, zorder=0)


def _continues(entry: Entry) -> bool:
    return entry.seam is not None and entry.seam.manner == "continues"

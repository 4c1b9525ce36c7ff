"""The cover of a mix: its own shape, drawn around a circle.

Time goes clockwise from the top. Each ray is a moment: its colour is the song's, its length the level.
Inside, ribbons lead from where a song is left to where it comes back.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.path import Path as Curve
from numpy.typing import NDArray

from services.assembler.extras.palette import COVER_PX, Colour, colours_of
from services.assembler.extras.sections import Section, sections_at, song_changes

__all__ = ["draw_cover"]

_JPEG_QUALITY = 72
_DPI = 100

_NIGHT = "#10121f"
_RAYS = 360
_RING, _SHORTEST, _LONGEST = 0.60, 0.012, 0.30
_INWARD = 0.33
"""What a ray reaches inwards, as a share of what it reaches outwards."""
_RIBBONS_END = 0.455
_RIBBONS_MAX = 400
_ARC_POINTS = 24
_BAND = 0.475
_RAY_WIDTH_PT, _EDGE_WIDTH_PT, _BAND_WIDTH_PT = 2.6, 0.8, 5.0
_LOUD_PERCENTILE = 98
_CURVED = 0.22
"""How near the middle a ribbon passes; 0: through it."""


def draw_cover(sections: Sequence[Section], levels: NDArray[np.float64], *, duration_s: float) -> bytes:
    """Return the cover as JPEG, `COVER_PX` wide and high; the same mix gives the same bytes.

    Args:
        sections: of the mix, in order.
        levels: float64, shape (n,): of equal stretches of the mix, 1.0 at full scale.
        duration_s: of the mix.
    """
    colours = colours_of(song_changes(sections))
    figure = Figure(figsize=(COVER_PX / _DPI, COVER_PX / _DPI), dpi=_DPI, facecolor=_NIGHT)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(-1, 1), ylim=(-1, 1), aspect="equal")
    axes.set_axis_off()
    _ribbons(axes, sections, colours, duration_s)
    _band(axes, sections, colours, duration_s)
    _rays(axes, sections, levels, colours, duration_s)
    target = io.BytesIO()
    figure.savefig(target, format="jpeg", dpi=_DPI, pil_kwargs={"quality": _JPEG_QUALITY})
    return target.getvalue()


def _rays(
    axes: Axes,
    sections: Sequence[Section],
    levels: NDArray[np.float64],
    colours: dict[str, Colour],
    duration_s: float,
) -> None:
    turn = (np.arange(_RAYS) + 0.5) / _RAYS
    lengths = _SHORTEST + (_LONGEST - _SHORTEST) * _heights(levels)
    owner = sections_at(sections, turn * duration_s)
    out = _direction(turn)
    lines = np.stack([out * (_RING - _INWARD * lengths)[:, None], out * (_RING + lengths)[:, None]], axis=1)
    colour = np.array([colours[section.song] for section in sections])[owner]
    axes.add_collection(
        LineCollection(list(lines), colors=colour, linewidths=_RAY_WIDTH_PT, capstyle="round")
    )


def _heights(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how loud each ray's moment is, in [0, 1]: float64, shape (rays,)."""
    if not len(levels):
        return np.zeros(_RAYS)
    edges = np.linspace(0, len(levels), _RAYS + 1)
    first = np.minimum(edges[:-1].astype(int), len(levels) - 1)
    powers = np.add.reduceat(levels**2, first) if len(levels) >= _RAYS else levels[first] ** 2
    counts = np.maximum(1, np.diff([*first, len(levels)])) if len(levels) >= _RAYS else 1
    heard = np.sqrt(powers / counts)
    loud = np.percentile(heard, _LOUD_PERCENTILE)
    heights: NDArray[np.float64] = np.clip(heard / loud, 0, 1) if loud > 0 else np.zeros(_RAYS)
    return heights


def _band(axes: Axes, sections: Sequence[Section], colours: dict[str, Colour], duration_s: float) -> None:
    """Draw a thin ring inside the rays: an arc for each section."""
    arcs = []
    for section in sections:
        turn = np.array([section.start_s, section.end_s]) / duration_s
        gap = min(0.0015, (turn[1] - turn[0]) / 4)
        arcs.append(_direction(np.linspace(turn[0] + gap, turn[1] - gap, _ARC_POINTS)) * _BAND)
    axes.add_collection(
        LineCollection(
            arcs,
            colors=[colours[section.song] for section in sections],
            linewidths=_BAND_WIDTH_PT,
            capstyle="butt",
        )
    )


def _ribbons(axes: Axes, sections: Sequence[Section], colours: dict[str, Colour], duration_s: float) -> None:
    """Lead from each section to the next one of the same song, unless they touch."""
    shapes, shades = [], []
    for song, colour in colours.items():
        turns = [
            np.array([section.start_s, section.end_s]) / duration_s
            for section in sections
            if section.song == song
        ]
        apart = [(before, after) for before, after in pairwise(turns) if before[1] < after[0]]
        shapes += [_ribbon(before, after) for before, after in apart]
        shades += [colour] * len(apart)
    chosen = np.linspace(0, len(shapes) - 1, min(len(shapes), _RIBBONS_MAX)).astype(int)
    fill, edge = np.clip(np.array([1.6, 4.0]) / np.sqrt(max(1, len(chosen))), 0.12, [0.42, 0.9])
    axes.add_collection(
        PathCollection(
            [shapes[k] for k in chosen],
            facecolors=[(*shades[k], fill) for k in chosen],
            edgecolors=[(*shades[k], edge) for k in chosen],
            linewidths=_EDGE_WIDTH_PT,
        )
    )


def _ribbon(before: NDArray[np.float64], after: NDArray[np.float64]) -> Curve:
    """Return the outline of a ribbon between two arcs, each given by its turns: float64, shape (2,)."""
    first, second = (
        _direction(np.linspace(turns[0], turns[1], _ARC_POINTS)) * _RIBBONS_END for turns in (before, after)
    )
    bent = [np.stack([_CURVED * (a + b) / 2, b]) for a, b in ((first[-1], second[0]), (second[-1], first[0]))]
    points = np.concatenate([first, bent[0], second[1:], bent[1]])
    arc, bend = [Curve.LINETO] * (_ARC_POINTS - 1), [Curve.CURVE3] * 2
    return Curve(points, [Curve.MOVETO, *arc, *bend, *arc, *bend])


def _direction(turn: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points of the unit circle, shape (n, 2); turns go clockwise from the top."""
    angle = 2 * np.pi * turn
    return np.stack([np.sin(angle), np.cos(angle)], axis=1)

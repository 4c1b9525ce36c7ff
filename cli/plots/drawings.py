"""What is drawn of documents: points and cells, whatever draws them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Literal, TypeAlias

from segue_client.documents import MapPoint, MixReport, PoolMap

__all__ = [
    "Chart",
    "Drawing",
    "Matrix",
    "Series",
    "as_document",
    "learning",
    "outline",
    "pool_map",
    "scores",
    "seams",
    "transitions",
]

REPLAYED = "continues"
"""The manner of a seam where the song plays on, which cannot be heard."""
OUTLINE_POINTS = 400


@dataclass(frozen=True)
class Series:
    """Points with one name: a line through them, or the points alone."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    kind: Literal["line", "points"] = "points"
    muted: bool = False
    """Drawn so that others stand out."""


@dataclass(frozen=True)
class Chart:
    """Series over one pair of axes."""

    title: str
    x_label: str
    y_label: str
    series: Sequence[Series]
    same_scale: bool = False
    """Whether one unit is as long on both axes."""


@dataclass(frozen=True)
class Matrix:
    """Cells by row and column: what stands in each, and how strongly it is coloured, 0 to 1; None: not."""

    title: str
    row_label: str
    column_label: str
    names: Sequence[str]
    texts: Sequence[Sequence[str]]
    shades: Sequence[Sequence[float | None]]


Drawing: TypeAlias = Chart | Matrix


def as_document(drawings: Sequence[Drawing]) -> list[dict[str, Any]]:
    """Return drawings for programs."""
    return [asdict(one) for one in drawings]


def learning(approach: str, history: Sequence[Mapping[str, Any]]) -> list[Drawing]:
    """Draw the losses of a fit, epoch by epoch, and its accuracies where it has some."""
    epochs = [float(one["epoch"]) for one in history]
    charts: list[Drawing] = []
    for figure in ("loss", "accuracy"):
        kinds = {"training": figure, "other channel": f"val_{figure}", "kept back": f"stopping_{figure}"}
        series = [
            Series(name, *_told(epochs, [one.get(field) for one in history]), "line")
            for name, field in kinds.items()
        ]
        told = [one for one in series if one.x]
        if told:
            charts.append(Chart(f"{figure.capitalize()} of {approach}", "epoch", figure, told))
    return charts


def scores(report: MixReport) -> list[Drawing]:
    """Draw how well each chunk of a mix follows the one before, by song, over the mix."""
    by_song: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for entry in report["sequence"]:
        if entry["score"] is not None:
            by_song[entry["title"]].append((entry["mix_start_s"], entry["score"]))
    return [Chart(f"Scores of {report['title']}", "seconds", "score", _series(by_song))]


def seams(report: MixReport) -> list[Drawing]:
    """Draw how much each seam of a mix jolts, by how it was made; where a song plays on there is none."""
    by_manner: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for entry in report["sequence"]:
        seam = entry["seam"]
        if seam is not None and seam["manner"] != REPLAYED:
            by_manner[seam["manner"]].append((entry["mix_start_s"], seam["jolt"]))
    return [Chart(f"Seams of {report['title']}", "seconds", "jolt", _series(by_manner))]


def transitions(report: MixReport) -> list[Drawing]:
    """Draw how often each song of a mix was followed by each, shaded by the mean score of those steps."""
    entries = report["sequence"]
    titles = list(dict.fromkeys(entry["title"] for entry in entries))
    steps: dict[tuple[str, str], list[float | None]] = defaultdict(list)
    for before, entry in pairwise(entries):
        steps[before["title"], entry["title"]].append(entry["score"])
    told = [score for scores in steps.values() for score in scores if score is not None]
    low, high = (min(told), max(told)) if told else (0.0, 0.0)

    def shade(scores: Sequence[float | None]) -> float | None:
        known = [score for score in scores if score is not None]
        if not known:
            return None
        return 1.0 if high == low else (sum(known) / len(known) - low) / (high - low)

    return [
        Matrix(
            f"Steps of {report['title']}",
            "from",
            "to",
            titles,
            [[str(len(steps[one, other]) or "") for other in titles] for one in titles],
            [[shade(steps[one, other]) for other in titles] for one in titles],
        )
    ]


def outline(title: str, duration_s: float, peaks: Sequence[Sequence[float]]) -> list[Drawing]:
    """Draw the outline of a sound: the highest and the lowest samples of each stretch."""
    step = max(1, -(-len(peaks) // OUTLINE_POINTS))
    rows = [peaks[at : at + step] for at in range(0, len(peaks), step)]
    times = [duration_s * at / max(1, len(rows)) for at in range(len(rows))]
    highs = Series("highest", times, [max(high for _, high in row) for row in rows], "line")
    lows = Series("lowest", times, [min(low for low, _ in row) for row in rows], "line")
    return [Chart(title, "seconds", "sample", [highs, lows])]


def pool_map(title: str, found: PoolMap) -> list[Drawing]:
    """Draw the pool of a mix by song, and the mix's way through it; songs without a part in it together."""
    songs, points, path = found["songs"], found["points"], found["path"]
    played = list(dict.fromkeys(points[place]["song"] for place in path))
    by_song: dict[str, list[MapPoint]] = defaultdict(list)
    for song in played:  # In the mix's order, two songs of one title together.
        by_song[songs[song]["title"]] += [point for point in points if point["song"] == song]
    others = [point for point in points if point["song"] not in played]
    way = [points[place] for place in path]
    series = [
        *([_placed("other songs", others, muted=True)] if others else []),
        _placed("the mix", way, kind="line", muted=True),
        *(_placed(name, own) for name, own in by_song.items()),
    ]
    first, second = (f"{100 * share:.0f} % of all differences" for share in found["explained"])
    some = "" if len(points) == found["chunks"] else f", {len(points)} of {found['chunks']} chunks"
    named = f"Pool of {title}, as {found['approach']} sees it{some}"
    return [Chart(named, first, second, series, same_scale=True)]


def _placed(
    name: str, points: Sequence[MapPoint], *, kind: Literal["line", "points"] = "points", muted: bool = False
) -> Series:
    return Series(name, [one["x"] for one in points], [one["y"] for one in points], kind, muted)


def _told(x: Sequence[float], y: Sequence[float | None]) -> tuple[list[float], list[float]]:
    """Return the points that there are."""
    points = [(one, other) for one, other in zip(x, y, strict=True) if other is not None]
    return [one for one, _ in points], [other for _, other in points]


def _series(points: Mapping[str, Sequence[tuple[float, float]]]) -> list[Series]:
    return [Series(name, [x for x, _ in found], [y for _, y in found]) for name, found in points.items()]

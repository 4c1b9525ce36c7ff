"""`segue plot`: what is drawn, in the terminal and as a picture."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console

from cli.plots import drawings
from cli.plots.drawings import Chart, Matrix
from cli.plots.terminal import render
from tests.unit.cli.answers import JOB, MIX, Answers, events, job_of, run

MODEL = "fd61" * 16
HISTORY = [
    {"epoch": 0, "loss": 0.9, "accuracy": None, "val_loss": 0.95, "stopping_loss": None},
    {"epoch": 1, "loss": 0.5, "accuracy": None, "val_loss": 0.6, "stopping_loss": 0.7},
]


def entry(title: str, at_s: float, score: float | None, manner: str | None, jolt: float = 0.0) -> dict:
    seam = None if manner is None else {"manner": manner, "jolt": jolt}
    return {"title": title, "mix_start_s": at_s, "score": score, "seam": seam}


REPORT: Any = {
    "title": "Segue: Night, Day",
    "sequence": [
        entry("Night", 0.0, None, None),
        entry("Night", 4.0, 0.9, "continues"),
        entry("Day", 8.0, 0.5, "blend", 1.2),
        entry("Night", 12.0, 0.1, "cut", 2.5),
        entry("Day", 16.0, 0.7, "blend", 0.8),
    ],
}


def shown(drawing: drawings.Drawing) -> str:
    console = Console(file=io.StringIO(), width=80, force_terminal=False, color_system=None)
    console.print(render(drawing, 80))
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_a_fit_is_drawn_as_the_figures_that_it_has() -> None:
    (chart,) = drawings.learning("binary", HISTORY)
    assert isinstance(chart, Chart)
    assert {one.name: (list(one.x), list(one.y)) for one in chart.series} == {
        "training": ([0, 1], [0.9, 0.5]),
        "other channel": ([0, 1], [0.95, 0.6]),
        "kept back": ([1], [0.7]),
    }


def test_scores_are_drawn_by_song_and_seams_by_manner() -> None:
    (scores,) = drawings.scores(REPORT)
    (seams,) = drawings.seams(REPORT)
    assert isinstance(scores, Chart)
    assert isinstance(seams, Chart)
    assert {one.name: list(zip(one.x, one.y, strict=True)) for one in scores.series} == {
        "Night": [(4.0, 0.9), (12.0, 0.1)],
        "Day": [(8.0, 0.5), (16.0, 0.7)],
    }
    assert {one.name: list(zip(one.x, one.y, strict=True)) for one in seams.series} == {
        "blend": [(8.0, 1.2), (16.0, 0.8)],
        "cut": [(12.0, 2.5)],
    }


def test_steps_are_counted_from_song_to_song_and_shaded_by_their_mean_score() -> None:
    (matrix,) = drawings.transitions(REPORT)
    assert isinstance(matrix, Matrix)
    assert list(matrix.names) == ["Night", "Day"]
    assert matrix.texts == [["1", "2"], ["1", ""]]
    assert matrix.shades == [[1.0, pytest.approx(0.625)], [0.0, None]]


def test_an_outline_keeps_the_peaks_of_what_it_brings_together() -> None:
    peaks = [[-0.1, 0.1]] * 4000
    peaks[1234] = [-0.9, 0.8]
    (chart,) = drawings.outline("Night", 200.0, peaks)
    assert isinstance(chart, Chart)
    highest, lowest = chart.series
    assert (max(highest.y), min(lowest.y)) == (0.8, -0.9)
    assert len(highest.x) <= drawings.OUTLINE_POINTS
    assert abs(highest.x[list(highest.y).index(0.8)] - 200.0 * 1234 / 4000) <= 0.5


def test_the_terminal_shows_names_and_numbers_within_its_width() -> None:
    text = shown(drawings.scores(REPORT)[0])
    assert "Scores of Segue: Night, Day" in text
    assert "Day" in text
    assert "seconds" in text
    assert max(map(len, text.splitlines())) <= 80
    table = [line.split() for line in shown(drawings.transitions(REPORT)[0]).splitlines()]
    assert ["1", "Night", "1", "2"] in table
    assert ["2", "Day", "1"] in table


MAP: Any = {
    "approach": "segue",
    "chunks": 9,
    "explained": [0.31, 0.12],
    "songs": [{"id": title[:1] * 64, "title": title} for title in ("Day", "Autumn", "Night")],
    "points": [
        {"x": 0.1 * n, "y": -0.1 * n, "song": song, "chunk": n, "start_s": 4.0 * n}
        for n, song in enumerate([0, 0, 1, 2, 2])
    ],
    "path": [3, 0, 4],
}


def test_a_map_shows_the_way_of_the_mix_through_the_songs_that_it_plays() -> None:
    (chart,) = drawings.pool_map("Night, Day", MAP)
    assert isinstance(chart, Chart)
    places = [(one["x"], one["y"]) for one in MAP["points"]]
    assert {one.name: list(zip(one.x, one.y, strict=True)) for one in chart.series} == {
        "other songs": places[2:3],
        "the mix": [places[3], places[0], places[4]],
        "Night": places[3:],
        "Day": places[:2],
    }
    assert [one.name for one in chart.series if one.muted] == ["other songs", "the mix"]
    assert [one.name for one in chart.series if one.kind == "line"] == ["the mix"]
    assert "5 of 9 chunks" in chart.title
    assert (chart.x_label, chart.y_label) == ("31 % of all differences", "12 % of all differences")


@pytest.fixture
def drawable() -> Answers:
    return Answers(
        {
            f"GET mixes/{MIX}": {"id": MIX, "title": "Night, Day"},
            f"GET mixes/{MIX}/report": REPORT,
            f"GET mixes/{MIX}/map": MAP,
            f"POST mixes/{MIX}/map": job_of("queued"),
            f"GET jobs/{JOB}/events": events(job_of("succeeded")),
            f"GET models/{MODEL}": {"id": MODEL, "approach": "binary"},
            f"GET models/{MODEL}/history": lambda _: httpx.Response(200, json=HISTORY),
        }
    )


@pytest.mark.usefixtures("named_gateway")
@pytest.mark.parametrize(
    "what", [("mix", MIX), ("steps", MIX), ("seams", MIX), ("map", MIX), ("model", MODEL)]
)
def test_a_picture_is_written_and_told(drawable: Answers, tmp_path: Path, what: tuple[str, str]) -> None:
    target = tmp_path / "drawn.png"
    result = run("plot", *what, "-o", target, answers=drawable)
    assert result.exit_code == 0, result.output
    assert target.read_bytes().startswith(b"\x89PNG")
    assert result.stdout.strip() == str(target)
    told = json.loads(run("plot", *what, "--json", answers=drawable).stdout)
    assert "title" in told[0]


@pytest.mark.usefixtures("named_gateway")
def test_what_cannot_be_drawn_is_told_in_a_sentence(drawable: Answers, tmp_path: Path) -> None:
    assert run("plot", "mix", MIX, "-o", tmp_path / "drawn.gif", answers=drawable).exit_code == 2
    drawable.table[f"GET models/{MODEL}/history"] = lambda _: httpx.Response(200, json=[])
    result = run("plot", "model", MODEL, answers=drawable)
    assert result.exit_code == 1
    assert "no epochs" in result.stderr

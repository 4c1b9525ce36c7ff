"""What stands below the bars of a job: how a fit goes on, and what is heard so far."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from cli.curves import WIDTH, Curve, bars_of
from cli.progress import Bars
from cli.telling import strip_of


def stage(name: str, done: float, note: str | None, **more: object) -> Any:
    progress = {"done": done, "total": 20.0, "unit": "epochs", "eta_s": None, "note": note}
    return {"name": name, "done": 0, "total": 1, "state": "running", "progress": progress, **more}


def job(*stages: Any) -> Any:
    return {"stages": list(stages), "warning": None}


def seen(*jobs: Any) -> str:
    """What is on the screen once all is told."""
    screen = Console(file=io.StringIO(), width=100, force_terminal=True, color_system=None, stderr=True)
    bars = Bars(screen)
    with bars.shown():
        for one in jobs:
            bars.show_job(one)
    return screen.file.getvalue().rsplit("\x1b[2K", 1)[-1]  # type: ignore[attr-defined]


def test_losses_that_are_told_make_a_curve() -> None:
    told = [stage("fit", epoch, f"loss {1 / epoch:.3f}, accuracy 0.8") for epoch in (1, 2, 4)]
    assert "loss 1.000 at first, 0.250 now" in seen(*(job(one) for one in told))
    assert "at first" not in seen(job(told[0]))


def test_an_epoch_that_is_told_twice_counts_once_and_words_do_not() -> None:
    curve = Curve()
    for one in (stage("fit", 2, "loss 0.5"), stage("fit", 1, "loss 0.9"), stage("fit", 2, "loss 0.4")):
        curve.take(one)
    curve.take(stage("fit", 3, "waits"))
    assert curve.losses == [0.9, 0.4]


@pytest.mark.parametrize(
    ("figures", "bars"),
    [([1.0], "▁"), ([0.0, 7.0], "▁█"), ([7.0, 3.0, 0.0], "█▄▁"), ([2.0, 2.0], "▁▁")],
)
def test_bars_reach_from_the_lowest_to_the_highest(figures: list[float], bars: str) -> None:
    assert bars_of(figures) == bars


def test_many_epochs_take_no_more_room() -> None:
    assert len(bars_of([float(one) for one in range(1000)])) == WIDTH


@pytest.mark.parametrize("name", ["sequence", "render"])
def test_a_mix_is_told_as_far_as_it_is_chosen_and_rendered(name: str) -> None:
    screen = seen(job(stage(name, 3, "Night (2), Day (1)")), job(stage(name, 4, "Night (2), Day (2)")))
    assert "Night (2), Day (2)" in screen
    assert "Day (1)" not in screen


def test_a_mix_is_a_row_of_blocks_in_the_colours_of_its_songs() -> None:
    entries = [
        {"song": song, "title": title} for song, title in (("a", "Night"), ("b", "Day"), ("a", "Night"))
    ]
    strip = strip_of({"sequence": entries})
    assert strip.plain.splitlines() == ["▇▇▇", "■ Night  ■ Day  "]
    colours = [str(span.style) for span in strip.spans]
    assert colours[0] == colours[2] == colours[3]
    assert colours[1] == colours[4] != colours[0]

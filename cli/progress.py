"""Progress bars on standard error: one for the upload, one per stage of a job."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.columns import Columns
from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, ProgressColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from cli.curves import Curve
from cli.output import duration, note, notes
from segue_client.documents import Job, Stage

_LABEL_WIDTH = 10
_LABELS = {
    "upload": "Upload",
    "decode": "Decode",
    "analyse": "Analyse",
    "cut": "Cut",
    "gaps": "Trim",
    "spectra": "Measure",
    "dataset": "Collect",
    "fit": "Learn",
    "pool": "Prepare",
    "sequence": "Assemble",
    "render": "Render",
    "report": "Judge",
    "download": "Download",
}
_NOTES = {"fit": "Losses", "mix": "Mix"}
_GROWING = ("sequence", "render")
"""Stages that tell which songs follow each other, as far as they are."""


class _View(Progress):
    """Bars, and what stands below them.

    Attributes:
        below: lines by what they tell of.
    """

    def __init__(self, *columns: ProgressColumn, console: Console) -> None:
        self.below: dict[str, RenderableType] = {}
        super().__init__(*columns, console=console)

    def get_renderables(self) -> Iterator[RenderableType]:
        """Yield the bars, then the lines."""
        yield self.make_tasks_table(self.tasks)
        for name, line in self.below.items():
            label = f"{_NOTES[name]:<{_LABEL_WIDTH}}"
            yield Columns([Text(label), line], padding=(0, 1))


class Bars:
    """The bars of one command, each made when it is first set.

    Args:
        console: where they are shown.
    """

    def __init__(self, console: Console = notes) -> None:
        self._progress = _View(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[count]}", markup=False),
            TimeElapsedColumn(),
            TextColumn("{task.fields[detail]}", markup=False, style="dim"),
            console=console,
        )
        self._tasks: dict[str, TaskID] = {}
        self._warning: str | None = None
        self._curve = Curve()

    @contextmanager
    def shown(self) -> Iterator[Bars]:
        """Show the bars while the block runs; they stay on the screen as they are at its end."""
        with self._progress:
            yield self

    def set(self, name: str, done: float, total: float, *, count: str = "", detail: str = "") -> None:
        """Set a bar, or all of it where there is nothing to do.

        Args:
            name: of a stage, or `upload` or `download`.
            done: so much of `total`, in the same unit.
            total: all of it.
            count: the same in words.
            detail: what it is at.
        """
        if name not in self._tasks:
            label = f"{_LABELS.get(name, name.capitalize()):<{_LABEL_WIDTH}}"
            self._tasks[name] = self._progress.add_task(label, start=False, count="", detail="")
        task = self._tasks[name]
        total, done = (total, min(done, total)) if total > 0 else (1.0, 1.0)
        if done > 0 or detail:
            self._progress.start_task(task)
        self._progress.update(task, completed=done, total=total, count=count, detail=detail)

    def show_job(self, job: Job) -> None:
        """Set the bars of a job's stages, and tell why it does not move."""
        for stage in job["stages"]:
            self.set(
                stage["name"],
                done_of(stage),
                stage["total"],
                count=f"{stage['done']}/{stage['total']}",
                detail=detail_of(stage),
            )
            self._watch(stage)
        self.warn_of(job)

    def _watch(self, stage: Stage) -> None:
        """Show below the bars how a fit goes on, and which songs a mix goes through so far."""
        if stage["name"] == "fit":
            self._curve.take(stage)
            if len(self._curve.losses) > 1:
                self._progress.below["fit"] = self._curve
        told = stage["progress"]
        if stage["name"] in _GROWING and told and told["note"]:
            self._progress.below["mix"] = Text(told["note"], overflow="ellipsis", no_wrap=True)

    def warn_of(self, job: Job) -> None:
        """Tell why a job does not move, once."""
        warning = job["warning"]
        if warning and warning != self._warning:
            note(warning, style="yellow")
        self._warning = warning


def done_of(stage: Stage) -> float:
    """Return how many artifacts of a stage are done, with the part of the running one that is."""
    told = stage["progress"]
    begun = min(1.0, told["done"] / told["total"]) if told and told["total"] > 0 else 0.0
    return min(stage["total"], stage["done"] + begun)


def detail_of(stage: Stage) -> str:
    """Return in words what a running stage is at: its own count, how long it takes yet, and its note."""
    told = stage["progress"]
    if told is None or stage["state"] != "running":
        return ""
    parts = [f"{told['done']:.0f} of {told['total']:.0f} {told['unit']}"]
    if told["eta_s"] is not None:
        parts.append(f"{duration(told['eta_s'])} left")
    if told["note"] and stage["name"] not in _GROWING:
        parts.append(told["note"])
    return ", ".join(parts)

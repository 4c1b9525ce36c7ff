"""`segue demo`: approaches fitted on the same songs, a mix by each, and who ranks true successors best."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cli import mixing
from cli.demo import write_demo_songs
from cli.documents import Document, Shown
from cli.evaluating import Question, judge
from cli.output import note, notes, print_json, say
from cli.progress import Bars
from cli.reaching import brought_up
from cli.scores import show_leaderboard
from cli.sources import find_sources
from cli.telling import describe
from cli.wishes import WishChoices
from segue_client import Client, JobFailed
from shared.judging import LEAST_JUDGED_SONGS

TRAININGS: tuple[Document, ...] = (
    {"approach": "linear"},
    {"approach": "binary", "preset": "fast", "settings": {"epochs": 20}},
    {"approach": "segue", "settings": {"epochs": 12}},
)
"""Fewer epochs than by default: the whole path is to be seen, in minutes."""

_HELD_OUT = Question({})


@dataclass(frozen=True)
class Contestant:
    """One approach's mix, and the model that was fitted for it."""

    made: mixing.Made
    model: Shown


def run_demo(folder: Path, sources: Sequence[Path], *, chunks: int, as_json: bool) -> None:
    """Make the mixes and the leaderboard under a folder, with the stack brought up for as long as it takes.

    Args:
        folder: gets the mixes, their reports, `comparison.json`, `data` and, unless songs are given, `songs`.
        sources: files and folders of songs; () for the demo songs.
        chunks: of each mix.
        as_json: print the comparison as JSON.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = find_sources(sources or [_synthesised(folder / "songs")]).files
    note("Starting Segue for the length of the demo.")
    with brought_up(folder / "data") as gateway:
        contestants = _compete(gateway, folder, files, chunks)
        board, reason = _judged(gateway, contestants)
    compared = comparison(contestants, board, reason)
    (folder / "comparison.json").write_text(json.dumps(compared, indent=2))
    if as_json:
        print_json(compared)
        return
    for each in contestants:
        say(f"\n{describe(each.made)}")
    say("")
    if board is None:
        say(f"No leaderboard: {reason}")
    else:
        say("Which chunk follows which? Asked about songs that were not learned from:")
        show_leaderboard(board)


def comparison(contestants: Sequence[Contestant], board: Shown | None, reason: str | None) -> Document:
    """Return the mixes side by side, with the leaderboard or, where there is none, the reason."""
    return {
        "mixes": {
            each.model["approach"]: {
                "file": str(each.made.file),
                "mean_score": each.made.report["mean_score"],
                "replays": each.made.report["replays"],
                "fit_s": each.model["fit_s"],
            }
            for each in contestants
        },
        "leaderboard": board,
        "reason": reason,
    }


def _synthesised(folder: Path) -> Path:
    with notes.status("Synthesising the demo songs"):
        write_demo_songs(folder)
    return folder


def _compete(gateway: Client, folder: Path, files: Sequence[Path], chunks: int) -> list[Contestant]:
    bars = Bars()
    with bars.shown():
        library = mixing.gather_songs(gateway, files, bars)
    return [_contestant(gateway, library, folder, training, chunks) for training in TRAININGS]


def _contestant(
    gateway: Client, library: mixing.Library, folder: Path, training: Document, chunks: int
) -> Contestant:
    name, bars = training["approach"], Bars()
    note(f"\n{name}", style="bold")
    order = mixing.Order(judge=mixing.Judge(training=training), wishes=WishChoices(plain={"chunks": chunks}))
    with bars.shown():
        made = mixing.make_mix(gateway, library, order, folder / f"mix-{name}.mp3", bars)
    (folder / f"mix-{name}.report.json").write_text(json.dumps(made.report, indent=2, ensure_ascii=False))
    (model,) = made.job["result"]["models"]
    return Contestant(made, gateway.models.get(model))


def _judged(gateway: Client, contestants: Sequence[Contestant]) -> tuple[Shown | None, str | None]:
    """Return the leaderboard of the models' reports, or None and why there is none.

    The report that follows every fit has the same question, so it is awaited here, not made a second time.
    """
    if any(len(each.model["held_out_songs"]) < LEAST_JUDGED_SONGS for each in contestants):
        return None, f"with so few songs fewer than {LEAST_JUDGED_SONGS} are held out. Give five or more."
    bars = Bars()
    note("\nreports", style="bold")
    try:
        with bars.shown():
            reports = [judge(gateway, each.model["id"], _HELD_OUT, None, bars).report for each in contestants]
    except JobFailed as failed:
        return None, str(failed)
    return gateway.leaderboard(reports[-1]["pool"]["digest"]), None

"""`segue demo`: the main job twice on the same songs, by `linear` and by `binary`, compared."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli import mixing
from cli.client import Gateway
from cli.demo import write_demo_songs
from cli.documents import Document
from cli.output import note, notes, number, print_json, print_table, say
from cli.progress import Bars
from cli.reaching import brought_up
from cli.resources import figures_table
from cli.sources import find_sources

TRAININGS: tuple[Document, ...] = ({"approach": "linear"}, {"approach": "binary", "preset": "fast"})


@dataclass(frozen=True)
class Contestant:
    """One approach's mix, its model, and the model's report on held-out songs."""

    made: mixing.Made
    model: Document
    report: Document


def run_demo(folder: Path, sources: Sequence[Path], *, chunks: int, as_json: bool) -> None:
    """Make the mixes and their reports under a folder, with the stack brought up for as long as it takes.

    Args:
        folder: gets the mixes, their reports, `data` and, unless songs are given, `songs`.
        sources: files and folders of songs; () for the demo songs.
        chunks: of each mix.
        as_json: print the comparison as JSON.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = find_sources(sources or [_synthesised(folder / "songs")]).files
    note("Starting Segue for the length of the demo.")
    with brought_up(folder / "data") as gateway:
        contestants = _compete(gateway, folder, files, chunks)
    compared = comparison(contestants)
    (folder / "comparison.json").write_text(json.dumps(compared, indent=2))
    if as_json:
        print_json(compared)
        return
    for each in contestants:
        say(f"\n{mixing.describe(each.made)}")
    say("")
    _print_comparison(compared)


def comparison(contestants: Sequence[Contestant]) -> Document:
    """Put what the reports say side by side.

    The held-out figures are of the last contestant's report, which asks every baseline the same questions.
    """
    fitted = {each.model["approach"]: each for each in contestants}
    reference = contestants[-1].report
    return {
        "held_out": reference["held_out"],
        "reason": reference["reason"],
        "songs": reference["songs"],
        "transitions": reference["transitions"],
        "mixes": {
            name: {
                "file": str(each.made.file),
                "mean_score": each.made.report["mean_score"],
                "replays": each.made.report["replays"],
                "fit_s": each.model["fit_s"],
            }
            for name, each in fitted.items()
        },
    }


def comparison_table(held_out: Mapping[str, Document] | None, mixes: Mapping[str, Document]) -> Any:
    """Return headings and rows: one approach a row, with the figures that it has."""
    headings, figures = figures_table(held_out or {})
    rows = {row[0]: row for row in figures}
    missing = ["-"] * (len(headings) - 1)
    return (
        [*headings, "mean score", "fit"],
        [
            [
                *rows.get(name, [name, *missing]),
                number(mixes.get(name, {}).get("mean_score")),
                f"{mixes[name]['fit_s']:.1f} s" if name in mixes else "-",
            ]
            for name in dict.fromkeys([*rows, *mixes])
        ],
    )


def _synthesised(folder: Path) -> Path:
    with notes.status("Synthesising the demo songs"):
        write_demo_songs(folder)
    return folder


def _compete(gateway: Gateway, folder: Path, files: Sequence[Path], chunks: int) -> list[Contestant]:
    bars = Bars()
    with bars.shown():
        library = mixing.gather_songs(gateway, files, bars)
    return [_contestant(gateway, library, folder, training, chunks) for training in TRAININGS]


def _contestant(
    gateway: Gateway, library: mixing.Library, folder: Path, training: Document, chunks: int
) -> Contestant:
    name, bars = training["approach"], Bars()
    note(f"\n{name}", style="bold")
    order = mixing.Order(chunks=chunks, judge=mixing.Judge(training=training))
    with bars.shown():
        made = mixing.make_mix(gateway, library, order, folder / f"mix-{name}.mp3", bars)
    (folder / f"mix-{name}.report.json").write_text(json.dumps(made.report, indent=2, ensure_ascii=False))
    (model,) = made.job["result"]["models"]
    return Contestant(made, gateway.get("models", model), gateway.document(f"models/{model}/figures"))


def _print_comparison(compared: Document) -> None:
    if compared["reason"]:
        say(f"No figures on held-out songs: {compared['reason']}")
    else:
        say(
            f"Which chunk follows which? Asked about {compared['transitions']} transitions of "
            f"{compared['songs']} songs that were not learned from:"
        )
    print_table(*comparison_table(compared["held_out"], compared["mixes"]))

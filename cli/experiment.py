"""`segue experiment`: the study's questions, asked of the services that do everything else."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from cli.experiments.laboratory import Laboratory
from cli.experiments.music import gather_kinds
from cli.experiments.scales import FULL, SCALES
from cli.options import Data, Json, Url
from cli.output import notes, print_json, say
from cli.progress import Bars
from cli.reaching import reach_or_start
from cli.stack.signals import ended_like_ctrl_c
from shared.errors import BadSetting

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="stream, cuts, likeness, metadata, training, or study for the study's figures."
    ),
]
Folders = Annotated[
    list[Path],
    typer.Option(
        "--songs",
        metavar="FOLDER",
        exists=True,
        file_okay=False,
        help="Songs of one kind; give it again for another kind. Some are learned from, others judged.",
    ),
]
ScaleName = Annotated[str, typer.Option("--scale", help="full, or smoke: shows that it runs.")]
OutputFolder = Annotated[
    Path,
    typer.Option(
        "--output", "-o", metavar="DIR", file_okay=False, help="Gets NAME/ with page, tables and plots."
    ),
]
MixesFolder = Annotated[
    Path | None,
    typer.Option(
        "--mixes", metavar="DIR", file_okay=False, help="Gets the mixes of `stream`, to be listened to."
    ),
]


def experiment(
    context: typer.Context,
    name: Name,
    songs: Folders,
    scale: ScaleName = FULL.name,
    output: OutputFolder = Path("experiments"),
    mixes: MixesFolder = None,
    url: Url = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Ask one of the study's questions of songs of your own.

    What was done before is not done again: an experiment that was interrupted goes on where it was. Uses the
    Segue that runs; where none does, it is started for the length of the experiment.
    """
    from cli.experiments.catalogue import EXPERIMENTS
    from cli.experiments.writing import write_findings

    if name not in EXPERIMENTS:
        raise BadSetting(f"There is no experiment {name!r}. Choose one of: {', '.join(EXPERIMENTS)}.")
    if scale not in SCALES:
        raise BadSetting(f"There is no scale {scale!r}. Choose one of: {', '.join(SCALES)}.")
    bars = Bars()
    with ended_like_ctrl_c(), tempfile.TemporaryDirectory() as folder:
        with notes.status("Taking excerpts of the songs"):
            kinds = gather_kinds(songs, Path(folder), SCALES[scale])
        with reach_or_start(url, data, transport=context.obj) as gateway, bars.shown():
            laboratory = Laboratory(gateway, SCALES[scale], bars, Path(folder), mixes)
            laboratory.bring(kinds)
            findings = EXPERIMENTS[name](laboratory)
    page = write_findings(findings, SCALES[scale], output)
    if as_json:
        print_json({"page": str(page), "findings": findings.sentences})
        return
    for sentence in findings.sentences:
        say(f"- {sentence}")
    say(f"Tables and plots are at {page}.")

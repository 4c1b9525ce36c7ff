"""Options and arguments that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.completion import complete_id, complete_model
from shared.parameters import Sequencing

AS_JSON = "segue.as_json"
"""Under this name, a context's `meta` tells whether the command prints JSON."""


def _remember(context: typer.Context, value: bool) -> bool:
    context.meta[AS_JSON] = value  # Errors are printed by the group, which does not see the option.
    return value


Json = Annotated[
    bool,
    typer.Option(
        "--json", callback=_remember, help="Print JSON for programs; progress goes to standard error."
    ),
]
Url = Annotated[
    str | None,
    typer.Option("--url", envvar="SEGUE_URL", metavar="URL", help="Address of the gateway."),
]
Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        file_okay=False,
        metavar="DIR",
        help="Data folder of the local stack; by default SEGUE_DATA, else a folder of the user's own.",
    ),
]
Limit = Annotated[int, typer.Option(min=1, help="List at most so many.")]
Id = Annotated[
    str,
    typer.Argument(metavar="ID", help="Its id, or a unique beginning of it.", autocompletion=complete_id),
]
Ids = Annotated[
    list[str],
    typer.Argument(metavar="ID...", help="Ids, or unique beginnings of them.", autocompletion=complete_id),
]

Sources = Annotated[
    list[Path],
    typer.Argument(metavar="SONG|FOLDER...", exists=True, help="Sound files, or folders that hold some."),
]
OtherSources = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[SONG|FOLDER]...", exists=True, help="Songs to use in place of the synthesised ones."
    ),
]
OutFolder = Annotated[
    Path,
    typer.Option("--out", metavar="DIR", file_okay=False, help="Where songs, data, mixes and reports go."),
]
Port = Annotated[
    int | None,
    typer.Option(
        min=0, max=65535, help="Port of the API; 0: any that is free; by default SEGUE_PORT, else 8000."
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only tell what would be removed.")]

CHUNKS: int = Sequencing.model_fields["chunks"].default
MixChunks = Annotated[
    int | None,
    typer.Option(
        "--chunks", min=1, max=10_000, help=f"Number of chunks in the mix; none repeats; by default {CHUNKS}."
    ),
]
Chunks = Annotated[int, typer.Option(min=1, max=10_000, help="Number of chunks in a mix; none repeats.")]
MixFile = Annotated[
    Path,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        dir_okay=False,
        help="Where to write the mix: a name that ends in .mp3, .wav, .flac or .ogg.",
    ),
]
CutMethod = Annotated[
    str,
    typer.Option(
        "--cut",
        metavar="METHOD",
        help="How songs are cut: silence, silence:-16 (threshold in dBFS), equal, equal:5 (seconds), beats, "
        "beats:4 (bars).",
    ),
]
JudgedModel = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="ID",
        help="Id of the model, or a unique beginning of it; pretrained for the one that comes with Segue, or "
        "pretrained:linear.",
        autocompletion=complete_model,
    ),
]
JudgedSongs = Annotated[
    list[Path] | None,
    typer.Option(
        "--songs",
        metavar="SONG|FOLDER",
        exists=True,
        help="Sound file, or folder that holds some; may be given several times. By default the songs that "
        "the model's fit held out.",
    ),
]
CutOfSongs = Annotated[
    str | None,
    typer.Option(
        "--cut",
        metavar="METHOD",
        help="How --songs are cut: silence (the default), silence:-16 (threshold in dBFS), equal, equal:4 "
        "(seconds), beats, beats:4 (bars).",
    ),
]
ChunksPerSong = Annotated[
    str | None,
    typer.Option(
        "--chunks-per-song",
        metavar="N",
        help="Judge the first so many chunks of every song, and leave songs with fewer out; auto: the number "
        "that leaves the most. By default 47, and auto for held-out songs.",
    ),
]
ProtocolSeed = Annotated[
    int,
    typer.Option("--seed", min=0, max=2**31 - 1, help="Of everything drawn by lot in the questions."),
]
PageFile = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FILE", dir_okay=False, help="Where to write the report as a page (HTML)."
    ),
]
SeamsJudged = Annotated[
    bool,
    typer.Option(
        "--seams",
        help="Judge the seams of default mixes of --songs, in place of a model. The songs of a folder are of "
        "one kind, mixed with one another.",
    ),
]
MixesOfCut = Annotated[
    int, typer.Option("--mixes", min=1, max=1000, help="With --seams: mixes of each kind of songs and cut.")
]
SeamCuts = Annotated[
    str,
    typer.Option(
        "--cuts",
        metavar="METHOD,...",
        help="With --seams: how songs are cut; names as of --cut, with commas.",
    ),
]
PoolDigest = Annotated[
    str | None,
    typer.Option(
        "--pool",
        metavar="DIGEST",
        help="The pool that models were judged on, or a unique beginning of its digest; by default that of "
        "the newest report.",
    ),
]
Start = Annotated[
    str | None,
    typer.Option(metavar="CHUNK", help="First chunk, from 0: 7, of the first song, song.mp3:7 or song.mp3."),
]
Approach = Annotated[
    str | None,
    typer.Option(
        help="What judges transitions: segue, linear, binary, forecast, categorical, start_end, spectral, "
        "random. segue, the default, and linear come fitted; the others are fitted on your songs."
    ),
]
Train = Annotated[
    bool, typer.Option("--train", help="Fit the approach on your songs, even if it comes fitted.")
]
Preset = Annotated[
    str | None,
    typer.Option(
        help="The approach's settings by name; of the study's: fast or seed. Of binary also seed-gpu, meant "
        "for a GPU and not measured on one."
    ),
]
Seed = Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Of everything random: the fit, and sample.")]
Bitrate = Annotated[
    int | None,
    typer.Option(
        min=32, max=320, metavar="KBPS", help="Of mp3 and ogg; by default the best variable bitrate."
    ),
]
Stretch = Annotated[
    bool,
    typer.Option(
        "--stretch/--no-stretch",
        help="Whether a song may be played up to 4 % faster or slower where it is entered, for its beats to "
        "go on from the other's; soon it is back at its own tempo.",
    ),
]
Seams = Annotated[
    Literal["blend", "plain"],
    typer.Option(
        help="blend: fade where the song does not play on, at one loudness; plain: the songs' own samples, "
        "end to end, as the study did."
    ),
]

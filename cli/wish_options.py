"""The options for what is wished of a mix beside its songs."""

from __future__ import annotations

from typing import Annotated

import typer

_LIMITS, _SONGS = "Limits on the mix", "Songs of the mix"

Duration = Annotated[
    float | None,
    typer.Option(
        min=1, max=36_000, metavar="SECONDS", help="Length of the mix, as near as chunks allow; not --chunks."
    ),
]
End = Annotated[
    str | None,
    typer.Option(
        metavar="SONG", help="Last song, song.mp3, or last chunk, song.mp3:7.", rich_help_panel=_SONGS
    ),
]
Must = Annotated[
    list[str] | None,
    typer.Option(
        metavar="SONG[@PASSAGE]",
        help="Song that has to appear, or a passage: song.mp3@1:00-1:32, song.mp3@section:3 (of its "
        "analysis, from 0); may be given several times.",
        rich_help_panel=_SONGS,
    ),
]
Without = Annotated[
    list[str] | None,
    typer.Option(
        metavar="SONG[@PASSAGE]",
        help="Song that must not appear, or a passage, as of --must; may be given several times.",
        rich_help_panel=_SONGS,
    ),
]
Smoothness = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=10,
        metavar="WEIGHT",
        help="How much chunks are held back that begin unlike the end of the one before; 0.5 by default.",
    ),
]
Steadiness = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=10,
        metavar="WEIGHT",
        help="How much chunks are held back whose tempo is not near that of the one before; 0.5 by default.",
    ),
]
Sections = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=10,
        metavar="WEIGHT",
        help="How much steps are held back that leave or enter a song within a section; 0.5 by default.",
    ),
]
RunsBars = Annotated[
    int | None,
    typer.Option(
        "--runs",
        metavar="8|16|32",
        help="Bars that a song plays on before it is left, as near as chunks allow; by default any number.",
    ),
]
Opening = Annotated[
    str | None,
    typer.Option(
        metavar="intro|any",
        help="Begin with the first chunk of a song, and none inside; by default intro, if it can be.",
    ),
]
Closing = Annotated[
    str | None,
    typer.Option(
        metavar="ending|any",
        help="End with the last chunk of a song, and none inside; by default ending, if it can be.",
    ),
]
EnergyCurve = Annotated[
    str | None,
    typer.Option(
        "--energy",
        metavar="COURSE",
        help="Course of the energy: rise, fall, arc, or points PLACE:ENERGY from 0 to 1, such as "
        "0:0.2,0.5:1,1:0.3.",
    ),
]
RepeatsAfter = Annotated[
    int | None,
    typer.Option(
        "--repeats-after",
        min=1,
        max=10_000,
        metavar="N",
        help="Chunks may come again when N others came since; by default none comes twice.",
    ),
]
MostInARow = Annotated[
    int | None,
    typer.Option("--most-in-a-row", min=1, metavar="N", help="Most chunks of one song in a row."),
]
Method = Annotated[
    str,
    typer.Option(
        metavar="METHOD",
        help="How chunks are chosen: beam (the best sequence found), sample (drawn by lot, by --seed), "
        "greedy (the study's walk, without limits).",
    ),
]
Width = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=64,
        metavar="N",
        help="Sequences that beam follows at a time; by default 8, or 1 where a network judges every pair.",
    ),
]
Temperature = Annotated[
    float, typer.Option(metavar="T", help="Of sample: the higher, the less scores matter.")
]
MostReplay = Annotated[
    str | None,
    typer.Option(
        "--most-replay",
        metavar="SHARE|off",
        help="Largest share of steps to the chunk that followed anyway; by default 0.5.",
        rich_help_panel=_LIMITS,
    ),
]
LongestRun = Annotated[
    str | None,
    typer.Option(
        "--longest-run",
        metavar="SECONDS|off",
        help="Longest stretch out of one song; by default 32.",
        rich_help_panel=_LIMITS,
    ),
]
LeastBetween = Annotated[
    str | None,
    typer.Option(
        "--least-between-songs",
        metavar="SHARE|off",
        help="Smallest share of seams between different songs; by default a third.",
        rich_help_panel=_LIMITS,
    ),
]
LeastSongs = Annotated[
    str | None,
    typer.Option(
        "--least-songs",
        metavar="N|off",
        help="Fewest different songs; by default 8 in 30 chunks, or all.",
        rich_help_panel=_LIMITS,
    ),
]
TwinsApart = Annotated[
    str | None,
    typer.Option(
        "--twins-apart",
        metavar="N|off",
        help="No chunk that begins like one of the last N; by default 8.",
        rich_help_panel=_LIMITS,
    ),
]
TempoWithin = Annotated[
    str | None,
    typer.Option(
        "--tempo-within",
        metavar="PERCENT|off",
        help="Tempos of songs that follow each other differ by no more, 2:1 not counting; by default any.",
        rich_help_panel=_LIMITS,
    ),
]
KeyWithin = Annotated[
    str | None,
    typer.Option(
        "--key-within",
        metavar="STEPS|off",
        help="Keys of songs that follow each other are so near on the circle of fifths; by default any.",
        rich_help_panel=_LIMITS,
    ),
]

"""What is found of songs, and what users know better: `segue songs analysis` and `correct`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import output
from cli.documents import Document, Shown
from cli.ids import full_id
from cli.mixing import see_through
from cli.options import Data, Id, Json, Url
from cli.output import duration, number
from cli.progress import Bars
from cli.reaching import reach


def add_analysis(commands: typer.Typer) -> None:
    """Add the command that finds what there is in a song."""

    @commands.command("analysis")
    def analysis(
        context: typer.Context, identifier: Id, url: Url = None, data: Data = None, as_json: Json = False
    ) -> None:
        """Find a song's tempo, bars, key and sections, and show them."""
        bars = Bars()
        with reach(url, data, transport=context.obj) as gateway, bars.shown():
            song = full_id(gateway, "songs", identifier)
            see_through(gateway, lambda: gateway.songs.analyse(song), bars)
            found = gateway.songs.analysis(song)
        if as_json:
            output.print_json(found)
        else:
            output.print_fields(analysis_fields(found))


def add_correct(commands: typer.Typer) -> None:
    """Add the command by which users tell what they know better."""

    @commands.command("correct")
    def correct(
        context: typer.Context,
        identifier: Id,
        tempo: Annotated[float | None, typer.Option(metavar="BPM", help="Beats a minute.")] = None,
        beats_per_bar: Annotated[int | None, typer.Option(metavar="N", help="Beats in a bar.")] = None,
        downbeat: Annotated[
            float | None, typer.Option(metavar="SECONDS", help="Where in the song some bar begins.")
        ] = None,
        key: Annotated[
            str | None, typer.Option(metavar="KEY", help="The key, such as 'A minor' or 'Eb major'.")
        ] = None,
        reset: Annotated[bool, typer.Option("--reset", help="Forget what was said before.")] = False,
        url: Url = None,
        data: Data = None,
        as_json: Json = False,
    ) -> None:
        """Say what you know of a song, in the place of what is found; without options, show it.

        Analyses, cuts on beats and mixes that are made from then on go by it.
        """
        told = {"tempo_bpm": tempo, "beats_per_bar": beats_per_bar, "downbeat_s": downbeat, "key": key}
        given = {name: value for name, value in told.items() if value is not None}
        with reach(url, data, transport=context.obj) as gateway:
            song = full_id(gateway, "songs", identifier)
            if reset:
                gateway.songs.forget_correction(song)
            known: Shown = gateway.songs.correction(song)
            if given:
                known = gateway.songs.correct(song, **{**known, **given})
        if as_json:
            output.print_json(known)
        else:
            output.print_fields(
                {name: "found by listening" if known[name] is None else known[name] for name in told}
            )


def analysis_fields(found: Shown) -> Document:
    """Return what was found of a song as people read it."""
    if found["tempo_bpm"] is None:
        tempo, bars = f"none: {found['note']}", "none"
    else:
        tempo = f"{found['tempo_bpm']:.1f} bpm ({number(found['beat_confidence'])} sure)"
        sure = number(found["bar_confidence"])
        bars = f"{len(found['bars_s'])} of {found['beats_per_bar']} beats ({sure} sure)"
    return {
        "beat": tempo,
        "bars": bars,
        "key": f"{found['key']} ({number(found['key_confidence'])} sure)" if found["key"] else "none",
        "sections": ", ".join(
            f"{section} at {duration(begins_s)}" for section, begins_s in enumerate(found["sections_s"])
        ),
    }

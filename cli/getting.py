"""`segue songs get`, `cuts get`, `reports get`: sound and pages as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.choices import check_writable
from cli.ids import full_id
from cli.options import Data, Id, Json, Url
from cli.output import short_id
from cli.reaching import reach

__all__ = ["add_chunk", "add_page", "add_song"]

Target = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FILE", dir_okay=False, help="Where to write it; named by default."
    ),
]


def add_song(commands: typer.Typer) -> None:
    """Add the command that fetches a song."""

    @commands.command("get")
    def get(
        context: typer.Context,
        identifier: Id,
        target: Target = None,
        url: Url = None,
        data: Data = None,
        as_json: Json = False,
    ) -> None:
        """Write a song, as it was decoded, to a FLAC file."""
        with reach(url, data, transport=context.obj) as gateway:
            song = full_id(gateway, "songs", identifier)
            file = _checked(target, f"song-{short_id(song)}.flac")
            gateway.songs.save(file, song)
        _tell(file, as_json=as_json)


def add_chunk(commands: typer.Typer) -> None:
    """Add the command that fetches a chunk."""

    @commands.command("get")
    def get(
        context: typer.Context,
        identifier: Id,
        n: Annotated[int, typer.Argument(metavar="N", min=0, help="Which chunk, from 0.")],
        target: Target = None,
        url: Url = None,
        data: Data = None,
        as_json: Json = False,
    ) -> None:
        """Write a chunk of a cut to a file."""
        with reach(url, data, transport=context.obj) as gateway:
            cut = gateway.cuts.get(full_id(gateway, "cuts", identifier))
            file = _checked(target, f"chunk-{short_id(cut['id'])}-{n}.{cut['format']}")
            gateway.cuts.save_chunk(file, cut["id"], n)
        _tell(file, as_json=as_json)


def add_page(commands: typer.Typer) -> None:
    """Add the command that fetches a report's page."""

    @commands.command("get")
    def get(
        context: typer.Context,
        identifier: Id,
        target: Target = None,
        url: Url = None,
        data: Data = None,
        as_json: Json = False,
    ) -> None:
        """Write a report as a page (HTML)."""
        with reach(url, data, transport=context.obj) as gateway:
            report = full_id(gateway, "reports", identifier)
            file = _checked(target, f"report-{short_id(report)}.html")
            gateway.reports.save(file, report)
        _tell(file, as_json=as_json)


def _checked(target: Path | None, usual: str) -> Path:
    if target is not None:
        check_writable(target)
    return target or Path(usual)


def _tell(file: Path, *, as_json: bool) -> None:
    if as_json:
        output.print_json({"file": str(file)})
    else:
        output.say(str(file))

"""`segue songs get`, `cuts get`, `reports get`: sound and pages as files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.choices import check_writable
from cli.ids import full_id
from cli.options import Data, Id, Json, Url
from cli.output import short_id
from cli.reaching import reach
from segue_client import Client

__all__ = ["add_chunk", "add_page", "add_song"]

Target = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FILE", dir_okay=False, help="Where to write it; named by default."
    ),
]


def add_song(commands: typer.Typer) -> None:
    """Add the command that fetches a song."""
    _add_get(
        commands,
        "songs",
        "Write a song, as it was decoded, to a FLAC file.",
        usual=lambda song: f"song-{short_id(song)}.flac",
        save=lambda gateway, file, song: gateway.songs.save(file, song),
    )


def add_page(commands: typer.Typer) -> None:
    """Add the command that fetches a report's page."""
    _add_get(
        commands,
        "reports",
        "Write a report as a page (HTML).",
        usual=lambda report: f"report-{short_id(report)}.html",
        save=lambda gateway, file, report: gateway.reports.save(file, report),
    )


def _add_get(
    commands: typer.Typer,
    kind: str,
    summary: str,
    *,
    usual: Callable[[str], str],
    save: Callable[[Client, Path, str], object],
) -> None:
    @commands.command("get", help=summary)
    def get(
        context: typer.Context,
        identifier: Id,
        target: Target = None,
        url: Url = None,
        data: Data = None,
        as_json: Json = False,
    ) -> None:
        with reach(url, data, transport=context.obj) as gateway:
            whole = full_id(gateway, kind, identifier)
            file = _checked(target, usual(whole))
            save(gateway, file, whole)
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


def _checked(target: Path | None, usual: str) -> Path:
    if target is not None:
        check_writable(target)
    return target or Path(usual)


def _tell(file: Path, *, as_json: bool) -> None:
    if as_json:
        output.print_json({"file": str(file)})
    else:
        output.say(str(file))

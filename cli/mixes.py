"""`segue mixes`: list, show, delete, and get the sound."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from cli import output
from cli.choices import check_suffix, check_writable
from cli.ids import full_id
from cli.looking import add_looks
from cli.mix_files import (
    DEFAULT,
    FILES,
    SEAMS,
    describe_seam,
    describe_worst,
    open_folder,
    parse_what,
    save_files,
)
from cli.mixing import fetch_mix
from cli.options import Data, Id, Json, Url
from cli.output import duration, moment, short_id, size
from cli.progress import Bars
from cli.reaching import reach
from cli.resources import Resource, commands_of
from cli.votes import add_vote

MIXES = Resource(
    "mixes",
    "Mixes: new songs, rendered.",
    {
        "title": lambda mix: mix["title"],
        "length": lambda mix: duration(mix["duration_s"]),
        "chunks": lambda mix: str(mix["chunks"]),
        "songs": lambda mix: str(mix["songs"]),
        "approach": lambda mix: mix["approach"],
        "format": lambda mix: mix["output"]["format"],
        "size": lambda mix: size(mix["size_bytes"]),
        "made": lambda mix: moment(mix["created_at"]),
    },
)
mixes = commands_of(MIXES)


@mixes.command("get")
def get(
    context: typer.Context,
    identifier: Id,
    target: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to write it; by default mix-ID.FORMAT."),
    ] = None,
    url: Url = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Write a mix's sound to a file."""
    if target is not None:
        check_writable(target)
    bars = Bars()
    with reach(url, data, transport=context.obj) as gateway, bars.shown():
        mix = gateway.mixes.get(full_id(gateway, "mixes", identifier))
        mix_format = mix["output"]["format"]
        chosen = target or Path(f"mix-{short_id(mix['id'])}.{mix_format}")
        check_suffix(chosen, mix_format)
        fetch_mix(gateway, mix["id"], chosen, bars)
    if as_json:
        output.print_json({"mix": mix, "file": str(chosen)})
    else:
        output.say(f"{chosen}: {mix['title']}, {duration(mix['duration_s'])}")


@mixes.command("save")
def save(
    context: typer.Context,
    identifier: Id,
    what: Annotated[
        str,
        typer.Option(
            "--what", metavar="LIST", help=f"Any of {', '.join(FILES)}, {SEAMS}, set off by commas."
        ),
    ] = DEFAULT,
    folder: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FOLDER", help="Where to; by default mix-ID."),
    ] = None,
    url: Url = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Write the files that come with a mix into a folder."""
    asked = parse_what(what)
    with reach(url, data, transport=context.obj) as gateway:
        mix = gateway.mixes.get(full_id(gateway, "mixes", identifier))
        target = open_folder(folder or Path(f"mix-{short_id(mix['id'])}"))
        with output.notes.status("Fetching") as status:
            saved = save_files(
                gateway, mix, asked, target, tell=lambda file: status.update(Text(f"Fetching {file}"))
            )
    if as_json:
        output.print_json({"mix": mix, "files": [str(file) for file in saved]})
    else:
        output.say(f"{target}: {', '.join(file.name for file in saved)}")


@mixes.command("report")
def report(
    context: typer.Context, identifier: Id, url: Url = None, data: Data = None, as_json: Json = False
) -> None:
    """Show each chunk of a mix: where it is and comes from, how well it follows; and the worst seams."""
    with reach(url, data, transport=context.obj) as gateway:
        mix_id = full_id(gateway, "mixes", identifier)
        found = gateway.mixes.report(mix_id)
    if as_json:
        output.print_json(found)
        return
    rows = (
        [
            str(entry["position"]),
            duration(entry["mix_start_s"]),
            entry["title"],
            str(entry["chunk"]),
            f"{duration(entry['source_start_s'])} to {duration(entry['source_end_s'])}",
            output.number(entry["score"]),
            describe_seam(entry.get("seam")),
        ]
        for entry in found["sequence"]
    )
    output.print_table(["position", "at", "song", "chunk", "from the song's", "score", "joined by"], rows)
    for line in describe_worst(found, mix_id):
        output.say(line)


add_looks(mixes)
add_vote(mixes)

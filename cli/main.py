"""The command `segue`."""

from __future__ import annotations

import platform
import threading
from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.backup.commands import backup, restore
from cli.commands import Commands
from cli.credentials import Key, KeyFile, remember_key_of
from cli.doctor import examine
from cli.endings import DONE, EXIT_CODES, FAILED
from cli.evaluation import evaluate, leaderboard
from cli.experiment import experiment
from cli.installation import approaches, system
from cli.jobs import jobs
from cli.keys import keys
from cli.mix import mix
from cli.options import (
    CHUNKS,
    Chunks,
    Data,
    DryRun,
    Json,
    OtherSources,
    OutFolder,
    Port,
    Url,
)
from cli.output import counted, note, print_json, say, size
from cli.plots.commands import plot
from cli.radio import radio
from cli.reaching import reach
from cli.resources import cuts, models, pools, reports, songs
from cli.revising import mixes
from cli.stack.signals import ended_like_ctrl_c
from cli.stack.stack import Stack
from cli.versions import version
from cli.votes import votes
from shared.settings import Settings

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EXIT_CODES,
    help="Make new songs out of songs that exist.",
)
for group in (songs, cuts, pools, models, reports, mixes, votes, radio, jobs, keys, plot):
    app.add_typer(group)
app.command()(mix)
app.command()(evaluate)
app.command()(leaderboard)
app.command()(experiment)
app.command()(system)
app.command()(approaches)
app.command()(backup)
app.command()(restore)


def _tell_version(asked: bool) -> None:
    if asked:
        say(f"segue {version()}")
        raise typer.Exit


@app.callback()
def take_key(
    context: typer.Context,
    key: Key = None,
    key_file: KeyFile = None,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_tell_version, is_eager=True, help="Show the version of Segue and exit."
        ),
    ] = False,
) -> None:
    """Take the key that goes with what the command asks."""
    remember_key_of(context)


@app.command()
def up(data: Data = None, port: Port = None, as_json: Json = False) -> None:
    """Run Segue on this machine until Ctrl-C: queue, object store, workers and the API."""
    settings = Settings()
    stack = Stack(data, host=settings.host, port=settings.port if port is None else port)
    with ended_like_ctrl_c():
        try:
            with output.notes.status("Starting Segue"):
                stack.start()
                stack.wait_ready()
            _tell_address(stack, as_json=as_json)
            threading.Event().wait()
        except KeyboardInterrupt:
            note("Stopping.")
        finally:
            stack.stop()


def _tell_address(stack: Stack, *, as_json: bool) -> None:
    if as_json:
        print_json({"url": stack.url, "data": str(stack.folder.root), "processes": stack.pids()})
        return
    say(f"Segue is ready at {stack.url} (the API is described at {stack.url}/docs).")
    say(f"Data and logs are under {stack.folder.root}. Ctrl-C stops everything.")


@app.command()
def demo(
    sources: OtherSources = None,
    folder: OutFolder = Path("out"),
    chunks: Chunks = CHUNKS,
    as_json: Json = False,
) -> None:
    """Fit linear, binary and segue on the same songs, make a mix by each, and rank them on a leaderboard."""
    from cli.demo_run import run_demo  # With it comes the synthesiser, a quarter of a second of imports.

    with ended_like_ctrl_c():
        run_demo(folder, sources or [], chunks=chunks, as_json=as_json)


@app.command()
def gc(
    context: typer.Context,
    dry_run: DryRun = False,
    url: Url = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Remove what no record reaches and is older than a day; songs, cuts, models, reports and mixes stay."""
    with reach(url, data, transport=context.obj) as gateway:
        collected = gateway.collect_garbage(dry_run=dry_run)
    if as_json:
        print_json(collected)
        return
    if collected["items"]:
        rows = ([one["prefix"], one["reason"], size(one["bytes"])] for one in collected["items"])
        output.print_table(["what", "why", "size"], rows)
    verb = "Would remove" if dry_run else "Removed"
    say(f"{verb} {counted(collected['removed'], 'object')}, {size(collected['bytes'])}.")


@app.command()
def doctor(context: typer.Context, url: Url = None, data: Data = None, as_json: Json = False) -> None:
    """Tell what this machine lacks, and how to get it."""
    found = []
    for check in examine(url, data, transport=context.obj):
        found.append(check)
        if not as_json:
            say(f"{'ok     ' if check.ok else 'missing'}  {check.name}: {check.found}")
            if not check.ok:
                say(f"         {check.remedy}")
    if as_json:
        print_json([vars(check) | {"remedy": None if check.ok else check.remedy} for check in found])
    raise typer.Exit(DONE if all(check.ok for check in found) else FAILED)


@app.command("version")
def show_version(as_json: Json = False) -> None:
    """Show the versions of Segue and Python."""
    versions = {"segue": version(), "python": platform.python_version()}
    if as_json:
        print_json(versions)
    else:
        say("\n".join(f"{name} {number}" for name, number in versions.items()))


def main() -> None:
    """Run the command line."""
    app()

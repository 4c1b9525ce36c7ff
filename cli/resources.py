"""`segue songs`, `cuts`, `pools`, `models`, `reports`: list, show, delete, and what is peculiar to one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import typer

from cli import output
from cli.analyses import add_analysis, add_correct
from cli.documents import Shown
from cli.getting import add_chunk, add_page, add_song
from cli.ids import full_id, group_of
from cli.making import add_cuts, add_models, add_pools
from cli.mixing import gather_songs
from cli.options import Data, Id, Ids, Json, Limit, PageFile, Sources, Url
from cli.output import duration, moment, number, short_id, size
from cli.progress import Bars
from cli.reaching import reach
from cli.scores import show_report
from cli.sources import find_sources
from segue_client import Client

LISTED = 50


@dataclass(frozen=True)
class Resource:
    """A kind of thing that the gateway keeps."""

    name: str
    """As in the API's paths: `songs`."""
    summary: str
    columns: Mapping[str, Callable[[Shown], str]]
    """What lists show after the id: heading, and the cell of an item."""
    show: Callable[[Shown], None] | None = None
    """Prints one item for people; None: field by field."""
    deleting: str = "Delete {name}, unless an open job needs them."
    """What the command that deletes does."""


SONGS = Resource(
    "songs",
    "Songs: uploaded files, decoded once.",
    {
        "title": lambda song: song["title"],
        "artist": lambda song: song["artist"] or "-",
        "length": lambda song: duration(song["duration_s"]),
        "state": lambda song: song["state"],
        "size": lambda song: size(song["size_bytes"]),
        "uploaded": lambda song: moment(song["uploaded_at"]),
    },
)
CUTS = Resource(
    "cuts",
    "Cuts: songs cut into chunks.",
    {
        "song": lambda cut: short_id(cut["song"]),
        "method": lambda cut: cut["cut"]["method"],
        "chunks": lambda cut: str(cut["chunk_count"]),
        "mean": lambda cut: f"{cut['mean_chunk_s']:.1f} s",
        "size": lambda cut: size(cut["size_bytes"]),
        "made": lambda cut: moment(cut["created_at"]),
    },
)
POOLS = Resource(
    "pools",
    "Pools: the chunks that mixes are drawn from, as a model sees them.",
    {
        "approach": lambda pool: pool["approach"],
        "songs": lambda pool: str(len(pool["songs"])),
        "chunks": lambda pool: str(pool["chunks"]),
        "model": lambda pool: short_id(pool["model"]),
        "size": lambda pool: size(pool["size_bytes"]),
        "made": lambda pool: moment(pool["created_at"]),
    },
)
MODELS = Resource(
    "models",
    "Models: approaches fitted on cut songs.",
    {
        "approach": lambda model: model["approach"],
        "songs": lambda model: f"{len(model['train_songs'])}, {len(model['held_out_songs'])} held out",
        "held-out AUC": lambda model: number(model["summary"].get("held_out_auc")),
        "epochs": lambda model: str(model["epochs"]),
        "fit": lambda model: f"{model['fit_s']:.1f} s",
        "made": lambda model: moment(model["created_at"]),
    },
)
REPORTS = Resource(
    "reports",
    "Reports: how well models judge songs that they never saw.",
    {
        "model": lambda report: short_id(report["model"]),
        "approach": lambda report: report["approach"],
        "MRR": lambda report: number(report["figures"][report["approach"]]["mrr"]["value"]),
        "songs": lambda report: str(report["songs"]),
        "chunks": lambda report: str(report["chunks"]),
        "pool": lambda report: short_id(report["pool"]),
        "made": lambda report: moment(report["created_at"]),
    },
    show=show_report,
)


def commands_of(resource: Resource) -> typer.Typer:
    """Return the commands that every resource has: list, show, delete."""
    commands = typer.Typer(name=resource.name, help=resource.summary, no_args_is_help=True)

    @commands.command("list", help=f"List {resource.name}.")
    def list_items(
        context: typer.Context,
        limit: Limit = LISTED,
        url: Url = None,
        data: Data = None,
        as_json: Json = False,
    ) -> None:
        with reach(url, data, transport=context.obj) as gateway:
            show_items(gateway, resource, limit=limit, as_json=as_json)

    @commands.command("show", help=f"Show one of the {resource.name}.")
    def show(
        context: typer.Context, identifier: Id, url: Url = None, data: Data = None, as_json: Json = False
    ) -> None:
        with reach(url, data, transport=context.obj) as gateway:
            item = group_of(gateway, resource.name).get(full_id(gateway, resource.name, identifier))
        if resource.show is None or as_json:
            print_document(item, as_json=as_json)
        else:
            resource.show(item)

    @commands.command("delete", help=resource.deleting.format(name=resource.name))
    def delete(
        context: typer.Context, identifiers: Ids, url: Url = None, data: Data = None, as_json: Json = False
    ) -> None:
        with reach(url, data, transport=context.obj) as gateway:
            # All are looked up before the first is gone, so that a slip in one id deletes nothing.
            found = [full_id(gateway, resource.name, identifier) for identifier in identifiers]
            for identifier in found:
                group_of(gateway, resource.name).delete(identifier)
                output.note(f"deleted {short_id(identifier)}")
        if as_json:
            output.print_json({"deleted": found})

    return commands


def show_items(gateway: Client, resource: Resource, *, limit: int, as_json: bool, **filters: str) -> None:
    """Print the first items of a resource, and tell if there are more."""
    found = group_of(gateway, resource.name).list(left_out=output.note_left_out, **filters)
    items = list(islice(found, limit + 1))
    shown, more = items[:limit], len(items) > limit
    if as_json:
        output.print_json(shown)
    elif not shown:
        output.note(f"There are no {resource.name} yet.")
    else:
        rows = ([short_id(item["id"]), *(cell(item) for cell in resource.columns.values())] for item in shown)
        output.print_table(["id", *resource.columns], rows)
    if more:
        output.note(f"There are more {resource.name}; --limit shows them.")


def print_document(item: Shown, *, as_json: bool) -> None:
    """Print one item: for programs as it is, for people without its links."""
    if as_json:
        output.print_json(item)
    else:
        output.print_fields({name: value for name, value in item.items() if name != "links"})


def _add_songs(commands: typer.Typer) -> None:
    @commands.command("add")
    def add(
        context: typer.Context,
        sources: Sources,
        url: Url = None,
        data: Data = None,
        as_json: Json = False,
    ) -> None:
        """Upload songs, and wait until they are decoded."""
        found, bars = find_sources(sources), Bars()
        with reach(url, data, transport=context.obj) as gateway, bars.shown():
            library = gather_songs(gateway, found.files, bars)
        songs: list[Any] = list({song["id"]: song for song in library.songs.values()}.values())
        if as_json:
            rejected = {str(path): reason for path, reason in library.rejected.items()}
            output.print_json({"songs": songs, "rejected": rejected})
            return
        for song in songs:
            output.say(f"{short_id(song['id'])}  {song['title']}, {duration(song['duration_s'])}")


def _add_figures(commands: typer.Typer) -> None:
    @commands.command("report")
    def report(
        context: typer.Context,
        identifier: Id,
        target: PageFile = None,
        url: Url = None,
        data: Data = None,
        as_json: Json = False,
    ) -> None:
        """Show the newest report on a model; `segue evaluate` makes one."""
        with reach(url, data, transport=context.obj) as gateway:
            model = full_id(gateway, "models", identifier)
            found = gateway.models.report(model)
            if target is not None:
                gateway.models.save_report(target, model)
        if as_json:
            output.print_json(found)
        else:
            show_report(found)

    @commands.command("figures")
    def figures(
        context: typer.Context, identifier: Id, url: Url = None, data: Data = None, as_json: Json = False
    ) -> None:
        """Show the quick figures of a fit on songs that it held out, beside the baselines."""
        with reach(url, data, transport=context.obj) as gateway:
            found = gateway.models.figures(full_id(gateway, "models", identifier))
        if as_json:
            output.print_json(found)
        elif found["held_out"] is None:
            output.say(found["reason"])
        else:
            output.print_table(*figures_table(found["held_out"]))


def figures_table(held_out: Mapping[str, Shown]) -> tuple[list[str], list[list[str]]]:
    """Return headings and rows of what approaches scored on songs held out."""
    headings = ["approach", "AUC", "95 % interval", "MRR", "R@1", "R@10"]
    rows = [
        [
            name,
            number(figures["auc"]["value"]),
            f"{number(figures['auc']['low'])} to {number(figures['auc']['high'])}",
            number(figures["mrr"]["value"]),
            number(figures["r_at_1"]),
            number(figures["r_at_10"]),
        ]
        for name, figures in held_out.items()
    ]
    return headings, rows


songs = commands_of(SONGS)
cuts = commands_of(CUTS)
pools = commands_of(POOLS)
models = commands_of(MODELS)
reports = commands_of(REPORTS)
_add_songs(songs)
add_song(songs)
add_analysis(songs)
add_correct(songs)
add_cuts(cuts)
add_chunk(cuts)
add_pools(pools)
add_models(models)
_add_figures(models)
add_page(reports)

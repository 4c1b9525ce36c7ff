"""`segue cuts make`, `pools build`, `models fit` and `pretrained`: parts of what a mix needs, made alone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import output
from cli.choices import parse_cut
from cli.completion import complete_model
from cli.documents import Document, Shown
from cli.ids import full_id, group_of
from cli.mixing import BEST_PRETRAINED, gather_songs, see_through
from cli.options import CutMethod, Data, Json, Preset, Seed, Url
from cli.output import counted, note, short_id
from cli.progress import Bars
from cli.reaching import reach
from cli.sources import find_sources, tell_skipped
from cli.stack.signals import ended_like_ctrl_c
from segue_client import Client
from segue_client.documents import Job
from shared.errors import BadSetting

__all__ = ["add_cuts", "add_models", "add_pools"]

_ID = re.compile(r"[0-9a-fA-F]{4,64}")

Given = Annotated[
    list[str],
    typer.Argument(metavar="SONG|FOLDER|ID...", help="Songs: ids, or sound files and folders to upload."),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="ID",
        help="The model that sees the chunks; by default the best shipped.",
        autocompletion=complete_model,
    ),
]
Fitted = Annotated[
    str,
    typer.Option(
        "--approach",
        help="What is fitted: segue, linear, binary, forecast, categorical, start_end, spectral or random.",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="A setting of the approach, such as epochs=20; `segue approaches` lists them. Several times.",
    ),
]


def add_cuts(commands: typer.Typer) -> None:
    """Add the command that cuts songs."""

    @commands.command("make")
    def make(
        context: typer.Context,
        songs: Given,
        cut: CutMethod = "silence",
        url: Url = None,
        data: Data = None,
        as_json: Json = False,
    ) -> None:
        """Cut songs into chunks."""
        method: Any = parse_cut(cut).model_dump(mode="json")
        _make(
            context,
            songs,
            (url, data),
            lambda gateway, ids: gateway.cuts.make(songs=ids, cut=method),
            "cuts",
            as_json=as_json,
        )


def add_pools(commands: typer.Typer) -> None:
    """Add the command that builds a pool."""

    @commands.command("build")
    def build(
        context: typer.Context,
        songs: Given,
        cut: CutMethod = "silence",
        model: Model = None,
        url: Url = None,
        data: Data = None,
        as_json: Json = False,
    ) -> None:
        """Build a pool of songs: what mixes and radios are drawn from."""
        method: Any = parse_cut(cut).model_dump(mode="json")

        def ask(gateway: Client, ids: list[str]) -> Job:
            chosen = (
                gateway.models.pretrained(approach=BEST_PRETRAINED)["id"]
                if model is None
                else full_id(gateway, "models", model)
            )
            return gateway.pools.build(songs=ids, cut=method, model=chosen)

        _make(context, songs, (url, data), ask, "pools", as_json=as_json)


def add_models(commands: typer.Typer) -> None:
    """Add the commands that fit a model, and take over a shipped one."""

    @commands.command("fit")
    def fit(
        context: typer.Context,
        songs: Given,
        approach: Fitted = BEST_PRETRAINED,
        preset: Preset = None,
        settings: Settings = None,
        seed: Seed = 0,
        cut: CutMethod = "silence",
        url: Url = None,
        data: Data = None,
        as_json: Json = False,
    ) -> None:
        """Fit an approach on songs; some are held out, and a report on those follows by itself."""
        training: Any = {
            "approach": approach,
            "preset": preset,
            "seed": seed,
            "settings": parse_settings(settings or ()),
        }
        method: Any = parse_cut(cut).model_dump(mode="json")
        _make(
            context,
            songs,
            (url, data),
            lambda gateway, ids: gateway.models.fit(songs=ids, cut=method, training=training),
            "models",
            as_json=as_json,
        )

    @commands.command("pretrained")
    def pretrained(
        context: typer.Context,
        approach: Annotated[str, typer.Argument(metavar="[APPROACH]", help="Of it: segue or linear.")] = (
            BEST_PRETRAINED
        ),
        url: Url = None,
        data: Data = None,
        as_json: Json = False,
    ) -> None:
        """Take over a model that comes with Segue, and show it."""
        with reach(url, data, transport=context.obj) as gateway:
            found = gateway.models.pretrained(approach=approach)
        _show([found], "models", as_json=as_json)


def parse_settings(given: Sequence[str]) -> Document:
    """Return what `epochs=20` and the like mean: numbers, booleans and words as in JSON.

    Raises:
        BadSetting: one has no `=`.
    """
    settings: Document = {}
    for text in given:
        name, separator, value = text.partition("=")
        if not separator or not name:
            raise BadSetting(f"--set {text} sets nothing. Give NAME=VALUE, such as epochs=20.")
        try:
            settings[name] = json.loads(value)
        except ValueError:
            settings[name] = value
    return settings


def song_ids(gateway: Client, given: Sequence[str], bars: Bars) -> list[str]:
    """Return the ids of songs that are named by id, or by files and folders, which are uploaded.

    Raises:
        BadSetting: what is named is neither there nor like an id.
        NotFound, AmbiguousId, NoSongs: it is no song, or several.
    """
    paths = [Path(one) for one in given if Path(one).exists()]
    named = [one for one in given if not Path(one).exists()]
    for one in named:
        if not _ID.fullmatch(one):
            raise BadSetting(
                f"There is no file or folder {one!r}. Name sound files, folders, or ids of songs."
            )
    ids = [full_id(gateway, "songs", one) for one in named]
    if paths:
        found = find_sources(paths)
        tell_skipped(found.skipped)
        ids += gather_songs(gateway, found.files, bars).ids()
    return list(dict.fromkeys(ids))


def _make(
    context: typer.Context,
    songs: Sequence[str],
    place: tuple[str | None, Path | None],
    ask: Callable[[Client, list[str]], Job],
    resource: str,
    *,
    as_json: bool,
) -> None:
    """Ask for work on songs, follow it, and show what it made."""
    bars = Bars()
    with ended_like_ctrl_c(), reach(*place, transport=context.obj) as gateway, bars.shown():
        ids = song_ids(gateway, songs, bars)
        job = see_through(gateway, lambda: ask(gateway, ids), bars)
        made: list[str] = dict(job["result"]).get(resource, [])  # type: ignore[assignment]
        found = [group_of(gateway, resource).get(one) for one in made]
    _show(found, resource, as_json=as_json)


def _show(made: Sequence[Shown], resource: str, *, as_json: bool) -> None:
    if as_json:
        output.print_json(made)
        return
    for one in made:
        output.say(f"{short_id(one['id'])}  {_described(one, resource)}")
    note(f"Made {counted(len(made), resource.removesuffix('s'))}; `segue {resource} show ID` tells more.")


def _described(one: Shown, resource: str) -> str:
    told: dict[str, Callable[[Any], str]] = {
        "cuts": lambda cut: f"{counted(cut['chunk_count'], 'chunk')} of song {short_id(cut['song'])}",
        "pools": lambda pool: f"{counted(pool['chunks'], 'chunk')} of {counted(len(pool['songs']), 'song')}",
        "models": lambda model: f"{model['approach']}, of {counted(len(model['train_songs']), 'song')}",
    }
    return told[resource](one)

"""`segue plot`: fits, mixes, their steps, seams and pools, songs; in the terminal, or as PNG."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.choices import check_writable
from cli.errors import NothingToDraw
from cli.ids import full_id
from cli.looking import look_at_map
from cli.options import Data, Id, Json, Url
from cli.plots import drawings
from cli.plots.drawings import Drawing
from cli.plots.terminal import render
from cli.progress import Bars
from cli.reaching import reach
from cli.stack.signals import ended_like_ctrl_c
from segue_client import Client
from segue_client.documents import MixReport
from shared.errors import BadSetting

__all__ = ["plot"]

SUFFIX = ".png"
Draw = Callable[[Client, str], list[Drawing]]
"""Draws something of what an id names, whole or its beginning."""
Picture = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE.png",
        dir_okay=False,
        help="Write a picture, not to the terminal.",
    ),
]
plot = typer.Typer(
    name="plot", help="Plots: fits, mixes, songs; in the terminal, or as PNG.", no_args_is_help=True
)


def _learning(gateway: Client, identifier: str) -> list[Drawing]:
    model = gateway.models.get(full_id(gateway, "models", identifier))
    return drawings.learning(model["approach"], gateway.models.history(model["id"]))


def _outline(gateway: Client, identifier: str) -> list[Drawing]:
    song = gateway.songs.get(full_id(gateway, "songs", identifier))
    return drawings.outline(
        song["title"], song["duration_s"] or 0.0, gateway.songs.peaks(song["id"])["peaks"]
    )


def _map(gateway: Client, identifier: str) -> list[Drawing]:
    mix = gateway.mixes.get(full_id(gateway, "mixes", identifier))
    bars = Bars()
    with ended_like_ctrl_c(), bars.shown():
        return drawings.pool_map(mix["title"], look_at_map(gateway, mix["id"], bars))


def _of_report(draw: Callable[[MixReport], list[Drawing]]) -> Draw:
    """Draw something of a mix's report."""
    return lambda gateway, identifier: draw(gateway.mixes.report(full_id(gateway, "mixes", identifier)))


def _add(name: str, summary: str, draw: Draw) -> None:
    """Add a command that draws something of what an id names."""

    @plot.command(name, help=summary)
    def command(
        context: typer.Context,
        identifier: Id,
        target: Picture = None,
        url: Url = None,
        data: Data = None,
        as_json: Json = False,
    ) -> None:
        _show(context, lambda gateway: draw(gateway, identifier), target, (url, data), as_json=as_json)


_add("model", "Plot the losses of a fit, epoch by epoch.", _learning)
_add("song", "Plot the outline of a song.", _outline)
_add("map", "Plot the pool of a mix as its model sees it, by song, and the mix's way through it.", _map)
_add("mix", "Plot how well each chunk of a mix follows the one before.", _of_report(drawings.scores))
_add("steps", "Plot how often each song of a mix was followed by each.", _of_report(drawings.transitions))
_add("seams", "Plot how much each seam of a mix jolts, and how it was made.", _of_report(drawings.seams))


def _show(
    context: typer.Context,
    draw: Callable[[Client], Sequence[Drawing]],
    target: Path | None,
    place: tuple[str | None, Path | None],
    *,
    as_json: bool,
) -> None:
    if target is not None:
        if target.suffix.lower() != SUFFIX:
            raise BadSetting(f"-o {target} is no name of a picture. Use a name in {SUFFIX}.")
        check_writable(target)
    with reach(*place, transport=context.obj) as gateway:
        drawn = draw(gateway)
    if not any(getattr(one, "series", None) or getattr(one, "names", None) for one in drawn):
        raise NothingToDraw()
    if target is not None:
        from cli.plots.png import save  # matplotlib, a second of imports.

        save(drawn, target)
    if as_json:
        output.print_json(drawings.as_document(drawn))
    elif target is not None:
        output.say(str(target))
    else:
        for one in drawn:
            output.console.print(render(one, output.console.width))

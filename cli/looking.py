"""`segue mixes map` and `segue mixes candidates`: looks into the pool of a mix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import typer

from cli import output
from cli.documents import Shown
from cli.ids import full_id
from cli.mixing import see_through
from cli.options import Data, Id, Json, Url
from cli.output import duration, number, short_id
from cli.progress import Bars
from cli.reaching import reach
from cli.stack.signals import ended_like_ctrl_c
from segue_client import Client
from segue_client.documents import PoolMap

__all__ = ["add_looks", "look_at_map"]


def look_at_map(gateway: Client, mix_id: str, bars: Bars) -> PoolMap:
    """Have the pool of a mix laid out, and return the map."""
    see_through(gateway, lambda: gateway.mixes.draw_map(mix_id), bars)
    return gateway.mixes.map(mix_id)


def add_looks(commands: typer.Typer) -> None:
    """Add the commands that look into pools."""

    @commands.command("map")
    def show_map(
        context: typer.Context, identifier: Id, url: Url = None, data: Data = None, as_json: Json = False
    ) -> None:
        """Lay the pool of a mix out as its model sees it, and tell how far the mix goes in each song.

        `segue plot map` draws it.
        """
        bars = Bars()
        with ended_like_ctrl_c(), reach(url, data, transport=context.obj) as gateway, bars.shown():
            mix_id = full_id(gateway, "mixes", identifier)
            found = look_at_map(gateway, mix_id, bars)
        if as_json:
            output.print_json(found)
            return
        output.print_table(["song", "title", "chunks", "in the mix", "around"], _songs_of(found))
        output.say(f"`segue plot map {short_id(mix_id)}` draws it.")

    @commands.command("candidates")
    def show_candidates(
        context: typer.Context,
        identifier: Id,
        position: Annotated[
            int, typer.Argument(metavar="N", min=0, help="The place of the chunk in the mix, from 0.")
        ],
        url: Url = None,
        data: Data = None,
        as_json: Json = False,
    ) -> None:
        """Show what else could stand at a place of a mix, the best first; `revise --swap` takes one."""
        bars = Bars()
        with ended_like_ctrl_c(), reach(url, data, transport=context.obj) as gateway, bars.shown():
            mix_id = full_id(gateway, "mixes", identifier)
            see_through(gateway, lambda: gateway.mixes.find_candidates(mix_id, position), bars)
            found = gateway.mixes.candidates(mix_id, position)
        if as_json:
            output.print_json(found)
        elif not found["candidates"]:
            output.note("Nothing else in the pool could stand there.")
        else:
            _tell_candidates(found["candidates"], mix_id, position)


def _songs_of(found: PoolMap) -> list[list[str]]:
    """Return a row for each song: its points, those of the mix, and the middle of them all."""
    shown = Counter(point["song"] for point in found["points"])
    played = Counter(found["points"][place]["song"] for place in found["path"])
    rows = []
    for place, song in enumerate(found["songs"]):
        own = [point for point in found["points"] if point["song"] == place]
        middle = [sum(point[axis] for point in own) / len(own) for axis in ("x", "y")] if own else []
        rows.append(
            [
                short_id(song["id"]),
                song["title"],
                str(shown[place]),
                str(played[place]),
                ", ".join(f"{at:+.2f}" for at in middle) or "-",
            ]
        )
    return rows


def _tell_candidates(candidates: Sequence[Shown], mix_id: str, position: int) -> None:
    rows = (
        [
            f"{short_id(one['song'])}:{one['chunk']}",
            one["title"],
            duration(one["start_s"]),
            f"{one['duration_s']:.1f} s",
            number(one["before"]),
            number(one["after"]),
            ", ".join(one["breaks"]) or "-",
        ]
        for one in candidates
    )
    output.print_table(["chunk", "title", "at", "length", "follows", "is followed", "breaks"], rows)
    first = f"{short_id(candidates[0]['song'])}:{candidates[0]['chunk']}"
    output.say(f"Take one with: segue mixes revise {short_id(mix_id)} --swap {position}={first}")

"""`segue mixes revise`, `history`, `preview`: change a mix, see how it came to be, hear one seam."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.choices import check_suffix, check_writable
from cli.documents import Shown
from cli.edits import (
    Bans,
    EditChoices,
    LengthenTo,
    Moves,
    Nudges,
    Pins,
    Removals,
    SeamManner,
    SeamManners,
    SeamNudge,
    Swaps,
    Unpins,
    find_among,
    seam_change,
)
from cli.ids import full_id
from cli.mixes import mixes
from cli.mixing import Made, fetch_mix, see_through
from cli.options import Data, Id, Json, Url
from cli.output import duration, moment, short_id
from cli.progress import Bars
from cli.reaching import reach
from cli.stack.signals import ended_like_ctrl_c
from cli.telling import describe
from segue_client import Client
from shared.errors import BadSetting

__all__ = ["mixes"]

Target = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Where to write it; by default mix-ID.FORMAT."),
]
PREVIEW_FORMATS = ("mp3", "wav")


@mixes.command("revise")
def revise(
    context: typer.Context,
    identifier: Id,
    target: Target = None,
    swap: Swaps = None,
    ban: Bans = None,
    seam: SeamManners = None,
    nudge: Nudges = None,
    pin: Pins = None,
    unpin: Unpins = None,
    remove: Removals = None,
    move: Moves = None,
    lengthen: LengthenTo = None,
    url: Url = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Make a new mix of a mix by edits; the old one stays. Positions are counted from 0.

    What is not changed sounds as it did. Each option but --lengthen may be given several times.
    """
    choices = EditChoices(
        swaps=swap or (),
        bans=ban or (),
        pins=pin or (),
        unpins=unpin or (),
        seams=seam or (),
        nudges=nudge or (),
        removals=remove or (),
        moves=move or (),
        lengthen=lengthen,
    )
    if target is not None:
        check_writable(target)
    bars = Bars()
    with ended_like_ctrl_c(), reach(url, data, transport=context.obj) as gateway, bars.shown():
        made = _revised(gateway, full_id(gateway, "mixes", identifier), choices, target, bars)
    if as_json:
        output.print_json(
            {"file": str(made.file), "mix": made.mix, "job": made.job["id"], "edits": made.report["edits"]}
        )
        return
    for edit in made.report["edits"]:
        output.say(edit["done"])
    output.say(describe(made))


def _revised(gateway: Client, mix_id: str, choices: EditChoices, target: Path | None, bars: Bars) -> Made:
    """Ask for a revision, wait for it, and write it to a file."""
    before = gateway.mixes.get(mix_id)
    if target is not None:
        check_suffix(target, before["output"]["format"])
    report = gateway.mixes.report(mix_id)
    request = choices.to_request(report, lambda name: find_among(name, _songs_of(gateway, report["pool"])))
    job = see_through(gateway, lambda: gateway.mixes.revise(mix_id, **request), bars)
    new_id = job["mix"]
    assert new_id is not None
    mix = gateway.mixes.get(new_id)
    chosen = target or Path(f"mix-{short_id(new_id)}.{mix['output']['format']}")
    fetch_mix(gateway, new_id, chosen, bars)
    return Made(mix, gateway.mixes.report(new_id), job, chosen)


def _songs_of(gateway: Client, pool: str) -> list[Shown]:
    wanted = set(gateway.pools.get(pool)["songs"])
    songs = gateway.songs.list(left_out=output.note_left_out)
    return [song for song in songs if song["id"] in wanted]


@mixes.command("history")
def history(
    context: typer.Context, identifier: Id, url: Url = None, data: Data = None, as_json: Json = False
) -> None:
    """Show what a mix was made of, back to the first, and what was made of it.

    To go back, revise an earlier one.
    """
    with reach(url, data, transport=context.obj) as gateway:
        found = gateway.mixes.history(full_id(gateway, "mixes", identifier))
    if as_json:
        output.print_json(found)
        return
    here = found["mix"]
    versions = [(" ", one) for one in found["ancestors"]]
    versions += [("*", here), *((" +", one) for one in found["revisions"])]
    rows = (
        [
            mark + " " + short_id(one["id"]),
            "deleted" if one["created_at"] is None else moment(one["created_at"]),
            duration(one["duration_s"]),
            ", ".join(_briefly(edit) for edit in one["edits"]) or "-",
        ]
        for mark, one in versions
    )
    output.print_table(["  id", "made", "length", "by"], rows)


def _briefly(edit: Shown) -> str:
    """Tell of an edit in a few words, such as `seam 5 cut`."""
    told = [edit["edit"]]
    for name in (
        "position",
        "first",
        "last",
        "to",
        "chunks",
        "duration_s",
        "manner",
        "nudge_ms",
        "nudge_beats",
    ):
        if edit.get(name) is not None:
            told.append(f"{edit[name]:g}" if isinstance(edit[name], int | float) else str(edit[name]))
    named = edit.get("by") or (edit if edit["edit"] == "ban" else None)
    if named is not None:
        chunk = "" if named.get("chunk") is None else f":{named['chunk']}"
        told.append(short_id(named["song"]) + chunk)
    return " ".join(told)


@mixes.command("preview")
def preview(
    context: typer.Context,
    identifier: Id,
    position: Annotated[int, typer.Argument(metavar="N", min=1, help="The chunk that begins with the seam.")],
    target: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where to write it: .mp3 or .wav.")
    ] = Path("seam.mp3"),
    seam: SeamManner = None,
    nudge: SeamNudge = None,
    around: Annotated[float, typer.Option(min=1, max=15, metavar="SECONDS", help="On each side.")] = 5.0,
    url: Url = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Hear one seam of a mix, as it is or as it would be, without a whole mix being rendered."""
    suffix = target.suffix.lower().removeprefix(".")
    if suffix not in PREVIEW_FORMATS:
        raise BadSetting(f"-o {target} tells no format of a preview. Use a name in .mp3 or .wav.")
    check_writable(target)
    request = seam_change(seam, nudge) | {"around_s": around, "format": suffix}
    bars = Bars()
    with ended_like_ctrl_c(), reach(url, data, transport=context.obj) as gateway, bars.shown():
        mix_id = full_id(gateway, "mixes", identifier)
        job = see_through(gateway, lambda: gateway.mixes.preview(mix_id, position, **request), bars)
        made = gateway.previews.get(str(job["preview"]))
        gateway.previews.save(target, made["id"])
    if as_json:
        output.print_json({"file": str(target), "preview": made, "job": job["id"]})
    else:
        output.say(
            f"{target}: {made['duration_s']:.1f} s; the seam, {made['manner']}, is at {made['seam_s']:.1f} s."
        )

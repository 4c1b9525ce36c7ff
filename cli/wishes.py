"""What is wished of a mix beside its songs: the options, what they mean, and what is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from cli.choices import StartChoice, find_song, parse_end, parse_start
from cli.documents import Document, Song
from shared.errors import BadSetting, UnknownStart, WishesContradict
from shared.parameters import Limits, Sequencing

OFF = "off"
_ANY_SONG = "0" * 64
_WHOLE = ("least_songs", "twins_apart")
_LIMITS, _SONGS = "Limits on the mix", "Songs of the mix"

Duration = Annotated[
    float | None,
    typer.Option(
        min=1, max=36_000, metavar="SECONDS", help="Length of the mix, as near as chunks allow; not --chunks."
    ),
]
End = Annotated[
    str | None,
    typer.Option(
        metavar="SONG", help="Last song, song.mp3, or last chunk, song.mp3:7.", rich_help_panel=_SONGS
    ),
]
Must = Annotated[
    list[str] | None,
    typer.Option(
        metavar="SONG",
        help="Song that has to appear; may be given several times.",
        rich_help_panel=_SONGS,
    ),
]
Without = Annotated[
    list[str] | None,
    typer.Option(
        metavar="SONG",
        help="Song that must not appear; may be given several times.",
        rich_help_panel=_SONGS,
    ),
]
Smoothness = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=10,
        metavar="WEIGHT",
        help="How much chunks are held back that begin unlike the end of the one before; 0.5 by default.",
    ),
]
EnergyCurve = Annotated[
    str | None,
    typer.Option(
        "--energy",
        metavar="COURSE",
        help="Course of the energy: rise, fall, arc, or points PLACE:ENERGY from 0 to 1, such as "
        "0:0.2,0.5:1,1:0.3.",
    ),
]
RepeatsAfter = Annotated[
    int | None,
    typer.Option(
        "--repeats-after",
        min=1,
        max=10_000,
        metavar="N",
        help="Chunks may come again when N others came since; by default none comes twice.",
    ),
]
MostInARow = Annotated[
    int | None,
    typer.Option("--most-in-a-row", min=1, metavar="N", help="Most chunks of one song in a row."),
]
Method = Annotated[
    str,
    typer.Option(
        metavar="METHOD",
        help="How chunks are chosen: beam (the best sequence found), sample (drawn by lot, by --seed), "
        "greedy (the study's walk, without limits).",
    ),
]
Width = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=64,
        metavar="N",
        help="Sequences that beam follows at a time; by default 8, or 1 where a network judges every pair.",
    ),
]
Temperature = Annotated[
    float, typer.Option(metavar="T", help="Of sample: the higher, the less scores matter.")
]
MostReplay = Annotated[
    str | None,
    typer.Option(
        "--most-replay",
        metavar="SHARE|off",
        help="Largest share of steps to the chunk that followed anyway; by default 0.5.",
        rich_help_panel=_LIMITS,
    ),
]
LongestRun = Annotated[
    str | None,
    typer.Option(
        "--longest-run",
        metavar="SECONDS|off",
        help="Longest stretch out of one song; by default 32.",
        rich_help_panel=_LIMITS,
    ),
]
LeastBetween = Annotated[
    str | None,
    typer.Option(
        "--least-between-songs",
        metavar="SHARE|off",
        help="Smallest share of seams between different songs; by default a third.",
        rich_help_panel=_LIMITS,
    ),
]
LeastSongs = Annotated[
    str | None,
    typer.Option(
        "--least-songs",
        metavar="N|off",
        help="Fewest different songs; by default 8 in 30 chunks, or all.",
        rich_help_panel=_LIMITS,
    ),
]
TwinsApart = Annotated[
    str | None,
    typer.Option(
        "--twins-apart",
        metavar="N|off",
        help="No chunk that begins like one of the last N; by default 8.",
        rich_help_panel=_LIMITS,
    ),
]


@dataclass(frozen=True)
class WishChoices:
    """Wishes as typed: songs are files still."""

    start: StartChoice | None = None
    end: StartChoice | None = None
    must: tuple[Path, ...] = ()
    without: tuple[Path, ...] = ()
    plain: Document = field(default_factory=dict)
    """The fields of the request that name no song."""

    def to_request(self, songs: dict[Path, Song]) -> Document:
        """Return the fields of the request for a mix.

        Raises:
            UnknownStart, WishesContradict: a song that is asked for was rejected.
        """
        request = dict(self.plain)
        if self.start is not None:
            song = songs.get(self.start.file)
            if song is None:
                raise UnknownStart(song=str(self.start.file), chunk=self.start.chunk or 0, chunks=0)
            request["start"] = {"song": song["id"], "chunk": self.start.chunk or 0}
        if self.end is not None:
            request["end"] = {"song": _id_of(self.end.file, songs, "--end"), "chunk": self.end.chunk}
        if self.must:
            request["must"] = [_id_of(file, songs, "--must") for file in self.must]
        if self.without:
            request["without"] = [songs[file]["id"] for file in self.without if file in songs]
        return request


def parse_wishes(
    files: Sequence[Path],
    *,
    start: str | None,
    end: str | None,
    must: Sequence[str] | None,
    without: Sequence[str] | None,
    plain: Document,
    limits: dict[str, str | None],
) -> WishChoices:
    """Return what the options mean.

    Args:
        files: the songs given.
        start: as `parse_start` reads it.
        end: as `parse_end` reads it.
        must: names of songs.
        without: names of songs.
        plain: fields of the request as they are; None: not given.
        limits: numbers or `off`, by field; None: not given.

    Raises:
        BadSetting: an option cannot be what it is, or not beside another.
    """
    asked = {name: value for name, value in plain.items() if value is not None}
    if isinstance(course := asked.get("energy"), str):
        asked["energy"] = _energy(course)
    if chosen := {name: _limit(name, text) for name, text in limits.items() if text is not None}:
        asked["limits"] = _checked(lambda: Limits.model_validate(chosen)).model_dump(exclude_unset=True)
    # Which songs are meant does not matter yet, only that some are.
    named = {
        "end": end and {"song": _ANY_SONG},
        "must": must and [_ANY_SONG],
        "without": without and [_ANY_SONG],
    }
    probe = asked | {name: value for name, value in named.items() if value}
    _checked(lambda: Sequencing.model_validate(probe))
    return WishChoices(
        start=None if start is None else parse_start(start, files),
        end=None if end is None else parse_end(end, files),
        must=tuple(find_song("--must", name, files) for name in must or ()),
        without=tuple(find_song("--without", name, files) for name in without or ()),
        plain=asked,
    )


def _energy(text: str) -> str | list[list[float]]:
    if ":" not in text:
        return text
    try:
        return [[float(part) for part in point.split(":")] for point in text.split(",")]
    except ValueError as error:
        raise BadSetting(
            f"--energy cannot be {text}. Give rise, fall, arc, or points such as 0:0.2,0.5:1,1:0.3."
        ) from error


def _limit(name: str, text: str) -> float | int | None:
    if text == OFF:
        return 1 if name == "least_songs" else None
    try:
        return int(text) if name in _WHOLE else float(text)
    except ValueError as error:
        raise BadSetting(f"{name} cannot be {text}. Give a number, or `{OFF}`.") from error


def _checked(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(part) for part in fault["loc"]) or "together"
        raise BadSetting(f"These options cannot be used: {where}: {fault['msg']}.") from error


def _id_of(file: Path, songs: dict[Path, Song], option: str) -> str:
    if file not in songs:
        raise WishesContradict(
            f"`{option}`",
            "the songs",
            found=f"{file} was left out, as it cannot be used",
            remedy="Ask for another song, or convert it",
        )
    return songs[file]["id"]

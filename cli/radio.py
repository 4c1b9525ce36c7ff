"""`segue radio`: an endless mix for any player, to a file or to standard output; skip and ban."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer
from typer.core import TyperGroup

from cli import mixing, output
from cli.completion import complete_id
from cli.documents import Document, Shown
from cli.ids import full_id
from cli.options import Data, Json, Seed, Url
from cli.progress import Bars
from cli.reaching import reach, reach_or_start
from cli.sources import find_sources, tell_skipped
from cli.stack.signals import ended_like_ctrl_c
from segue_client import Client
from shared.errors import BadSetting

BYTES_PER_S = 24_000
LOOK_S = 1.0
_PLAY = "play"
_ID = re.compile(r"[0-9a-fA-F]{4,64}")


class _PlayUnlessNamed(TyperGroup):
    """A group whose first argument is a command's name, or else what is to be played."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command in that most people mean."""
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = [_PLAY, *args]
        parsed: list[str] = super().parse_args(ctx, args)
        return parsed


radio = typer.Typer(
    name="radio",
    cls=_PlayUnlessNamed,
    no_args_is_help=True,
    help="Play an endless mix: `segue radio SONG|FOLDER...` or `segue radio POOL`.",
)

Pool = Annotated[
    str,
    typer.Argument(
        metavar="POOL", help="Id of the pool, or a unique beginning of it.", autocompletion=complete_id
    ),
]
Given = Annotated[
    list[str],
    typer.Argument(
        metavar="POOL|SONG|FOLDER...", help="Sound files, folders that hold some, or a pool's id."
    ),
]
Target = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write the stream here; `-`: to standard output."),
]
Length = Annotated[
    float | None, typer.Option("--duration", min=1, help="End after so many seconds; by default at Ctrl-C.")
]


@radio.command(_PLAY, hidden=True)
def play(
    context: typer.Context,
    given: Given,
    target: Target = None,
    length: Length = None,
    seed: Seed = 0,
    url: Url = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Tell where to listen and what plays, until Ctrl-C; or write the stream.

    Uses the Segue that runs; where none does, it is started for as long as the radio plays.
    """
    bars = Bars()
    with ended_like_ctrl_c(), reach_or_start(url, data, transport=context.obj) as gateway:
        with bars.shown():
            pool = _pool_of(gateway, given, bars)
        address = f"{gateway.url}/v1/radio/{pool}.mp3?seed={seed}"
        titles = _Titles(gateway, pool, seed)
        if target is None:
            if as_json:
                output.print_json({"url": address, "pool": pool, "seed": seed})
            else:
                output.say(f"Listen at {address}")
            _tell_until(titles, length)
        else:
            written = _write(gateway.radio.listen(pool, seed), target, length, titles)
            if as_json and target != "-":
                output.print_json({"file": target, "bytes": written, "pool": pool, "seed": seed})


@radio.command("skip")
def skip(
    context: typer.Context,
    pool: Pool,
    seed: Seed = 0,
    url: Url = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Leave the song that plays."""
    with reach(url, data, transport=context.obj) as gateway:
        found = gateway.radio.skip(full_id(gateway, "pools", pool), seed)
    _tell(found, "Skipped", as_json=as_json)


@radio.command("ban")
def ban(
    context: typer.Context,
    pool: Pool,
    only_chunk: Annotated[bool, typer.Option("--chunk", help="Only the chunk that plays.")] = False,
    song: Annotated[str | None, typer.Option("--song", metavar="ID", help="Another song's id.")] = None,
    seed: Seed = 0,
    url: Url = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Never play a song again while the radio is on air: the one that plays, or the one that is named."""
    if only_chunk and song is not None:
        raise BadSetting("--chunk means the chunk that plays. Leave --song out.")
    with reach(url, data, transport=context.obj) as gateway:
        request: Document = {"what": "chunk" if only_chunk else "song"}
        if song is not None:
            request["song"] = full_id(gateway, "songs", song)
        found = gateway.radio.ban(full_id(gateway, "pools", pool), seed, **request)
    _tell(found, "Banned", as_json=as_json)


def _tell(found: Shown, done: str, *, as_json: bool) -> None:
    if as_json:
        output.print_json(found)
    else:
        playing = found["playing"]
        output.say(
            f"{done}; the radio goes on otherwise in some seconds. Now: {playing and playing['title']}."
        )


def _pool_of(gateway: Client, given: list[str], bars: Bars) -> str:
    """Return the pool that is named, or one of the songs that are.

    Raises:
        NoSongs: there is none.
        BadSetting: what is named is neither a file nor like an id.
        JobFailed, JobCancelled: there is no pool.
    """
    missing = [one for one in given if not Path(one).exists()]
    if len(given) == 1 and missing and _ID.fullmatch(given[0]):
        return full_id(gateway, "pools", given[0])
    if missing:
        raise BadSetting(
            f"There is no file or folder {missing[0]!r}. Name sound files, folders, or one pool."
        )
    found = find_sources([Path(one) for one in given])
    tell_skipped(found.skipped)
    library = mixing.gather_songs(gateway, found.files, bars)
    job = mixing.see_through(gateway, lambda: gateway.pools.build(songs=library.ids()), bars)
    return job["result"]["pools"][0]


class _Titles:
    """Tells what plays, whenever that is another song."""

    def __init__(self, gateway: Client, pool: str, seed: int) -> None:
        self._gateway, self._pool, self._seed = gateway, pool, seed
        self._told: str | None = None
        self._looked_s = 0.0

    def tell(self) -> None:
        """Look, not more often than every second, and tell on standard error."""
        if time.monotonic() - self._looked_s < LOOK_S:
            return
        self._looked_s = time.monotonic()
        playing = self._gateway.radio.get(self._pool, self._seed)["playing"]
        song = playing and playing["song"]
        if playing and song != self._told:
            by = f"{playing['artist']} - " if playing["artist"] else ""
            output.note(f"{by}{playing['title']}")
        self._told = song


def _tell_until(titles: _Titles, length: float | None) -> None:
    until_s = None if length is None else time.monotonic() + length
    while until_s is None or time.monotonic() < until_s:
        titles.tell()
        time.sleep(LOOK_S)


def _write(sound: Iterator[bytes], target: str, length: float | None, titles: _Titles) -> int:
    """Write the stream until it is long enough; return how many bytes that were."""
    most = None if length is None else round(length * BYTES_PER_S)
    written = 0
    with _opened(target) as file:
        for block in sound:
            titles.tell()
            part = block if most is None else block[: most - written]
            file.write(part)
            file.flush()
            written += len(part)
            if written == most:
                break
    return written


@contextmanager
def _opened(target: str) -> Iterator[BinaryIO]:
    if target == "-":
        yield sys.stdout.buffer
    else:
        with Path(target).open("wb") as file:
            yield file

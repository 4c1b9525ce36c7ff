"""What is wished of a mix beside its songs: what the options mean, and what is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cli.choices import ANY_SONG, NamedChoice, StartChoice, parse_end, parse_named, parse_start
from cli.documents import Document
from segue_client.documents import Song
from shared.errors import BadSetting, UnknownStart, WishesContradict
from shared.parameters import Limits, Sequencing

OFF = "off"
_WHOLE = ("least_songs", "twins_apart", "key_within")


@dataclass(frozen=True)
class WishChoices:
    """Wishes as typed: songs are files still."""

    start: StartChoice | None = None
    end: StartChoice | None = None
    must: tuple[NamedChoice, ...] = ()
    without: tuple[NamedChoice, ...] = ()
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
            request["must"] = [_named(_id_of(one.file, songs, "--must"), one) for one in self.must]
        if self.without:
            left = [one for one in self.without if one.file in songs]
            request["without"] = [_named(songs[one.file]["id"], one) for one in left]
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
        must: songs and passages, as `parse_named` reads them.
        without: the same.
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
        "end": end and {"song": ANY_SONG},
        "must": must and [ANY_SONG],
        "without": without and [ANY_SONG],
    }
    probe = asked | {name: value for name, value in named.items() if value}
    _checked(lambda: Sequencing.model_validate(probe))
    return WishChoices(
        start=None if start is None else parse_start(start, files),
        end=None if end is None else parse_end(end, files),
        must=tuple(parse_named("--must", text, files) for text in must or ()),
        without=tuple(parse_named("--without", text, files) for text in without or ()),
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


def _named(song: str, choice: NamedChoice) -> str | Document:
    """Return how a request names a song, or a passage of it."""
    return song if choice.passage is None else {"song": song, **choice.passage}


def _id_of(file: Path, songs: dict[Path, Song], option: str) -> str:
    if file not in songs:
        raise WishesContradict(
            f"`{option}`",
            "the songs",
            found=f"{file} was left out, as it cannot be used",
            remedy="Ask for another song, or convert it",
        )
    return songs[file]["id"]

"""What options mean; what cannot be is refused before any work is done."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

from pydantic import ValidationError

from cli.documents import Document
from shared.errors import BadSetting
from shared.judging import Protocol
from shared.parameters import Cut, Output, Passage

ANY_SONG = "0" * 64
"""In the place of a song whose id is not known yet."""

_TIME = r"\d+(?::[0-5]\d){0,2}(?:\.\d+)?"
_PASSAGE = re.compile(rf"section:(\d+)|({_TIME})?-({_TIME})?")

FORMATS = cast(tuple[str, ...], get_args(Output.model_fields["format"].annotation))


@dataclass(frozen=True)
class StartChoice:
    """Where a mix begins or ends: a chunk of one of the files; None: any, or the first."""

    file: Path
    chunk: int | None


@dataclass(frozen=True)
class NamedChoice:
    """One of the files, or a passage of it: what tells it in the request beside its song; None: all of it."""

    file: Path
    passage: Document | None = None


def parse_cut(text: str) -> Cut:
    """Return what `silence`, `silence:-16`, `equal`, `equal:5`, `beats` or `beats:4` means.

    Raises:
        BadSetting: it is none of these, or the number is out of range.
    """
    method, separator, value = text.partition(":")
    values: dict[str, Any] = {"method": method}
    if separator:
        values[{"silence": "threshold_dbfs", "beats": "bars"}.get(method, "chunk_s")] = value
    try:
        return Cut.model_validate(values, strict=False)
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise BadSetting(
            f"--cut {text} cannot be used ({reason}). Use `silence`, `silence:-16` with a threshold in dBFS, "
            "`equal`, `equal:5` with a length in seconds, `beats`, or `beats:4` with a number of bars."
        ) from error


def parse_chunks_per_song(text: str) -> int | None:
    """Return what `47` or `auto` (None: the number that leaves the most chunks) means.

    Raises:
        BadSetting: it is neither, or out of range.
    """
    try:
        return Protocol(chunks_per_song=None if text == "auto" else int(text)).chunks_per_song
    except ValueError as error:
        raise BadSetting(
            f"--chunks-per-song {text} cannot be used. Give a number from 4 to 1000, or `auto` for the one "
            "that leaves the most chunks."
        ) from error


def parse_start(text: str, files: Sequence[Path]) -> StartChoice:
    """Return what `CHUNK` (of the first song), `SONGFILE:CHUNK` or `SONGFILE` means.

    A song file is given by its path or its name, with or without the suffix.

    Raises:
        BadSetting: the file is not one of the songs, or several are called so.
    """
    if text.isdecimal():
        return StartChoice(files[0], int(text))
    return _parse_place("--start", text, files)


def parse_end(text: str, files: Sequence[Path]) -> StartChoice:
    """Return what `SONGFILE` or `SONGFILE:CHUNK` means.

    Raises:
        BadSetting: the file is not one of the songs, or several are called so.
    """
    return _parse_place("--end", text, files)


def parse_named(option: str, text: str, files: Sequence[Path]) -> NamedChoice:
    """Return what `SONGFILE`, `SONGFILE@1:00-1:32` or `SONGFILE@section:3` means.

    Times are seconds, or minutes or hours with colons; a side that is left out is the song's begin or end.

    Raises:
        BadSetting: the file is not one of the songs, several are called so, or there can be no such passage.
    """
    name, separator, place = text.rpartition("@")
    if not separator or any(_is_called(path, text) for path in files):
        return NamedChoice(find_song(option, text, files))
    file = find_song(option, name, files)
    if (match := _PASSAGE.fullmatch(place)) is None:
        raise BadSetting(
            f"{option} {text} cannot be used: {place or 'nothing'} is no passage. Give a span of time, "
            f"{name}@1:00-1:32, or a section, {name}@section:3; `segue songs analysis` shows sections."
        )
    section, begins, ends = match.groups()
    given = {"section": section, "from_s": begins and _seconds(begins), "to_s": ends and _seconds(ends)}
    asked = {field: value for field, value in given.items() if value not in (None, "")}
    try:
        passage = Passage.model_validate({"song": ANY_SONG, **asked}, strict=False)
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise BadSetting(f"{option} {text} cannot be used: {reason}.") from error
    return NamedChoice(file, passage.model_dump(mode="json", exclude={"song"}, exclude_none=True))


def find_song(option: str, name: str, files: Sequence[Path]) -> Path:
    """Return the file that a name, with or without the suffix, or a path means.

    Raises:
        BadSetting: none of the songs is called so, or several are.
    """
    fitting = [path for path in files if _is_called(path, name)]
    if len(fitting) != 1:
        found = "is the name of several songs; give its path" if fitting else "is none of the songs given"
        raise BadSetting(f"{option} {name} cannot be used: {name} {found}.")
    return fitting[0]


def parse_output(
    target: Path,
    bitrate_kbps: int | None,
    seams: Literal["blend", "plain"] = "blend",
    *,
    stretch: bool = True,
) -> Output:
    """Return how to render what is to be written to a file, by its suffix.

    Raises:
        BadSetting: the suffix is unknown, the bitrate does not fit it, or the file could not be written.
    """
    suffix = target.suffix.lower().removeprefix(".")
    if suffix not in FORMATS:
        raise BadSetting(
            f"-o {target} tells no format that a mix can have. Use a name that ends in "
            f"{', '.join(f'.{one}' for one in FORMATS)}."
        )
    if bitrate_kbps is not None and suffix not in ("mp3", "ogg"):
        raise BadSetting(f"--bitrate is for mp3 and ogg; {target.name} has none. Leave it out.")
    check_writable(target)
    asked = {"format": suffix, "bitrate_kbps": bitrate_kbps, "seams": seams, "stretch": stretch}
    return Output.model_validate(asked)


def check_suffix(target: Path, mix_format: str) -> None:
    """Refuse a name that says another format than the sound has.

    Raises:
        BadSetting: it does.
    """
    suffix = target.suffix.lower().removeprefix(".")
    if suffix in FORMATS and suffix != mix_format:
        raise BadSetting(
            f"-o {target} says {suffix}, and the mix is {mix_format}. Use a name in .{mix_format}."
        )


def check_writable(target: Path) -> None:
    """Refuse a file that could not be written, before an hour of work is spent on it.

    Raises:
        BadSetting: it is a folder, or its folder is missing or read-only.
    """
    folder = target.parent
    if target.is_dir():
        raise BadSetting(f"{target} is a folder. Name a file.")
    if not folder.is_dir():
        raise BadSetting(f"{target} cannot be written: there is no folder {folder}. Make it first.")
    if not os.access(folder, os.W_OK):
        raise BadSetting(f"{target} cannot be written: {folder} is read-only to you. Choose another folder.")


def _seconds(time: str) -> float:
    """Return the seconds of `62.5`, `1:02.5` or `1:01:02`."""
    seconds = 0.0
    for part in time.split(":"):
        seconds = 60 * seconds + float(part)
    return seconds


def _is_called(path: Path, name: str) -> bool:
    return path == Path(name) or name in (path.name, path.stem)


def _parse_place(option: str, text: str, files: Sequence[Path]) -> StartChoice:
    """Read `SONGFILE:CHUNK`, or `SONGFILE`."""
    name, _, number = text.rpartition(":")
    if name and number.isdecimal():
        return StartChoice(find_song(option, name, files), int(number))
    return StartChoice(find_song(option, text, files), None)

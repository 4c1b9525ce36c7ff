"""What is to be changed of a mix: the options, what they mean, and the edits that are asked for.

All positions are those of the mix as it is; so edits that move others come last.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, get_args

import typer
from pydantic import TypeAdapter, ValidationError

from cli.documents import Document, Shown
from shared.errors import BadSetting
from shared.revisions import Edit, Manner, SeamChange

Swaps = Annotated[
    list[str] | None,
    typer.Option(
        "--swap", metavar="N[=SONG:CHUNK]", help="Swap chunk N for its next-best one, or for that one."
    ),
]
Bans = Annotated[
    list[str] | None,
    typer.Option(
        "--ban", metavar="N|SONG[:CHUNK]", help="Ban what is at position N, a song, or a chunk of one."
    ),
]
Pins = Annotated[
    list[str] | None,
    typer.Option("--pin", metavar="FIRST-LAST", help="Keep these positions as they are from now on."),
]
Unpins = Annotated[
    list[str] | None, typer.Option("--unpin", metavar="FIRST-LAST", help="Let them be changed again.")
]
SeamManners = Annotated[
    list[str] | None,
    typer.Option(
        "--seam",
        metavar="N=MANNER",
        help="Join chunk N to the one before by auto, blend, cut, echo-out or bass-swap.",
    ),
]
Nudges = Annotated[
    list[str] | None,
    typer.Option(
        "--nudge", metavar="N=MS|N=BEATSb", help="Move the seam of chunk N: 5=-20 in ms, 5=1b by a beat."
    ),
]
Removals = Annotated[list[int] | None, typer.Option("--remove", metavar="N", help="Take chunk N out.")]
Moves = Annotated[
    list[str] | None, typer.Option("--move", metavar="N=TO", help="Put chunk N at another position.")
]
LengthenTo = Annotated[
    str | None,
    typer.Option(
        "--lengthen", metavar="CHUNKS|SECONDSs", help="Go on to so many chunks, 40, or seconds, 90s."
    ),
]
SeamManner = Annotated[
    str | None, typer.Option("--seam", metavar="MANNER", help="Hear it as if it were made so; see revise.")
]
SeamNudge = Annotated[
    str | None, typer.Option("--nudge", metavar="MS|BEATSb", help="Hear it as if it were moved so.")
]

FindSong = Callable[[str], str]
"""Return the id of the song that a name means."""

_ANY_SONG = "0" * 64
_EDIT: TypeAdapter[Edit] = TypeAdapter(Edit)


@dataclass(frozen=True)
class EditChoices:
    """Edits as typed: songs are names still."""

    swaps: Sequence[str] = ()
    bans: Sequence[str] = ()
    pins: Sequence[str] = ()
    unpins: Sequence[str] = ()
    seams: Sequence[str] = ()
    nudges: Sequence[str] = ()
    removals: Sequence[int] = ()
    moves: Sequence[str] = ()
    lengthen: str | None = None

    def __post_init__(self) -> None:
        # What can be told without the mix is told before anything is asked of anyone.
        known = [*self._unpinned(), *self._seams(), *self._late()]
        known += [_swap(text, lambda name: _ANY_SONG) for text in self.swaps]
        if not (known or self.bans):
            raise BadSetting("Nothing is to be changed. Give an edit, such as --swap 7; --help lists them.")

    def to_request(self, report: Shown, find_song: FindSong) -> Document:
        """Return the request for the revision.

        Args:
            report: of the mix.
            find_song: returns the id of the song that a name means.

        Raises:
            BadSetting: there is no such position, or no such song.
        """
        edits = self._unpinned()
        edits += [_ban(text, report, find_song) for text in self.bans]
        edits += [_swap(text, find_song) for text in self.swaps]
        return {"edits": edits + self._seams() + self._late()}

    def _unpinned(self) -> list[Document]:
        return [_section("unpin", text) for text in self.unpins]

    def _seams(self) -> list[Document]:
        """Return one edit for each seam: its manner and its nudge go together."""
        wished: dict[int, Document] = {}
        for text in self.seams:
            position, manner = _split("--seam", text)
            wished.setdefault(position, {}).update(_manner(manner))
        for text in self.nudges:
            position, nudge = _split("--nudge", text)
            wished.setdefault(position, {}).update(_nudge(nudge))
        return [_edit("seam", position=position, **wish) for position, wish in wished.items()]

    def _late(self) -> list[Document]:
        """Return what others' positions depend on, or what is to hold from now on."""
        late = [_section("pin", text) for text in self.pins]
        late += [_edit("remove", position=position) for position in sorted(set(self.removals), reverse=True)]
        for text in self.moves:
            position, to = _split("--move", text)
            late.append(_edit("move", position=position, to=to))
        if self.lengthen is not None:
            late.append(_lengthened(self.lengthen))
        return late


def seam_change(manner: str | None, nudge: str | None) -> Document:
    """Return the change of a seam that options mean.

    Raises:
        BadSetting: they mean none.
    """
    wished = (_manner(manner) if manner else {}) | (_nudge(nudge) if nudge else {})
    try:
        return SeamChange.model_validate(wished, strict=False).model_dump(mode="json", exclude_none=True)
    except ValidationError as error:
        raise _refused("seam", error) from error


def _edit(kind: str, **fields: Any) -> Document:
    """Return an edit as the API takes it.

    Raises:
        BadSetting: it cannot be so.
    """
    try:
        edit = _EDIT.validate_python({"edit": kind, **fields}, strict=False)
    except ValidationError as error:
        raise _refused(kind, error) from error
    return edit.model_dump(mode="json", exclude_none=True)


def _refused(kind: str, error: ValidationError) -> BadSetting:
    fault = error.errors()[0]
    where = ".".join(str(part) for part in fault["loc"][1:])
    return BadSetting(f"This edit cannot be made: {kind}{where and f' ({where})'}: {fault['msg']}.")


def _swap(text: str, find_song: FindSong) -> Document:
    position, wanted = _split("--swap", text, of=_at_least_position)
    if not wanted:
        return _edit("swap", position=position)
    name, _, chunk = wanted.rpartition(":")
    if not name or not chunk.isdecimal():
        raise BadSetting(f"--swap {text} cannot be used. Name a chunk as song.mp3:7, or none.")
    return _edit("swap", position=position, by={"song": find_song(name), "chunk": int(chunk)})


def _ban(text: str, report: Shown, find_song: FindSong) -> Document:
    if text.isdecimal():
        entries = report["sequence"]
        if int(text) >= len(entries):
            raise BadSetting(f"--ban {text} cannot be used: the mix has positions 0 to {len(entries) - 1}.")
        entry = entries[int(text)]
        return _edit("ban", song=entry["song"], chunk=entry["chunk"])
    name, _, chunk = text.rpartition(":")
    if name and chunk.isdecimal():
        return _edit("ban", song=find_song(name), chunk=int(chunk))
    return _edit("ban", song=find_song(text))


def _section(kind: str, text: str) -> Document:
    if (match := re.fullmatch(r"(\d+)(?:-(\d+))?", text)) is None:
        raise BadSetting(f"--{kind} {text} cannot be used. Give positions as 3-8, or one.")
    first, last = match.groups()
    return _edit(kind, first=int(first), last=int(last or first))


def _manner(text: str) -> Document:
    manner = text.replace("-", "_")
    if manner not in get_args(Manner):
        known = ", ".join(one.replace("_", "-") for one in get_args(Manner))
        raise BadSetting(f"A seam cannot be made as {text}. Choose one of: {known}.")
    return {"manner": manner}


def _nudge(text: str) -> Document:
    match = re.fullmatch(r"([+-]?\d+(?:\.\d+)?)(ms|b|beats?)?", text)
    if match is None:
        raise BadSetting(f"A seam cannot be moved by {text}. Give milliseconds, -20, or beats, 1b.")
    amount, unit = match.groups()
    return {"nudge_beats" if unit in ("b", "beat", "beats") else "nudge_ms": float(amount)}


def _lengthened(text: str) -> Document:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)s|(\d+)", text)
    if match is None:
        raise BadSetting(f"--lengthen {text} cannot be used. Give chunks, 40, or seconds, 90s.")
    seconds, chunks = match.groups()
    return _edit("lengthen", **({"duration_s": float(seconds)} if seconds else {"chunks": int(chunks)}))


def _at_least_position(text: str) -> tuple[str, str]:
    position, _, rest = text.partition("=")
    return position, rest


def _both(text: str) -> tuple[str, str]:
    position, separator, rest = text.partition("=")
    return (position, rest) if separator and rest else ("", "")


def _split(option: str, text: str, of: Callable[[str], tuple[str, str]] = _both) -> tuple[int, str]:
    """Return the position that a text begins with, and what comes after its equals sign."""
    position, rest = of(text)
    if not position.isdecimal():
        raise BadSetting(f"{option} {text} cannot be used. Begin with a position, as in `{option} 5=...`.")
    return int(position), rest


def find_among(name: str, songs: Iterable[Shown]) -> str:
    """Return the id of the song that is called so: by its file, with or without suffix, its title or its id.

    Raises:
        BadSetting: none is, or several are.
    """
    wanted = name.casefold()
    fitting = [song for song in songs if wanted in _names(song) or song["id"].startswith(wanted)]
    if len({song["id"] for song in fitting}) != 1:
        found = (
            "several of the mix's songs are called so; give an id" if fitting else "it is none of the mix's"
        )
        raise BadSetting(f"The song {name} cannot be meant: {found}. `segue songs list` shows them.")
    identifier: str = fitting[0]["id"]
    return identifier


def _names(song: Shown) -> set[str]:
    file = song["name"].casefold()
    return {file, file.rpartition(".")[0] or file, song["title"].casefold()}

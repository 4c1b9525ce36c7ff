"""What goes into a mix's package, and what each file is called there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from services.assembler.extras.sections import Section
from services.assembler.reports import Entry
from services.assembler.tagging import clean_text
from shared.store.keys import Kind
from shared.store.packages import Package, PackagedFile

__all__ = ["package_of", "song_files"]

_NAME_MAX = 60
_UNFIT = str.maketrans(dict.fromkeys('<>:"/\\|?*', "-"))
"""What one file system or another has no room for in a name."""


def song_files(sections: Sequence[Section]) -> dict[str, str]:
    """Return what the file of each song is called, in the order in which they first come."""
    titles = {section.song: section.title for section in reversed(sections)}
    songs = list(dict.fromkeys(section.song for section in sections))
    return {
        song: f"songs/{number:02d} {_fit(titles[song])}.flac" for number, song in enumerate(songs, start=1)
    }


def package_of(
    entries: Sequence[Entry],
    songs: Mapping[str, str],
    chunks: Sequence[tuple[str, str]],
    payloads: Sequence[str],
) -> Package:
    """Return what a package holds: the mix's own files, its chunks in order, and the songs whole.

    Args:
        entries: the chunks of the mix.
        songs: by song: what its file is called.
        chunks: of each entry: the key of its cut, and the name of its payload there.
        payloads: the mix's own.
    """
    own = [PackagedFile(name=payload, payload=payload) for payload in payloads]
    cut = [
        PackagedFile(
            name=f"chunks/{entry.position:04d} {_fit(entry.title)} {entry.chunk}{Path(payload).suffix}",
            kind=Kind.CUT,
            key=key,
            payload=payload,
        )
        for entry, (key, payload) in zip(entries, chunks, strict=True)
    ]
    whole = [
        PackagedFile(name=name, kind=Kind.SONG, key=song, payload="audio.flac")
        for song, name in songs.items()
    ]
    return Package(files=[*own, *cut, *whole])


def _fit(title: str) -> str:
    """Return a title as part of a file's name: no folder, no device, nothing hidden."""
    return clean_text(title, limit=_NAME_MAX).translate(_UNFIT).strip(". ") or "untitled"

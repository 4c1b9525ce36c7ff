"""Which files are songs: those that are named, and those in folders whose suffix says sound."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.errors import NoSongs
from cli.output import counted, note

_CONTAINERS = (
    "aac ac3 aif aifc aiff amr ape au caf dsf flac m4a m4b mka mp2 mp3 mp4 mpc oga ogg opus tak tta w64 wav "
    "wave weba webm wma wv"
)
NAMED = 5
"""So many files that were passed over are named."""
AUDIO_SUFFIXES = frozenset(f".{name}" for name in _CONTAINERS.split())


@dataclass(frozen=True)
class Sources:
    """Files to upload, in order, and those of folders that were passed over."""

    files: tuple[Path, ...]
    skipped: tuple[Path, ...]


def find_sources(given: Sequence[Path]) -> Sources:
    """Find the songs among files and folders.

    A file that is named is taken whatever it is called, and the gateway judges it. Of a folder, with its
    subfolders, files are taken by suffix in the order of their paths; hidden ones do not count.

    Raises:
        NoSongs: there is none.
    """
    files: list[Path] = []
    skipped: list[Path] = []
    for path in given:
        if path.is_dir():
            for found in _visible_files(path):
                (files if found.suffix.lower() in AUDIO_SUFFIXES else skipped).append(found)
        else:
            files.append(path)
    if not files:
        named = ", ".join(str(path) for path in given)
        raise NoSongs(f"There is no sound file in {named}. Name files, or a folder that holds some.")
    return Sources(tuple(dict.fromkeys(files)), tuple(dict.fromkeys(skipped)))


def tell_skipped(skipped: Sequence[Path]) -> None:
    """Tell which files of folders were passed over."""
    if skipped:
        names = ", ".join(path.name for path in skipped[:NAMED])
        more = ", …" if len(skipped) > NAMED else ""
        note(f"Passed over {counted(len(skipped), 'file')} without a suffix of sound: {names}{more}.")


def _visible_files(folder: Path) -> Iterable[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )

"""Excerpts of songs: as many to learn from and to judge by as a scale wants, all through one codec."""

from __future__ import annotations

import hashlib
import subprocess
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.experiments.scales import Scale
from cli.sources import find_sources
from shared.errors import BadSetting
from shared.sound.ffmpeg import ffmpeg_path

RATE_HZ = 44_100
MP3_KBPS = 128
_TIMEOUT_S = 300.0


@dataclass(frozen=True)
class Kind:
    """Excerpts of one kind of music: of one folder.

    Attributes:
        name: the folder's.
        train: files to learn from.
        judged: files to judge by; none is of a song of `train`.
    """

    name: str
    train: tuple[Path, ...]
    judged: tuple[Path, ...]


def gather_kinds(folders: Sequence[Path], target: Path, scale: Scale) -> list[Kind]:
    """Take excerpts of the songs of each folder into a folder of our own.

    Songs are taken in the order of the SHA-256 of their bytes, and those that are too short are passed over:
    the same songs give the same split, whatever they are called.

    Raises:
        BadSetting: a folder holds too few songs, or two folders have the same name.
        NoSongs: a folder holds none.
    """
    names = [folder.absolute().name for folder in folders]
    if len(set(names)) < len(names):
        raise BadSetting(f"Two folders are called {max(names, key=names.count)!r}. Rename one of them.")
    return [_gather_kind(folder, name, target, scale) for folder, name in zip(folders, names, strict=True)]


def as_mp3(excerpt: Path) -> Path:
    """Encode an excerpt as MP3, beside it."""
    target = excerpt.with_suffix(".mp3")
    _convert(["-i", f"file:{excerpt}", "-c:a", "libmp3lame", "-b:a", f"{MP3_KBPS}k"], target)
    return target


def _gather_kind(folder: Path, name: str, target: Path, scale: Scale) -> Kind:
    files = sorted(find_sources([folder]).files, key=lambda path: hashlib.sha256(path.read_bytes()).digest())
    own = target / name
    own.mkdir(parents=True, exist_ok=True)
    taken: list[Path] = []
    for file in files:
        excerpt = own / f"{file.stem}.wav"
        if _take(file, excerpt, scale):
            taken.append(excerpt)
        if len(taken) == scale.songs_needed:
            return Kind(name, tuple(taken[: scale.train_songs]), tuple(taken[scale.train_songs :]))
    raise BadSetting(
        f"{folder} holds {len(taken)} songs of at least {scale.excerpt_s + scale.skipped_s:g} s; at scale "
        f"{scale.name} {scale.songs_needed} are needed, {scale.train_songs} to learn from. Add some."
    )


def _take(file: Path, excerpt: Path, scale: Scale) -> bool:
    """Write the excerpt of a song; tell whether the song was long enough."""
    part = ["-ss", f"{scale.skipped_s:g}", "-t", f"{scale.excerpt_s:g}", "-i", f"file:{file}"]
    _convert([*part, "-map", "0:a:0", "-ac", "2", "-ar", str(RATE_HZ), "-c:a", "pcm_s16le"], excerpt)
    with wave.open(str(excerpt)) as sound:
        return bool(sound.getnframes() >= round(0.99 * scale.excerpt_s * RATE_HZ))


def _convert(arguments: Sequence[str], target: Path) -> None:
    """Run ffmpeg on a file of the user's own.

    Raises:
        BadSetting: it cannot read it.
        ToolMissing: there is no ffmpeg.
    """
    exact = ["-map_metadata", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact"]
    command = [str(ffmpeg_path()), "-nostdin", "-loglevel", "error", "-y", *arguments, *exact, str(target)]
    done = subprocess.run(command, capture_output=True, timeout=_TIMEOUT_S, check=False)
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no reason given"]
        raise BadSetting(f"{target.stem} cannot be taken into an experiment ({reason[0]}). Leave it out.")

"""Write the demo songs as FLAC or Ogg files."""

from __future__ import annotations

import math
import unicodedata
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import soundfile

from cli.demo.arrangement import arrange, fit_form
from cli.demo.filters import SAMPLE_RATE_HZ
from cli.demo.mixing import mix
from cli.demo.songs import SONGS, Song
from shared.errors import BadSetting

Format = Literal["flac", "ogg"]
SHORTEST_S, LONGEST_S = 5.0, 600.0
FULL_SCALE = 32767


def write_demo_songs(
    folder: Path,
    *,
    seconds: float | None = None,
    format: Format = "flac",  # noqa: A002
) -> list[Path]:
    """Synthesise the five demo songs into a folder, 44.1 kHz, stereo, 16 bits, with their titles as tags.

    The same call makes the same bytes, as FLAC. On another kind of processor, whose sine may differ in a
    float's last bit, a sample may differ in its last bit.

    Args:
        folder: made when it is not there; files of the same names are replaced.
        seconds: about how long each song should be, to a bar; None is the songs' own 60 to 90 s. A shorter
            song keeps its form: every section is shortened.
        format: FLAC, or Ogg Vorbis, an eighth as large and not quite the same.

    Returns:
        The files, in the order of `SONGS`.

    Raises:
        BadSetting: `seconds` is out of range.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return [_write(folder / f"{_slug(song)}.{format}", song, render(song, seconds=seconds)) for song in SONGS]


def render(song: Song, *, seconds: float | None = None) -> npt.NDArray[np.int16]:
    """Synthesise one song: int16, shape (n, 2), at `SAMPLE_RATE_HZ`.

    Raises:
        BadSetting: `seconds` is out of range.
    """
    if seconds is not None:
        if not (math.isfinite(seconds) and SHORTEST_S <= seconds <= LONGEST_S):
            raise BadSetting(
                f"Demo songs of {seconds:g} s were wanted; {SHORTEST_S:g} to {LONGEST_S:g} s are possible. "
                "Ask for a length in between."
            )
        song = fit_form(song, seconds)
    chance = np.random.Generator(np.random.PCG64(song.seed))
    master = mix(song, arrange(song, chance), chance)
    # Triangular dither of one step either way keeps fades free of distortion.
    dither = chance.random(master.shape, np.float32) - chance.random(master.shape, np.float32)
    return np.round(master * np.float32(FULL_SCALE) + dither).astype(np.int16)


def _write(path: Path, song: Song, samples: npt.NDArray[np.int16]) -> Path:
    subtype = "VORBIS" if path.suffix == ".ogg" else "PCM_16"
    with soundfile.SoundFile(path, "w", SAMPLE_RATE_HZ, samples.shape[1], subtype) as file:
        file.title, file.artist, file.genre = song.title, "Segue", song.style
        # libsndfile's Vorbis encoder overflows the stack when it is given a whole song at once.
        for start in range(0, len(samples), SAMPLE_RATE_HZ):
            file.write(samples[start : start + SAMPLE_RATE_HZ])
    return path


def _slug(song: Song) -> str:
    plain = unicodedata.normalize("NFKD", song.title).encode("ascii", "ignore").decode()
    return plain.lower().replace(" ", "-")

"""The cue sheet of a mix: where each piece begins, for players that can jump there."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from services.assembler.material import Piece
from services.assembler.tagging import clean_text

__all__ = ["cue_sheet"]

FRAMES_PER_S = 75
MAX_TRACKS = 99
MAX_FIELD = 80
"""Characters of a title, as CD-Text has them."""

FILE_TYPES = {"mp3": "MP3", "wav": "WAVE", "flac": "WAVE", "ogg": "WAVE"}
"""The format knows no type for FLAC and Ogg; players take WAVE for every lossless or other file."""


def cue_sheet(
    pieces: Sequence[Piece],
    starts: NDArray[np.int64],
    *,
    title: str,
    titles: Mapping[str, str],
    sample_rate_hz: int,
    file: str,
) -> str:
    """Write the cue sheet of a mix: a track for each piece.

    A cue sheet has at most 99 tracks: where a mix has more pieces, a track begins at every second,
    third, ... of them. A piece shorter than 1/75 s is part of the track before it.

    Args:
        pieces: in the order of the mix.
        starts: int64, shape (pieces,): the sample of the mix at which each begins.
        title: of the mix.
        titles: of the songs, by their ids.
        sample_rate_hz: of the mix.
        file: the name of the audio file; its ending names the format.
    """
    positions = (2 * FRAMES_PER_S * starts + sample_rate_hz) // (2 * sample_rate_hz)
    _, distinct = np.unique(positions, return_index=True)
    tracks = distinct[:: math.ceil(len(distinct) / MAX_TRACKS)]
    lines = [
        'REM COMMENT "Made by Segue"',
        f"TITLE {_quoted(title)}",
        f"FILE {_quoted(file)} {FILE_TYPES[file.rpartition('.')[2]]}",
    ]
    for number, index in enumerate(tracks.tolist(), 1):
        piece = pieces[index]
        lines += [
            f"  TRACK {number:02d} AUDIO",
            f"    TITLE {_quoted(titles[piece.song])}",
            f"    REM SOURCE_TIME {_timestamp(round(piece.start * FRAMES_PER_S / piece.sample_rate_hz))}",
            f"    INDEX 01 {_timestamp(int(positions[index]))}",
        ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Quote text; the format has no escape, so a double quote becomes a single one."""
    return '"' + clean_text(text, limit=MAX_FIELD).replace('"', "'") + '"'


def _timestamp(frames: int) -> str:
    """Write a time counted in 1/75 s as minutes:seconds:frames; minutes may pass 99."""
    seconds, rest = divmod(frames, FRAMES_PER_S)
    return f"{seconds // 60:02d}:{seconds % 60:02d}:{rest:02d}"

"""Vorbis comments, as FLAC and Ogg have them: title, artist, comment, chapters; and the cover beside them."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

from services.assembler.extras.chapters import Chapter
from services.assembler.tagging import cleaned_tags

__all__ = ["comment_block", "comments_of", "picture_block", "vendor_of"]

_FRONT_COVER = 3
_BITS_PER_PIXEL = 24


def comments_of(tags: Mapping[str, str], chapters: Sequence[Chapter]) -> list[str]:
    """Return comments: the tags, and of each chapter its beginning and its name, as players look for them.

    Args:
        tags: title, artist, album, comment; cleaned and capped here.
        chapters: of the mix.

    Raises:
        ValueError: a tag is unknown.
    """
    named = [f"{name.upper()}={text}" for name, text in cleaned_tags(tags).items()]
    for number, chapter in enumerate(chapters):
        named += [
            f"CHAPTER{number:03d}={_instant(chapter.start_s)}",
            f"CHAPTER{number:03d}NAME={chapter.title}",
        ]
    return named


def comment_block(vendor: bytes, comments: Sequence[str]) -> bytes:
    """Return comments as they are stored, behind the name of the encoder."""
    return b"".join(
        [_counted(vendor), struct.pack("<I", len(comments)), *(_counted(c.encode()) for c in comments)]
    )


def vendor_of(block: bytes) -> bytes:
    """Return the name of the encoder that stored comments begin with."""
    (length,) = struct.unpack_from("<I", block)
    return block[4 : 4 + length]


def picture_block(jpeg: bytes, size_px: int) -> bytes:
    """Return a square front cover as FLAC stores pictures."""
    kind = b"image/jpeg"
    return b"".join(
        [
            struct.pack(">II", _FRONT_COVER, len(kind)),
            kind,
            struct.pack(">IIIII", 0, size_px, size_px, _BITS_PER_PIXEL, 0),
            struct.pack(">I", len(jpeg)),
            jpeg,
        ]
    )


def _counted(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data


def _instant(time_s: float) -> str:
    seconds, milliseconds = divmod(round(time_s * 1000), 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{milliseconds:03d}"

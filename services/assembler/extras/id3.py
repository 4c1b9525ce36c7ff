"""ID3v2.3 tags: title, artist, comment, chapters and a cover, laid before an MP3.

A tag is a prefix of the file: the frames of sound, and with them the header that tells a player how much
padding to leave out, are copied byte by byte.
"""

from __future__ import annotations

import shutil
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from services.assembler.extras.chapters import Chapter
from services.assembler.tagging import cleaned_tags

__all__ = ["retag_mp3", "tag_bytes"]

_HEADER_BYTES = 10
_UTF_16 = b"\x01"
_LATIN_1 = b"\x00"
_FRONT_COVER = b"\x03"
_TOP_LEVEL, _ORDERED = 2, 1
_NO_OFFSET = 0xFFFFFFFF
_FRAMES = {"title": "TIT2", "artist": "TPE1", "album": "TALB"}


def tag_bytes(tags: Mapping[str, str], chapters: Sequence[Chapter], cover_jpeg: bytes | None = None) -> bytes:
    """Return an ID3v2.3 tag, with CTOC and CHAP frames as the ID3v2 Chapter Frame Addendum (2005) has them.

    Args:
        tags: title, artist, album, comment; cleaned and capped here.
        chapters: 255 at most.
        cover_jpeg: a picture; None: no picture.

    Raises:
        ValueError: a tag is unknown.
    """
    cleaned = cleaned_tags(tags)
    frames = [_text(_FRAMES[name], text) for name, text in cleaned.items() if name in _FRAMES]
    if comment := cleaned.get("comment"):
        frames.append(_frame("COMM", _UTF_16 + b"eng" + _utf_16("") + _utf_16(comment)))
    if chapters:
        frames += [_contents(len(chapters)), *map(_chapter, range(len(chapters)), chapters)]
    if cover_jpeg:
        frames.append(_frame("APIC", _LATIN_1 + b"image/jpeg\0" + _FRONT_COVER + b"\0" + cover_jpeg))
    body = b"".join(frames)
    return b"ID3\x03\x00\x00" + _synchsafe(len(body)) + body


def retag_mp3(source: Path, target: Path, tag: bytes) -> None:
    """Write an MP3 with another tag in place of its own; its sound is the same, byte for byte."""
    with source.open("rb") as old, target.open("xb") as new:
        old.seek(_tag_length(old))
        new.write(tag)
        shutil.copyfileobj(old, new, 1 << 20)


def _tag_length(file: BinaryIO) -> int:
    """Return the length of the tag that a file begins with; 0 where there is none."""
    header = file.read(_HEADER_BYTES)
    if not header.startswith(b"ID3"):
        return 0
    length = 0
    for byte in header[6:]:
        length = length << 7 | byte
    return _HEADER_BYTES + length


def _contents(chapters: int) -> bytes:
    """Return the table of contents: all chapters, in their order."""
    listed = b"".join(_element(number) for number in range(chapters))
    return _frame("CTOC", b"toc\0" + bytes([_TOP_LEVEL | _ORDERED, chapters]) + listed)


def _chapter(number: int, chapter: Chapter) -> bytes:
    start_ms, end_ms = round(chapter.start_s * 1000), round(chapter.end_s * 1000)
    times = struct.pack(">IIII", start_ms, end_ms, _NO_OFFSET, _NO_OFFSET)
    return _frame("CHAP", _element(number) + times + _text("TIT2", chapter.title))


def _element(number: int) -> bytes:
    return f"ch{number}\0".encode()


def _text(name: str, text: str) -> bytes:
    return _frame(name, _UTF_16 + _utf_16(text))


def _utf_16(text: str) -> bytes:
    return b"\xff\xfe" + text.encode("utf-16-le") + b"\0\0"


def _frame(name: str, body: bytes) -> bytes:
    return name.encode() + struct.pack(">IH", len(body), 0) + body


def _synchsafe(number: int) -> bytes:
    """Return a number as four bytes of seven bits, none of which looks like the beginning of sound."""
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))

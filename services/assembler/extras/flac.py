"""Tags of a FLAC file: its metadata blocks are written anew, its frames copied byte by byte (RFC 9639)."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from services.assembler.extras.comments import comment_block, vendor_of

__all__ = ["retag_flac"]

_MAGIC = b"fLaC"
_PADDING, _COMMENTS, _PICTURE = 1, 4, 6
_LAST = 0x80


def retag_flac(source: Path, target: Path, comments: Sequence[str], picture: bytes) -> None:
    """Write a FLAC file with other comments and another picture in place of its own; its sound is the same.

    Args:
        source: a FLAC file.
        target: must not be there yet.
        comments: such as `TITLE=A mix`.
        picture: a block as `picture_block` returns it.
    """
    with source.open("rb") as old, target.open("xb") as new:
        if old.read(len(_MAGIC)) != _MAGIC:
            raise ValueError(f"{source.name} is no FLAC file")
        blocks, vendor, last = [], b"", False
        while not last:
            header = old.read(4)
            last, kind = bool(header[0] & _LAST), header[0] & ~_LAST
            body = old.read(int.from_bytes(header[1:]))
            if kind == _COMMENTS:
                vendor = vendor_of(body)
            elif kind not in (_PADDING, _PICTURE):
                blocks.append((kind, body))
        blocks += [(_COMMENTS, comment_block(vendor, comments)), (_PICTURE, picture)]
        new.write(_MAGIC)
        for number, (kind, body) in enumerate(blocks, start=1):
            new.write(bytes([kind | (_LAST if number == len(blocks) else 0)]) + len(body).to_bytes(3) + body)
        shutil.copyfileobj(old, new, 1 << 20)

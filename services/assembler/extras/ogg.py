"""Tags of an Ogg Vorbis file: its comment header is written anew, its packets of sound copied (RFC 3533).

Longer comments take more pages, so all that follow are numbered and summed anew; what is in them stays.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from services.assembler.extras.comments import comment_block, vendor_of

__all__ = ["checksum", "retag_ogg"]

_HEADER = struct.Struct("<4sBBqIIIB")
_CAPTURE = b"OggS"
_CONTINUED = 1
_SEGMENTS_MAX, _SEGMENT_MAX = 255, 255
_NONE_ENDS_HERE = -1
_COMMENT_MARK, _COMMENT_END = b"\x03vorbis", b"\x01"
_HEADER_PACKETS = 2
"""Comments and setup, behind the first page; no sound shares a page with them."""

_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True)
class _Page:
    flags: int
    granule: int
    serial: int
    number: int
    lacing: bytes
    body: bytes

    def to_bytes(self) -> bytes:
        def packed(crc: int) -> bytes:
            head = (_CAPTURE, 0, self.flags, self.granule, self.serial, self.number, crc, len(self.lacing))
            return _HEADER.pack(*head) + self.lacing + self.body

        return packed(checksum(packed(0)))


def retag_ogg(source: Path, target: Path, comments: Sequence[str], picture: bytes) -> None:
    """Write an Ogg Vorbis file with other comments in place of its own; its sound is the same.

    Args:
        source: an Ogg file of one Vorbis stream.
        target: must not be there yet.
        comments: such as `TITLE=A mix`.
        picture: a block as `picture_block` returns it; it becomes a comment, too.
    """
    with source.open("rb") as old, target.open("xb") as new:
        pages = _pages(old)
        first = next(pages)
        packets, taken = _header_packets(pages)
        vendor = vendor_of(packets[0].removeprefix(_COMMENT_MARK))
        pictured = [*comments, "METADATA_BLOCK_PICTURE=" + base64.b64encode(picture).decode()]
        packets[0] = _COMMENT_MARK + comment_block(vendor, pictured) + _COMMENT_END
        headers = list(_paged(packets, first.serial))
        moved = (replace(page, number=page.number + len(headers) - taken) for page in pages)
        for page in chain([first], headers, moved):
            new.write(page.to_bytes())


def checksum(data: bytes) -> int:
    """Return Ogg's CRC of a page whose own is 0: zlib's with all bits mirrored, begun and ended at 0."""
    mirrored = zlib.crc32(data.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_MIRRORED), "big")


def _pages(file: BinaryIO) -> Iterator[_Page]:
    while header := file.read(_HEADER.size):
        capture, _, flags, granule, serial, number, _, segments = _HEADER.unpack(header)
        if capture != _CAPTURE:
            raise ValueError("no Ogg page begins where one should")
        lacing = file.read(segments)
        yield _Page(flags, granule, serial, number, lacing, file.read(sum(lacing)))


def _header_packets(pages: Iterator[_Page]) -> tuple[list[bytes], int]:
    """Return the packets of comments and setup, and how many pages they take."""
    packets: list[bytes] = []
    packet, taken = b"", 0
    while len(packets) < _HEADER_PACKETS:
        page, at = next(pages), 0
        taken += 1
        for length in page.lacing:
            packet, at = packet + page.body[at : at + length], at + length
            if length < _SEGMENT_MAX:
                packets.append(packet)
                packet = b""
    return packets, taken


def _paged(packets: Sequence[bytes], serial: int) -> Iterator[_Page]:
    """Yield the pages of header packets, from number 1 on."""
    lacing = b"".join(
        bytes([_SEGMENT_MAX]) * (len(p) // _SEGMENT_MAX) + bytes([len(p) % _SEGMENT_MAX]) for p in packets
    )
    body, at, goes_on = b"".join(packets), 0, False
    for number, start in enumerate(range(0, len(lacing), _SEGMENTS_MAX), start=1):
        own = lacing[start : start + _SEGMENTS_MAX]
        granule = 0 if min(own) < _SEGMENT_MAX else _NONE_ENDS_HERE
        yield _Page(_CONTINUED if goes_on else 0, granule, serial, number, own, body[at : at + sum(own)])
        at, goes_on = at + sum(own), own[-1] == _SEGMENT_MAX

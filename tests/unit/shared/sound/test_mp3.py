"""Where MP3 frames begin."""

from __future__ import annotations

import pytest

from shared.errors import Corrupt
from shared.sound.mp3 import split_frames


def frame(*, padded: bool, fill: int = 0) -> bytes:
    """A frame of MPEG-1 Layer III at 192 kbit/s and 44.1 kHz: 626 bytes, one more where it is padded."""
    return bytes([0xFF, 0xFB, 0xB0 | padded << 1, 0x04]) + bytes([fill]) * (622 + padded)


def test_frames_are_found_by_their_headers() -> None:
    frames = [frame(padded=False), frame(padded=True, fill=0xFF), frame(padded=True)]
    assert split_frames(b"".join(frames)) == frames
    assert split_frames(b"") == []


@pytest.mark.parametrize(
    "data", [b"ID3\x04rest", frame(padded=False)[:-1], frame(padded=True) + b"\xff", b"\xff\xfb\x00\x04"]
)
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    with pytest.raises(Corrupt):
        split_frames(data)

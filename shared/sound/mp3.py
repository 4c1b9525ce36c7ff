"""Bare MP3 frames: where each begins, so that a stream of them can be cut and put together anywhere.

Only for what Segue encodes itself (MPEG-1 Layer III without a bit reservoir, where every frame stands for
itself), never for what was uploaded.
"""

from __future__ import annotations

from shared.errors import Corrupt

__all__ = ["SAMPLES_PER_FRAME", "split_frames"]

SAMPLES_PER_FRAME = 1152

_KBPS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_RATES_HZ = (44100, 48000, 32000)
_HEADER_BYTES = 4
_SYNC, _MPEG_1_LAYER_3 = 0xFF, 0xFA


def split_frames(data: bytes) -> list[bytes]:
    """Split a stream into its frames.

    Raises:
        Corrupt: something in it is no frame of MPEG-1 Layer III, or the last one is cut off.
    """
    frames, at = [], 0
    while at < len(data):
        size = _frame_bytes(data[at : at + _HEADER_BYTES])
        if size == 0 or at + size > len(data):
            raise Corrupt(what="MP3 frames", found=f"none at byte {at}", needed=f"frames up to {len(data)}")
        frames.append(data[at : at + size])
        at += size
    return frames


def _frame_bytes(header: bytes) -> int:
    """Return the length of the frame that begins with a header; 0: it is none."""
    if len(header) < _HEADER_BYTES or header[0] != _SYNC or header[1] & 0xFE != _MPEG_1_LAYER_3:
        return 0
    kbps, rate = header[2] >> 4, header[2] >> 2 & 3
    if not 0 < kbps < len(_KBPS) or rate >= len(_RATES_HZ):
        return 0
    return SAMPLES_PER_FRAME // 8 * _KBPS[kbps] * 1000 // _RATES_HZ[rate] + (header[2] >> 1 & 1)

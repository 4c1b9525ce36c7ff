"""From pieces of songs to one stream of sound: read, convert, and lay end to end.

Memory is that of a block, however long a piece or a mix is. `plain` joins are the study's: each piece
begins where the one before ended. Another manner of joining is another function of the same shape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import soxr

from shared.sound.samples import BLOCK_FRAMES, Float32, Int16, to_float32, to_int16

CONTEXT_S = 0.05
"""So much of a piece's surroundings is resampled with it and cut off again: no filter rings at a joint."""


class Song(Protocol):
    """A decoded song: `shared.sound.audio.AudioReader`, or anything like it."""

    sample_rate_hz: int
    channels: int
    n_samples: int

    def read_range(self, start: int, stop: int) -> Int16:
        """Return samples [start, stop): int16, shape (stop - start, channels)."""


OpenSong = Callable[[str, ExitStack], Song]
"""Open a song by its id; what it opens is closed with the stack."""


@dataclass(frozen=True)
class Piece:
    """A range of a song's samples, at the song's own rate."""

    song: str
    start: int
    stop: int
    sample_rate_hz: int

    def length_at(self, sample_rate_hz: int) -> int:
        """Return the piece's length at another rate: ranges that touch stay without gap or overlap."""
        return position_at(self.stop, self.sample_rate_hz, sample_rate_hz) - position_at(
            self.start, self.sample_rate_hz, sample_rate_hz
        )


def position_at(position: int, from_hz: int, to_hz: int) -> int:
    """Return where a sample of one rate lies at another, rounded half up."""
    return (2 * position * to_hz + from_hz) // (2 * from_hz)


@dataclass(frozen=True)
class Block:
    """Some samples of the mix, and the number of pieces that have begun."""

    samples: Int16
    pieces: int


def plain(
    pieces: Sequence[Piece], open_song: OpenSong, *, sample_rate_hz: int, channels: int
) -> Iterator[Block]:
    """Lay the pieces end to end, converted to one rate and number of channels.

    Where a song has that rate and number of channels already, its samples are passed on bit for bit.
    """
    for number, piece in enumerate(pieces, start=1):
        with ExitStack() as opened:
            song = open_song(piece.song, opened)
            for samples in _converted(song, piece, sample_rate_hz):
                yield Block(_with_channels(samples, channels), number)


def _converted(song: Song, piece: Piece, sample_rate_hz: int) -> Iterator[Int16 | Float32]:
    if song.sample_rate_hz == sample_rate_hz:
        for start in range(piece.start, piece.stop, BLOCK_FRAMES):
            yield song.read_range(start, min(start + BLOCK_FRAMES, piece.stop))
        return
    yield from _resampled(song, piece, sample_rate_hz)


def _resampled(song: Song, piece: Piece, sample_rate_hz: int) -> Iterator[Float32]:
    """Resample a piece with its surroundings, then cut these off: exactly `length_at` samples."""
    rate = song.sample_rate_hz
    context = round(CONTEXT_S * rate)
    first, last = max(0, piece.start - context), min(song.n_samples, piece.stop + context)
    # The filter is fed from a place that both rates share, so that neighbours get the same samples.
    skip = position_at(piece.start, rate, sample_rate_hz) - position_at(first, rate, sample_rate_hz)
    left = piece.length_at(sample_rate_hz)
    stream = soxr.ResampleStream(rate, sample_rate_hz, song.channels, dtype="float32", quality="HQ")
    for start in range(first, last, BLOCK_FRAMES):
        stop = min(start + BLOCK_FRAMES, last)
        block = stream.resample_chunk(to_float32(song.read_range(start, stop)), last=stop == last)
        block = block.reshape(-1, song.channels)
        skipped = min(skip, len(block))
        wanted = block[skipped : skipped + left]
        skip, left = skip - skipped, left - len(wanted)
        if len(wanted):
            yield wanted
    if left:  # At a song's very end the resampler may round its last sample away.
        yield np.zeros((left, song.channels), np.float32)


def _with_channels(samples: Int16 | Float32, channels: int) -> Int16:
    if samples.shape[1] == channels:
        return to_int16(samples)
    if channels == 1:
        return to_int16(to_float32(samples).mean(axis=1, keepdims=True))
    return np.repeat(to_int16(samples), channels, axis=1)

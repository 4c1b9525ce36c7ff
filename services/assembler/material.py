"""Songs as a mix wants them: at its rate, with its channels, readable anywhere.

Positions in a mix's material are counted in samples of the mix: sample k of a song lies at the instant
k / (the mix's rate) of that song. What is read around a chunk is therefore the same sound that a
reading of the whole song would give, and two chunks that follow each other in their song join as if
they had never been cut.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import soxr

from services.assembler.pieces import Piece, Song, position_at
from shared.errors import Corrupt
from shared.sound.samples import BLOCK_FRAMES, Float32, to_float32, to_mono

__all__ = ["Material"]

CONTEXT_S = 0.05
"""Read on both sides of a range before it is resampled: several times the reach of the filter, so that no
ringing of an edge that the song does not have remains in the range."""


class Material:
    """One song, converted to the rate and channels of a mix while it is read.

    Args:
        song: decoded, at its own rate; it has one or two channels.
        sample_rate_hz: of the mix.
        channels: of the mix: a mono song sounds on both; a stereo song becomes the mean of its two.
    """

    def __init__(self, song: Song, *, sample_rate_hz: int, channels: int) -> None:
        self._song = song
        self._sample_rate_hz = sample_rate_hz
        self._channels = channels

    def piece_blocks(self, piece: Piece) -> Iterator[Float32]:
        """Yield a piece of the song, as `blocks` does.

        Raises:
            Corrupt: the song is not the one that the piece was cut from.
        """
        self.require(piece)
        rates = piece.sample_rate_hz, self._sample_rate_hz
        return self.blocks(position_at(piece.start, *rates), position_at(piece.stop, *rates))

    def require(self, piece: Piece) -> None:
        """Raise Corrupt if the song is not the one that a piece was cut from."""
        if self._song.sample_rate_hz != piece.sample_rate_hz or self._song.n_samples < piece.stop:
            raise Corrupt(
                what=f"samples of song {piece.song}",
                found=f"{self._song.n_samples} samples at {self._song.sample_rate_hz} Hz",
                needed=f"at least {piece.stop} at {piece.sample_rate_hz} Hz",
            )

    @property
    def samples(self) -> int:
        """The length of the song, at the mix's rate."""
        return position_at(self._song.n_samples, self._song.sample_rate_hz, self._sample_rate_hz)

    def around(self, position: int, reach: int) -> Float32:
        """Return the samples of the song from `reach` before a position to as many after it.

        Counted at the mix's rate; beyond the song's ends is silence. Float32, shape (2 * reach, channels).
        """
        start, stop = max(0, position - reach), max(0, position + reach)
        nothing = np.zeros((0, self._channels), np.float32)
        read = np.concatenate([nothing, *self.blocks(start, stop)])
        return np.pad(read, ((2 * reach - len(read), 0), (0, 0)))

    def blocks(self, start: int, stop: int) -> Iterator[Float32]:
        """Yield the samples [start, stop) of the song, counted at the mix's rate, in short blocks.

        At the song's own rate and channels the values are the song's, exactly. Beyond its end is silence.

        Yields:
            float32 in [-1, 1], shape (at most some `BLOCK_FRAMES`, channels).
        """
        converted: Iterator[Float32]
        if self._sample_rate_hz == self._song.sample_rate_hz:
            converted = (self._read(*block) for block in _in_blocks(start, stop))
        else:
            converted = self._resampled(start, stop)
        for block in converted:
            if block.shape[1] < self._channels:
                yield np.repeat(block, self._channels, axis=1)
            else:
                yield block

    def _read(self, start: int, stop: int) -> Float32:
        """Return the samples [start, stop) at the song's rate, with no more channels than the mix has."""
        there = min(stop, self._song.n_samples)
        samples = to_float32(self._song.read_range(min(start, there), there))
        if samples.shape[1] > self._channels:
            samples = to_mono(samples)[:, None]
        return np.pad(samples, ((0, stop - start - len(samples)), (0, 0)))

    def _resampled(self, start: int, stop: int) -> Iterator[Float32]:
        """Yield the samples [start, stop) at the mix's rate, of the song with its surroundings.

        Reading begins where a sample of the song and one of the mix fall on the same instant: that keeps
        every reading of a song in step with every other, to a fraction of a sample.
        """
        from_hz, to_hz = self._song.sample_rate_hz, self._sample_rate_hz
        common_hz = math.gcd(from_hz, to_hz)
        step_in, step_out = from_hz // common_hz, to_hz // common_hz
        context = math.ceil(CONTEXT_S * from_hz)
        steps = max(0, start * from_hz // to_hz - context) // step_in
        first, last = steps * step_in, stop * from_hz // to_hz + context
        channels = min(self._channels, self._song.channels)
        resampler = soxr.ResampleStream(from_hz, to_hz, channels, dtype="float32", quality="HQ")
        skipped, wanted = start - steps * step_out, stop - start
        for position, end in _in_blocks(first, last):
            resampled = resampler.resample_chunk(self._read(position, end), last=end == last)
            kept = resampled[skipped : skipped + wanted]
            skipped = max(0, skipped - len(resampled))
            wanted -= len(kept)
            yield kept


def _in_blocks(start: int, stop: int) -> Iterator[tuple[int, int]]:
    return ((first, min(first + BLOCK_FRAMES, stop)) for first in range(start, stop, BLOCK_FRAMES))

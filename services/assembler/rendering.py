"""Render a mix: read its pieces, join them, encode them, as one stream.

Rendering obeys: which pieces, in which order, is decided before. Memory does not grow with the mix.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shared.parameters import Output
from shared.sound.samples import Float32, to_int16

from services.assembler.encoding import Encoder
from services.assembler.material import AudioReader, Material, Piece
from services.assembler.waveform import Waveform, WaveformMeter

__all__ = ["Piece", "Rendered", "join_plain", "render"]


@dataclass(frozen=True)
class Rendered:
    """What was rendered.

    Attributes:
        frames: samples of the mix, at `sample_rate_hz`.
        starts: int64, shape (pieces,): the sample of the mix at which each piece begins.
        waveform: the outline of the mix.
    """

    frames: int
    sample_rate_hz: int
    channels: int
    starts: NDArray[np.int64]
    waveform: Waveform

    @property
    def duration_s(self) -> float:
        """The length of the mix in seconds."""
        return self.frames / self.sample_rate_hz

    @property
    def peak(self) -> float:
        """The largest magnitude before encoding, 1.0 at full scale."""
        return self.waveform.peak


def join_plain(
    pieces: Sequence[Piece], material_of: Callable[[Piece], Material]
) -> Iterator[Iterator[Float32]]:
    """Yield, for each piece, what sounds from its beginning to that of the next: the piece, as it is.

    Pieces are laid end to end, as the study did. Another manner of joining is another function of
    this form: it may read beyond a piece's ends, since a `Material` is the whole song.

    Yields:
        an iterator of blocks, float32 in [-1, 1], shape (n, channels); to be exhausted before the next.
    """
    for piece in pieces:
        material = material_of(piece)
        yield material.blocks(*piece.span(material.sample_rate_hz))


def render(
    pieces: Sequence[Piece],
    open_song: Callable[[str], AudioReader],
    output: Output,
    path: Path,
    *,
    tags: Mapping[str, str],
    on_piece: Callable[[int, int], None] = lambda done, total: None,
    check: Callable[[], None] = lambda: None,
) -> Rendered:
    """Render pieces to an audio file.

    A piece [start, stop) of a song at rate r becomes round(stop * R / r) - round(start * R / r) samples
    of a mix at rate R. Where rate and channels of song and mix are the same, 16-bit samples reach the
    encoder unchanged. The same pieces, output and tags give the same bytes.

    Args:
        pieces: in the order of the mix; at least one.
        open_song: gives the reader of a song; called once per piece, and may give the same reader
            again. Readers are the caller's to close.
        output: format, rate and channels of the mix.
        path: a temporary file, written here and removed on failure.
        tags: title, artist, album, comment.
        on_piece: called with (pieces done, pieces in all).
        check: called between blocks; it may raise to stop, and nothing is left.

    Raises:
        ValueError: there are no pieces, or a tag is unknown.
        Corrupt: a song is not the one that its piece was cut from.
        BadSetting: the format has no such bit rate.
        EncoderFailed: the file cannot be written.
        ToolMissing: there is no ffmpeg.
    """
    if not pieces:
        raise ValueError("a mix of no pieces")

    def material_of(piece: Piece) -> Material:
        reader = open_song(piece.song)
        return Material(reader, piece, sample_rate_hz=output.sample_rate_hz, channels=output.channels)

    starts = np.empty(len(pieces), np.int64)
    meter = WaveformMeter()
    frames = 0
    with Encoder(path, output, tags=tags, check=check) as encoder:
        for index, blocks in enumerate(join_plain(pieces, material_of)):
            starts[index] = frames
            for block in blocks:
                check()
                samples = to_int16(block)
                encoder.write(samples)
                meter.feed(samples)
                frames += len(samples)
            on_piece(index + 1, len(pieces))
    return Rendered(frames, output.sample_rate_hz, output.channels, starts, meter.waveform())

"""Render a mix: read its pieces, join them, encode them, as one stream.

Rendering obeys: which pieces, in which order, is decided before. Memory does not grow with the mix.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from services.assembler.encoding import Encoder
from services.assembler.material import Material
from services.assembler.pieces import OpenSong, Piece
from services.assembler.waveform import WaveformMeter
from shared.parameters import Output
from shared.sound.samples import Float32, to_int16

__all__ = ["Rendered", "render"]


@dataclass(frozen=True)
class Rendered:
    """What was rendered.

    Attributes:
        frames: samples of the mix, at its rate.
        starts: the sample of the mix at which each piece begins.
        peak: the largest magnitude before encoding, 1.0 at full scale.
        peaks: the outline of the mix: lowest and highest sample of each of some 1,000 to 2,000 equal
            stretches (fewer in a mix of a few seconds), 1.0 at full scale.
    """

    frames: int
    starts: list[int]
    peak: float
    peaks: list[list[float]]


def join_plain(
    pieces: Sequence[Piece], open_song: OpenSong, output: Output
) -> Generator[Iterator[Float32], None, None]:
    """Yield, for each piece, what sounds from its beginning to that of the next: the piece, as it is.

    Pieces are laid end to end, as the study did. Another manner of joining is another function of
    this form: it may read beyond a piece's ends, since a `Material` is the whole song.

    Yields:
        blocks, float32 in [-1, 1], shape (n, channels); to be exhausted before the next piece.
    """
    for piece in pieces:
        with ExitStack() as opened:
            song = open_song(piece.song, opened)
            material = Material(song, sample_rate_hz=output.sample_rate_hz, channels=output.channels)
            yield material.piece_blocks(piece)


def render(
    pieces: Sequence[Piece],
    open_song: OpenSong,
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
        open_song: opens a song by its id for the time that its piece is read.
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

    starts: list[int] = []
    meter = WaveformMeter()
    with (
        Encoder(path, output, tags=tags, check=check) as encoder,
        closing(join_plain(pieces, open_song, output)) as joined,
    ):
        for done, blocks in enumerate(joined, start=1):
            starts.append(meter.frames)
            for block in blocks:
                check()
                samples = to_int16(block)
                encoder.write(samples)
                meter.feed(samples)
            on_piece(done, len(pieces))
    outline = meter.waveform()
    return Rendered(frames=meter.frames, starts=starts, peak=outline.peak, peaks=outline.pairs())

"""Render a mix: read its pieces, join them, encode them, as one stream.

Rendering obeys: which pieces, in which order, is decided before. Memory does not grow with the mix.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import numpy as np

from services.assembler.encoding import Encoder
from services.assembler.joining import Begun, Blend, Joined, follows_in_song, join_plain
from services.assembler.leveling import Measured, reached_lufs, song_gains_db
from services.assembler.limiting import CEILING_DBTP, Limiter
from services.assembler.pieces import OpenSong, Piece
from services.assembler.seams import SeamMade
from shared.parameters import Output
from shared.revisions import SeamWish
from shared.sound.rhythm import Rhythm
from shared.sound.samples import Float32, Int16, to_int16
from shared.sound.waveform import WaveformMeter

__all__ = ["Joint", "Rendered", "joint_of", "render"]


@dataclass(frozen=True)
class Rendered:
    """What was rendered.

    Attributes:
        frames: samples of the mix, at its rate.
        starts: the sample of the mix at which each piece begins.
        peak: the largest magnitude before encoding, 1.0 at full scale.
        peaks: the outline of the mix: lowest and highest sample of each of some 1,000 to 2,000 equal
            stretches (fewer in a mix of a few seconds), 1.0 at full scale.
        levels: the level of each of these: root mean square, 1.0 at full scale.
        seams: what was done at the beginning of each piece but the first.
        loudness_lufs: what songs were brought to; None: they are as they are.
        limited_db: by how much the limiter held the loudest place back.
    """

    frames: int
    starts: list[int]
    peak: float
    peaks: list[list[float]]
    levels: list[float]
    seams: list[SeamMade]
    loudness_lufs: float | None
    limited_db: float


def render(
    pieces: Sequence[Piece],
    open_song: OpenSong,
    output: Output,
    path: Path,
    *,
    tags: Mapping[str, str],
    measured: Measured | None = None,
    wishes: Mapping[int, SeamWish] | None = None,
    rhythms: Mapping[str, Rhythm] | None = None,
    loudness_lufs: float | None = None,
    duration_s: float | None = None,
    on_piece: Callable[[int, int], None] = lambda done, total: None,
    check: Callable[[], None] = lambda: None,
) -> Rendered:
    """Render pieces to an audio file.

    A piece [start, stop) of a song at rate r becomes round(stop * R / r) - round(start * R / r) samples
    of a mix at rate R; a blend may lie a part of a second from their ends. With plain joins, where rate and
    channels of song and mix are the same, 16-bit samples reach the encoder unchanged. The same pieces,
    output, tags and gains give the same bytes.

    Args:
        pieces: in the order of the mix; at least one.
        open_song: opens a song by its id for the time that its piece is read.
        output: format, rate and channels of the mix.
        path: a temporary file, written here and removed on failure.
        tags: title, artist, album, comment.
        measured: loudness and peak of each song, so that a blend can bring all to one loudness; None: they
            stay as they are, as they do with plain joins.
        wishes: how the beginnings of pieces are to be joined in a blend, by their numbers.
        rhythms: of the songs, so that a blend can keep time; of those that are not given no beat is known.
        loudness_lufs: what a blend brings the songs to; None: what `output` asks for, as far as they allow.
        duration_s: what a blend is to last, as far as its last piece can end earlier or later.
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

    joint = joint_of(
        pieces,
        open_song,
        output,
        measured=measured,
        wishes=wishes,
        rhythms=rhythms,
        loudness_lufs=loudness_lufs,
        duration_s=duration_s,
    )
    starts: list[int] = []
    meter, frames = WaveformMeter(), 0
    with Encoder(path, output, tags=tags, check=check) as encoder, closing(joint.joined()) as joined:

        def put(samples: Int16) -> None:
            encoder.write(samples)
            meter.feed(samples)

        for done, blocks in enumerate(joined, start=1):
            starts.append(frames)
            for block in blocks:
                check()
                frames += len(block)
                put(to_int16(joint.limited(block)))
            on_piece(done, len(pieces))
        put(to_int16(joint.rest()))
    outline = meter.waveform()
    return Rendered(
        frames=meter.frames,
        starts=starts,
        peak=outline.peak,
        peaks=outline.pairs(),
        levels=outline.levels.tolist(),
        seams=joint.seams,
        loudness_lufs=joint.loudness_lufs,
        limited_db=joint.limited_db,
    )


def joint_of(
    pieces: Sequence[Piece],
    open_song: OpenSong,
    output: Output,
    *,
    measured: Measured | None,
    wishes: Mapping[int, SeamWish] | None,
    loudness_lufs: float | None,
    rhythms: Mapping[str, Rhythm] | None = None,
    duration_s: float | None = None,
) -> Joint:
    """Return what joins pieces as a mix asks for, given as `render` is."""
    if output.seams == "plain":
        return _Plain(pieces, open_song, output)
    if loudness_lufs is None and measured is not None:
        loudness_lufs = reached_lufs(measured, output.loudness_lufs)
    frames = None if duration_s is None else round(duration_s * output.sample_rate_hz)
    gains_db = {} if loudness_lufs is None else song_gains_db(measured or {}, loudness_lufs)
    return _Blended(
        Blend(pieces, open_song, output, gains_db, wishes or {}, rhythms or {}, frames), loudness_lufs
    )


class Joint(Protocol):
    """Joins pieces, and keeps what comes of it below a ceiling."""

    loudness_lufs: float | None

    def joined(self, begun: Begun | None = None) -> Joined:
        """Yield the blocks of each piece, or those from where a mix has begun."""

    def limited(self, block: Float32) -> Float32:
        """Take a block; return what is ready to be heard."""

    def rest(self) -> Float32:
        """Return what is still held back at the end."""

    @property
    def seams(self) -> list[SeamMade]:
        """What was done at the beginning of each piece but the first, as far as it has come."""

    @property
    def limited_db(self) -> float:
        """By how much the loudest place was held back."""


class _Plain:
    """Hard joins of the songs as they are."""

    def __init__(self, pieces: Sequence[Piece], open_song: OpenSong, output: Output) -> None:
        self._given = pieces, open_song, output
        self.loudness_lufs: float | None = None
        self.limited_db = 0.0
        self.seams = [
            SeamMade("continues" if follows_in_song(before, after) else "cut")
            for before, after in pairwise(pieces)
        ]

    def joined(self, begun: Begun | None = None) -> Joined:
        self.seams = self.seams if begun is None else self.seams[begun.piece :]
        return join_plain(*self._given, begun=begun)

    def limited(self, block: Float32) -> Float32:
        return block

    def rest(self) -> Float32:
        return np.zeros((0, self._given[2].channels), np.float32)


class _Blended:
    """Blends, at one loudness, below a ceiling."""

    def __init__(self, blend: Blend, loudness_lufs: float | None) -> None:
        self._blend, self.loudness_lufs, output = blend, loudness_lufs, blend.output
        self._limiter = Limiter(
            10 ** (CEILING_DBTP / 20), sample_rate_hz=output.sample_rate_hz, channels=output.channels
        )

    def joined(self, begun: Begun | None = None) -> Joined:
        return self._blend.joined(begun)

    def limited(self, block: Float32) -> Float32:
        return self._limiter.feed(block)

    def rest(self) -> Float32:
        return self._limiter.flush()

    @property
    def seams(self) -> list[SeamMade]:
        return self._blend.seams

    @property
    def limited_db(self) -> float:
        return max(0.0, -20 * float(np.log10(self._limiter.least_gain)))

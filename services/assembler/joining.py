"""Join pieces: end to end as the study did, or so that nobody hears where.

Both yield, for each piece, what sounds from its beginning to that of the next. Where two pieces follow each
other in their song, the song plays on. Elsewhere a blend fades from what follows the one piece in its song
to what precedes the other: for that a `Material` is the whole song, and no sound is played twice.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

import numpy as np

from services.assembler.beatmatching import pulse_after, pulse_before
from services.assembler.leveling import EntryGain, factor_of
from services.assembler.material import Material
from services.assembler.pieces import OpenSong, Piece, position_at
from services.assembler.seaming import make_seam
from services.assembler.seams import LARGEST_PART, Seam, SeamMade, Side
from services.assembler.stretching import Stretched
from services.assembler.warping import Warp, warp_of
from shared.parameters import Output
from shared.revisions import SeamWish
from shared.sound.rhythm import Rhythm
from shared.sound.samples import Float32

__all__ = ["Begun", "Blend", "Joined", "follows_in_song", "join_plain"]

Joined = Generator[Iterator[Float32], None, None]
"""For each piece, its blocks: float32, shape (n, channels); to be exhausted before the next piece."""

Heard = Material | Stretched
"""A song as it is heard: positions are those of what is heard, in samples of the mix."""

FADE_IN_S, FADE_OUT_S = 0.02, 1.5

DIED_AWAY, AIR_S = 0.001, 0.5
"""Where a mix ends as its last song does, it ends so long after the last sample of -60 dBFS or more: the
seconds of silence that some songs end with are left out."""


def follows_in_song(before: Piece, after: Piece) -> bool:
    """Tell whether a piece begins where the one before it ends."""
    return (before.song, before.stop) == (after.song, after.start)


def join_plain(
    pieces: Sequence[Piece], open_song: OpenSong, output: Output, *, begun: Begun | None = None
) -> Joined:
    """Lay pieces end to end, as they are, or go on from where that has begun."""
    if begun is not None:
        pieces = pieces[begun.piece :]
        rate_hz = pieces[0].sample_rate_hz
        at = position_at(begun.at, output.sample_rate_hz, rate_hz)
        pieces = [replace(pieces[0], start=at), *pieces[1:]]
    for piece in pieces:
        with ExitStack() as opened:
            yield _material(piece, open_song, output, opened).piece_blocks(piece)


@dataclass(frozen=True)
class Begun:
    """A blend in its midst, from where it can go on as if it had been made from its beginning.

    Attributes:
        piece: the number of the piece that sounds.
        at: where it goes on, in samples of its song at the mix's rate; behind the fade into it.
        since: where that fade ended, in the same samples.
        frames: samples of the mix before that.
        entry: what its level was changed by at its beginning.
        faded_in: the length of the fade's part that lies in the piece, in samples.
        warp: how its song is played faster or slower; positions in it are those of what is heard.
    """

    piece: int
    at: int
    since: int
    frames: int
    entry: EntryGain
    faded_in: int = 0
    warp: Warp | None = None


@dataclass
class Blend:
    """Join pieces by fades, levels and low waves brought together.

    Args:
        pieces: in the order of the mix.
        open_song: opens a song by its id.
        output: rate and channels of the mix.
        gains_db: by song: what brings it to the mix's loudness.
        wishes: how the beginnings of pieces are to be joined, by their numbers; others as usual.
        rhythms: by song, as far as they are known: where both sides of a seam have a beat, it goes on.
        frames: how long the mix is to be, in samples: its last piece ends as much earlier or later, within
            limits, as seams moved it; None: it ends with that piece.

    Attributes:
        seams: what was done at the beginning of each piece but the first, as far as it has come.
        entered: from where it can go on in each piece, as far as it has come.
    """

    pieces: Sequence[Piece]
    open_song: OpenSong
    output: Output
    gains_db: Mapping[str, float]
    wishes: Mapping[int, SeamWish] = field(default_factory=dict)
    rhythms: Mapping[str, Rhythm] = field(default_factory=dict)
    frames: int | None = None
    seams: list[SeamMade] = field(default_factory=list)
    entered: list[Begun] = field(default_factory=list)
    _faded_in: Float32 | None = None
    _at: int = 0
    """Where the piece goes on after what is faded in, in samples of its song at the mix's rate."""
    _since: int = 0
    """From where on it sounds alone, in the same samples: what was faded in is not faded again."""
    _made: int = 0
    """Samples of the mix so far."""
    _entry: EntryGain = field(default_factory=EntryGain)
    _warp: Warp | None = None
    """How the song is played that sounds: all its positions here are those of what is heard."""
    _stretched: Stretched | None = None
    """What was made of it, in its seam or in the piece before."""

    def joined(self, begun: Begun | None = None) -> Joined:
        """Yield the blocks of each piece, or those from where a blend has begun."""
        first = 0 if begun is None else begun.piece
        start = self._position(self.pieces[0].start, self.pieces[0])
        self._at, self._since = (start, start) if begun is None else (begun.at, begun.since)
        self._entry, self._warp = (EntryGain(), None) if begun is None else (begun.entry, begun.warp)
        self._made = 0 if begun is None else begun.frames
        for number, piece in enumerate(self.pieces[first:], start=first):
            with ExitStack() as opened:
                material = _material(piece, self.open_song, self.output, opened)
                material.require(piece)
                yield self._counted(self._blocks(number, piece, self._heard(material)))

    def _counted(self, blocks: Iterator[Float32]) -> Iterator[Float32]:
        for block in blocks:
            self._made += len(block)
            yield block

    def _blocks(self, number: int, piece: Piece, material: Heard) -> Iterator[Float32]:
        faded_in = 0 if self._faded_in is None else len(self._faded_in)
        self.entered.append(
            Begun(number, self._at, self._since, self._made, self._entry, faded_in, self._warp)
        )
        if self._faded_in is not None:
            yield self._faded_in
            self._faded_in = None
        following = self.pieces[number + 1] if number + 1 < len(self.pieces) else None
        end, seam, half = self._heard_at(piece.stop, piece, self._warp), None, 0
        if following is None and self.frames is not None:
            room = self._position(piece.stop - piece.start, piece) // LARGEST_PART
            wanted = self._at + self.frames - self._made
            end = min(max(wanted, end - room, self._at), end + room, max(end, material.samples))
        closed = following is None and end >= material.samples
        if closed:
            end = self._died_away(material, end)
        if following is not None and not follows_in_song(piece, following):
            seam, stretched = self._seam(piece, material, following, self.wishes.get(number + 1))
            half = len(seam.sound) // 2
            # A piece shorter than the fade into it is over before it begins.
            end = max(self._at, seam.leave - half)
        body = self._levelled(piece, material, self._at, end)
        yield from self._ends_faded(number, body, end - self._at, fades_out=following is None and not closed)
        self._at = end
        if seam is not None:
            yield seam.sound[:half]
            self.seams.append(seam.made)
            self._faded_in, self._at = seam.sound[half:], seam.enter + half
            self._since = self._at
            self._entry = EntryGain(seam.made.gain_db, seam.settled)
            self._stretched, self._warp = stretched, None if stretched is None else stretched.warp
        elif following is not None:
            self._since = end
            self.seams.append(SeamMade("continues"))

    def _died_away(self, material: Heard, end: int) -> int:
        """Return where the last song has died away, in samples of it at the mix's rate."""
        at, heard = self._at, self._at
        for block in material.blocks(self._at, end):
            loud = np.flatnonzero(np.abs(block).max(axis=1) >= DIED_AWAY)
            heard = at + int(loud[-1]) + 1 if len(loud) else heard
            at += len(block)
        return min(end, heard + round(AIR_S * self.output.sample_rate_hz))

    def _position(self, sample: int, piece: Piece) -> int:
        return position_at(sample, piece.sample_rate_hz, self.output.sample_rate_hz)

    def _heard_at(self, sample: int, piece: Piece, warp: Warp | None) -> int:
        position = self._position(sample, piece)
        return position if warp is None else warp.heard_at(position)

    def _heard(self, material: Material) -> Heard:
        """Return how a song is heard that sounds."""
        if self._warp is None:
            return material
        if self._stretched is None:
            self._stretched = Stretched(material, self._warp, self.output.sample_rate_hz)
        return self._stretched.reopened(material)

    def _seam(
        self, piece: Piece, material: Heard, following: Piece, wish: SeamWish | None
    ) -> tuple[Seam, Stretched | None]:
        """Return the seam between two pieces, and the second one's song, if it is stretched."""
        leaving, rate_hz = self._leaving(piece, material), self.output.sample_rate_hz
        with ExitStack() as opened:
            source = _material(following, self.open_song, self.output, opened)
            source.require(following)
            pulse = pulse_after(self.rhythms.get(following.song), following.start / following.sample_rate_hz)
            entered, warp = self._position(following.start, following), None
            if self.output.stretch and (wish is None or wish.manner not in ("cut", "echo_out")):
                warp = warp_of(leaving.pulse, pulse, entered, rate_hz)
            stretched = Stretched(source, warp, rate_hz) if warp else None
            heard, gain = stretched or source, factor_of(self.gains_db.get(following.song, 0.0))
            start, stop = (self._heard_at(at, following, warp) for at in (following.start, following.stop))
            coming = Side(
                lambda position, reach: heard.around(position, reach) * gain,
                start,
                stop - start,
                warp.heard_pulse(pulse) if warp and pulse else pulse,
            )
            seam = make_seam(leaving, coming, sample_rate_hz=rate_hz, wish=wish)
        left = self._position(piece.stop, piece), self._warp
        return _told_in_songs(seam, left, (entered, warp), rate_hz), stretched

    def _leaving(self, piece: Piece, material: Heard) -> Side:
        def around(position: int, reach: int) -> Float32:
            return material.around(position, reach) * self._gains(piece, position - reach, 2 * reach)

        cut, rhythm = self._heard_at(piece.stop, piece, self._warp), self.rhythms.get(piece.song)
        cut_s = piece.stop / piece.sample_rate_hz
        if self._warp is not None:
            rate_hz = self.output.sample_rate_hz
            cut_s, rhythm = cut / rate_hz, self._warp.heard_rhythm(rhythm, rate_hz)
        return Side(around, cut, max(0, cut - self._since), pulse_before(rhythm, cut_s))

    def _levelled(self, piece: Piece, material: Heard, start: int, stop: int) -> Iterator[Float32]:
        for block in material.blocks(start, stop):
            yield block * self._gains(piece, start, len(block))
            start += len(block)

    def _gains(self, piece: Piece, start: int, samples: int) -> Float32:
        """Return factors, shape (samples, 1): the song's, and what is left of the change at its entry."""
        entry_db = self._entry.at(np.arange(start, start + samples), self.output.sample_rate_hz)
        factors = 10 ** ((self.gains_db.get(piece.song, 0.0) + entry_db) / 20)
        return factors.astype(np.float32)[:, None]

    def _ends_faded(
        self, number: int, blocks: Iterator[Float32], samples: int, *, fades_out: bool
    ) -> Iterator[Float32]:
        """Fade the mix in and out, where it begins or ends in the midst of a song."""
        rate_hz, done = self.output.sample_rate_hz, 0
        is_first = number == 0 and self.pieces[0].start > 0
        fade_in = min(round(FADE_IN_S * rate_hz), samples // LARGEST_PART) if is_first else 0
        fade_out = min(round(FADE_OUT_S * rate_hz), samples // LARGEST_PART) if fades_out else 0
        for block in blocks:
            at = np.arange(done, done + len(block))
            rising = np.clip((at + 1) / fade_in, 0, 1) if fade_in else np.ones(len(block))
            falling = np.clip((samples - at) / fade_out, 0, 1) if fade_out else np.ones(len(block))
            yield block * (np.sin(np.pi / 2 * rising * falling) ** 2).astype(np.float32)[:, None]
            done += len(block)


def _material(piece: Piece, open_song: OpenSong, output: Output, opened: ExitStack) -> Material:
    song = open_song(piece.song, opened)
    return Material(song, sample_rate_hz=output.sample_rate_hz, channels=output.channels)


def _told_in_songs(
    seam: Seam, left: tuple[int, Warp | None], entered: tuple[int, Warp | None], rate_hz: int
) -> Seam:
    """Tell where songs are left and entered in their own time, and how the second one's is changed."""
    made = seam.made
    if left[1] is not None:
        made = replace(made, leaves_s=(left[1].in_song_at(seam.leave) - left[0]) / rate_hz)
    if entered[1] is not None:
        made = replace(
            made,
            enters_s=(entered[1].in_song_at(seam.enter) - entered[0]) / rate_hz,
            stretch=entered[1].rate - 1,
            stretched_s=entered[1].ramp / rate_hz,
        )
    return replace(seam, made=made)

"""Make the next block of a radio: plan, join, ride the gain, limit, encode, and cut its frames out.

Around a block's own frames some more are rendered and encoded, and thrown away: the encoder then has heard
what came before and hears what comes, and the frames are those of an encoder that never stopped.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from services.assembler.encoding import Encoder
from services.assembler.joining import Blend
from services.assembler.leveling import reached_lufs, song_gains_db
from services.assembler.limiting import Limiter
from services.assembler.onair import RATE_HZ, Air, Resumed, Station, heed, pieces_of, plan_until, songs_of
from services.assembler.pieces import OpenSong
from services.assembler.riding import HOP, LEAD_HOPS, ride
from shared.airing import Remark
from shared.parameters import Output
from shared.radio import Entry, Programme
from shared.sound.mp3 import SAMPLES_PER_FRAME, split_frames
from shared.sound.rhythm import Rhythm
from shared.sound.samples import Float32, Int16, to_int16

__all__ = ["OUTPUT", "PERIOD", "Block", "frames_of_block", "make_block"]

OUTPUT = Output(format="mp3", bitrate_kbps=192, sample_rate_hz=RATE_HZ, channels=2)

PERIOD = 49
"""At 44.1 kHz, frames are padded in a pattern that comes again after so many: who begins to encode at a
multiple of it pads as one who began with the first frame."""
LONGEST_FRAMES = 24 * PERIOD
"""Half a minute: 30.72 s."""
_FIRST_FRAMES = 6 * PERIOD
"""The first blocks are shorter, so that a radio soon begins: 7.68 s, 15.36 s."""
PREROLL_FRAMES = PERIOD
AFTER_FRAMES = 14

RhythmsOf = Callable[[Sequence[str], Sequence[str]], Mapping[str, Rhythm]]
"""Tell the beats of songs, by their ids, given those that are needed and those that will be soon; songs of
which none are known are left out. It may wait, and should not, for those that will be."""

_PREROLL = PREROLL_FRAMES * SAMPLES_PER_FRAME
_AFTER = AFTER_FRAMES * SAMPLES_PER_FRAME
_LEAD = LEAD_HOPS * HOP
_CEILING_DBTP = -3.0
"""Frames that stand for themselves stray farther from what goes in than a mix does: by 1.5 dB in an hour."""
_FARTHER_S = 10.0
"""Where seams shorten a programme so much that it ends too early, it is planned so much longer."""

_SOON_S = 45.0
"""What is planned for so long after a block has its beats found meanwhile."""


@dataclass(frozen=True)
class Block:
    """A block that was made.

    Attributes:
        audio: its MP3 frames.
        frames: how many.
        programme: the pieces that sound in it.
        air: the radio after it.
    """

    audio: bytes
    frames: int
    programme: Programme
    air: Air


@dataclass(frozen=True)
class _Joined:
    """Sound from `start` to `stop` of the radio, and where its pieces begin and how they are entered."""

    sound: Float32
    begins: list[int]
    entered: list[Resumed]


def frames_of_block(number: int) -> int:
    """Return how many frames a block has, by its number."""
    return min(LONGEST_FRAMES, _FIRST_FRAMES * 2 ** min(number, 8))


def make_block(
    station: Station,
    air: Air,
    remarks: Sequence[Remark],
    open_song: OpenSong,
    rhythms_of: RhythmsOf,
    path: Path,
    *,
    seed: int,
    frames: int,
    check: Callable[[], None] = lambda: None,
) -> Block:
    """Make the block that follows a state of a radio.

    Args:
        station: what the radio is made of.
        air: its state after the block before.
        remarks: what was said while this block played.
        open_song: opens a song by its id.
        rhythms_of: tells the beats of songs.
        path: a temporary file.
        seed: of the radio.
        frames: of the block: a multiple of `PERIOD`, at least six times as many.
        check: called now and then; it may raise to stop.

    Raises:
        PoolTooSmall: everything is banned.
        Corrupt: a song is not the one that its chunks were cut from.
        EncoderFailed, ToolMissing: it cannot be encoded.
    """
    start, end = air.samples, air.samples + frames * SAMPLES_PER_FRAME
    air = heed(station, air, remarks, seed=seed)
    loudness_lufs = reached_lufs(station.measured, OUTPUT.loudness_lufs)
    beyond_s, joined = 0.0, None
    while joined is None:
        air = plan_until(station, air, (end + _AFTER) / RATE_HZ + beyond_s, seed=seed, check=check)
        soon = plan_until(station, air, end / RATE_HZ + _SOON_S, seed=seed, check=check)
        rhythms = rhythms_of(songs_of(station, air.pieces), songs_of(station, soon.pieces[len(air.pieces) :]))
        blend = _blend(station, air, open_song, rhythms, loudness_lufs)
        joined = _join(air, blend, start - _PREROLL - _LEAD, end + _AFTER, check)
        beyond_s += _FARTHER_S
    sound, gains_db = ride(joined.sound, air.gain_db, loudness_lufs, RATE_HZ)
    audio = _encode(_limited(sound), path, check)[PREROLL_FRAMES : PREROLL_FRAMES + frames]
    after = _after(air, joined, end, float(gains_db[(end - start) // HOP]))
    return Block(b"".join(audio), frames, _programme(station, air, joined, start, end), after)


def _blend(
    station: Station, air: Air, open_song: OpenSong, rhythms: Mapping[str, Rhythm], loudness_lufs: float
) -> Blend:
    """Return what joins the planned pieces."""
    pieces = pieces_of(station, air.pieces)
    if air.resumed is not None:
        # A blend's first piece is faded in; one that goes on must not be, so it is made the second.
        pieces = [pieces[0], *pieces]
    gains_db = song_gains_db(station.measured, loudness_lufs)
    return Blend(pieces, open_song, OUTPUT, gains_db, rhythms=rhythms)


def _join(air: Air, blend: Blend, start: int, stop: int, check: Callable[[], None]) -> _Joined | None:
    """Join the planned pieces from `start` to `stop`, after silence; None: they are too few."""
    begun = None if air.resumed is None else air.resumed.begun(1)
    begins = [air.pieces[0].begins or 0]
    at = begins[0] + (0 if begun is None else begun.faded_in)
    sounds = [np.zeros((max(0, at - start), OUTPUT.channels), np.float32)]
    with closing(blend.joined(begun)) as joined:
        for number, blocks in enumerate(joined):
            if number == len(air.pieces) - 1:
                return None
            if number:
                begins.append(at)
            for block in blocks:
                check()
                sounds.append(block[max(0, start - at) : max(0, stop - at)])
                at += len(block)
                if at >= stop:
                    break
            if at >= stop:
                break
    # The first was entered in an earlier block, if there was one.
    entered = [Resumed.of(each) for each in blend.entered]
    if air.resumed is not None:
        entered[0] = air.resumed
    return _Joined(np.concatenate(sounds), begins, entered)


def _limited(sound: Float32) -> Int16:
    limiter = Limiter(10 ** (_CEILING_DBTP / 20), sample_rate_hz=RATE_HZ, channels=OUTPUT.channels)
    return to_int16(np.concatenate([limiter.feed(sound), limiter.flush()]))


def _encode(samples: Int16, path: Path, check: Callable[[], None]) -> list[bytes]:
    with Encoder(path, OUTPUT, tags={}, check=check, bare=True) as encoder:
        encoder.write(samples)
    return split_frames(path.read_bytes())


def _after(air: Air, joined: _Joined, end: int, gain_db: float) -> Air:
    """Return the radio after its block."""
    pieces = [
        piece.model_copy(update={"begins": begins})
        for piece, begins in zip(air.pieces, joined.begins, strict=False)
    ] + list(air.pieces[len(joined.begins) :])
    resumes = end - _PREROLL - _LEAD
    first = max(
        number
        for number, (begins, entered) in enumerate(zip(joined.begins, joined.entered, strict=True))
        if begins + entered.faded_in <= resumes or number == 0
    )
    return air.model_copy(
        update={
            "samples": end,
            "first": air.first + first,
            "pieces": tuple(pieces[first:]),
            "resumed": joined.entered[first],
            "history": air.remembered(pieces[:first], end),
            "gain_db": gain_db,
            "shunned": {song: until for song, until in air.shunned.items() if until > end},
        }
    )


def _programme(station: Station, air: Air, joined: _Joined, start: int, end: int) -> Programme:
    entries = []
    spans = pairwise([*joined.begins, math.inf])
    for number, ((begins, stops), entered) in enumerate(zip(spans, joined.entered, strict=True)):
        if begins >= end or stops <= start:
            continue
        chunk = air.pieces[number].chunk
        song = int(station.repertoire.songs[chunk])
        title, artist = station.titles[song]
        entries.append(
            Entry(
                piece=air.first + number,
                song=station.songs[song],
                title=title,
                artist=artist,
                chunk=int(station.repertoire.numbers[chunk]),
                begins=int(begins),
                source_s=entered.in_song_s(entered.at - entered.faded_in),
            )
        )
    return Programme(entries=entries)

"""The state of a radio between two blocks, and the programme that is planned from it.

A block's state is all that the next one needs: what is to be played and where to go on in it, what was played
in the last hour, the gain, what listeners said. It is stored with the block, so any worker can go on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from pydantic import BaseModel, ConfigDict

from services.assembler.airing import (
    REST_S,
    Doubles,
    Indices,
    Mask,
    Played,
    Repertoire,
    choose_next,
    last_played_s,
    note_played,
)
from services.assembler.joining import Begun
from services.assembler.leveling import EntryGain, Measured
from services.assembler.pieces import Piece
from services.assembler.sequencing import Score, Shortlist
from services.assembler.warping import Warp
from shared.airing import Remark
from shared.errors import PoolTooSmall

__all__ = ["RATE_HZ", "Air", "Planned", "Resumed", "Station", "heed", "pieces_of", "plan_until", "songs_of"]

RATE_HZ: Final = 44100
SHUNNED_S = 600.0
"""A song that was skipped does not come back so soon, if there are others."""

_KEPT_S = REST_S + 60
_KEPT_STEPS = 40
_LEAST_S = 0.5
"""A piece that is left early plays on for so long at least."""


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Planned(_Stored):
    """A piece that is to be played, or is playing."""

    chunk: int
    """By its index in the pool."""
    stop: int | None = None
    """Where it is left before its end, in samples of its song; None: at its end."""
    begins: int | None = None
    """In samples of the radio; None: not known yet."""


class Resumed(_Stored):
    """How the first piece was entered: see `Begun`."""

    at: int
    faded_in: int
    gain_db: float
    gain_start: int
    warp: Warp | None = None
    """How its song is played faster or slower; positions are those of what is heard."""

    def in_song_s(self, heard: int) -> float:
        """Return where in its song, in seconds, a sample lies that is heard."""
        return (heard if self.warp is None else self.warp.in_song_at(heard)) / RATE_HZ

    @classmethod
    def of(cls, begun: Begun) -> Resumed:
        """Write down how a piece was entered."""
        return cls(
            at=begun.at,
            faded_in=begun.faded_in,
            gain_db=begun.entry.gain_db,
            gain_start=begun.entry.start,
            warp=begun.warp,
        )

    def begun(self, piece: int) -> Begun:
        """Read back how it was entered, as a piece of this number."""
        entry = EntryGain(self.gain_db, self.gain_start)
        return Begun(piece, self.at, self.at, 0, entry, self.faded_in, self.warp)


class Air(_Stored):
    """A radio after some block; as it is made, before its first."""

    samples: int = 0
    """How much was played."""
    first: int = 0
    """The number of the first piece, counted from the radio's first."""
    pieces: tuple[Planned, ...] = ()
    """From the one in which the next block's rendering resumes."""
    resumed: Resumed | None = None
    history: tuple[tuple[int, int], ...] = ()
    """What came before them within the hour: chunk and when it began, in samples of the radio."""
    gain_db: float = 0.0
    """Where the next block begins to ride."""
    banned_songs: tuple[str, ...] = ()
    banned_chunks: tuple[tuple[str, int], ...] = ()
    shunned: Mapping[str, int] = {}
    """Until when a song should not come, in samples of the radio."""

    def remembered(self, pieces: Sequence[Planned], samples: int) -> tuple[tuple[int, int], ...]:
        """Return the history after more pieces, without what is over an hour old."""
        history = [*self.history, *((piece.chunk, piece.begins or 0) for piece in pieces)]
        oldest = samples - round(_KEPT_S * RATE_HZ)
        kept = [past for past in history[:-_KEPT_STEPS] if past[1] >= oldest]
        return (*kept, *history[-_KEPT_STEPS:])


@dataclass(frozen=True)
class Station:
    """What a radio is made of.

    Attributes:
        songs: ids of the songs.
        repertoire: the pool's chunks, their songs by their place in `songs`.
        starts: int64, shape (n,): where each chunk begins, in samples of its song.
        stops: int64, shape (n,): where it ends.
        rates_hz: of each song.
        titles: of each song, with its artist.
        measured: loudness and peak of each song, by id.
        score: judges transitions.
        shortlist: names those that are judged; None: all.
    """

    songs: Sequence[str]
    repertoire: Repertoire
    starts: Indices
    stops: Indices
    rates_hz: Sequence[int]
    titles: Sequence[tuple[str, str | None]]
    measured: Measured
    score: Score
    shortlist: Shortlist | None

    def duration_s(self, piece: Planned) -> float:
        """Return how long a piece lasts, but for its seams."""
        stop = self.stops[piece.chunk] if piece.stop is None else piece.stop
        rate_hz = self.rates_hz[self.repertoire.songs[piece.chunk]]
        return float(stop - self.starts[piece.chunk]) / rate_hz


def songs_of(station: Station, planned: Sequence[Planned]) -> list[str]:
    """Return the ids of the songs of what is planned, each once, in order."""
    places = (int(station.repertoire.songs[one.chunk]) for one in planned)
    return [station.songs[place] for place in dict.fromkeys(places)]


def pieces_of(station: Station, planned: Sequence[Planned]) -> list[Piece]:
    """Return what is to be joined."""
    pieces = []
    for one in planned:
        song = int(station.repertoire.songs[one.chunk])
        stop = int(station.stops[one.chunk]) if one.stop is None else one.stop
        start = int(station.starts[one.chunk])
        pieces.append(Piece(station.songs[song], start, stop, station.rates_hz[song]))
    return pieces


def heed(station: Station, air: Air, remarks: Sequence[Remark], *, seed: int) -> Air:
    """Return a radio that goes on as listeners want: what they did not let stand is to be planned anew.

    Raises:
        PoolTooSmall: everything is banned.
    """
    for remark in remarks:
        # The remark before took the pieces away that came next when this one was made.
        last = max(0, remark.piece - air.first)
        air = _plan(station, air, seed=seed, pieces_wanted=last + 1)
        pieces = list(air.pieces[: last + 1])
        if remark.stop_s is not None and last < len(pieces):
            pieces[last] = _left_early(station, air, pieces[last], last, remark.stop_s)
        banned_song = remark.ban and remark.chunk is None
        changes = {
            "pieces": tuple(pieces),
            "banned_songs": (*air.banned_songs, *([remark.song] if banned_song else [])),
            "shunned": {**air.shunned, remark.song: air.samples + round(SHUNNED_S * RATE_HZ)},
        }
        if remark.ban and remark.chunk is not None:
            changes["banned_chunks"] = (*air.banned_chunks, (remark.song, remark.chunk))
        air = air.model_copy(update=changes)
    return air


def _left_early(station: Station, air: Air, piece: Planned, place: int, stop_s: float) -> Planned:
    start_s = float(station.repertoire.starts_s[piece.chunk])
    if place == 0 and air.resumed is not None:
        start_s = max(start_s, air.resumed.in_song_s(air.resumed.at))
    rate_hz = station.rates_hz[station.repertoire.songs[piece.chunk]]
    end = int(station.stops[piece.chunk]) if piece.stop is None else piece.stop
    return piece.model_copy(update={"stop": min(end, round(max(stop_s, start_s + _LEAST_S) * rate_hz))})


def plan_until(
    station: Station,
    air: Air,
    stop_s: float,
    *,
    seed: int,
    check: Callable[[], None] = lambda: None,
) -> Air:
    """Plan pieces until a time on the radio's clock is reached, and one beyond, so that none ends there.

    Raises:
        PoolTooSmall: everything is banned.
    """
    return _plan(station, air, seed=seed, stop_s=stop_s, check=check)


def _plan(
    station: Station,
    air: Air,
    *,
    seed: int,
    pieces_wanted: int = 0,
    stop_s: float = -np.inf,
    check: Callable[[], None] = lambda: None,
) -> Air:
    """Plan until there are so many pieces, and the last that was added begins at a time or later."""
    repertoire, pieces = station.repertoire, list(air.pieces)
    usable, shunned = _usable(station, air), _shunned(station, air)
    if not usable.any():
        raise PoolTooSmall(wanted=1, available=0)
    last_s, ends_s = _so_far(station, air)
    before = [chunk for chunk, _ in air.history]
    begins_s = -np.inf
    while len(pieces) < pieces_wanted or begins_s < stop_s:
        check()
        chunk = choose_next(
            repertoire,
            Played([*before, *(piece.chunk for piece in pieces)], ends_s),
            last_s,
            usable=usable,
            shunned=shunned,
            score=station.score,
            shortlist=station.shortlist,
            seed=seed,
            number=air.first + len(pieces),
        )
        note_played(repertoire, last_s, chunk, ends_s)
        pieces.append(Planned(chunk=chunk))
        begins_s, ends_s = ends_s, ends_s + station.duration_s(pieces[-1])
    return air.model_copy(update={"pieces": tuple(pieces)})


def _so_far(station: Station, air: Air) -> tuple[Doubles, float]:
    """Return when each chunk was or will be played last, and when what is planned ends, both in seconds."""
    last_s = last_played_s(station.repertoire)
    for chunk, begins in air.history:
        note_played(station.repertoire, last_s, chunk, begins / RATE_HZ)
    ends_s = 0.0
    for piece in air.pieces:
        begins_s = ends_s if piece.begins is None else piece.begins / RATE_HZ
        note_played(station.repertoire, last_s, piece.chunk, begins_s)
        ends_s = begins_s + station.duration_s(piece)
    return last_s, ends_s


def _usable(station: Station, air: Air) -> Mask:
    repertoire = station.repertoire
    usable = ~np.isin(repertoire.songs, _places(station, air.banned_songs))
    for song, chunk in air.banned_chunks:
        usable &= ~(np.isin(repertoire.songs, _places(station, [song])) & (repertoire.numbers == chunk))
    return usable


def _shunned(station: Station, air: Air) -> Mask:
    now = [song for song, until in air.shunned.items() if until > air.samples]
    return np.isin(station.repertoire.songs, _places(station, now))


def _places(station: Station, songs: Sequence[str]) -> list[int]:
    return [place for place, song in enumerate(station.songs) if song in songs]

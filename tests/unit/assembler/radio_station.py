"""A radio's station in memory: songs of noise and sines, cut into chunks of equal lengths."""

from __future__ import annotations

import numpy as np

from services.assembler.airing import Repertoire
from services.assembler.onair import Station
from services.assembler.pieces import OpenSong
from shared.sound.samples import to_int16
from tests.support.signals import noise, sine
from tests.unit.assembler.songs import ArraySong, opener

RATES_HZ = (44_100, 48_000, 22_050)


def station_of(
    *, songs: int = 6, duration_s: float = 60.0, chunk_s: float = 4.0, rates_hz: tuple[int, ...] = RATES_HZ
) -> tuple[Station, OpenSong]:
    """Return a station of songs, by default of several rates, whose transitions are judged by lot."""
    names = [f"{number:x}" * 64 for number in range(songs)]
    rates = [rates_hz[number % len(rates_hz)] for number in range(songs)]
    chunks = int(duration_s // chunk_s)
    of, numbers = np.repeat(np.arange(songs), chunks), np.tile(np.arange(chunks), songs)
    rate_of = np.array(rates)[of]
    scores = np.random.default_rng(0).normal(size=(len(of), len(of))).astype(np.float32)
    station = Station(
        songs=names,
        repertoire=Repertoire(of, numbers, numbers * chunk_s, (numbers + 1) * chunk_s),
        starts=np.rint(numbers * chunk_s * rate_of).astype(np.int64),
        stops=np.rint((numbers + 1) * chunk_s * rate_of).astype(np.int64),
        rates_hz=rates,
        titles=[(f"Song {number}", None) for number in range(songs)],
        measured=dict.fromkeys(names, (-16.0, 0.5)),
        score=lambda reference, candidates, step: scores[reference, candidates],
        shortlist=None,
    )
    sounds = {
        name: _song(duration_s, rate, at) for at, (name, rate) in enumerate(zip(names, rates, strict=True))
    }
    return station, opener(**sounds)


def _song(duration_s: float, rate_hz: int, number: int) -> ArraySong:
    """Return a song with a pitch of its own that swells now and then."""
    hiss = noise(duration_s, rate_hz, amplitude=0.05, channels=2, seed=number)
    tone = sine(200.0 + 50 * number, duration_s, rate_hz, amplitude=0.5)
    swell = 0.3 + 0.7 * np.sin(np.arange(len(hiss)) / rate_hz * 0.5 + number)[:, None] ** 2
    return ArraySong(to_int16(((hiss + tone) * swell).astype(np.float32)), rate_hz)

"""Radios' stations in memory: songs of noise and sines, or of clicks, cut into chunks of equal lengths."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from services.assembler.airing import Repertoire
from services.assembler.onair import Station
from services.assembler.pieces import OpenSong
from shared.sound.rhythm import Rhythm
from shared.sound.samples import to_int16
from tests.support.signals import noise, sine
from tests.unit.assembler.songs import ArraySong, opener

RATES_HZ = (44_100, 48_000, 22_050)
PERIODS_S = (0.5, 0.512, 0.495, 0.507)
"""Of the beats of songs of clicks: each is within 4 % of the others."""


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


def beating_station_of(*, chunk_s: float = 4.0) -> tuple[Station, OpenSong, Mapping[str, Rhythm]]:
    """Return a station of songs of clicks, whose tempos differ a little, and their beats."""
    station, _ = station_of(songs=len(PERIODS_S), chunk_s=chunk_s, rates_hz=(44_100, 48_000))
    rhythms, sounds = {}, {}
    for number, (name, rate_hz) in enumerate(zip(station.songs, station.rates_hz, strict=True)):
        beats_s = 0.1 + 0.07 * number + PERIODS_S[number] * np.arange(115)
        rhythms[name] = Rhythm(beats_s, np.arange(115) % 4 == 0, 1.0, 1.0)
        sounds[name] = _clicking(beats_s, rate_hz, number)
    return station, opener(**sounds), rhythms


def _clicking(beats_s: np.ndarray, rate_hz: int, number: int) -> ArraySong:
    """Return a minute of clicks over a hum of its own."""
    at_s = np.arange(60 * rate_hz) / rate_hz
    sound = 0.01 * np.sin(2 * np.pi * (90 + 20 * number) * at_s)
    length = round(0.03 * rate_hz)
    click = np.random.default_rng(number).standard_normal(length) * np.exp(-np.arange(length) / length * 6)
    for start in np.rint(beats_s * rate_hz).astype(int):
        sound[start : start + length] += 0.2 * click
    return ArraySong(to_int16(np.repeat(sound[:, None], 2, axis=1).astype(np.float32)), rate_hz)


def _song(duration_s: float, rate_hz: int, number: int) -> ArraySong:
    """Return a song with a pitch of its own that swells now and then."""
    hiss = noise(duration_s, rate_hz, amplitude=0.05, channels=2, seed=number)
    tone = sine(200.0 + 50 * number, duration_s, rate_hz, amplitude=0.5)
    swell = 0.3 + 0.7 * np.sin(np.arange(len(hiss)) / rate_hz * 0.5 + number)[:, None] ** 2
    return ArraySong(to_int16(((hiss + tone) * swell).astype(np.float32)), rate_hz)

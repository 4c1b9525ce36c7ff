"""Radios of songs with a beat: it goes on across seams, as it is heard, and what is told of it is true."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.signal import find_peaks

from services.assembler.broadcasting import PERIOD, Block, make_block
from services.assembler.onair import RATE_HZ, Air, Planned, Resumed, heed
from services.assembler.warping import Warp
from shared.airing import Remark
from shared.sound.rhythm import Rhythm
from shared.sound.samples import to_mono
from tests.unit.assembler.radio_station import PERIODS_S, beating_station_of

station = cache(beating_station_of)


@cache
def block(folder: Path, *, known: bool) -> tuple[Block, list[str], list[str]]:
    """Return the first half minute, and the songs whose beats it asked for: needed at once, and soon."""
    stock, open_song, rhythms = station(chunk_s=6.0)
    asked: list[list[str]] = [[], []]

    def rhythms_of(songs: Sequence[str], soon: Sequence[str]) -> Mapping[str, Rhythm]:
        asked[0] += songs
        asked[1] += soon
        return {song: rhythms[song] for song in songs} if known else {}

    path = folder / "block.mp3"
    made = make_block(stock, Air(), [], open_song, rhythms_of, path, seed=3, frames=24 * PERIOD)
    return made, asked[0], asked[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("radio")


def clicks_s(made: Block) -> np.ndarray:
    """Return when clicks are heard, in seconds of the radio, but for what a codec delays."""
    sound = to_mono(soundfile.read(io.BytesIO(made.audio), dtype="float32", always_2d=True)[0])
    power = np.convolve(np.square(sound, dtype=np.float64), np.ones(200), "same")
    peaks = find_peaks(power, height=power.max() / 20, distance=round(0.15 * RATE_HZ))[0]
    return peaks / RATE_HZ


def spreads_s(made: Block) -> list[float]:
    """Return, around each change of the song, by how much beats differ in length."""
    beats, entries = clicks_s(made), made.programme.entries
    found = []
    for before, after in pairwise(entries):
        at_s = after.begins / RATE_HZ
        if before.song != after.song and 3 < at_s < 27:
            near = np.diff(beats[(beats > at_s - 2.6) & (beats < at_s + 2.6)])
            found.append(float(near.max() - near.min()))
    return found


def test_beats_go_on_across_the_seams(folder: Path) -> None:
    made, songs, soon = block(folder, known=True)
    assert {entry.song for entry in made.programme.entries} <= set(songs)
    assert soon, "what comes next is named, too"
    spreads = spreads_s(made)
    assert len(spreads) >= 3
    assert max(spreads) < 0.012
    unknown, _, _ = block(folder, known=False)
    assert np.median(spreads_s(unknown)) > 0.05, "they do not by themselves"


def test_it_is_told_where_a_song_is_entered_that_is_played_at_another_tempo(folder: Path) -> None:
    made, _, _ = block(folder, known=True)
    stock, _, rhythms = station(chunk_s=6.0)
    beats, offs_s = clicks_s(made), []
    for entry in made.programme.entries[:-1]:
        begins_s, period_s = entry.begins / RATE_HZ, PERIODS_S[stock.songs.index(entry.song)]
        next_s = beats[beats > begins_s + 0.03][0]
        off_s = entry.source_s + (next_s - begins_s) - rhythms[entry.song].beats_s[0]
        offs_s.append((off_s + period_s / 2) % period_s - period_s / 2)
    assert len(offs_s) >= 4
    # The codec's delay is in all of them.
    assert max(offs_s) - min(offs_s) < 0.03


def test_a_song_that_is_stretched_is_left_soon_after_where_it_is_heard() -> None:
    stock, _, _ = station(chunk_s=6.0)
    chunk, rate_hz = 2, stock.rates_hz[0]
    start = int(stock.starts[chunk])
    warp = Warp.at_entry(start, 0.03, 16.0, RATE_HZ)
    heard = warp.heard_at(start + 3 * RATE_HZ)
    assert abs(heard - start - 3 * RATE_HZ) > 0.2 * RATE_HZ
    resumed = Resumed(at=heard, faded_in=0, gain_db=0.0, gain_start=heard, warp=warp)
    air = Air(pieces=(Planned(chunk=chunk, begins=0),), samples=5 * RATE_HZ, resumed=resumed)
    song = stock.songs[0]
    for stop_s, left_s in ((start / rate_hz + 1.0, 3.5), (start / rate_hz + 4.5, 4.5)):
        left = heed(stock, air, [Remark(piece=0, stop_s=stop_s, song=song)], seed=1).pieces[0]
        assert left.stop == pytest.approx(start + left_s * rate_hz, abs=2), "half a second on, at the least"

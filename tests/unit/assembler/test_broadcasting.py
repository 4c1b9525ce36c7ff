"""Blocks of a radio: put together they are one stream, and each follows from the state before it alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from services.assembler.broadcasting import PERIOD, Block, frames_of_block, make_block
from services.assembler.onair import RATE_HZ, Air, Station
from services.assembler.pieces import OpenSong
from services.assembler.riding import HOP, LEAD_HOPS, ride
from shared.airing import Remark
from shared.errors import PoolTooSmall
from shared.sound.mp3 import split_frames
from shared.sound.rhythm import Rhythm
from tests.support.signals import noise
from tests.unit.assembler.radio_station import beating_station_of, station_of

Known = tuple[Station, OpenSong, Mapping[str, Rhythm]]
STATION, OPEN_SONG = station_of()
QUIET: Known = (STATION, OPEN_SONG, {})
beating = cache(beating_station_of)


def block(
    folder: Path, air: Air, *remarks: Remark, periods: int = 6, seed: int = 1, known: Known = QUIET
) -> Block:
    # The state goes through the store.
    read = Air.model_validate_json(air.model_dump_json())
    station, open_song, rhythms = known

    def rhythms_of(songs: Sequence[str], soon: Sequence[str]) -> Mapping[str, Rhythm]:
        return {song: rhythms[song] for song in songs if song in rhythms}

    path = folder / "block.mp3"
    return make_block(station, read, remarks, open_song, rhythms_of, path, seed=seed, frames=PERIOD * periods)


@pytest.mark.parametrize("beats", [False, True])
def test_frames_of_blocks_are_those_of_one_continuous_encode(tmp_path: Path, beats: bool) -> None:
    known = beating() if beats else QUIET
    whole = block(tmp_path, Air(), periods=36, known=known)
    air, frames, entries, stretched = Air(), [], {}, 0
    for periods in (6, 12, 10, 8):
        made = block(tmp_path, air, periods=periods, known=known)
        air = made.air
        assert air.resumed is not None
        stretched += air.resumed.warp is not None and air.resumed.at < air.resumed.warp.end
        frames += split_frames(made.audio)
        entries |= {entry.piece: entry for entry in made.programme.entries}
    assert len(frames) == 36 * PERIOD
    assert frames == split_frames(whole.audio)
    assert list(entries.values()) == whole.programme.entries
    assert len(whole.programme.entries) > 8
    assert stretched >= 2 * beats, "blocks end while a tempo is on its way back"


def test_another_seed_plays_something_else(tmp_path: Path) -> None:
    assert block(tmp_path, Air(), seed=1).audio == block(tmp_path, Air(), seed=1).audio
    assert block(tmp_path, Air(), seed=1).programme != block(tmp_path, Air(), seed=2).programme


def test_blocks_begin_short_and_fit_the_padding() -> None:
    assert [frames_of_block(number) // PERIOD for number in (0, 1, 2, 3, 99)] == [6, 12, 24, 24, 24]


def test_a_skip_leaves_the_song_and_nothing_before_it_changes(tmp_path: Path) -> None:
    before = block(tmp_path, Air(), periods=12).air
    heard = block(tmp_path, before, periods=12)
    playing = heard.programme.entries[1]
    skipped_at = playing.begins + 2 * RATE_HZ
    skip = Remark(piece=playing.piece, stop_s=playing.source_s + 2.0, song=playing.song)
    other = block(tmp_path, before, skip, periods=12)
    same = [one == two for one, two in zip(*map(split_frames, (heard.audio, other.audio)), strict=True)]
    first = same.index(False)
    away_s = (first * 1152 - (skipped_at - before.samples)) / RATE_HZ
    # Half a fade, and as far as a seam may lie before its cut.
    assert -3.0 < away_s < 0.2, "the stream goes another way near the skip, and not before"
    left = other.programme.entries[2]
    assert left.song != playing.song
    assert abs(left.begins - skipped_at) < RATE_HZ
    after = [other.air]
    for _ in range(3):
        after.append(block(tmp_path, after[-1], periods=24).air)
    later = {
        STATION.songs[STATION.repertoire.songs[piece.chunk]] for air in after for piece in air.pieces[2:]
    }
    assert playing.song not in later, "it does not come back for a while"


def test_a_second_skip_in_the_same_block_leaves_the_first_as_it_was(tmp_path: Path) -> None:
    before = block(tmp_path, Air(), periods=12).air
    heard = block(tmp_path, before, periods=24)
    one = heard.programme.entries[1]
    skip = Remark(piece=one.piece, stop_s=one.source_s + 1.0, song=one.song)
    once = block(tmp_path, before, skip, periods=24)
    two = next(entry for entry in once.programme.entries if entry.piece == one.piece + 2)
    assert two.song != one.song
    skipped_at = two.begins + 2 * RATE_HZ
    again = Remark(piece=two.piece, stop_s=two.source_s + 2.0, song=two.song)
    twice = block(tmp_path, before, skip, again, periods=24)
    same = [a == b for a, b in zip(*map(split_frames, (once.audio, twice.audio)), strict=True)]
    away_s = (same.index(False) * 1152 - (skipped_at - before.samples)) / RATE_HZ
    assert -3.0 < away_s < 0.2
    left = next(entry for entry in twice.programme.entries if entry.piece == two.piece + 1)
    assert left.song not in (one.song, two.song)


def test_what_is_banned_never_comes_again(tmp_path: Path) -> None:
    song = STATION.songs[0]
    ban = Remark(piece=0, song=song, ban=True)
    first = block(tmp_path, Air(), periods=12)
    made = block(tmp_path, first.air, ban.model_copy(update={"piece": first.air.first}), periods=24)
    assert made.air.banned_songs == (song,)
    entries = [made.programme.entries[1:]]
    for _ in range(2):
        made = block(tmp_path, made.air, periods=24)
        entries.append(made.programme.entries)
    assert {entry.song for one in entries for entry in one} == set(STATION.songs[1:])
    chunk = Remark(piece=0, song=song, chunk=3, ban=True)
    assert block(tmp_path, Air(), chunk).air.banned_chunks == ((song, 3),)


def test_nothing_is_left_when_all_is_banned(tmp_path: Path) -> None:
    with pytest.raises(PoolTooSmall):
        block(tmp_path, Air(banned_songs=tuple(STATION.songs)))


def test_the_gain_rides_slowly_and_goes_on_where_it_was() -> None:
    loud = noise(30, RATE_HZ, amplitude=0.4, channels=2)[: (LEAD_HOPS + 100) * HOP]
    sound, gains_db = ride(loud, 0.0, -14.0, RATE_HZ)
    hops_per_s = RATE_HZ / HOP
    assert max(abs(after - before) for before, after in pairwise(gains_db)) * hops_per_s <= 1.0 + 1e-9
    assert gains_db[-1] == pytest.approx(-3.5, abs=1.5)
    assert len(sound) == (len(gains_db) - 1) * HOP
    half = 40 * HOP
    later, later_db = ride(loud[half:], float(gains_db[40]), -14.0, RATE_HZ)
    assert later_db == pytest.approx(gains_db[40:], abs=1e-4)
    assert np.abs(later - sound[half:][: len(later)]).max() < 1e-4
    assert np.array_equal(ride(np.zeros_like(loud), 1.5, -14.0, RATE_HZ)[1][[0, -1]], [1.5, 1.5])

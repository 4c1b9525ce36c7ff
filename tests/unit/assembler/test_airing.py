"""What a radio plays next: what was played rests, limits hold, the seed decides."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from services.assembler.airing import (
    REST_S,
    Played,
    Repertoire,
    choose_next,
    last_played_s,
    note_played,
    rest_s,
)


def repertoire_of(songs: int, chunks: int, chunk_s: float = 4.0) -> Repertoire:
    numbers = np.tile(np.arange(chunks), songs)
    return Repertoire(
        np.repeat(np.arange(songs), chunks), numbers, numbers * chunk_s, (numbers + 1) * chunk_s
    )


def play(repertoire: Repertoire, steps: int, *, seed: int = 0, **changes: Any) -> list[tuple[int, float]]:
    """Return the chunks of a radio, and when each is played."""
    scores = np.random.default_rng(3).normal(size=(len(repertoire),) * 2).astype(np.float32)
    # As models do, it likes best what followed in the song.
    follows = repertoire.continues(np.arange(len(repertoire))[:, None], np.arange(len(repertoire))[None])
    scores[follows] += 20
    last_s, chunks, at_s, found = last_played_s(repertoire), [], 0.0, []
    anyone, none = np.ones(len(repertoire), np.bool_), np.zeros(len(repertoire), np.bool_)
    for number in range(steps):
        chunk = choose_next(
            repertoire,
            Played(chunks, at_s),
            last_s,
            **{"usable": anyone, "shunned": none}
            | changes
            | {"seed": seed, "number": number, "shortlist": None},
            score=lambda reference, candidates, step: scores[reference, candidates],
        )
        note_played(repertoire, last_s, chunk, at_s)
        found.append((chunk, at_s))
        chunks.append(chunk)
        at_s += float(repertoire.durations_s()[chunk])
    return found


def shortest_rest_s(played: list[tuple[int, float]]) -> float:
    last: dict[int, float] = {}
    rests = []
    for chunk, at_s in played:
        rests.append(at_s - last.get(chunk, -np.inf))
        last[chunk] = at_s
    return min(rests)


def test_nothing_comes_twice_within_an_hour_if_the_pool_allows() -> None:
    repertoire = repertoire_of(20, 50)  # 4000 s
    played = play(repertoire, 2000)
    assert len({chunk for chunk, _ in played}) > 850
    assert shortest_rest_s(played) >= REST_S


def test_a_small_pool_rests_as_long_as_it_can() -> None:
    repertoire = repertoire_of(4, 10)  # 160 s
    anyone = np.ones(40, np.bool_)
    assert rest_s(repertoire, anyone) == pytest.approx(120)
    assert shortest_rest_s(play(repertoire, 400)) >= 120


def test_two_cuts_of_a_song_do_not_last_twice_as_long() -> None:
    repertoire = repertoire_of(3, 10)  # 120 s
    other = repertoire_of(3, 5, chunk_s=8.0)
    both = Repertoire(
        np.concatenate([repertoire.songs, other.songs]),
        np.concatenate([repertoire.numbers, other.numbers]),
        np.concatenate([repertoire.starts_s, other.starts_s]),
        np.concatenate([repertoire.stops_s, other.stops_s]),
    )
    everyone = np.ones(len(both), np.bool_)
    assert rest_s(both, everyone) == pytest.approx(90)
    assert rest_s(both, np.arange(len(both)) >= 30) == pytest.approx(90)
    assert rest_s(both, both.songs == 1) == pytest.approx(30)


def test_a_pool_of_one_chunk_goes_on() -> None:
    assert [chunk for chunk, _ in play(repertoire_of(1, 1), 5)] == [0] * 5


def test_another_cut_of_the_same_stretch_rests_with_it() -> None:
    repertoire = Repertoire(
        np.array([0, 0, 0, 1]), np.array([0, 1, 0, 0]), np.array([0.0, 4, 2, 0]), np.array([4.0, 8, 6, 4])
    )
    last_s = last_played_s(repertoire)
    note_played(repertoire, last_s, 2, 7.0)
    assert last_s.tolist() == [7.0, 7.0, 7.0, -np.inf]
    note_played(repertoire, last_s, 0, 9.0)
    assert last_s.tolist() == [9.0, 7.0, 9.0, -np.inf], "chunk 1 only touches chunk 0"


def test_limits_of_a_mix_hold_all_along() -> None:
    repertoire = repertoire_of(20, 50)
    chunks = np.array([chunk for chunk, _ in play(repertoire, 800)])
    songs = repertoire.songs[chunks]
    replays = repertoire.continues(chunks[:-1], chunks[1:])
    windows = np.convolve(replays, np.ones(30), mode="valid")
    assert 10 < windows.max() <= 16
    assert np.convolve(songs[1:] != songs[:-1], np.ones(30), mode="valid").min() >= 7
    ends = np.flatnonzero(np.diff(songs, prepend=-1, append=-1))
    assert np.diff(ends).max() * 4.0 <= 32


def test_the_seed_decides() -> None:
    repertoire = repertoire_of(5, 20)
    one, again, other = (play(repertoire, 50, seed=seed) for seed in (1, 1, 2))
    assert one == again
    assert one != other


def test_what_is_not_usable_never_comes_and_what_is_shunned_only_if_nothing_else_does() -> None:
    repertoire = repertoire_of(3, 10)
    without = repertoire.songs != 1
    played = [repertoire.songs[chunk] for chunk, _ in play(repertoire, 60, usable=without)]
    assert set(played) == {0, 2}
    shunned = repertoire.songs == 2
    played = [repertoire.songs[chunk] for chunk, _ in play(repertoire, 10, usable=without, shunned=shunned)]
    assert set(played[:4]) == {0}
    only = play(repertoire, 5, usable=shunned, shunned=shunned)
    assert {repertoire.songs[chunk] for chunk, _ in only} == {2}

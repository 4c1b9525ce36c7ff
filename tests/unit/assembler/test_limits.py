"""Limits and wishes: whatever the scores, a mix keeps to them."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from services.assembler.beams import Draws
from services.assembler.counting import widest_gap
from services.assembler.limits import Rules
from services.assembler.paths import Wishes
from services.assembler.relaxing import in_force
from shared.errors import WishesContradict
from shared.parameters import Limits
from tests.unit.assembler.searches import NONE, broken, find, pool, replaying, wishes_for


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.booleans())
def test_twins_are_as_far_apart_as_is_asked_for(seed: int, apart: int, drawn: bool) -> None:
    generator = np.random.default_rng(seed)
    chunks = pool(*[8] * 6)
    chunks = replace(chunks, twins=generator.integers(0, 24, 48))
    wishes = wishes_for(chunks, chunks=20)
    draws = Draws(1.0, seed) if drawn else None
    asked = NONE.model_copy(update={"twins_apart": apart})
    limits = in_force(asked, chunks, wishes)
    assert limits.twins_apart == apart
    order = find(replaying(chunks, seed), chunks, wishes, limits, draws=draws).order
    kinds = chunks.twins[order].tolist()
    assert all(kind not in kinds[max(0, at - apart) : at] for at, kind in enumerate(kinds))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 3), min_size=1, max_size=4), st.integers(1, 5), st.data())
def test_the_gap_between_twins_is_the_widest_there_is(
    counts: list[int], most: int, data: st.DataObject
) -> None:
    length = data.draw(st.integers(1, min(6, sum(counts))))
    kinds = np.repeat(np.arange(len(counts)), counts).tolist()

    def fits(gap: int) -> bool:
        return any(
            all(kind not in tried[max(0, at - gap) : at] for at, kind in enumerate(tried))
            for tried in set(permutations(kinds, length))
        )

    best = max(gap for gap in range(most + 1) if fits(gap))
    assert widest_gap(np.array(counts), length, most) == best


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 12), min_size=1, max_size=8),
    st.integers(0, 2**32 - 1),
    st.data(),
)
def test_a_mix_keeps_to_the_limits_in_force(counts: list[int], seed: int, data: st.DataObject) -> None:
    chunks = pool(*counts, lengths_s=(1.0, 12.0), seed=seed)
    # With a few chunks to spare; what uses up the whole pool may have no solution.
    length = data.draw(st.integers(1, max(1, len(chunks) * 2 // 3)))
    wishes = wishes_for(chunks, start=data.draw(st.integers(0, len(chunks) - 1)), chunks=length)
    draws = Draws(1.0, seed) if data.draw(st.booleans()) else None
    limits = in_force(Limits(), chunks, wishes)
    try:
        found = find(replaying(chunks, seed), chunks, wishes, draws=draws)
    except WishesContradict:
        reject()  # The health check fails where that is frequent.
    assert len(found.order) == length
    assert found.order[0] == wishes.start
    assert broken(found.order.tolist(), chunks, limits) == []


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 6))
def test_a_pool_with_room_always_gives_a_mix(seed: int, songs: int) -> None:
    generator = np.random.default_rng(seed)
    chunks = pool(*generator.integers(15, 40, songs), lengths_s=(1.0, 10.0), seed=seed)
    wishes = wishes_for(chunks, chunks=30)
    order = find(replaying(chunks, seed), chunks, wishes, width=1).order.tolist()
    assert broken(order, chunks, Limits(least_songs=songs)) == []


def test_shares_are_kept_all_along_the_mix_where_that_is_possible() -> None:
    chunks = pool(*[20] * 8)
    wishes = wishes_for(chunks, chunks=30)
    limits = in_force(Limits(), chunks, wishes)
    paced = Rules(chunks, wishes, limits, paced=True)
    overdrawn = []
    for stricter in (None, paced):
        order = find(replaying(chunks), chunks, wishes, stricter=stricter).order
        assert broken(order.tolist(), chunks, limits) == []
        # The index after the last chunk of a song is of the next song: no replay.
        replays = np.cumsum((np.diff(order) == 1) & (np.diff(chunks.songs[order]) == 0))
        overdrawn.append(float((replays - np.arange(1, 30) / 2).max()))
    assert overdrawn[0] > 3.1
    assert overdrawn[1] <= 3


def test_what_cannot_be_kept_all_along_is_kept_in_the_whole() -> None:
    chunks = pool(3, 3)
    wishes = wishes_for(chunks, chunks=4)
    never = Rules(chunks, wishes, Limits(least_songs=3), paced=True)
    order = find(replaying(chunks), chunks, wishes, stricter=never).order
    assert broken(order.tolist(), chunks, in_force(Limits(), chunks, wishes)) == []


def test_one_song_relaxes_what_it_cannot_meet() -> None:
    chunks = pool(40)
    wishes = wishes_for(chunks, chunks=30)
    limits = in_force(Limits(), chunks, wishes)
    assert limits == Limits(most_replay=0.5, longest_run_s=None, least_between_songs=None, least_songs=1)
    assert broken(find(replaying(chunks), chunks, wishes).order.tolist(), chunks, limits) == []


def test_a_short_mix_has_songs_in_proportion_and_a_pool_of_few_all_of_them() -> None:
    many, few = pool(*[5] * 20), pool(20, 20, 20)
    assert in_force(Limits(), many, wishes_for(many, chunks=30)).least_songs == 8
    assert in_force(Limits(), many, wishes_for(many, chunks=15)).least_songs == 4
    assert in_force(Limits(), few, wishes_for(few, chunks=30)).least_songs == 3
    assert in_force(Limits(least_songs=12), many, wishes_for(many, chunks=30)).least_songs == 12


def test_no_more_chunks_in_a_row_than_asked_for() -> None:
    chunks = pool(10, 10, 10)
    order = find(replaying(chunks), chunks, wishes_for(chunks, chunks=25, most_in_a_row=2), NONE).order
    assert broken(order.tolist(), chunks, NONE, most_in_a_row=2) == []


def test_songs_that_must_appear_do_and_those_left_out_do_not() -> None:
    chunks = pool(10, 10, 10, 10, 10)
    usable = chunks.songs != 1
    asked = Wishes(start=0, usable=usable, chunks=5, must=np.where(chunks.songs > 1, chunks.songs - 2, -1))
    found = set(chunks.songs[find(replaying(chunks), chunks, asked, NONE).order].tolist())
    assert found == {0, 2, 3, 4}


def test_an_end_is_kept_for_the_end() -> None:
    chunks = pool(10, 10, 10)
    wishes = wishes_for(chunks, chunks=12, end=np.arange(30) == 1)
    order = find(replaying(chunks), chunks, wishes).order.tolist()
    assert order[-1] == 1
    assert order.count(1) == 1
    of_song = wishes_for(chunks, chunks=12, end=chunks.songs == 2)
    assert chunks.songs[find(replaying(chunks), chunks, of_song).order[-1]] == 2


def test_without_limits_the_sources_are_replayed_and_with_them_they_are_not() -> None:
    chunks = pool(20, 20, 20, 20, 20, 20, 20, 20, 20)
    matrix, wishes = replaying(chunks), wishes_for(chunks, chunks=30)
    assert find(matrix, chunks, wishes, NONE).order.tolist() == list(range(30))
    kept = find(matrix, chunks, wishes)
    assert broken(kept.order.tolist(), chunks, Limits(least_songs=8)) == []
    assert kept.scores.tolist() == matrix[kept.order[:-1], kept.order[1:]].tolist()
    assert (kept.order.dtype, kept.scores.dtype) == (np.int64, np.float32)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.booleans(), st.booleans())
def test_a_chunk_comes_again_after_others_and_a_mix_is_longer_than_its_pool(
    seed: int, after: int, drawn: bool, timed: bool
) -> None:
    chunks = pool(4, 5, 4)
    length: dict[str, Any] = {"duration_s": 160.0} if timed else {"chunks": 40}
    wishes = wishes_for(chunks, repeats_after=after, **length)
    draws = Draws(1.0, seed) if drawn else None
    limits = in_force(Limits(), chunks, wishes)
    order = find(replaying(chunks, seed), chunks, wishes, draws=draws).order.tolist()
    assert len(order) == 40
    assert all(chunk not in order[max(0, at - after) : at] for at, chunk in enumerate(order))
    assert set(broken(order, chunks, limits)) <= {"twice"}

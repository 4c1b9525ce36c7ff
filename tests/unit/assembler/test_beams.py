"""The search within limits, on random scores: what it promises holds, whatever the pool."""

from __future__ import annotations

from itertools import groupby, pairwise, permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from services.assembler import beams
from services.assembler.beams import Draws, search
from services.assembler.limits import NEAR_S, Rules, in_force
from services.assembler.paths import Chunks, Wishes
from services.assembler.sequencing import Sequence
from shared.errors import ModelDiverged, WishesContradict
from shared.parameters import Limits

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]
NONE = Limits(most_replay=None, longest_run_s=None, least_between_songs=None, least_songs=1)


def pool(*counts: int, lengths_s: float | tuple[float, float] = 4.0, seed: int = 0) -> Chunks:
    """Return songs of so many chunks each."""
    songs = np.repeat(np.arange(len(counts)), counts)
    numbers = np.concatenate([np.arange(count) for count in counts])
    low, high = lengths_s if isinstance(lengths_s, tuple) else (lengths_s, lengths_s)
    return Chunks(np.random.default_rng(seed).uniform(low, high, len(songs)), songs, numbers)


def replaying(chunks: Chunks, seed: int = 0) -> Floats:
    """Return random scores by which the next chunk of a song always follows best."""
    matrix = np.random.default_rng(seed).normal(size=(len(chunks), len(chunks))).astype(np.float32)
    for after, before in zip(range(1, len(chunks)), range(len(chunks) - 1), strict=True):
        matrix[before, after] += 20
    return matrix


def wishes_for(pool: Chunks, /, *, start: int = 0, **asked: Any) -> Wishes:
    return Wishes(start=start, usable=np.ones(len(pool), np.bool_), **asked)


def find(
    matrix: Floats, chunks: Chunks, wishes: Wishes, limits: Limits | None = None, **how: Any
) -> Sequence:
    limits = in_force(Limits(), chunks, wishes) if limits is None else limits
    return search(
        lambda reference, candidates, step: matrix[reference, candidates],
        Rules(chunks, wishes, limits),
        total=wishes.length(chunks),
        **how,
    )


def broken(order: list[int], chunks: Chunks, limits: Limits, most_in_a_row: int | None = None) -> list[str]:
    """Count everything anew, in plain Python, and name what does not hold."""
    songs, numbers = chunks.songs.tolist(), chunks.numbers.tolist()
    steps = list(pairwise(order))
    replays = sum(songs[a] == songs[b] and numbers[b] == numbers[a] + 1 for a, b in steps)
    between = sum(songs[a] != songs[b] for a, b in steps)
    runs = [list(run) for _, run in groupby(order, key=lambda chunk: songs[chunk])]
    lengths_s = [sum(chunks.durations_s[run]) for run in runs if len(run) > 1]
    faults = {
        "twice": len(set(order)) != len(order),
        "replay": limits.most_replay is not None and replays > limits.most_replay * len(steps) + 1e-6,
        "run": limits.longest_run_s is not None and max(lengths_s, default=0) > limits.longest_run_s + 1e-6,
        "between": between < (limits.least_between_songs or 0) * len(steps) - 1e-6,
        "songs": len({songs[chunk] for chunk in order}) < (limits.least_songs or 1),
        "row": most_in_a_row is not None and max(map(len, runs)) > most_in_a_row,
    }
    return [name for name, is_broken in faults.items() if is_broken]


def test_without_limits_the_sources_are_replayed_and_with_them_they_are_not() -> None:
    chunks = pool(20, 20, 20, 20, 20, 20, 20, 20, 20)
    matrix, wishes = replaying(chunks), wishes_for(chunks, chunks=30)
    assert find(matrix, chunks, wishes, NONE).order.tolist() == list(range(30))
    kept = find(matrix, chunks, wishes)
    assert broken(kept.order.tolist(), chunks, Limits(least_songs=8)) == []
    assert kept.scores.tolist() == matrix[kept.order[:-1], kept.order[1:]].tolist()
    assert (kept.order.dtype, kept.scores.dtype) == (np.int64, np.float32)


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


def brute_force(matrix: Floats, chunks: Chunks, length: int, limits: Limits) -> float:
    """Return the highest sum that any sequence from chunk 0 within the limits has."""
    return max(
        float(sum(matrix[a, b] for a, b in pairwise((0, *rest))))
        for rest in permutations(range(1, len(chunks)), length - 1)
        if not broken([0, *rest], chunks, limits)
    )


@pytest.mark.parametrize("seed", range(8))
def test_a_beam_lies_between_the_best_within_the_limits_and_the_greedy_choice(seed: int) -> None:
    chunks, limits = pool(3, 3, 2), Limits(longest_run_s=9, least_songs=3)
    matrix, wishes = replaying(chunks, seed), wishes_for(chunks, chunks=5)
    sums = {
        width: float(find(matrix, chunks, wishes, limits, width=width).scores.sum()) for width in (1, 8, 64)
    }
    best = brute_force(matrix, chunks, 5, limits)
    assert sums[1] <= sums[8] + 1e-4
    assert sums[8] <= best + 1e-4
    assert sums[64] == pytest.approx(best, abs=1e-3)


def test_a_beam_takes_the_worse_chunk_that_leads_further() -> None:
    chunks = pool(1, 1, 1)
    matrix = np.array([[0, 2, 1], [0, 0, -9], [0, 5, 0]], np.float32)
    wishes = wishes_for(chunks, chunks=3)
    assert find(matrix, chunks, wishes, NONE, width=1).order.tolist() == [0, 1, 2]
    assert find(matrix, chunks, wishes, NONE, width=2).order.tolist() == [0, 2, 1]


def test_the_greedy_path_goes_on_even_where_others_are_ahead() -> None:
    chunks = pool(1, 1, 1, 1, 1, 1)
    matrix = np.full((6, 6), -100, np.float32)
    matrix[0, 1:3] = 10, 9
    matrix[1, 3], matrix[2, 4:6], matrix[3, 5] = 0, (5, 4.5), 100
    found = find(matrix, chunks, wishes_for(chunks, chunks=4), NONE, width=2)
    assert found.order.tolist() == [0, 1, 3, 5]


def test_chunks_of_other_songs_are_kept_for_the_rows_that_need_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beams, "_WIDER", (1,))
    chunks = pool(2, 8)
    wishes = wishes_for(chunks, start=2, chunks=10, most_in_a_row=3)
    matrix = replaying(chunks)
    matrix[:, :2] += 30
    order = find(matrix, chunks, wishes, NONE, width=1).order.tolist()
    assert broken(order, chunks, NONE, most_in_a_row=3) == []


def test_a_search_that_ends_in_the_middle_is_made_again_wider(monkeypatch: pytest.MonkeyPatch) -> None:
    chunks = pool(5, 5)
    wishes = wishes_for(chunks, chunks=10, end=np.arange(10) == 9)
    order = find(replaying(chunks, 9), chunks, wishes, width=1).order.tolist()
    assert broken(order, chunks, in_force(Limits(), chunks, wishes)) == []
    monkeypatch.setattr(beams, "_WIDER", (1,))
    with pytest.raises(WishesContradict, match="the length of the mix"):
        find(replaying(chunks, 9), chunks, wishes, width=1)


def test_equal_scores_take_the_lowest_index() -> None:
    chunks = pool(5)
    flat = np.zeros((5, 5), np.float32)
    assert find(flat, chunks, wishes_for(chunks, start=2, chunks=5), NONE).order.tolist() == [2, 0, 1, 3, 4]


def test_the_same_request_gives_the_same_sequence_and_another_seed_another_one() -> None:
    chunks = pool(20, 20, 20, lengths_s=(2.0, 6.0))
    matrix = np.random.default_rng(1).normal(size=(60, 60)).astype(np.float32)
    wishes = wishes_for(chunks, chunks=20)
    for draws in (None, Draws(1.0, 5)):
        first, second = (find(matrix, chunks, wishes, draws=draws) for _ in range(2))
        assert first.order.tobytes() == second.order.tobytes()
        assert first.scores.tobytes() == second.scores.tobytes()
    drawn = {tuple(find(matrix, chunks, wishes, draws=Draws(1.0, seed)).order) for seed in range(5)}
    assert len(drawn) == 5


def test_draws_follow_the_softmax_of_the_scores() -> None:
    chunks = pool(1, 1, 1)
    matrix = np.log(np.array([[1, 3, 1]] * 3)).astype(np.float32)
    wishes = wishes_for(chunks, chunks=2)
    taken = [find(matrix, chunks, wishes, NONE, draws=Draws(1.0, seed)).order[1] for seed in range(400)]
    assert np.mean(np.array(taken) == 1) == pytest.approx(0.75, abs=0.07)
    cold = [find(matrix, chunks, wishes, NONE, draws=Draws(0.05, seed)).order[1] for seed in range(50)]
    assert set(cold) == {1}


@pytest.mark.parametrize("duration_s", [11.0, 60.0, 123.4])
@pytest.mark.parametrize("draws", [None, Draws(1.0, 3)])
def test_a_mix_is_as_long_as_was_asked_for(duration_s: float, draws: Draws | None) -> None:
    chunks = pool(30, 30, 30, 30, lengths_s=(2.0, 8.0))
    wishes = wishes_for(chunks, duration_s=duration_s)
    order = find(replaying(chunks), chunks, wishes, draws=draws).order.tolist()
    assert abs(chunks.durations_s[order].sum() - duration_s) <= NEAR_S
    assert broken(order, chunks, Limits(least_songs=1)) == []


def test_where_no_chunks_fit_the_time_the_nearest_one_ends_the_mix() -> None:
    chunks = pool(3, 3, 3, lengths_s=4.0)
    order = find(replaying(chunks), chunks, wishes_for(chunks, duration_s=17.0)).order
    assert len(order) == 4


def test_an_end_is_kept_for_the_end() -> None:
    chunks = pool(10, 10, 10)
    wishes = wishes_for(chunks, chunks=12, end=np.arange(30) == 1)
    order = find(replaying(chunks), chunks, wishes).order.tolist()
    assert order[-1] == 1
    assert order.count(1) == 1
    of_song = wishes_for(chunks, chunks=12, end=chunks.songs == 2)
    assert chunks.songs[find(replaying(chunks), chunks, of_song).order[-1]] == 2


def test_songs_that_must_appear_do_and_those_left_out_do_not() -> None:
    chunks = pool(10, 10, 10, 10, 10)
    usable = chunks.songs != 1
    asked = Wishes(start=0, usable=usable, chunks=5, must=np.array([2, 3, 4]))
    found = set(chunks.songs[find(replaying(chunks), chunks, asked, NONE).order].tolist())
    assert found == {0, 2, 3, 4}


def test_no_more_chunks_in_a_row_than_asked_for() -> None:
    chunks = pool(10, 10, 10)
    order = find(replaying(chunks), chunks, wishes_for(chunks, chunks=25, most_in_a_row=2), NONE).order
    assert broken(order.tolist(), chunks, NONE, most_in_a_row=2) == []


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


def test_a_search_that_ends_in_the_middle_names_the_limit() -> None:
    chunks = pool(3)
    wishes = wishes_for(chunks, chunks=3, end=np.array([False, False, True]))
    with pytest.raises(WishesContradict, match=r"limits\.most_replay.* after \d of 3 chunks"):
        find(replaying(chunks), chunks, wishes)


def test_scores_that_are_no_numbers_are_an_error() -> None:
    chunks = pool(3, 3)
    with pytest.raises(ModelDiverged):
        find(np.full((6, 6), np.nan, np.float32), chunks, wishes_for(chunks, chunks=3))


def test_a_shortlist_is_asked_among_what_may_follow_and_is_all_that_is_scored() -> None:
    chunks, asked = pool(4, 4, 4), []

    def score(reference: int, candidates: Indices, step: int) -> Floats:
        asked.append(len(candidates))
        return np.zeros(len(candidates), np.float32)

    def shortlist(reference: int, allowed: NDArray[np.bool_]) -> Indices:
        assert not allowed[reference]
        return np.flatnonzero(allowed)[-2:]

    wishes = wishes_for(chunks, chunks=6, most_in_a_row=1)
    found = search(score, Rules(chunks, wishes, NONE), shortlist=shortlist, total=6)
    assert max(asked) == 2
    assert broken(found.order.tolist(), chunks, NONE, most_in_a_row=1) == []


def test_paths_that_end_alike_are_scored_once() -> None:
    chunks, asked = pool(*[6] * 6), []
    matrix = replaying(chunks)

    def score(reference: int, candidates: Indices, step: int) -> Floats:
        asked.append((step, reference))
        return matrix[reference, candidates]

    wishes = wishes_for(chunks, chunks=12)
    search(score, Rules(chunks, wishes, in_force(Limits(), chunks, wishes)), total=12)
    assert len(asked) == len(set(asked))


def test_steps_are_told_from_the_first_chunk_to_the_last() -> None:
    chunks, told = pool(4, 4), []
    find(
        replaying(chunks),
        chunks,
        wishes_for(chunks, chunks=4),
        on_step=lambda done, total: told.append((done, total)),
    )
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]

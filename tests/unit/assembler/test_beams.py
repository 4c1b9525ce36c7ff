"""The search within limits, on random scores: what it promises holds, whatever the pool."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, permutations

import numpy as np
import pytest
from numpy.typing import NDArray

from services.assembler import beams
from services.assembler.beams import Draws, search
from services.assembler.limits import NEAR_S, Rules
from services.assembler.paths import Chunks
from services.assembler.relaxing import in_force
from shared.errors import ModelDiverged, WishesContradict
from shared.parameters import Limits
from tests.unit.assembler.searches import NONE, Floats, Indices, broken, find, pool, replaying, wishes_for


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


def test_what_has_to_appear_does_however_badly_it_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beams, "_WIDER", (1,))
    chunks = pool(8, 8, 8)
    must = np.full(24, -1)
    must[[3, 4]], must[[6]], must[[12, 13]], must[[20]] = 0, 1, 2, 3
    matrix = replaying(chunks)
    matrix[:, must >= 0] -= 100
    for start in (0, 4, 20):
        wishes = wishes_for(chunks, start=start, chunks=9, must=must, most_in_a_row=2)
        order = find(matrix, chunks, wishes, NONE, width=1).order
        assert set(must[order].tolist()) == {-1, 0, 1, 2, 3}
        # Neither more of it than it takes.
        assert np.count_nonzero(must[order] >= 0) == 4


def test_places_are_kept_for_what_parts_the_rows_of_one_song(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beams, "_WIDER", (1,))
    chunks, matrix = pool(8, 8), np.zeros((16, 16), np.float32)
    must = np.where(np.arange(16) < 5, np.arange(16), -1)
    matrix[:, :5] = -9
    wishes = wishes_for(chunks, start=8, chunks=10, must=must, most_in_a_row=1)
    order = find(matrix, chunks, wishes, NONE, width=1).order
    assert set(range(5)) <= set(order.tolist())
    assert broken(order.tolist(), chunks, NONE, most_in_a_row=1) == []


def test_places_are_kept_for_seams_between_songs_beside_what_has_to_appear(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(beams, "_WIDER", (1,))
    chunks, matrix = pool(8, 8), np.zeros((16, 16), np.float32)
    must = np.where(np.arange(16) < 5, np.arange(16), -1)
    matrix[:, :8] = -9
    limits = NONE.model_copy(update={"least_between_songs": 0.5})
    order = find(matrix, chunks, wishes_for(chunks, start=8, chunks=10, must=must), limits, width=1).order
    assert set(range(5)) <= set(order.tolist())
    assert broken(order.tolist(), chunks, limits) == []


def test_what_has_to_appear_is_not_left_to_the_end_where_that_is_possible() -> None:
    chunks = pool(*[10] * 4)
    must = np.where(np.arange(40) % 7 == 3, np.arange(40) // 7, -1)
    matrix = replaying(chunks)
    matrix[:, must >= 0] -= 100
    wishes, count = wishes_for(chunks, chunks=24, must=must), int(must.max()) + 1
    found = {}
    for paced in (False, True):
        order = find(matrix, chunks, wishes, NONE, stricter=Rules(chunks, wishes, NONE, paced=paced)).order
        found[paced] = np.flatnonzero(must[order] >= 0).tolist()
    assert found[False] == list(range(24 - count, 24))
    assert len(found[True]) == count
    assert all(np.searchsorted(found[True], at, "right") >= count * (at - 2) // 24 for at in range(24))
    assert found[True][0] < 12


def test_the_last_place_may_bring_what_has_to_appear_and_comes_nowhere_else() -> None:
    chunks = pool(6, 6)
    must = np.where(np.arange(12) == 11, 0, -1)
    wishes = replace(
        wishes_for(chunks, chunks=5, must=must, end=np.isin(np.arange(12), [5, 11])),
        usable=~np.isin(np.arange(12), [5, 11]),
    )
    matrix = replaying(chunks)
    matrix[:, 11] -= 100
    assert find(matrix, chunks, wishes, NONE).order[-1] == 11


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
    found = find(
        replaying(chunks),
        chunks,
        wishes_for(chunks, chunks=4),
        on_step=lambda placed, total: told.append((placed, total)),
    )
    assert [(len(placed), total) for placed, total in told] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert told[-1] == (tuple(found.order.tolist()), 4)

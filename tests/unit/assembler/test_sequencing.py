from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from services.assembler import sequencing
from services.assembler.sequencing import greedy
from shared.errors import BadSetting, ModelDiverged, PoolTooSmall

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]


class Table:
    """Scores from a matrix; remembers which candidates it was asked for."""

    def __init__(self, matrix: Floats) -> None:
        self.matrix = matrix
        self.asked: list[Indices] = []
        self.steps: list[int] = []

    def __call__(self, reference: int, candidates: Indices, step: int) -> Floats:
        self.asked.append(candidates)
        self.steps.append(step)
        return self.matrix[reference, candidates]


def table(rows: list[list[float]]) -> Table:
    return Table(np.array(rows, np.float32))


def greedy_in_plain_python(matrix: Floats, start: int, length: int, accept_above: float | None) -> list[int]:
    order = [start]
    while len(order) < length:
        row, left = matrix[order[-1]], [k for k in range(len(matrix)) if k not in order]
        accepted = [k for k in left if accept_above is not None and row[k] > accept_above]
        order.append(accepted[0] if accepted else max(left, key=lambda k: (row[k], -k)))
    return order


def test_the_best_unused_chunk_follows_and_becomes_the_reference() -> None:
    score = table([[9, 1, 3, 2], [9, 9, 9, 9], [0, 0.5, 9, 0.25], [0, 0, 9, 9]])
    found = greedy(score, chunks=4, start=0, length=4)
    assert found.order.tolist() == [0, 2, 1, 3]
    assert found.scores.tolist() == [3, 0.5, 9]
    assert (found.order.dtype, found.scores.dtype) == (np.int64, np.float32)


@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 12),
    st.data(),
    st.one_of(st.none(), st.sampled_from([0.0, 2.0, 3.0, 9.0])),
)
def test_it_equals_the_plain_loop_even_where_scores_tie_and_blocks_are_tiny(
    seed: int, chunks: int, data: st.DataObject, accept_above: float | None
) -> None:
    length = data.draw(st.integers(1, chunks))
    start = data.draw(st.integers(0, chunks - 1))
    matrix = np.random.default_rng(seed).integers(0, 5, (chunks, chunks)).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sequencing, "BLOCK", 3)
        patch.setattr(sequencing, "EARLY_BLOCK", 2)
        found = greedy(Table(matrix), chunks=chunks, start=start, length=length, accept_above=accept_above)
    assert found.order.tolist() == greedy_in_plain_python(matrix, start, length, accept_above)
    assert found.scores.tolist() == matrix[found.order[:-1], found.order[1:]].tolist()


def test_equal_scores_take_the_lowest_index() -> None:
    assert greedy(Table(np.zeros((5, 5), np.float32)), chunks=5, start=2, length=5).order.tolist() == [
        2,
        0,
        1,
        3,
        4,
    ]


def test_the_first_above_the_threshold_is_taken_and_what_lies_beyond_is_not_scored() -> None:
    chunks = 4 * sequencing.EARLY_BLOCK
    matrix = np.zeros((1, chunks), np.float32)
    matrix[0, [5, 7, chunks - 1]] = 0.98, 0.995, 1.0
    score = Table(matrix)
    found = greedy(score, chunks=chunks, start=0, length=2, accept_above=0.99)
    assert found.order.tolist() == [0, 7]
    assert [len(asked) for asked in score.asked] == [sequencing.EARLY_BLOCK]


def test_a_score_equal_to_the_threshold_is_not_above_it() -> None:
    score = table([[0, 0.5, 0.75]] * 3)
    assert greedy(score, chunks=3, start=0, length=2, accept_above=0.5).order.tolist() == [0, 2]


def test_no_chunk_scores_minus_infinity_out_of_the_mix() -> None:
    found = greedy(Table(np.full((3, 3), -np.inf, np.float32)), chunks=3, start=1, length=3)
    assert found.order.tolist() == [1, 0, 2]


def test_a_mix_of_one_chunk_needs_no_score() -> None:
    score = table([[np.nan]])
    found = greedy(score, chunks=1, start=0, length=1)
    assert (found.order.tolist(), found.scores.shape, score.asked) == ([0], (0,), [])


def test_steps_are_told_from_the_first_chunk_to_the_last() -> None:
    told: list[tuple[tuple[int, ...], int]] = []
    found = greedy(
        Table(np.eye(4, dtype=np.float32)),
        chunks=4,
        start=0,
        length=3,
        on_step=lambda placed, total: told.append((placed, total)),
    )
    assert told == [(tuple(found.order[:placed].tolist()), 3) for placed in (1, 2, 3)]


def test_every_block_of_a_step_is_told_which_transition_it_is_for() -> None:
    score = Table(np.zeros((6, 6), np.float32))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sequencing, "BLOCK", 3)
        greedy(score, chunks=6, start=0, length=5)
    assert score.steps == [0, 0, 1, 1, 2, 3]


def test_a_mix_walks_the_classes_and_starts_again_after_the_last() -> None:
    """Nine chunks of three classes: a score that asks for class step mod 3 gets one of each in turn."""
    classes = np.array([2, 0, 0, 1, 1, 2, 2, 0, 1])

    def score(reference: int, candidates: Indices, step: int) -> Floats:
        return (classes[candidates] == step % 3).astype(np.float32)

    found = greedy(score, chunks=9, start=0, length=9)
    assert classes[found.order[1:]].tolist() == [0, 1, 2, 0, 1, 2, 0, 1]


def test_a_pool_smaller_than_the_mix_is_refused_with_both_figures() -> None:
    with pytest.raises(PoolTooSmall, match=r"mix of 5 chunks.* has 4"):
        greedy(table([[0.0] * 4] * 4), chunks=4, start=0, length=5)


@pytest.mark.parametrize(("start", "length"), [(-1, 2), (4, 2), (0, 0)])
def test_impossible_wishes_are_refused(start: int, length: int) -> None:
    with pytest.raises(BadSetting):
        greedy(table([[0.0] * 4] * 4), chunks=4, start=start, length=length)


def test_scores_that_are_no_numbers_are_an_error_even_where_others_are_higher() -> None:
    with pytest.raises(ModelDiverged, match="1 of 2 scores after chunk 0"):
        greedy(table([[0, 5, np.nan]] * 3), chunks=3, start=0, length=2)


def test_a_shortlist_is_all_that_is_scored_and_knows_what_is_used() -> None:
    score = table([[9, 1, 3, 2], [9, 9, 9, 9], [0, 0.5, 9, 0.25], [0, 0, 9, 9]])
    told: list[tuple[int, list[bool]]] = []

    def shortlist(reference: int, unused: NDArray[np.bool_]) -> Indices:
        told.append((reference, unused.tolist()))
        return np.flatnonzero(unused)[-2:]

    found = greedy(score, chunks=4, start=0, length=4, shortlist=shortlist)

    assert found.order.tolist() == [0, 2, 1, 3]
    assert [asked.tolist() for asked in score.asked] == [[2, 3], [1, 3], [3]]
    assert told == [
        (0, [False, True, True, True]),
        (2, [False, True, False, True]),
        (1, [False, False, False, True]),
    ]


def test_a_shortlist_of_all_changes_nothing() -> None:
    matrix = np.random.default_rng(0).normal(size=(30, 30)).astype(np.float32)
    all_of_them = greedy(Table(matrix), chunks=30, start=3, length=30)
    listed = greedy(
        Table(matrix),
        chunks=30,
        start=3,
        length=30,
        shortlist=lambda reference, unused: np.flatnonzero(unused),
    )
    assert listed.order.tolist() == all_of_them.order.tolist()
    assert listed.scores.tobytes() == all_of_them.scores.tobytes()

"""Votes are counted by what judged the mixes."""

from __future__ import annotations

import pytest

from services.gateway.votes import Choice, Side, VoteRecord, tally_of

SEGUE, LINEAR, RANDOM = ("segue", "1" * 64), ("linear", "2" * 64), ("random", None)


def vote(a: tuple[str, str | None], b: tuple[str, str | None], choice: Choice) -> VoteRecord:
    first, second = (Side(mix="f" * 64, approach=approach, model=model) for approach, model in (a, b))
    return VoteRecord(a=first, b=second, choice=choice)


def test_a_vote_counts_for_one_side_and_against_the_other_whichever_comes_first() -> None:
    rows = tally_of(
        [
            vote(SEGUE, LINEAR, "a"),
            vote(LINEAR, SEGUE, "b"),
            vote(SEGUE, RANDOM, "tie"),
            vote(RANDOM, LINEAR, "b"),
        ]
    ).rows
    assert [(row.approach, row.model, row.won, row.lost, row.tied) for row in rows] == [
        ("segue", "1" * 64, 2, 0, 1),
        ("linear", "2" * 64, 1, 2, 0),
        ("random", None, 0, 1, 1),
    ]
    assert [row.share for row in rows] == pytest.approx([5 / 6, 1 / 3, 1 / 4])


def test_two_mixes_of_one_model_say_nothing_of_it() -> None:
    assert tally_of([vote(SEGUE, SEGUE, "a")]).rows == []
    other = ("segue", "3" * 64)
    assert [row.model for row in tally_of([vote(SEGUE, other, "b")]).rows] == ["3" * 64, "1" * 64]

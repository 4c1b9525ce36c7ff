import pytest

from services.trainer.evaluation.evaluating import evaluate
from services.trainer.evaluation.leaderboard import leaderboard
from shared.errors import BadSetting
from tests.unit.trainer.evaluation.songs import Planted, album, constant, knows, noise, protocol


@pytest.fixture(scope="module")
def songs():
    return album(6)


def judged(songs, **judges):
    return evaluate(songs, {name: Planted(judge) for name, judge in judges.items()}, protocol())


def test_the_best_headline_comes_first_and_baselines_once(songs):
    one = judged(songs, segue=knows, linear=noise)
    other = judged(songs, segue=constant, linear=noise)

    board = leaderboard({"one": one, "other": other})

    assert [(row.place, row.approach, row.models) for row in board.rows] == [
        (1, "segue", ["one"]),
        (2, "linear", ["one", "other"]),
        (3, "segue", ["other"]),
    ]
    assert [row.beats_linear for row in board.rows] == [True, None, False]
    assert (board.gap_s, board.songs, board.chunks) == (0.1, 6, 60)
    assert board.rows[0].headline_mrr.value == one.approaches["segue"].headline.mrr == 1


def test_ties_share_a_place(songs):
    board = leaderboard({"one": judged(songs, a=knows, b=knows, c=constant)})

    assert [(row.place, row.approach) for row in board.rows] == [(1, "a"), (1, "b"), (3, "c")]


def test_reports_of_other_questions_are_not_compared(songs):
    one, other = judged(songs, linear=noise), judged(songs[:5], linear=noise)

    with pytest.raises(BadSetting, match="The reports of other asked other questions than that of one"):
        leaderboard({"one": one, "other": other})


def test_of_no_report_there_is_no_leaderboard():
    with pytest.raises(BadSetting, match="at least one report"):
        leaderboard({})

"""What a cheat gains: nothing."""

import json
from dataclasses import replace

import numpy as np
import pytest

from services.trainer.evaluation.evaluating import evaluate
from services.trainer.evaluation.exams import Pool, set_exam
from services.trainer.evaluation.judging import Answers, mark
from services.trainer.evaluation.selecting import select
from shared.errors import BadSetting, ModelDiverged
from shared.sound.openings import OPENING_SAMPLES
from tests.unit.trainer.evaluation.songs import Planted, album, constant, knows, noise, protocol, trial


@pytest.fixture(scope="module")
def songs():
    return album(6)


@pytest.fixture(scope="module")
def report(songs):
    scorers = {
        "knows": Planted(knows),
        "linear": Planted(noise),
        "constant": Planted(constant),
        "pairwise": Planted(knows, pairwise=True),
    }
    return evaluate(songs, scorers, protocol(pairwise_queries=20, pairwise_puzzles=3))


def judged(songs, judge, **given):
    scorers = {"asked": judge if isinstance(judge, Planted) else Planted(judge)}
    return evaluate(songs, scorers, protocol(**given)).approaches["asked"]


def test_who_knows_is_perfect(report):
    found = report.approaches["knows"]

    assert (found.mrr, found.r_at_1, found.median_rank, found.in_song_r_at_1, found.mrr_songs) == (
        1,
        1,
        1,
        1,
        1,
    )
    assert {kind: one.value for kind, one in found.auc.items()} == dict.fromkeys(found.auc, 1)
    assert [found.puzzles[size].exact.value for size in ("3", "5", "8")] == [1, 1, 1]
    assert found.recall_curve == [1] * 100
    assert found.queries == 54


def test_a_constant_gets_the_mean_rank_and_no_more_than_chance(report):
    """Of 60 chunks 58 are rivals, and all tie."""
    found = report.approaches["constant"]

    assert found.median_rank == 1 + 58 / 2
    assert found.mrr == pytest.approx(1 / 30)
    assert found.mrr < report.pool.chance_mrr
    assert (found.r_at_1, found.r_at_10, found.in_song_r_at_1) == (0, 0, 0)
    assert {one.value for one in found.auc.values()} == {0.5}
    assert found.puzzles["8"].exact.value == pytest.approx(found.puzzles["8"].chance_exact)
    assert found.puzzles["5"].neighbours.value == pytest.approx(0.2)


def test_noise_is_at_chance(report):
    found = report.approaches["linear"]

    assert found.intervals["mrr"].low < report.pool.chance_mrr < found.intervals["mrr"].high
    for one in found.auc.values():
        assert one.low < 0.5 < one.high


def test_the_gain_over_linear_is_paired_at_every_gap(report):
    found = report.approaches["knows"]

    assert found.vs_linear.gap_s == 0.1
    assert found.vs_linear.mrr_gain == pytest.approx(1 - report.approaches["linear"].headline.mrr)
    assert found.vs_linear.low > 0.5
    assert [one.vs_linear.gap_s for one in found.by_gap.values()] == [0.02, 0.1]
    assert report.approaches["linear"].vs_linear.mrr_gain == 0


def test_a_pairwise_approach_is_asked_a_sample_and_compared_on_it(report):
    found, linear = report.approaches["pairwise"], report.approaches["linear"]

    assert (found.pairwise, found.queries, found.mrr) == (True, 20, 1)
    assert found.vs_linear.queries == 20
    assert found.vs_linear.mrr_gain != pytest.approx(1 - linear.headline.mrr)
    assert found.puzzles["3"].puzzles == 3


def test_what_a_pairwise_approach_is_asked_is_bounded(songs):
    scorer = Planted(noise, pairwise=True)

    evaluate(songs, {"asked": scorer}, protocol(gaps_s=(0.1,), pairwise_queries=5, pairwise_puzzles=2))

    rows, swapped, puzzles, heat_map = 5 * 60, 5, 2 * (9 + 25 + 64), 100
    assert scorer.asked == rows + swapped + puzzles + heat_map


def test_the_report_has_the_shape_that_is_agreed(report):
    found = json.loads(report.model_dump_json())

    assert {"songs", "chunks", "chunks_per_song", "left_out", "gaps_s", "twin_share"} <= set(found["pool"])
    assert (found["pool"]["songs"], found["pool"]["chunks"], found["pool"]["chunks_per_song"]) == (6, 60, 10)
    for one in found["approaches"].values():
        for name in ("mrr", "r_at_1", "r_at_5", "r_at_10", "median_rank", "in_song_r_at_1"):
            assert isinstance(one[name], float)
            assert set(one["intervals"][name]) == {"low", "high"}
        assert set(one["gap_mrr"]) == {"0.02", "0.1"}
        assert {"mrr_gain", "low", "high"} <= set(one["vs_linear"])
        assert one["mrr"] == one["gap_mrr"]["0.02"]
        assert one["headline"]["mrr"] == one["gap_mrr"]["0.1"]
        assert len(one["heat_map"]["scores"]) == 10


def test_the_same_seed_gives_the_same_report_whatever_order_songs_are_listed_in(songs, report):
    scorers = {name: Planted(judge) for name, judge in {"linear": noise, "knows": knows}.items()}

    one = evaluate(songs, scorers, protocol())
    same = evaluate(songs[::-1], dict(reversed(scorers.items())), protocol())

    assert one == same
    assert one.approaches["knows"].by_gap["0.02"] == report.approaches["knows"].by_gap["0.02"]
    assert one.pool.digest != evaluate(songs, scorers, protocol(seed=1)).pool.digest


def test_without_linear_there_is_no_gain(songs):
    found = judged(songs, knows)

    assert found.vs_linear is None
    assert found.mrr == 1


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("pairwise", [False, True])
def test_a_score_that_is_not_finite_fails(songs, bad, pairwise):
    def mostly(song, place, songs, places):
        return np.where((song == 3) & (songs == 4), bad, 0.0)

    with pytest.raises(
        ModelDiverged, match=r"asked, with 0.02 s left out on each side, gave \d+ of \d+ scores"
    ):
        judged(songs, Planted(mostly, pairwise=pairwise))


def test_scores_of_a_wrong_shape_fail(songs):
    class Flat(Planted):
        def dense(self, prepared, chunks):
            return np.zeros((chunks, 1), np.float32)

    with pytest.raises(ModelDiverged, match=r"scores of shape \(60, 1\) where \(60, 60\)"):
        judged(songs, Flat(noise))


def test_the_place_in_the_pool_tells_nothing(songs):
    """One that takes the chunk listed next would be perfect on songs listed in order."""

    class NextInTheList(Planted):
        def scores(self, prepared, reference, candidates, step=None):
            return -np.abs(candidates - reference - 1).astype(np.float32)

    found = judged(songs, NextInTheList(noise))

    assert found.mrr < 0.15
    assert abs(found.auc["random_song"].value - 0.5) < 0.15


def test_ties_broken_by_the_place_in_the_pool_gain_nothing(songs):
    class EarlierFirst(Planted):
        def scores(self, prepared, reference, candidates, step=None):
            return -1e-6 * candidates.astype(np.float32)

    found = judged(songs, EarlierFirst(noise))

    assert found.mrr < 0.15


def test_a_scorer_is_told_nothing_of_songs(songs):
    """`Planted.prepare` asserts that it is given edges only; here, what it is given holds no more."""
    seen = {}

    class Nosy(Planted):
        def prepare(self, *given, **named):
            seen.update(given=given, named=named)
            return super().prepare(*given, **named)

    judged(songs, Nosy(noise))

    assert len(seen["given"]) == 1
    assert not seen["named"]


def test_surely_is_not_certainly(songs):
    """Logits of 20 and 30 are one probability in float32; ranks are by the logit, which the scorer gives."""

    def sure(song, place, songs, places):
        return np.where((songs == song) & (places == place + 1), 30.0, 20.0)

    scorer = Planted(sure)
    assert len(set(scorer.display(np.array([20, 30], np.float32)))) == 1

    assert judged(songs, scorer).mrr == 1


def exam_of(songs, seed):
    settings = protocol(seed=seed)
    pool = Pool.of(select(songs, [], settings), settings, check=lambda: None)
    return set_exam(pool, 0.1, [], settings)


def table(scorer, exam):
    """All scores, by song and place and not by where a chunk stands."""
    answers = Answers(scorer, exam, name="asked", check=lambda: None)
    back = np.lexsort((exam.places, exam.songs))
    return answers.rows(back)[:, back]


class Centred(Planted):
    """Less the mean over the pool of what the candidate scores: a declared background."""

    def __init__(self):
        super().__init__(noise, background=True)

    def dense(self, prepared, chunks):
        bare = super().dense(prepared, chunks)
        return bare - bare.mean(axis=0)

    def without_background(self):
        return Planted(noise)


def test_the_other_chunks_change_no_score_but_by_a_declared_background(songs):
    """Songs 0 to 2, in a pool of another order and beside another song."""
    one, turned, beside = exam_of(songs[:4], 0), exam_of(songs[:4], 1), exam_of([*songs[:3], songs[5]], 0)
    assert (one.places != turned.places).any()
    shared = np.ix_(range(30), range(30))

    for other in (turned, beside):
        assert (table(Planted(noise), one)[shared] == table(Planted(noise), other)[shared]).all()
    assert not np.allclose(table(Centred(), one)[shared], table(Centred(), beside)[shared])


def test_a_background_is_told_and_taken_away(songs):
    found = evaluate(songs, {"centred": Centred(), "bare": Planted(noise)}, protocol()).approaches

    assert (found["centred"].background, found["bare"].background) == (True, False)
    assert found["centred"].without_background.mrr == found["bare"].mrr != found["centred"].mrr
    assert found["bare"].without_background is None


def test_twins_are_taken_out_of_the_candidates_and_counted(songs):
    """Chunk 3 of song 1 begins like chunk 5 of song 2; whoever cannot tell them takes either."""
    openings = songs[2].openings.copy()
    openings[5] = songs[1].openings[3] // 2
    looped = [*songs[:2], replace(songs[2], openings=openings), *songs[3:]]

    def hears_the_opening(song, place, songs, places):
        known = knows(song, place, songs, places)
        true_is_twin = (song == 1) & (place == 2)
        return np.where(true_is_twin & (songs == 2) & (places == 5), 4.0, known)

    found = evaluate(looped, {"asked": Planted(hears_the_opening)}, protocol())

    assert found.approaches["asked"].mrr == 1
    assert found.approaches["asked"].strict.mrr == pytest.approx(1 - 0.5 / 54)
    assert found.pool.twin_share == pytest.approx(2 / 54)


def test_chunks_too_short_for_a_gap_or_an_approach_stay_out_for_all(songs):
    short = [trial(7, long_enough=[True] * 4 + [False] + [True] * 5), *songs[:3]]

    class Choosy(Planted):
        def usable(self, edges):
            return edges.heads[:, 0, 0, 1] != 9

    found = evaluate(short, {"choosy": Choosy(knows), "linear": Planted(knows)}, protocol())

    assert found.pool.chunks_by_gap == {"0.02": 35, "0.1": 35}
    assert found.approaches["choosy"].queries == found.approaches["linear"].queries == 8 * 4 - 2


def test_a_gap_that_leaves_no_transition_is_named(songs):
    short = [trial(number, long_enough=[True, False] * 5) for number in range(2)]

    with pytest.raises(BadSetting, match=r"0.02 s left out .* no two chunks"):
        evaluate(short, {"asked": Planted(noise)}, protocol())


def test_beyond_what_is_held_at_once_rows_give_the_same(songs, monkeypatch):
    whole = judged(songs, noise)
    monkeypatch.setattr("services.trainer.evaluation.judging._MOST_WHOLE", 10)

    assert judged(songs, noise) == whole


def test_marks_know_the_reversed_pair(songs):
    """One that cannot tell before from after."""

    def symmetric(song, place, songs, places):
        return np.where(songs == song, -np.abs(places - place), -99.0)

    exam = exam_of(songs, seed=0)
    scorer = Planted(symmetric)
    marks = mark(Answers(scorer, exam, name="asked", check=lambda: None), exam, check=lambda: None)

    assert (marks.true == marks.false["reversed_pair"][:, 0]).all()
    assert judged(songs, scorer).auc["reversed_pair"].value == 0.5


def test_it_tells_how_far_it_is_and_can_be_stopped(songs):
    told = []
    scorers = {"one": Planted(noise), "two": Planted(noise)}
    evaluate(songs, scorers, protocol(), progress=lambda *steps: told.append(steps))
    assert told == [(done, 4) for done in range(5)]

    def stop():
        raise InterruptedError

    with pytest.raises(InterruptedError):
        evaluate(songs, scorers, protocol(), check=stop)


def test_silent_songs_are_judged_without_a_number_going_wrong():
    openings = np.zeros((10, OPENING_SAMPLES), np.int16)
    silent = [trial(number, openings=openings) for number in range(3)]

    with np.errstate(all="raise"):
        found = evaluate(silent, {"asked": Planted(noise), "linear": Planted(noise)}, protocol())

    assert found.pool.twin_share == 1
    assert found.approaches["asked"].mrr == 1
    assert found.approaches["asked"].puzzles["3"] is None
    assert found.approaches["asked"].auc["random_song"] is None

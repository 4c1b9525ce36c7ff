from __future__ import annotations

import numpy as np

from services.trainer.evaluation.evaluating import evaluate
from services.trainer.evaluation.held_out import baselines
from services.trainer.evaluation.inputs import NOTHING_LEARNED, make_trial
from services.trainer.evaluation.selecting import MOST_CHUNKS
from services.trainer.evaluation.summary import facts_of
from shared.judging import Protocol
from tests.unit.trainer.evaluation.songs import GAPS_S, Planted, album, knows, noise, protocol, trial


def stored(one, gaps_s=GAPS_S):
    return [
        (gap_s, {**one.edges[gap_s].to_arrays(), "long_enough": one.long_enough[gap_s]}) for gap_s in gaps_s
    ]


def test_a_trial_holds_the_chunks_that_can_be_judged_and_no_more():
    long = trial(0, 60, long_enough=np.arange(60) % 7 > 0)
    given = ("s", "Song", stored(long), long.openings, long.frames)
    named = make_trial(*given, Protocol(chunks_per_song=20))
    assert len(named) == 20
    assert np.array_equal(named.edges[0.1].heads, long.edges[0.1].heads[:20])
    assert np.array_equal(named.long_enough[0.1], long.long_enough[0.1][:20])
    assert len(make_trial(*given, Protocol(chunks_per_song=None))) == MOST_CHUNKS
    assert len(make_trial(*given, Protocol(chunks_per_song=100))) == 60


def test_without_a_dataset_the_baselines_that_learn_are_left_out():
    assert set(baselines(NOTHING_LEARNED, 0)) == {"random", "spectral"}


def test_the_record_of_a_report_has_its_headline_figures():
    report = evaluate(album(), {"linear": Planted(noise), "binary": Planted(knows)}, protocol())
    facts = facts_of(report, "binary")
    assert (facts.approach, facts.pool, facts.songs, facts.chunks) == ("binary", report.pool.digest, 6, 60)
    best = facts.figures["binary"]
    assert (best.mrr, best.r_at_1, best.gap_mrr) == (1.0, 1.0, {"0.02": 1.0, "0.1": 1.0})
    assert best.vs_linear is not None
    assert best.vs_linear.low > 0
    assert facts.figures["linear"].mrr_low <= facts.figures["linear"].mrr <= facts.figures["linear"].mrr_high

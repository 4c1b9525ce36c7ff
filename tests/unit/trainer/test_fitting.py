from dataclasses import replace

import numpy as np
import pytest

from services.trainer.evaluation import Questions, judge
from services.trainer.fitting import Checkpoint, Fitted, Hooks, best_epoch, fit
from shared.learning.approaches import get_approach
from shared.learning.approaches.binary import Binary
from shared.learning.backend import configure_tensorflow
from tests.unit.learning.planted import planted_corpus

BINARY = get_approach("binary")
TINY = BINARY.resolve(
    {
        "edge_frames": 4,
        "filters": 8,
        "lstm_units": 4,
        "dense_units": 4,
        "random_cuts_per_epoch": 60,
        "epochs": 6,
        "patience": 6,
    }
)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    configure_tensorflow(1)


@pytest.fixture(scope="module")
def corpus():
    return planted_corpus(0, songs=3, chunks=10)


@pytest.fixture(scope="module")
def told():
    """What the undisturbed fit tells while it runs."""
    return []


@pytest.fixture(scope="module")
def undisturbed(corpus, told):
    return fit(corpus, BINARY, TINY, seed=5, hooks=Hooks(on_epoch=lambda *figures: told.append(figures)))


def figures_of(epoch):
    return [epoch.loss, epoch.val_loss, epoch.stopping_loss, epoch.accuracy]


def test_a_resumed_fit_sees_what_an_undisturbed_one_does(corpus, undisturbed):
    third = iter([False, False, True])
    paused = fit(corpus, BINARY, TINY, seed=5, hooks=Hooks(should_pause=lambda: next(third)))
    assert isinstance(paused, Checkpoint)
    assert len(paused.history) == 3

    resumed = fit(corpus, BINARY, TINY, seed=5, checkpoint=Checkpoint.from_bytes(paused.to_bytes()))

    assert isinstance(resumed, Fitted)
    for one, other in zip(undisturbed.history, resumed.history, strict=True):
        np.testing.assert_allclose(figures_of(one), figures_of(other), atol=1e-6)
    assert set(resumed.weights) == set(undisturbed.weights)
    for name, array in undisturbed.weights.items():
        np.testing.assert_allclose(resumed.weights[name], array, atol=1e-5)


def test_another_seed_is_another_fit(corpus, undisturbed):
    other = fit(corpus, BINARY, TINY.model_copy(update={"epochs": 1}), seed=6)

    assert other.history[0].loss != undisturbed.history[0].loss


def test_epochs_are_told_as_they_come(undisturbed, told):
    assert [epoch for epoch, _, _ in told] == list(undisturbed.history)
    assert [epochs for _, epochs, _ in told] == [6] * 6
    assert told[0][2] > 0
    assert told[-1][2] == 0
    assert undisturbed.fit_s == pytest.approx(sum(epoch.seconds for epoch in undisturbed.history))


def test_a_fit_can_be_stopped_between_epochs(corpus):
    calls = []

    def stop_at_second():
        calls.append(None)
        if len(calls) == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fit(corpus, BINARY, TINY, hooks=Hooks(check=stop_at_second))


def test_it_stops_early_with_the_best_weights(corpus):
    """A step so large that nothing is learned: the first epochs are as good as it gets."""
    settings = TINY.model_copy(update={"learning_rate": 1.0, "epochs": 40, "patience": 2})

    fitted = fit(corpus, BINARY, settings)

    best = best_epoch(fitted.history)
    assert len(fitted.history) == best + 3 < 40
    assert fitted.best == fitted.history[best]
    again = fit(corpus, BINARY, settings.model_copy(update={"epochs": best + 1}))
    name = "network/dense_1/kernel"
    np.testing.assert_allclose(fitted.weights[name], again.weights[name], atol=1e-5)


def test_without_patience_all_epochs_are_run_and_the_last_weights_taken(corpus):
    settings = TINY.model_copy(update={"patience": None, "epochs": 2})

    fitted = fit(corpus, BINARY, settings)

    assert len(fitted.history) == 2
    assert fitted.best == fitted.history[-1]
    assert fitted.history[0].stopping_loss is None


def test_closed_forms_are_solved_at_once(corpus):
    linear = get_approach("linear")
    settings = linear.resolve({"random_cuts_per_song": 10})

    fitted = fit(corpus, linear, settings, seed=2)

    expected = linear.solve(corpus, settings, seed=2)
    assert fitted.history == ()
    assert fitted.best is None
    assert all(np.array_equal(fitted.weights[name], expected[name]) for name in expected)


class ShuffledTruth(Binary):
    """`binary` where which pairs are true is a matter of chance."""

    def train_examples(self, corpus, settings, constants, *, seed, epoch):
        return self._shuffled(
            super().train_examples(corpus, settings, constants, seed=seed, epoch=epoch), epoch
        )

    def stopping_examples(self, corpus, settings, constants, *, seed):
        return self._shuffled(super().stopping_examples(corpus, settings, constants, seed=seed), seed)

    def _shuffled(self, examples, seed):
        return replace(examples, truth=np.random.default_rng(seed).permutation(examples.truth))


@pytest.mark.parametrize(("approach", "learns"), [(BINARY, True), (ShuffledTruth(), False)])
def test_fast_learns_what_is_there_and_nothing_else(approach, learns):
    settings = approach.resolve({"random_cuts_per_epoch": 300, "epochs": 20 if learns else 6})
    fitted = fit(planted_corpus(1, songs=3, chunks=15), approach, settings)
    unseen = planted_corpus(2, songs=2, chunks=15)
    questions = Questions.about(unseen, most=100, most_ranked=0, seed=0)

    auc = judge_auc(approach.scorer(settings, fitted.weights), unseen, questions)

    assert (auc.low > 0.5) == learns


def judge_auc(scorer, corpus, questions):
    ranked = np.arange(1, dtype=np.int64)
    return judge(scorer, corpus, replace(questions, ranked=ranked), seed=0, check=lambda: None).auc

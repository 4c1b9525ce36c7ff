from dataclasses import replace

import numpy as np
import pytest

from services.trainer.fitting import Checkpoint, Fitted, Hooks, best_epoch, fit
from shared.errors import NothingToLearn
from shared.learning.approaches import APPROACHES, Network, get_approach
from shared.learning.approaches.binary import Binary
from tests.unit.learning.planted import corpus_of_kinds, planted_corpus

BINARY = get_approach("binary")
pytestmark = pytest.mark.usefixtures("one_thread")

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
_SMALL = {"lstm_units": 4, "dense_units": 4, "filters": 8, "edge_frames": 4, "random_cuts_per_epoch": 60}
_BRIEF = {"epochs": 3, "patience": 3, "dropout": 0.3}
NETWORKS = {
    "binary": {**TINY.model_dump(), "epochs": 3},
    "forecast": {"filters": 8, "lstm_units": 4, "random_windows_per_epoch": 60, **_BRIEF},
    "categorical": {**_SMALL, **_BRIEF},
    "start_end": {**_SMALL, **_BRIEF, "fewest_classes": 4, "most_classes": 8},
    "segue": {"random_cuts_per_song": 60, "candidates": 8, "epochs": 3, "pools_per_epoch": 2, "units": 4},
}


@pytest.fixture(scope="module", params=NETWORKS)
def network(request):
    """Each approach that is trained, with settings that make it small."""
    approach = get_approach(request.param)
    return approach, approach.resolve(NETWORKS[request.param])


@pytest.fixture(scope="module")
def told():
    """What the undisturbed fit of `binary` tells while it runs."""
    return []


@pytest.fixture(scope="module")
def undisturbed(corpus, told):
    return fit(corpus, BINARY, TINY, seed=5, hooks=Hooks(on_epoch=lambda *figures: told.append(figures)))


def figures_of(epoch):
    found = [epoch.loss, epoch.val_loss, epoch.stopping_loss, epoch.accuracy, epoch.val_accuracy]
    return [np.nan if figure is None else figure for figure in found]


def test_every_network_is_tested_here():
    assert set(NETWORKS) == {name for name, approach in APPROACHES.items() if isinstance(approach, Network)}


def test_a_resumed_fit_sees_what_an_undisturbed_one_does(corpus, network):
    approach, settings = network
    undisturbed = fit(corpus, approach, settings, seed=5)
    second = iter([False, True])
    paused = fit(corpus, approach, settings, seed=5, hooks=Hooks(should_pause=lambda: next(second)))
    assert isinstance(paused, Checkpoint)
    assert len(paused.history) == 2

    resumed = fit(corpus, approach, settings, seed=5, checkpoint=Checkpoint.from_bytes(paused.to_bytes()))

    assert isinstance(resumed, Fitted)
    for one, other in zip(undisturbed.history, resumed.history, strict=True):
        np.testing.assert_allclose(figures_of(one), figures_of(other), atol=1e-6)
    assert set(resumed.weights) == set(undisturbed.weights)
    for name, array in undisturbed.weights.items():
        np.testing.assert_allclose(resumed.weights[name], array, atol=1e-5)
    # What forecasts numbers has no accuracy; where there are two outputs, it is their mean.
    shares = [epoch.accuracy for epoch in undisturbed.history]
    expected = [None] * 3 if approach.name == "forecast" else [pytest.approx(0.5, abs=0.5)] * len(shares)
    assert shares == expected


def test_a_resumed_fit_keeps_its_constants(corpus):
    """Made anew on another machine, they might be others: classes, for one, in another order."""
    settings = TINY.model_copy(update={"epochs": 2})
    paused = fit(corpus, BINARY, settings, hooks=Hooks(should_pause=lambda: True))
    kept = "constants/band_mean"
    other = Checkpoint({**paused.arrays, kept: paused.arrays[kept] + 1}, paused.history)

    resumed = fit(corpus, BINARY, settings, checkpoint=other)

    assert np.array_equal(resumed.weights["band_mean"], other.arrays[kept])


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


def test_songs_without_a_transition_are_refused_before_training(network):
    approach, settings = network

    with pytest.raises(NothingToLearn):
        fit(planted_corpus(0, songs=4, chunks=1), approach, settings)


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


WANDERING = (planted_corpus(1, songs=3, chunks=15), planted_corpus(2, songs=2, chunks=15))
"""Songs to learn from, and others, whose spectra are all new: what goes on as it was can be told in any."""


def songs_of_kinds(seed):
    kinds = np.random.default_rng(seed).integers(0, 6, 80)
    return corpus_of_kinds(seed, kinds, np.repeat(np.arange(4), 20))


RECURRING = (songs_of_kinds(3), songs_of_kinds(4))
"""The same, but of six spectra that all songs share: there are classes to be known again."""

LEARNING = {
    "binary": (WANDERING, {"random_cuts_per_epoch": 300, "epochs": 20}),
    "forecast": (WANDERING, {"lstm_units": 32, "random_windows_per_epoch": 300, "epochs": 8}),
    "categorical": (RECURRING, {"epochs": 20, "learning_rate": 0.01}),
    "start_end": (RECURRING, {"epochs": 20, "learning_rate": 0.01}),
}


@pytest.mark.parametrize("name", LEARNING)
def test_fast_learns_what_is_there(name):
    (known, unseen), given = LEARNING[name]
    approach = get_approach(name)
    settings = approach.resolve(given)

    fitted = fit(known, approach, settings)

    assert auc_of(approach.scorer(settings, fitted.weights), unseen) > 0.75


def test_fast_learns_nothing_that_is_not_there():
    approach = ShuffledTruth()
    settings = approach.resolve({"random_cuts_per_epoch": 300, "epochs": 6})

    fitted = fit(WANDERING[0], approach, settings)

    assert abs(auc_of(approach.scorer(settings, fitted.weights), WANDERING[1]) - 0.5) < 0.15


def auc_of(scorer, unseen):
    """Return how often true successors outscore false ones of their song."""
    prepared = scorer.prepare(unseen.edges, unseen.songs)
    pairs = unseen.successors()
    false = unseen.false_successors(pairs[:, 0], 8, np.random.default_rng(0))
    rows = [
        scorer.scores(prepared, int(reference), np.append(true, others))
        for (reference, true), others in zip(pairs, false, strict=True)
    ]
    answers = np.stack(rows)
    return np.mean(answers[:, :1] > answers[:, 1:])

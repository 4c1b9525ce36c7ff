import numpy as np
import pytest

from services.trainer.fitting import Checkpoint, Hooks, fit
from shared.learning.approaches import get_approach
from tests.unit.trainer.test_fitting import NETWORKS, figures_of

pytestmark = pytest.mark.usefixtures("one_thread")

EPOCHS = 4
CASES = [
    ("binary", "mixed_bfloat16"),
    ("binary", "mixed_float16"),
    ("forecast", "mixed_bfloat16"),
    ("categorical", "mixed_bfloat16"),
    ("start_end", "mixed_bfloat16"),
]


def tiny(name, precision):
    approach = get_approach(name)
    # No dropout, which would drop other units in other precisions.
    given = {**NETWORKS[name], "epochs": EPOCHS, "patience": EPOCHS, "dropout": 0, "precision": precision}
    return approach, approach.resolve(given)


@pytest.mark.parametrize(("name", "precision"), CASES)
def test_a_fit_in_mixed_precision_learns_as_one_in_float32_does(corpus, name, precision):
    exact = fit(corpus, *tiny(name, "float32"), seed=5)

    mixed = fit(corpus, *tiny(name, precision), seed=5)

    losses, expected = ([epoch.val_loss for epoch in fitted.history] for fitted in (mixed, exact))
    assert losses[-1] < losses[0]
    np.testing.assert_allclose(losses, expected, rtol=0.02)
    learned = [array for each, array in mixed.weights.items() if each.startswith("network/")]
    assert {array.dtype for array in learned} == {np.dtype(np.float32)}
    # Rounded otherwise: it was not fitted in float32 after all.
    assert losses != expected


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_a_resumed_fit_in_mixed_precision_is_that_of_an_undisturbed_one(corpus, precision):
    approach, settings = tiny("binary", precision)
    undisturbed = fit(corpus, approach, settings, seed=5)
    second = iter([False, True])
    paused = fit(corpus, approach, settings, seed=5, hooks=Hooks(should_pause=lambda: next(second)))

    resumed = fit(corpus, approach, settings, seed=5, checkpoint=Checkpoint.from_bytes(paused.to_bytes()))

    for one, other in zip(undisturbed.history, resumed.history, strict=True):
        np.testing.assert_allclose(figures_of(one), figures_of(other), atol=1e-6)
    for name, array in undisturbed.weights.items():
        np.testing.assert_allclose(resumed.weights[name], array, atol=1e-5)

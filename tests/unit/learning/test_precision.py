import keras
import numpy as np
import pytest

from shared.errors import BadSetting
from shared.learning.approaches import get_approach
from shared.learning.networks import get_optimizer, get_weights, set_optimizer
from shared.learning.precision import in_precision
from tests.unit.learning.planted import planted_corpus

_SMALL = {"filters": 4, "lstm_units": 3, "edge_frames": 4, "dense_units": 4}
NETWORKS = {
    "binary": _SMALL,
    "forecast": {"filters": 4, "lstm_units": 3},
    "categorical": {**_SMALL, "fewest_classes": 2, "most_classes": 4},
    "start_end": {**_SMALL, "fewest_classes": 2, "most_classes": 4},
    "segue": {"units": 4},
}
HALVES = {"mixed_bfloat16": "bfloat16", "mixed_float16": "float16"}


@pytest.fixture(scope="module")
def corpus():
    return planted_corpus(0, songs=3, chunks=10)


def built(name, corpus, precision, **given):
    approach = get_approach(name)
    settings = approach.resolve({**NETWORKS[name], "precision": precision, **given})
    # The network of `segue` is of one size whatever there is to learn.
    constants = {} if name == "segue" else approach.constants(corpus, settings)
    return approach, settings, constants, approach.build(settings, constants)


@pytest.mark.parametrize("precision", HALVES)
def test_what_is_made_inside_computes_in_it_and_what_is_made_later_does_not(precision):
    with in_precision(precision):
        inside = keras.layers.Dense(2)
    assert inside.compute_dtype == HALVES[precision]
    assert keras.layers.Dense(2).compute_dtype == "float32"


def test_a_build_that_fails_changes_no_precision_either():
    with pytest.raises(ZeroDivisionError), in_precision("mixed_bfloat16"):
        raise ZeroDivisionError
    assert keras.config.dtype_policy().name == "float32"


@pytest.mark.parametrize("precision", HALVES)
@pytest.mark.parametrize("name", NETWORKS)
def test_hidden_layers_compute_in_16_bits_and_the_rest_is_float32(corpus, name, precision):
    network = built(name, corpus, precision)[-1]

    assert keras.config.dtype_policy().name == "float32"
    assert {variable.dtype for variable in network.trainable_variables} == {"float32"}
    assert {output.dtype for output in network.outputs} == {"float32"}
    outputs = {tensor._keras_history.operation.name for tensor in network.outputs}
    inner = [each for each in network.layers if each.weights and each.name not in outputs | {"linear"}]
    exact = {"nonlinear"} if name == "segue" else set()
    assert {each.compute_dtype for each in inner if each.name not in exact} == {HALVES[precision]}
    assert isinstance(network.optimizer, keras.optimizers.LossScaleOptimizer) == (
        precision == "mixed_float16"
    )


@pytest.mark.parametrize("name", NETWORKS)
def test_fitted_weights_score_in_float32(corpus, name):
    approach, settings, constants, network = built(name, corpus, "mixed_bfloat16")
    weights = get_weights(network)

    restored = approach.restored(settings, {**constants, **weights})

    assert {each.compute_dtype for each in restored.layers} == {"float32"}
    found = get_weights(restored)
    assert list(found) == list(weights)
    assert all(np.array_equal(found[each], weights[each]) for each in weights)


@pytest.mark.parametrize("name", NETWORKS)
def test_precision_changes_no_first_weight(corpus, name):
    def first(precision):
        keras.utils.set_random_seed(3)
        return get_weights(built(name, corpus, precision)[-1])

    exact, mixed = first("float32"), first("mixed_float16")

    assert list(exact) == list(mixed)
    assert all(np.array_equal(exact[each], mixed[each]) for each in exact)


def one_step(network, corpus, name, settings, constants):
    examples = get_approach(name).validation_examples(corpus, settings, constants, seed=0)
    network.train_on_batch(*examples.batch(np.arange(len(examples))))


def test_a_checkpoint_keeps_how_losses_are_scaled(corpus):
    _, settings, constants, network = built("binary", corpus, "mixed_float16", optimizer="adam")
    one_step(network, corpus, "binary", settings, constants)
    network.optimizer.dynamic_scale.assign(64.0)
    network.optimizer.step_counter.assign(7)
    other = built("binary", corpus, "mixed_float16", optimizer="adam")[-1]

    set_optimizer(other, get_optimizer(network))

    assert float(other.optimizer.dynamic_scale) == 64
    assert int(other.optimizer.step_counter) == 7
    assert len(other.optimizer.variables) == len(network.optimizer.variables)
    assert all(
        np.array_equal(mine.numpy(), theirs.numpy())
        for mine, theirs in zip(other.optimizer.variables, network.optimizer.variables, strict=True)
    )


def test_a_step_that_overflows_is_left_out_and_the_scale_halved(corpus):
    _, settings, constants, network = built("binary", corpus, "mixed_float16", optimizer="sgd")
    one_step(network, corpus, "binary", settings, constants)
    before = get_weights(network)
    network.optimizer.dynamic_scale.assign(2.0**100)

    one_step(network, corpus, "binary", settings, constants)

    assert float(network.optimizer.dynamic_scale) == 2.0**99
    after = get_weights(network)
    assert all(np.array_equal(after[each], before[each]) for each in before)


def test_an_unknown_precision_is_refused():
    with pytest.raises(BadSetting, match=r"precision is 'float8'.*mixed_bfloat16"):
        get_approach("binary").resolve({"precision": "float8"})


def test_the_preset_for_a_gpu_is_the_network_of_the_study():
    binary = get_approach("binary")
    study, gpu = binary.resolve({"preset": "seed"}), binary.resolve({"preset": "seed-gpu"})

    assert study.precision == "float32"
    assert (gpu.precision, gpu.batch_size) == ("mixed_bfloat16", 512)
    changed = {"preset": "seed", "precision": "float32", "batch_size": study.batch_size}
    assert gpu.model_copy(update=changed) == study

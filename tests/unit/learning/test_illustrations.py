import json

import numpy as np
import pytest

from shared.learning.approaches import get_approach
from shared.learning.illustrations import forecast_examples, forecast_facts, layers_of, spread
from shared.learning.networks import get_weights
from tests.unit.learning.planted import planted_corpus

TINY = {
    "binary": {"preset": "seed", "filters": 4, "lstm_units": 3, "dense_units": 2, "max_edge_points": 12},
    "forecast": {"preset": "seed", "filters": 4, "lstm_units": 3, "input_points": 40, "forecast_points": 6},
    "categorical": {"preset": "seed", "squeezed_points": 12, "filters": 4, "lstm_units": 3, "dense_units": 2},
}


@pytest.fixture(scope="module")
def corpora():
    return planted_corpus(0, songs=2, chunks=10), planted_corpus(1, songs=1, chunks=8)


def illustrated(name, corpora):
    approach = get_approach(name)
    settings = approach.resolve(TINY[name])
    constants = approach.constants(corpora[0], settings)
    network = approach.build(settings, constants)
    found = approach.illustrate(*corpora, settings, {**constants, **get_weights(network)})
    json.dumps(found)
    assert found["layers"] == layers_of(network)
    assert sum(layer["parameters"] for layer in found["layers"]) == network.count_params()
    return found


def test_layers_tell_their_shape(corpora):
    layers = {layer["name"]: layer for layer in illustrated("binary", corpora)["layers"]}
    assert layers["conv1d"]["shape"] == [23, 4]
    assert (layers["lstm"]["kind"], layers["lstm"]["shape"]) == ("LSTM", [11, 3])
    assert layers["dense_1"]["parameters"] == 11 * 2 + 1


def test_a_shape_that_is_open_is_told_as_such():
    segue = get_approach("segue")
    layers = layers_of(segue.build(segue.resolve(), {}))
    assert any(None in layer["shape"] for layer in layers)
    json.dumps(layers)


def test_forecasts_are_of_the_held_out_songs(corpora):
    found = illustrated("forecast", corpora)["forecast"]
    assert (found["transitions"], found["chunks"]) == (7, 8)
    examples = found["examples"]
    assert len(examples) == 3
    assert all((len(one["before"]), len(one["came"])) == (36, 6) for one in examples)


def test_every_transition_falls_into_one_class(corpora):
    classes = illustrated("categorical", corpora)["classes"]
    assert len(classes["seen"]) == len(classes["unseen"]) == 20
    assert (sum(classes["seen"]), sum(classes["unseen"])) == (18, 7)


def test_a_perfect_forecast_has_no_error_and_ranks_what_came_first():
    heads = np.arange(10, dtype=np.float32)[:, None] * np.ones(3, np.float32)
    pairs = np.array([[0, 1], [4, 5], [8, 9]])
    facts = forecast_facts(pairs, heads[pairs[:, 1]], heads[pairs[:, 0]] + 3, heads)
    assert facts["error"]["network"] == 0
    assert facts["mrr"]["network"] == 1
    assert facts["error"]["persistence"] == pytest.approx(4)
    # Forecast 3 and 7: two are nearer than what came, and one as near; 11: what came is the nearest.
    assert facts["mrr"]["persistence"] == pytest.approx((1 / 4.5 + 1 / 4.5 + 1) / 3)
    assert facts["error"]["silence"] == pytest.approx((1 + 25 + 81) / 3)


def test_many_transitions_are_thinned_evenly():
    pairs = np.arange(2000).reshape(1000, 2)
    assert len(spread(pairs)) == 400
    assert np.array_equal(spread(pairs[:7]), pairs[:7])
    assert len(spread(pairs[:0])) == 0


def test_examples_are_no_more_than_there_are_transitions():
    one = np.ones((1, 4), np.float32)
    assert len(forecast_examples(one, one, one)) == 1

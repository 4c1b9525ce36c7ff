import numpy as np
import pytest

from shared.errors import BadSetting
from shared.learning.approaches import get_approach
from shared.learning.metadata import edge_metadata, metadata_distances, metadata_scale
from shared.learning.networks import get_weights, set_weights
from shared.sound.features import BANDS, EDGE_FRAMES, Edges, edges_of
from tests.support.signals import noise, silence, sine
from tests.unit.learning.planted import planted_corpus

BINARY = get_approach("binary")
RATE_HZ = 22_050
ALL = ("loudness", "tempo", "spectrum", "key")
SMALL = {
    "filters": 4,
    "lstm_units": 3,
    "dense_units": 2,
    "random_cuts_per_epoch": 0,
    "patience": None,
    "edge_frames": 6,
}


@pytest.fixture(scope="module")
def corpus():
    return planted_corpus(0, songs=2, chunks=10)


def heads(chunks, chosen):
    return edge_metadata(edges_of(chunks, RATE_HZ), [chosen], channel=None)[1]


def test_ten_times_the_amplitude_is_as_much_louder_and_nothing_else():
    quiet = noise(2.0, RATE_HZ, amplitude=0.02, channels=2)
    chunks = [quiet, 10 * quiet]
    loudness, spectrum = heads(chunks, "loudness"), heads(chunks, "spectrum")
    np.testing.assert_allclose(loudness[1] - loudness[0], 2 * np.log(10), atol=0.05)
    np.testing.assert_allclose(spectrum[0], spectrum[1], atol=0.05)


@pytest.mark.parametrize(("frequency_hz", "pitch_class"), [(440.0, 0), (880.0, 0), (523.25, 3), (311.13, 6)])
def test_a_tone_stands_out_in_its_pitch_class(frequency_hz, pitch_class):
    levels = heads([sine(frequency_hz, 2.0, RATE_HZ, channels=2)], "key")[0]
    assert levels.shape == (12,)
    assert levels.argmax() == pitch_class


def test_onsets_every_half_second_repeat_after_half_a_second():
    burst = noise(0.05, RATE_HZ, amplitude=0.3, channels=2)
    beat = np.concatenate([burst, silence(0.45, RATE_HZ, 2)])
    tempo = heads([np.concatenate([beat] * 5)], "tempo")[0]
    assert tempo.argmax() == 6, "43 hops of 11.6 ms"


def test_distances_are_in_deviations():
    tails = np.array([[0.0, 100.0], [2.0, 300.0]], np.float32)
    scale = metadata_scale(tails, tails)
    np.testing.assert_allclose(metadata_distances(tails[0], tails, scale), [[0, 0], [2, 2]], atol=1e-5)


def test_the_key_needs_long_spectra(corpus):
    spectra = np.zeros((1, 2, EDGE_FRAMES, BANDS), np.float16)
    edges = Edges(spectra, spectra, np.zeros((1, 2), np.float32), np.array([0, 1]))
    with pytest.raises(BadSetting, match="long spectra"):
        edge_metadata(edges, ["key"], channel=None)


@pytest.mark.parametrize(
    "given", [{"random_cuts_per_epoch": 30}, {"metadata": ["key", "key"]}, {"metadata": ["mood"]}]
)
def test_what_cannot_be_told_is_refused(given):
    with pytest.raises(BadSetting):
        BINARY.resolve({**SMALL, "metadata": ["loudness"], **given})


@pytest.mark.parametrize("sees", ["frames", "points"])
def test_logits_with_metadata_are_those_of_keras(corpus, sees):
    import keras

    settings = BINARY.resolve({**SMALL, "sees": sees, "max_edge_points": 12, "metadata": ALL})
    constants = BINARY.constants(corpus, settings)
    network = BINARY.build(settings, constants)
    rng = np.random.default_rng(0)
    weights = {
        name: rng.normal(0, 0.5, array.shape).astype(np.float32)
        for name, array in get_weights(network).items()
    }
    set_weights(network, weights)
    scorer = BINARY.scorer(settings, {**constants, **weights})
    prepared = scorer.prepare(corpus.edges, corpus.songs)
    network.layers[-1].activation = keras.activations.linear

    def expected(reference, candidates):
        joined = [np.concatenate([prepared["tails"][reference], prepared["heads"][c]]) for c in candidates]
        told = np.abs(prepared["tail_metadata"][reference] - prepared["head_metadata"][candidates])
        inputs = [np.stack(joined), told * constants["metadata_scale"]]
        return np.asarray(network(inputs, training=False))[:, 0]

    some = np.array([4, 0, 5])
    np.testing.assert_allclose(scorer.scores(prepared, 3, some), expected(3, some), atol=1e-4)
    everyone = np.arange(len(corpus))
    np.testing.assert_allclose(scorer.dense(prepared, len(corpus))[7], expected(7, everyone), atol=1e-4)


def test_a_network_learns_with_what_it_is_told(corpus):
    settings = BINARY.resolve({**SMALL, "metadata": ["loudness", "key"]})
    constants = BINARY.constants(corpus, settings)
    network = BINARY.build(settings, constants)
    examples = BINARY.train_examples(corpus, settings, constants, seed=0, epoch=0)
    inputs, truth = examples.batch(np.arange(len(examples)))
    assert inputs[1].shape == (len(examples), 2 + 12)
    before = float(network.test_on_batch(inputs, truth)[0])
    for _ in range(30):
        network.train_on_batch(inputs, truth)
    assert float(network.test_on_batch(inputs, truth)[0]) < before

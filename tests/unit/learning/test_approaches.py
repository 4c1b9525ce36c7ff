import subprocess
import sys

import numpy as np
import pytest

from shared.errors import BadSetting
from shared.learning.approaches import APPROACHES, BASELINES, get_approach
from shared.sound.features import BANDS, EDGE_FRAMES, Edges
from tests.unit.learning.planted import planted_corpus


def test_listing_approaches_loads_no_tensorflow():
    probe = (
        "import sys\n"
        "from shared.learning.approaches import APPROACHES\n"
        "for each in APPROACHES.values(): each.resolve(); each.settings_type.model_json_schema()\n"
        "sys.exit(bool({'tensorflow', 'keras', 'sklearn'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", probe], check=False).returncode == 0


def test_approaches_go_by_their_names():
    names = {"segue", "binary", "forecast", "categorical", "start_end", "linear", "spectral", "random"}
    assert set(APPROACHES) == names
    assert set(BASELINES) <= set(APPROACHES)
    assert all(get_approach(name).name == name for name in APPROACHES)


def test_an_unknown_approach_is_refused_with_those_there_are():
    with pytest.raises(
        BadSetting,
        match=r"'ternary'.*binary, categorical, forecast, linear, random, segue, spectral, start_end",
    ):
        get_approach("ternary")


@pytest.mark.parametrize("approach", APPROACHES.values(), ids=lambda approach: approach.name)
def test_resolved_settings_resolve_to_themselves(approach):
    for preset in approach.presets:
        resolved = approach.resolve({"preset": preset})
        assert approach.resolve(resolved.model_dump(mode="json")) == resolved
    assert approach.resolve() == approach.resolve({"preset": next(iter(approach.presets))})


@pytest.mark.parametrize("approach", APPROACHES.values(), ids=lambda approach: approach.name)
def test_every_setting_is_described(approach):
    properties = approach.settings_type.model_json_schema()["properties"]
    assert all(each.get("description") for each in properties.values())


def test_given_values_go_over_those_of_the_preset():
    settings = get_approach("binary").resolve({"preset": "seed", "epochs": 7})

    assert (settings.epochs, settings.sees, settings.lstm_units) == (7, "points", 266)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"epoch": 3}, r"no setting 'epoch'.*epochs"),
        ({"epochs": 0}, r"epochs is 0.*greater than or equal to 1"),
        ({"preset": "slow"}, r"no preset 'slow'.*fast, seed"),
        ({"normalise": "loud"}, r"normalise is 'loud'.*chunk_peak"),
    ],
)
def test_a_bad_setting_is_named_with_what_can_be(given, says):
    with pytest.raises(BadSetting, match=says):
        get_approach("binary").resolve(given)


def fitted(name, corpus, **settings):
    approach = get_approach(name)
    if name == "linear":
        settings["random_cuts_per_song"] = 20
    resolved = approach.resolve(settings)
    return approach.scorer(resolved, approach.solve(corpus, resolved, seed=3))


@pytest.mark.parametrize("name", BASELINES)
def test_all_at_once_is_one_by_one(name):
    corpus = planted_corpus(0, songs=1, chunks=6)
    scorer = fitted(name, corpus)
    prepared = scorer.prepare(corpus.edges)
    assert [len(prepared[side]) for side in scorer.space] == [6] * len(scorer.space)
    candidates = np.array([4, 0, 5])

    dense = scorer.dense(prepared, 6)

    assert dense.shape == (6, 6)
    assert dense.dtype == np.float32
    for reference in range(6):
        row = scorer.scores(prepared, reference, candidates)
        assert row.dtype == np.float32
        np.testing.assert_allclose(row, dense[reference][candidates], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", BASELINES)
def test_what_is_shown_lies_in_0_to_1_and_rises_with_the_score(name):
    corpus = planted_corpus(0, songs=1, chunks=6)
    scorer = fitted(name, corpus)
    scores = np.sort(scorer.dense(scorer.prepare(corpus.edges), 6).ravel())

    shown = scorer.display(scores)

    assert (shown >= 0).all()
    assert (shown <= 1).all()
    assert (np.diff(shown) >= 0).all()


def test_spectral_measures_the_distance_of_mean_spectra():
    shape = (2, 2, EDGE_FRAMES, BANDS)
    heads = np.full(shape, -4, np.float16)
    heads[1] = -1
    edges = Edges(np.full(shape, -4, np.float16), heads, np.zeros((4, 2), np.float32), np.array([0, 2, 4]))
    scorer = fitted("spectral", planted_corpus(0, songs=1))

    scores = scorer.scores(scorer.prepare(edges), 0, np.array([0, 1]))

    np.testing.assert_allclose(scores, [0, -3], atol=1e-3)
    np.testing.assert_allclose(scorer.display(scores), [1, np.exp(-3)], atol=1e-3)


def test_spectral_looks_no_further_than_it_was_told():
    corpus = planted_corpus(0, songs=1, chunks=4)
    scorer = fitted("spectral", corpus, frames=8)
    changed = corpus.edges.heads.copy()
    changed[:, :, 8:] = 0
    other = Edges(corpus.edges.tails, changed, corpus.edges.points, corpus.edges.offsets)

    both = [scorer.dense(scorer.prepare(edges), 4) for edges in (corpus.edges, other)]

    assert np.array_equal(*both)


def test_random_asks_neither_when_nor_what_else():
    corpus = planted_corpus(0, songs=1, chunks=9)
    scorer = fitted("random", corpus)
    prepared = scorer.prepare(corpus.edges)

    alone = scorer.scores(prepared, 2, np.array([7]))
    among = scorer.scores(prepared, 2, np.array([1, 7, 3]))

    assert alone[0] == among[1]
    assert len(np.unique(scorer.dense(prepared, 9))) == 81


def test_many_settings_that_do_not_exist_are_told_in_few_words():
    with pytest.raises(BadSetting) as told:
        get_approach("binary").resolve({f"nonsense {number} {'x' * 500}": 1 for number in range(40)})
    said = str(told.value)
    assert "37 more are wrong. It has: preset, " in said
    assert len(said) < 1000

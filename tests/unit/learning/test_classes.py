import numpy as np
import pytest

from shared.errors import NothingToLearn
from shared.learning.classes import (
    accuracy,
    class_features,
    features_of_pairs,
    make_classes,
    nearest_class,
    ring_transitions,
    truth_of_cuts,
    truth_of_pairs,
)
from shared.learning.corpus import Corpus, Cuts
from shared.sound.features import BANDS, EDGE_FRAMES, Edges
from tests.unit.learning.planted import corpus_of_kinds, planted_corpus, without_frames


@pytest.fixture
def three_kinds():
    """Two songs of 13 chunks whose cuts sound first like one spectrum, then like another, then a third."""
    kinds = np.tile(np.repeat([0, 1, 2], [4, 4, 5]), 2)
    return corpus_of_kinds(0, kinds, np.repeat([0, 1], 13)), kinds


def test_a_ring_joins_the_last_chunk_of_each_song_to_its_first():
    corpus = corpus_of_kinds(0, np.zeros(6, np.int64), np.array([0, 0, 0, 1, 2, 2]))

    assert ring_transitions(corpus).tolist() == [[0, 1], [1, 2], [2, 0], [4, 5], [5, 4]]


@pytest.mark.parametrize(("ring", "classes"), [(True, 26), (False, 24)])
def test_each_transition_is_a_class(three_kinds, ring, classes):
    found = make_classes(three_kinds[0], "transitions", ring=ring, fewest=2, most=3)

    assert {name: int(array) for name, array in found.items()} == {"classes": classes}


def test_alike_transitions_are_one_class_and_the_silhouette_finds_how_many(three_kinds):
    corpus, kinds = three_kinds
    classes = make_classes(corpus, "similarity", ring=False, fewest=2, most=12)
    pairs = corpus.successors()

    labels = nearest_class(features_of_pairs(corpus, pairs), classes)

    assert int(classes["classes"]) == 3
    assert classes["class_centroids"].shape == (3, 2 * BANDS)
    # Numbered by where in the songs they are.
    assert np.array_equal(labels, kinds[pairs[:, 0]])


def test_there_are_no_fewer_classes_than_asked_for_and_no_more(three_kinds):
    few = make_classes(three_kinds[0], "similarity", ring=False, fewest=2, most=2)
    many = make_classes(three_kinds[0], "similarity", ring=False, fewest=5, most=6)

    assert int(few["classes"]) == 2
    assert 5 <= int(many["classes"]) <= 6


def test_few_transitions_make_fewer_classes_than_asked_for():
    corpus = without_frames(planted_corpus(0, songs=1, chunks=13))

    classes = make_classes(corpus, "similarity", ring=False, fewest=30, most=40)

    assert int(classes["classes"]) == 3


def test_classes_are_the_same_each_time(three_kinds):
    one, same = (make_classes(three_kinds[0], "similarity", ring=False, fewest=2, most=12) for _ in range(2))

    assert all(np.array_equal(one[name], same[name]) for name in one)


@pytest.mark.filterwarnings("ignore:Number of distinct clusters")
def test_transitions_that_all_sound_alike_make_classes_too():
    silence = np.full((8, 2, EDGE_FRAMES, BANDS), -20, np.float16)
    edges = Edges(silence, silence, np.empty((0, 2), np.float32), np.zeros(9, np.int64))
    corpus = Corpus(edges, np.zeros(8, np.int64), (np.empty((0, BANDS), np.float16),))

    classes = make_classes(corpus, "similarity", ring=False, fewest=2, most=4)

    assert np.isfinite(classes["class_centroids"]).all()
    assert (nearest_class(features_of_pairs(corpus, corpus.successors()), classes) >= 0).all()


def test_fewer_than_four_transitions_are_refused():
    with pytest.raises(NothingToLearn, match="3 training examples; at least 4"):
        make_classes(planted_corpus(0, songs=1, chunks=4), "similarity", ring=True, fewest=2, most=4)


def test_features_see_the_cut_and_no_further():
    rng = np.random.default_rng(0)
    tails, heads = rng.normal(size=(2, 5, EDGE_FRAMES, BANDS)).astype(np.float16)
    further = tails.copy()
    further[:, 64:] = 0

    features = class_features(tails, heads)

    assert features.shape == (5, 2 * BANDS)
    assert np.array_equal(features, class_features(further, heads))
    assert not np.array_equal(features, class_features(heads, tails))


def test_the_truth_of_a_transition_is_one_for_its_class_and_nothing_else(three_kinds):
    corpus, kinds = three_kinds
    pairs = corpus.successors()
    alike = make_classes(corpus, "similarity", ring=False, fewest=2, most=12)
    each = make_classes(corpus, "transitions", ring=False, fewest=2, most=12)
    cuts = Cuts(corpus.edges.tails[:3, 0], corpus.edges.heads[1:4, 0])

    assert np.array_equal(truth_of_pairs(corpus, pairs, alike), np.eye(3)[kinds[pairs[:, 0]]])
    assert np.array_equal(truth_of_pairs(corpus, pairs, each), np.eye(24))
    assert np.array_equal(truth_of_cuts(cuts, alike), np.eye(3)[kinds[:3]])


def test_a_pair_is_told_right_by_its_best_class_or_by_none():
    truth = np.array([[1, 0], [1, 0], [1, 0], [0, 0], [0, 0]], np.float32)
    found = np.array([[0.9, 0.8], [0.3, 0.1], [0.6, 0.7], [0.4, 0.2], [0.1, 0.6]], np.float32)

    assert np.asarray(accuracy(truth, found)).tolist() == [True, False, False, True, False]

"""Classes of transitions: one for each transition, or one for all that are alike.

The study found that a class for each transition makes too many classes, with too few chunks in them, and
says that classes made by similarity should help: here those are k-means clusters of the sound on both
sides of the cut, as many as the silhouette finds best (Rousseeuw 1987, "Silhouettes: a graphical aid to
the interpretation and validation of cluster analysis"). Where whole songs are at hand, cuts at random
places of them are clustered as well, which are transitions like those between chunks. Clusters are made
when a model is fitted; later on, a class is the nearest centroid, which takes numpy alone.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from shared.learning.corpus import Corpus, Cuts, Floats, Indices, need_examples
from shared.sound.features import mix_channels
from shared.store.arrays import Arrays

ClassesBy = Annotated[
    Literal["transitions", "similarity"],
    Field(
        description="`transitions`: each transition of the training songs is a class, as in the study; "
        "`similarity`: alike transitions are one class."
    ),
]
FewestClasses = Annotated[int, Field(ge=2, le=256, description="`similarity`: classes at least.")]
MostClasses = Annotated[int, Field(ge=2, le=256, description="`similarity`: classes at most.")]

CLASS_FRAMES = 4
"""Frames on each side of a cut that tell which transitions are alike: 81 ms, with the windows' length."""

_LEAST_TRANSITIONS = 4
_LEAST_MEMBERS = 4
_CUTS_PER_SONG = 200
_STEP = 1.25
_SAMPLE = 2000
_LEAST_DEVIATION = 1e-2


def ring_transitions(corpus: Corpus) -> Indices:
    """Pair each chunk with the next of its song, and a song's last with its first.

    Returns:
        int64, shape (m, 2), chunk by chunk: as many as there are chunks in songs of two or more.
    """
    chunks = np.arange(len(corpus), dtype=np.int64)
    first = np.searchsorted(corpus.songs, corpus.songs, side="left")
    end = np.searchsorted(corpus.songs, corpus.songs, side="right")
    following = np.where(chunks + 1 < end, chunks + 1, first)
    return np.stack([chunks, following], axis=1)[end - first > 1]


def class_features(tails: NDArray[np.float16], heads: NDArray[np.float16]) -> Floats:
    """Return what transitions are compared by: the mean log-mel spectrum on each side.

    Args:
        tails: log-mel, shape (m, frames, BANDS), read backwards: index 0 is at the cut.
        heads: log-mel, shape (m, frames, BANDS).

    Returns:
        float32, shape (m, 2 * BANDS).
    """
    means = [side[:, :CLASS_FRAMES].astype(np.float32).mean(axis=1) for side in (tails, heads)]
    return np.concatenate(means, axis=1)


def features_of_pairs(corpus: Corpus, pairs: Indices) -> Floats:
    """Return the `class_features` of pairs of chunks, (m, 2), both channels mixed."""
    tails, heads = (
        mix_channels(side[:, :, :CLASS_FRAMES]) for side in (corpus.edges.tails, corpus.edges.heads)
    )
    return class_features(tails[pairs[:, 0]], heads[pairs[:, 1]])


def make_classes(corpus: Corpus, by: ClassesBy, *, ring: bool, fewest: int, most: int) -> Arrays:
    """Make the classes of a corpus's transitions.

    Args:
        corpus: the training songs.
        by: a class for each transition, or for those that are alike.
        ring: `transitions`: whether a song's last chunk is followed by its first.
        fewest: `similarity`: classes at least, where there are four transitions or cuts to each.
        most: `similarity`: classes at most.

    Returns:
        `classes`, int64, shape (): how many; with `similarity` also `class_scale`, float32, shape
        (features,), and `class_centroids`, shape (classes, features), for `nearest_class`.

    Raises:
        NothingToLearn: there are fewer than four transitions.
    """
    pairs = ring_transitions(corpus) if ring and by == "transitions" else corpus.successors()
    need_examples(len(pairs), _LEAST_TRANSITIONS)
    if by == "transitions":
        return {"classes": np.array(len(pairs), dtype=np.int64)}
    cuts = corpus.random_cuts(_CUTS_PER_SONG, np.random.default_rng(0), length=CLASS_FRAMES)
    of_pairs = features_of_pairs(corpus, pairs)
    features = np.concatenate([of_pairs, *(class_features(each.tails, each.heads) for each in cuts)])
    scale = 1 / np.maximum(features.std(axis=0), _LEAST_DEVIATION)
    centroids = _clusters(features * scale, fewest, most)
    constants = {
        "classes": np.array(len(centroids), dtype=np.int64),
        "class_scale": scale,
        "class_centroids": centroids,
    }
    labels = nearest_class(of_pairs, constants)
    return {**constants, "class_centroids": centroids[_as_songs_go(corpus, pairs, labels, len(centroids))]}


def nearest_class(features: Floats, constants: Arrays) -> Indices:
    """Return the class of transitions by their features, (m, 2 * BANDS): int64, shape (m,)."""
    scaled, centroids = features * constants["class_scale"], constants["class_centroids"]
    # |x - c|² less |x|², which is the same for every class.
    return np.argmin(np.square(centroids).sum(axis=1) - 2 * scaled @ centroids.T, axis=1).astype(np.int64)


def truth_of_pairs(corpus: Corpus, pairs: Indices, constants: Arrays) -> Floats:
    """Return a row per transition, 1 for its class and else 0: float32, shape (m, classes).

    Args:
        corpus: the training songs, or with classes by similarity any part of them.
        pairs: int64, shape (m, 2): its transitions, all of them where each is a class.
        constants: what `make_classes` returned.
    """
    if "class_centroids" in constants:
        return _one_hot(nearest_class(features_of_pairs(corpus, pairs), constants), constants)
    return _one_hot(np.arange(len(pairs), dtype=np.int64), constants)


def truth_of_cuts(cuts: Cuts, constants: Arrays) -> Floats:
    """Return the same of cuts at random places, whose classes are made by similarity."""
    return _one_hot(nearest_class(class_features(cuts.tails, cuts.heads), constants), constants)


def accuracy(truth: Any, found: Any) -> Any:
    """Tell which pairs are right: their best class is theirs, or they get no class and have none.

    Args:
        truth: tensor, shape (m, classes): 1 for a pair's class; a false pair has none.
        found: tensor, shape (m, classes): sigmoids; a class is got above one half.

    Returns:
        bool tensor, shape (m,).
    """
    from keras import ops

    has_class, gets_class = ops.max(truth, axis=-1) > 0.5, ops.max(found, axis=-1) > 0.5
    same = ops.argmax(truth, axis=-1) == ops.argmax(found, axis=-1)
    return ops.where(has_class, ops.logical_and(gets_class, same), ops.logical_not(gets_class))


def _one_hot(labels: Indices, constants: Arrays) -> Floats:
    return np.equal(labels[:, None], np.arange(int(constants["classes"]))).astype(np.float32)


def _clusters(points: Floats, fewest: int, most: int) -> Floats:
    """Return the centroids, float32, shape (k, features), of the k in the bounds whose silhouette is best."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    def judged(count: int) -> tuple[float, Any]:
        clusters = KMeans(count, n_init=2, random_state=0).fit(points)
        found = len(np.unique(clusters.labels_))
        if found < 2:  # All transitions are equal: no classes can be told apart, and any number is as good.
            return -1.0, clusters.cluster_centers_
        sample = min(_SAMPLE, len(points))
        return silhouette_score(points, clusters.labels_, sample_size=sample, random_state=0), (
            clusters.cluster_centers_
        )

    last = max(2, min(most, len(points) // _LEAST_MEMBERS))
    return max(map(judged, _counts(min(fewest, last), last)), key=lambda each: each[0])[1].astype(np.float32)


def _counts(fewest: int, most: int) -> list[int]:
    """Return the numbers of classes that are tried, further and further apart."""
    counts = [fewest]
    while counts[-1] < most:
        counts.append(min(most, max(counts[-1] + 1, int(counts[-1] * _STEP))))
    return counts


def _as_songs_go(corpus: Corpus, pairs: Indices, labels: Indices, classes: int) -> Indices:
    """Return the order of classes by where in their songs their transitions are, on average.

    A mix that walks the classes then goes from how songs begin to how they end.
    """
    first = np.searchsorted(corpus.songs, corpus.songs[pairs[:, 0]], side="left")
    end = np.searchsorted(corpus.songs, corpus.songs[pairs[:, 0]], side="right")
    place = (pairs[:, 0] - first) / (end - first)
    counts = np.bincount(labels, minlength=classes)
    return np.argsort(np.bincount(labels, place, classes) / np.maximum(counts, 1), kind="stable")

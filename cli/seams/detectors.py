"""Detectors of seams, tried only on songs that they have not learned from.

D1 learns to tell hard joins from places where songs play on; D2 learns to tell Segue's own seams from them. A
joint has two songs, so songs are parted into groups, and whatever has its songs in two groups is judged by a
detector that has learned from the other groups alone.

A seam's score is held against those of natural places of its own two songs, so a detector gains nothing by
knowing what a song sounds like. The share of them that score lower, on average over seams, is the AUC.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cli.seams.examples import JOINS, OTHER_SONG, Examples

__all__ = ["Auc", "Judged", "Judgement", "judge"]

Doubles = NDArray[np.float64]

GROUPS = 4
RESAMPLES = 1000
_LEAST_LEARNED = 10
"""Of either class; with fewer, nothing is learned."""


@dataclass(frozen=True)
class Auc:
    """How well seams are found: 0.5 is not at all, 1 is always.

    Attributes:
        value: the share of natural places of a seam's songs that seem less like a seam, on average.
        low, high: ends of the interval that holds 95 % of resamples of the songs.
        seams: how many there are.
    """

    value: float
    low: float
    high: float
    seams: int


@dataclass(frozen=True, eq=False)
class Judged:
    """What one detector says of one kind of seams.

    Attributes:
        places: of each seam, the share of natural places of its songs that score lower, shape (n,).
        songs: numbers of its songs, shape (n, 2).
    """

    places: Doubles
    songs: NDArray[np.int64]

    def auc(self, *, same_song: bool | None = None, seed: int = 0) -> Auc | None:
        """Return how well they are found, all or only those within one song, or between two; None: none."""
        same = self.songs[:, 0] == self.songs[:, 1]
        kept = np.isfinite(self.places) & (same == same_song if same_song is not None else True)
        places, songs = self.places[kept], self.songs[kept]
        if not len(places):
            return None
        names, numbered = np.unique(songs, return_inverse=True)
        pairs = numbered.reshape(songs.shape)
        rng = np.random.default_rng(seed)
        drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=RESAMPLES)
        # A pair is drawn as often as both of its songs are; a song with itself as often as the song is.
        inside = pairs[:, 0] == pairs[:, 1]
        weights = drawn[:, pairs[:, 0]] * np.where(inside, 1, drawn[:, pairs[:, 1]])
        total = weights.sum(axis=1)
        means = (weights @ places)[total > 0] / total[total > 0]
        low, high = np.quantile(means, [0.025, 0.975]) if len(means) else (np.nan, np.nan)
        return Auc(float(places.mean()), float(low), float(high), len(places))


@dataclass(frozen=True, eq=False)
class Judgement:
    """What a detector says.

    Attributes:
        kinds: by kind of seam.
        importance: by family of features: how much the AUC of what was to be explained falls when the family
            is shuffled, the most first; empty where nothing was to be explained.
    """

    kinds: dict[str, Judged]
    importance: dict[str, float]


def judge(
    examples: Examples,
    reach_s: float,
    learned: Sequence[str],
    *,
    explain: str | None = None,
    seed: int = 0,
    parts: int = GROUPS,
) -> Judgement:
    """Let a detector learn from some kinds of seams, and find all kinds.

    Args:
        examples: all places.
        reach_s: how far it hears.
        learned: the kinds of seams that it learns from, against the natural places of the same kind.
        explain: the kind for which it is told by what it is found.
        seed: of the parting of songs and of the detector.
        parts: groups that songs are parted into; with two, no detector has learned from neither of two songs.
    """
    features = examples.features[reach_s]
    groups = _groups(examples, seed, parts)[examples.songs]
    kinds = sorted(set(examples.kind[~examples.natural].tolist()))
    places: dict[str, Doubles] = {kind: np.full(len(examples), np.nan) for kind in kinds}
    teaching = np.isin(examples.kind, learned)
    falls: list[tuple[int, dict[str, float]]] = []
    for one, other in combinations_with_replacement(range(int(groups.max()) + 1), 2):
        out = np.isin(groups, (one, other))
        asked = (groups.min(axis=1) == one) & (groups.max(axis=1) == other) & ~examples.natural
        learn = teaching & ~out.any(axis=1)
        if not asked.any() or _fewest(examples.natural[learn]) < _LEAST_LEARNED:
            continue
        detector = _fitted(features[learn], examples, learn, seed)
        told = asked | (examples.natural & out.all(axis=1))
        scores = np.full(len(examples), np.nan)
        scores[told] = _scores(detector, features[told])
        for kind in kinds:
            at = np.flatnonzero(asked & (examples.kind == kind))
            if len(at):
                places[kind][at] = _places(examples, scores, at, kind)
        if explain is not None and one == 0 != other:
            at = np.flatnonzero(asked & (examples.kind == explain))
            if len(at):
                falls.append((len(at), _falls(detector, reach_s, examples, told, at, explain)))
    judged = {
        kind: Judged(places[kind][own], examples.songs[own])
        for kind in kinds
        for own in [(examples.kind == kind) & ~examples.natural]
    }
    return Judgement(judged, _importance(falls))


def against(kind: str, manners: Sequence[str] = ("blend", "plain")) -> str:
    """Return the kind of natural places that a kind of seams is held against."""
    if kind in JOINS:
        return OTHER_SONG
    return kind if kind in manners else manners[0]


def _groups(examples: Examples, seed: int, parts: int) -> NDArray[np.int64]:
    """Return the group of each song."""
    songs = int(examples.songs.max()) + 1
    return np.random.default_rng(seed).permutation(songs) % min(parts, songs)


def _fewest(natural: NDArray[np.bool_]) -> int:
    return int(min(natural.sum(), (~natural).sum()))


def _fitted(
    features: NDArray[np.float32], examples: Examples, learn: NDArray[np.bool_], seed: int
) -> list[Any]:
    """Fit three detectors that err in different ways: trees that add up, trees that vote, a line."""
    from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import QuantileTransformer
    from threadpoolctl import threadpool_limits

    models = {
        "line": (
            QuantileTransformer(n_quantiles=50, output_distribution="normal", random_state=seed),
            LogisticRegression(C=0.02, max_iter=500),
        ),
        "vote": (ExtraTreesClassifier(120, min_samples_leaf=4, max_features=0.2, random_state=seed),),
        "sum": (
            HistGradientBoostingClassifier(
                max_iter=120, learning_rate=0.07, max_leaf_nodes=12, l2_regularization=3.0, random_state=seed
            ),
        ),
    }
    weights = _weights(examples, learn)
    fitted = []
    for steps in models.values():
        whole = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), *steps)
        last = whole.steps[-1][0]
        # On a machine that does other work, threads that wait for one another take many times as long.
        with threadpool_limits(1):
            whole.fit(features, ~examples.natural[learn], **{f"{last}__sample_weight": weights})
        fitted.append(whole)
    return fitted


def _weights(examples: Examples, learn: NDArray[np.bool_]) -> Doubles:
    """Return weights by which each song has as much of seams as of natural places."""
    natural, songs = examples.natural[learn], examples.songs[learn]
    count = int(examples.songs.max()) + 1
    seams = sum(np.bincount(songs[~natural, side], minlength=count) / 2 for side in (0, 1))
    plain = np.bincount(songs[natural, 0], minlength=count)
    weights = np.where(natural, (seams / np.maximum(plain, 1))[songs[:, 0]], 1.0)
    return np.maximum(weights, 1e-3)


def _scores(detector: list[Any], features: NDArray[np.float32]) -> Doubles:
    """Return log-odds that places are seams, mean of the three."""
    odds = np.clip(np.mean([one.predict_proba(features)[:, 1] for one in detector], axis=0), 1e-6, 1 - 1e-6)
    log_odds: Doubles = np.log(odds / (1 - odds))
    return log_odds


def _places(examples: Examples, scores: Doubles, at: NDArray[np.int64], kind: str) -> Doubles:
    """Return of each seam the share of natural places of its songs that score lower, both songs alike."""
    natural = examples.natural & (examples.kind == against(kind)) & np.isfinite(scores)
    own = {
        song: np.sort(scores[natural & (examples.songs[:, 0] == song)])
        for song in np.unique(examples.songs[at])
    }
    shares = np.array([[_share(own[song], scores[seam]) for song in examples.songs[seam]] for seam in at])
    known = np.isfinite(shares)
    total = np.where(known, shares, 0.0).sum(axis=1)
    return np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), np.nan)


def _share(ordered: Doubles, score: float) -> float:
    """Return the share of scores that are lower, half of those that are equal."""
    if not len(ordered):
        return np.nan
    below, up_to = (np.searchsorted(ordered, score, side) for side in ("left", "right"))
    return float((below + up_to) / 2 / len(ordered))


def _falls(
    detector: list[Any],
    reach_s: float,
    examples: Examples,
    told: NDArray[np.bool_],
    at: NDArray[np.int64],
    kind: str,
) -> dict[str, float]:
    """Return by how much the AUC falls when features of one family are shuffled among what is judged."""
    natural = examples.natural & (examples.kind == against(kind)) & told
    asked = np.concatenate([at, np.flatnonzero(natural)])
    scores = np.full(len(examples), np.nan)

    def auc(given: NDArray[np.float32]) -> float:
        scores[asked] = _scores(detector, given)
        return float(np.nanmean(_places(examples, scores, at, kind)))

    rng, given = np.random.default_rng(0), examples.features[reach_s][asked]
    families = np.array([family_of(name) for name in examples.names[reach_s]])
    whole, falls = auc(given), {}
    for family in dict.fromkeys(families.tolist()):
        shuffled, own = given.copy(), families == family
        shuffled[:, own] = given[rng.permutation(len(given))][:, own]
        falls[family] = whole - auc(shuffled)
    return falls


def family_of(name: str) -> str:
    """Return what features tell alike, as `mel change, 0.1 s` of its rank: they replace one another."""
    first, *more = name.split(", ")
    return f"{first}, {more[0]}" if more and more[0].endswith(" s") else first


def _importance(falls: Sequence[tuple[int, dict[str, float]]]) -> dict[str, float]:
    if not falls:
        return {}
    counts = [count for count, _ in falls]
    means = {
        name: float(np.average([fall[name] for _, fall in falls], weights=counts)) for name in falls[0][1]
    }
    return dict(sorted(means.items(), key=lambda item: -item[1]))

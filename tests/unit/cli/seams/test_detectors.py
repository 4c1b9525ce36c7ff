"""Detectors find what can be found, nothing else, and never in songs that they have learned from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cli.seams import detectors
from cli.seams.detectors import Judged, judge
from cli.seams.examples import JOINS, REACHES_S, Examples

SONGS, EACH = 8, 24


def examples(shift: float, *, of_song: float = 0.0, seed: int = 0) -> Examples:
    """Hard joins and blends of noise; seams differ by `shift` in the first of six features."""
    rng = np.random.default_rng(seed)
    kind, natural, songs = [], [], []
    for manner in (JOINS[0], "blend"):
        for song in range(SONGS):
            for number in range(EACH):
                other = song if number % 2 else (song + 1 + number % (SONGS - 1)) % SONGS
                kind += [manner] * 2
                natural += [False, True]
                songs += [(song, other), (song, song)]
    is_natural, of = np.array(natural), np.array(songs)
    features = rng.standard_normal((len(kind), 6)).astype(np.float32)
    features[~is_natural, 0] += shift
    # Songs are easily told apart, and some have far more seams than natural places.
    features[:, 1] += of_song * of[:, 0]
    features[:5, 2] = np.nan
    return Examples(
        np.array(kind),
        is_natural,
        of,
        dict.fromkeys(REACHES_S, features),
        {reach_s: [f"feature {number}" for number in range(6)] for reach_s in REACHES_S},
    )


def auc(given: Examples, kind: str = "blend", **scope: bool) -> float:
    found = judge(given, 0.5, JOINS[:1]).kinds[kind].auc(**scope)
    assert found is not None
    assert found.low <= found.value <= found.high
    return found.value


def test_what_differs_is_found_in_songs_that_were_not_learned_from() -> None:
    assert auc(examples(3.0)) > 0.95
    assert auc(examples(3.0), same_song=True) > 0.95
    assert auc(examples(3.0), same_song=False) > 0.95


def test_where_seams_are_like_natural_places_nothing_is_found() -> None:
    assert auc(examples(0.0)) == pytest.approx(0.5, abs=0.08)


def test_knowing_the_song_does_not_help() -> None:
    assert auc(examples(0.0, of_song=3.0)) == pytest.approx(0.5, abs=0.08)


def test_no_seam_is_judged_by_what_has_learned_from_either_of_its_songs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    learned: list[set[int]] = []
    judged = 0

    def fitted(features: Any, given: Examples, learn: Any, seed: int) -> list[Any]:
        learned.append(set(given.songs[learn].ravel().tolist()))
        return []

    def places(given: Examples, scores: Any, at: Any, kind: str) -> Any:
        nonlocal judged
        judged += len(at)
        assert not learned[-1] & set(given.songs[at].ravel().tolist())
        assert not learned[-1] & set(given.songs[np.isfinite(scores)].ravel().tolist())
        return np.zeros(len(at))

    monkeypatch.setattr(detectors, "_fitted", fitted)
    monkeypatch.setattr(detectors, "_scores", lambda detector, features: np.zeros(len(features)))
    monkeypatch.setattr(detectors, "_places", places)
    given = examples(0.0)
    judge(given, 0.5, JOINS[:1])
    assert judged == (~given.natural).sum()
    assert all(learned)


def test_a_judgement_tells_by_what_seams_were_found() -> None:
    importance = judge(examples(2.0), 0.5, JOINS[:1], explain="blend").importance
    assert next(iter(importance)) == "feature 0"
    assert importance["feature 0"] > 0.1


def test_without_places_there_is_no_figure() -> None:
    nothing = Judged(np.array([np.nan]), np.array([[0, 1]]))
    assert nothing.auc() is None
    assert Judged(np.array([0.5]), np.array([[0, 1]])).auc(same_song=True) is None

"""Which songs are neighbours by tempo and key, what a mix can come to, and what it leans towards."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from services.assembler.choosing import choose
from services.assembler.scoring import Pool
from services.assembler.traits import Traits
from shared.errors import WishesContradict
from shared.parameters import End, Limits, Sequencing, Start
from tests.support.library import analysis_facts
from tests.unit.assembler.test_choosing import CHUNKS, SONGS, A, B, C, Chosen, D, Replaying, songs_of

NOTHING = float("nan")
TEMPOS = Traits(np.array([100.0, 104.0, 203.0, 130.0]), np.full(4, -1))
"""A, B and C are near each other, as 203 counts as 101.5; D is alone."""


def made(wish: Sequencing, traits: Traits = TEMPOS) -> Chosen:
    pool = Pool(np.repeat(np.arange(4), CHUNKS), np.tile(np.arange(CHUNKS), 4), {})
    lengths_s = np.full(48, 4.0)
    return choose(Replaying(), pool, SONGS, lengths_s, wish, lambda step, total: None, traits=traits)


def within(percent: float | None = None, key: int | None = None, **limits: object) -> Limits:
    return Limits.model_validate({"tempo_within_percent": percent, "key_within": key, **limits})


def test_traits_are_what_analyses_are_sure_of() -> None:
    unsure = analysis_facts(B).model_copy(update={"key_confidence": 0.1})
    analyses = {A: analysis_facts(A), B: unsure, C: analysis_facts(C, beats=0)}
    traits = Traits.of([A, B, C, D], analyses)
    np.testing.assert_equal(traits.tempos_bpm, [120.0, 120.0, NOTHING, NOTHING])
    assert traits.keys.tolist() == [0, -1, 0, -1]


def test_tempos_are_folded_by_two_to_one() -> None:
    steps = Traits(np.array([100.0, 200.0, 52.0, 150.0, NOTHING]), np.full(5, -1)).tempo_steps
    np.testing.assert_allclose(steps, steps.T)
    np.testing.assert_allclose(steps[0], [0.0, 0.0, 0.04, 1 / 3, NOTHING], atol=1e-12)


def test_tempos_clash_that_cannot_sound_together_for_a_while() -> None:
    clashes = Traits(np.array([100.0, 104.0, 106.0, 120.0, NOTHING]), np.full(5, -1)).clashes
    np.testing.assert_allclose(clashes[0], [0.0, 0.0, 0.5, 1.0, 0.0], atol=1e-9)


def test_keys_are_neighbours_around_the_circle() -> None:
    traits = Traits(np.full(5, NOTHING), np.array([0, 1, 11, 6, -1]))
    near = traits.neighbours(within(key=1))["limits.key_within"]
    assert near[0].tolist() == [True, True, True, False, True]
    assert near[1].tolist() == [True, True, False, False, True]
    assert traits.neighbours(Limits()) == {}


@pytest.mark.parametrize("method", ["beam", "sample"])
def test_songs_follow_each_other_whose_tempos_are_near(method: str) -> None:
    free = songs_of(made(Sequencing.model_validate({"method": method, "steadiness": 0})))
    assert D in free
    wish = Sequencing.model_validate({"method": method, "steadiness": 0, "limits": within(percent=4.5)})
    found = songs_of(made(wish))
    assert (set(found), len(found)) == ({A, B, C}, 30)


def test_the_largest_family_of_neighbours_is_taken_or_that_of_what_is_asked_for() -> None:
    alone = Traits(np.array([90.0, 130.0, 131.0, 132.0]), np.full(4, -1))
    assert songs_of(made(Sequencing(limits=within(percent=2)), alone))[0] == B
    wish = Sequencing(chunks=6, start=Start(song=A), limits=within(percent=2))
    assert set(songs_of(made(wish, alone))) == {A}


def test_chains_of_neighbours_lead_from_tempo_to_tempo() -> None:
    rising = Traits(np.array([100.0, 105.0, 110.0, 115.0]), np.full(4, -1))
    wish = Sequencing(limits=within(percent=6), start=Start(song=A), end=End(song=D))
    found = songs_of(made(wish, rising))
    assert (found[0], found[-1], set(found)) == (A, D, set(SONGS))
    assert all(abs(SONGS.index(a) - SONGS.index(b)) <= 1 for a, b in pairwise(found))


@pytest.mark.parametrize(
    ("wish", "names"),
    [
        ({"start": Start(song=A), "end": End(song=D)}, ("`limits.tempo_within_percent`", "`end`")),
        ({"must": (A, D)}, ("`limits.tempo_within_percent`", "`must`")),
        ({"chunks": 37}, ("`limits.tempo_within_percent`", "`chunks`")),
        ({"duration_s": 150.0}, ("`limits.tempo_within_percent`", "`duration_s`")),
        ({"repeats_after": 40}, ("`limits.tempo_within_percent`", "`repeats_after`")),
    ],
)
def test_what_is_not_within_reach_is_refused_by_both_names(
    wish: dict[str, object], names: tuple[str, str]
) -> None:
    with pytest.raises(WishesContradict) as caught:
        made(Sequencing.model_validate({"limits": within(percent=4.5), **wish}))
    assert all(name in str(caught.value) for name in names)


def test_the_limit_that_parts_two_songs_is_named() -> None:
    traits = Traits(np.array([100.0, 101.0, 102.0, 103.0]), np.array([0, 1, 2, 6]))
    with pytest.raises(WishesContradict, match=r"limits\.key_within"):
        made(Sequencing(limits=within(percent=5, key=1), must=(A, D)), traits)


def test_steadiness_keeps_to_a_tempo_where_songs_do_not_have_to_change() -> None:
    pairs = Traits(np.array([100.0, 130.0, 101.0, 131.0]), np.full(4, -1))

    def clashing(steadiness: float) -> float:
        order = made(Sequencing(steadiness=steadiness), pairs).order // CHUNKS
        return float(pairs.clashes[order[:-1], order[1:]].sum())

    assert clashing(10.0) <= 3 < clashing(0.0)

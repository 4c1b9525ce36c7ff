"""From wishes in song ids to an order: which method runs, and what it is asked for."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import pytest

from services.assembler.choosing import Chosen, choose
from services.assembler.fitting import Fit
from services.assembler.scoring import Pool
from services.assembler.sequencing import greedy
from shared.errors import PoolTooSmall, UnknownStart, WishesContradict
from shared.learning.approaches import Scorer
from shared.learning.corpus import Floats, Indices
from shared.parameters import End, Limits, Sequencing, Start
from shared.sound.edges import Edges
from shared.store.arrays import Arrays

A, B, C, D = (letter * 64 for letter in "abcd")
SONGS = [A, B, C, D]
CHUNKS = 12
NO_LIMITS = Limits(most_replay=None, longest_run_s=None, least_between_songs=None, least_songs=1)


class Replaying(Scorer):
    """Scores of a matrix by which a song goes on; remembers how many rows it was asked for."""

    def __init__(self) -> None:
        self.rows = 0
        self.matrix = np.random.default_rng(0).normal(size=(48, 48)).astype(np.float32)
        self.matrix[np.arange(47), np.arange(1, 48)] += 20

    def prepare(self, edges: Edges, songs: Indices | None = None) -> Arrays:
        return {}

    def scores(
        self, prepared: Arrays, reference: int, candidates: Indices, step: int | None = None
    ) -> Floats:
        self.rows += 1
        return self.matrix[reference, candidates]


class Pairwise(Replaying):
    pairwise: ClassVar[bool] = True


def chosen(wish: Sequencing, scorer: Scorer | None = None) -> Chosen:
    pool = Pool(np.repeat(np.arange(4), CHUNKS), np.tile(np.arange(CHUNKS), 4), {})
    return choose(scorer or Replaying(), pool, SONGS, np.full(48, 4.0), wish, lambda step, total: None)


def songs_of(found: Chosen) -> list[str]:
    return [SONGS[chunk // CHUNKS] for chunk in found.order]


def test_the_default_keeps_to_the_limits_and_tells_which_were_in_force() -> None:
    found = chosen(Sequencing())
    assert len(found.order) == 30
    assert len(set(songs_of(found))) == 4
    assert found.limits == Limits(least_songs=4)
    assert ((found.shown >= 0) & (found.shown <= 1)).all()


@pytest.mark.parametrize("accept_above", [None, 0.9])
def test_the_method_greedy_is_the_walk_of_the_study(accept_above: float | None) -> None:
    scorer = Replaying()
    found = chosen(Sequencing(method="greedy", accept_above=accept_above, start=Start(song=B, chunk=3)))
    walked = greedy(
        lambda reference, candidates, step: (
            scorer.scores({}, reference, candidates)
            if accept_above is None
            else scorer.display(scorer.scores({}, reference, candidates))
        ),
        chunks=48,
        start=CHUNKS + 3,
        length=30,
        accept_above=accept_above,
    )
    assert found.order.tolist() == walked.order.tolist()
    assert found.limits is None


def test_what_runs_a_network_for_every_pair_follows_one_path_unless_told_otherwise() -> None:
    one, many, cheap = Pairwise(), Pairwise(), Replaying()
    narrow = chosen(Sequencing(), one)
    assert chosen(Sequencing(width=1)).order.tolist() == narrow.order.tolist()
    assert one.rows == 29
    chosen(Sequencing(width=8), many)
    chosen(Sequencing(), cheap)
    assert many.rows == cheap.rows > 29


def test_what_begins_unlike_the_end_of_the_last_is_held_back() -> None:
    spectra = np.random.default_rng(1).normal(size=(2, 48, 16)).astype(np.float32)
    pool = Pool(
        np.repeat(np.arange(4), CHUNKS), np.tile(np.arange(CHUNKS), 4), {}, ends=spectra[0], begins=spectra[1]
    )
    fit = Fit.of(pool.ends, pool.begins)

    def unlike(smoothness: float) -> float:
        wish = Sequencing(smoothness=smoothness, chunks=20)
        found = choose(Replaying(), pool, SONGS, np.full(48, 4.0), wish, lambda step, total: None)
        return float(np.mean([fit.strays(a, np.array([b]))[0] for a, b in pairwise(found.order.tolist())]))

    assert unlike(10.0) < unlike(3.0) < unlike(0.0) - 0.03


def test_draws_are_repeated_by_their_seed() -> None:
    wishes = [Sequencing(method="sample", seed=seed, temperature=3) for seed in (1, 1, 2)]
    first, again, other = (chosen(wish).order.tolist() for wish in wishes)
    assert first == again != other


def test_start_end_and_songs_are_where_they_were_wished() -> None:
    found = chosen(
        Sequencing(
            chunks=6, start=Start(song=B, chunk=5), end=End(song=B, chunk=2), must=(A, D), without=(C,)
        )
    )
    assert found.order[[0, -1]].tolist() == [CHUNKS + 5, CHUNKS + 2]
    assert set(songs_of(found)) == {A, B, D}


def test_a_mix_ends_with_any_chunk_of_a_song() -> None:
    assert songs_of(chosen(Sequencing(chunks=7, end=End(song=C))))[-1] == C
    assert songs_of(chosen(Sequencing(duration_s=30, end=End(song=C))))[-1] == C
    assert chosen(Sequencing(duration_s=32, end=End(song=C, chunk=4))).order[-1] == 2 * CHUNKS + 4


def test_where_the_first_song_is_left_out_the_next_one_begins() -> None:
    assert chosen(Sequencing(chunks=4, without=(A,))).order[0] == CHUNKS


def test_the_first_chunk_does_not_begin_where_it_is_to_be_the_last() -> None:
    assert chosen(Sequencing(chunks=4, end=End(song=A, chunk=0))).order[[0, -1]].tolist() == [1, 0]


def test_limits_can_be_lifted() -> None:
    assert chosen(Sequencing(chunks=12, limits=NO_LIMITS)).order.tolist() == list(range(12))
    assert songs_of(chosen(Sequencing(chunks=12, limits=NO_LIMITS, most_in_a_row=1)))[:2] != [A, A]


@pytest.mark.parametrize(
    ("wish", "named"),
    [
        ({"must": (A,), "without": (A,)}, ("must", "without")),
        ({"must": ("e" * 64,)}, ("must", "songs")),
        ({"end": End(song=A), "without": (A,)}, ("end", "without")),
        ({"end": End(song=A, chunk=99)}, ("end", "songs")),
        ({"start": Start(song=A), "without": (A,)}, ("start", "without")),
        ({"without": tuple(SONGS)}, ("without", "songs")),
        ({"must": tuple(SONGS), "chunks": 3}, ("must", "chunks")),
        ({"start": Start(song=A), "end": End(song=A, chunk=0)}, ("start", "end")),
        ({"start": Start(song=A), "end": End(song=A, chunk=1), "chunks": 1}, ("start", "end")),
        ({"start": Start(song=A), "end": End(song=B), "chunks": 1}, ("must", "chunks")),
        ({"start": Start(song=A), "end": End(song=A, chunk=0), "duration_s": 9}, ("start", "end")),
        ({"without": (A,), "chunks": 37}, ("chunks", "without")),
        ({"repeats_after": 48, "chunks": 49}, ("repeats_after", "songs")),
        ({"duration_s": 193}, ("duration_s", "songs")),
        ({"duration_s": 145, "without": (A,)}, ("duration_s", "without")),
        ({"without": (A, B, C), "most_in_a_row": 3, "chunks": 4}, ("most_in_a_row", "chunks")),
    ],
)
def test_wishes_that_contradict_each_other_are_refused_before_anything_is_scored(
    wish: dict[str, Any], named: tuple[str, str]
) -> None:
    scorer = Replaying()
    with pytest.raises(WishesContradict) as refused:
        chosen(Sequencing(**wish), scorer)
    assert str(refused.value).startswith(f"`{named[0]}` contradicts `{named[1]}`: ")
    assert scorer.rows == 0


def test_what_the_pool_does_not_hold_is_refused() -> None:
    with pytest.raises(PoolTooSmall):
        chosen(Sequencing(chunks=49))
    with pytest.raises(UnknownStart):
        chosen(Sequencing(start=Start(song=A, chunk=CHUNKS)))

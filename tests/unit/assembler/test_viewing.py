"""Looks into a pool: a map keeps what lies near together, and candidates are what swaps would take."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from services.assembler.projecting import project, shown_of
from services.assembler.revising import revise
from services.assembler.viewing import candidates_at, map_of
from shared.parameters import NO_LIMITS, Sequencing
from shared.revisions import Ban, Swap
from tests.unit.assembler.revisable import CHUNKS, SONGS, Matrix, N, order_of, sequence_of, stock_of

ORDER = [0, 13, 26, 39, 2, 15, 28, 41]
WISH = Sequencing(chunks=len(ORDER))


def test_points_of_a_plane_lie_as_they_do_in_it_whatever_space_it_is_in() -> None:
    rng = np.random.default_rng(3)
    plane = rng.normal(size=(50, 2)) * [3.0, 1.0]
    turned = np.linalg.qr(rng.normal(size=(20, 20)))[0][:2]
    places, explained = project([(plane @ turned + 7.0).astype(np.float32)])
    apart = np.linalg.norm(plane[:, None] - plane, axis=2)
    found = np.linalg.norm(places[:, None] - places, axis=2)
    assert found == pytest.approx(apart * found.max() / apart.max(), abs=1e-4)
    assert sum(explained) == pytest.approx(1.0)
    assert explained[0] > explained[1]
    assert np.abs(places).max() == 1.0


def test_groups_that_lie_apart_in_a_long_side_lie_apart_on_the_map() -> None:
    rng = np.random.default_rng(0)
    group = np.repeat([0, 1, 2], 20)
    side = rng.normal(size=(3, 40, 100))[group] * 5 + rng.normal(size=(60, 40, 100))
    places, _ = project([side.astype(np.float32), np.zeros((60, 3), np.float32)])
    centres = np.stack([places[group == one].mean(axis=0) for one in range(3)])
    within = max(np.linalg.norm(places[group == one] - centres[one], axis=1).max() for one in range(3))
    between = min(np.linalg.norm(centres[a] - centres[b]) for a, b in ((0, 1), (0, 2), (1, 2)))
    assert between > 3 * within


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_chunks_and_such_as_are_all_alike_have_a_map(count: int) -> None:
    places, explained = project([np.ones((count, 4), np.float32)])
    assert places.tolist() == [[0.0, 0.0]] * count
    assert explained == (0.0, 0.0)


def test_of_a_large_pool_a_map_shows_the_path_and_its_share_of_each_song() -> None:
    path = [99_999, 3, 50_000, 3]
    shown = shown_of(100_000, path, most=1000)
    assert len(shown) == 1000
    assert set(path) <= set(shown.tolist())
    assert (np.diff(shown) > 0).all()
    assert np.abs(np.bincount(shown // 10_000, minlength=10) - 100).max() <= 2
    assert shown_of(8, list(range(6)), most=4).tolist() == list(range(6))


def test_a_map_names_each_chunk_and_the_way_through_them() -> None:
    sides = np.random.default_rng(1).normal(size=(2, N, 5)).astype(np.float32)
    stock = stock_of()
    stock = dataclasses.replace(
        stock, pool=dataclasses.replace(stock.pool, prepared={"tails": sides[0], "heads": sides[1]})
    )
    drawn = map_of(stock, sequence_of(ORDER))
    assert [(one.song, one.chunk) for one in drawn.points] == [divmod(at, CHUNKS) for at in range(N)]
    assert drawn.path == ORDER
    assert [one.title for one in drawn.songs] == ["Ann", "Bea", "Cid", "Dot"]
    assert drawn == map_of(stock, sequence_of(ORDER))
    assert len({(one.x, one.y) for one in drawn.points}) == N


def test_candidates_are_what_one_swap_after_another_would_take() -> None:
    scorer = Matrix()
    stock, base = stock_of(scorer), sequence_of(ORDER, limits=NO_LIMITS)
    found = candidates_at(stock, base, WISH, 3, most=4).candidates
    taken, mix = [], base
    for _ in range(4):
        mix = revise(stock, mix, WISH, [Swap(position=3)], blended=True)
        taken.append(order_of(mix)[3])
    assert [SONGS.index(one.song) * CHUNKS + one.chunk for one in found] == taken
    assert found[0].before == pytest.approx(1 / (1 + np.exp(-scorer.matrix[ORDER[2], taken[0]])), abs=1e-6)
    assert found[0].after == pytest.approx(1 / (1 + np.exp(-scorer.matrix[taken[0], ORDER[4]])), abs=1e-6)
    assert found[0].start_s == 4.0 * (taken[0] % CHUNKS)


def test_what_is_banned_or_stood_there_before_is_no_candidate() -> None:
    base = sequence_of(ORDER)
    first = candidates_at(stock_of(), base, WISH, 3).candidates
    swapped = revise(stock_of(), base, WISH, [Swap(position=3)], blended=True)
    banned = revise(stock_of(), swapped, WISH, [Ban(song=first[1].song)], blended=True)
    left = candidates_at(stock_of(), banned, WISH, 3).candidates
    assert left
    assert first[1].song not in {one.song for one in left}
    assert (first[0].song, first[0].chunk) not in {(one.song, one.chunk) for one in left}


def test_candidates_that_break_a_limit_come_last_and_say_so() -> None:
    # C comes before the place and A after it: with either there, a song would have two chunks in a row.
    wish = Sequencing(chunks=len(ORDER), most_in_a_row=1)
    found = candidates_at(stock_of(), sequence_of(ORDER), wish, 3, most=N).candidates
    broken = [bool(one.breaks) for one in found]
    assert broken == sorted(broken)
    assert {one.song for one in found if not one.breaks} == {SONGS[1], SONGS[3]}
    assert {one.song for one in found if one.breaks} == {SONGS[0], SONGS[2]}


def test_at_the_ends_of_a_mix_one_side_is_open() -> None:
    last = candidates_at(stock_of(), sequence_of(ORDER), WISH, len(ORDER) - 1).candidates
    first = candidates_at(stock_of(), sequence_of(ORDER), WISH, 0).candidates
    assert {one.after for one in last} == {None}
    assert {one.before for one in first} == {None}

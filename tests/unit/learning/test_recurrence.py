import numpy as np
import pytest

from shared.learning import recurrence
from shared.learning.practice import Sides
from shared.learning.recurrence import PASSAGE_STEPS, SKIPS, Memory, PassageSpace
from shared.sound.features import BANDS, EDGE_FRAMES, OUTLINE_HOPS

CHUNKS, STEPS = 8, 60
LIKE = 1.9
"""A hint above this is of a passage and a successor that are both known."""


@pytest.fixture(scope="module", params=PASSAGE_STEPS)
def space(request):
    rng = np.random.default_rng(9)
    return PassageSpace.of_passages(rng.normal(-5, 2, (600, request.param, BANDS)).astype(np.float16), 96)


def pool_of(outlines, tails, heads):
    """A pool whose chunks have these outlines, and begin and end with these steps."""
    offsets = np.cumsum([0, *(len(one) for one in outlines)])

    def frames(steps):
        hops = np.repeat(steps, OUTLINE_HOPS, axis=1)
        return np.pad(hops, ((0, 0), (0, EDGE_FRAMES - hops.shape[1]), (0, 0)))

    no_long = np.zeros((len(tails), 0), np.float16)
    backwards = frames(tails[:, ::-1])
    return Sides(backwards, frames(heads), no_long, no_long, np.concatenate(outlines), offsets)


def noise(*shape):
    return np.random.default_rng(sum(shape)).normal(-5, 2, (*shape, BANDS)).astype(np.float16)


def planted(steps, skip, *, at=4):
    """Chunk 0 ends with what chunk 5 has inside, followed after a skip by what chunk 3 begins with."""
    outlines = list(noise(CHUNKS, STEPS))
    tails, heads = noise(CHUNKS, steps), noise(CHUNKS + 1, steps)[:CHUNKS]
    outlines[5][at : at + steps] = tails[0]
    after = at + steps + skip
    outlines[5][after : after + steps] = heads[3]
    return pool_of(outlines, tails, heads)


def hints_of(space, sides):
    everyone = np.tile(np.arange(CHUNKS), (CHUNKS, 1))
    return Memory.of(space, sides).hints(everyone)


def test_a_passage_is_most_like_itself_and_has_unit_length(space):
    placed = space.place(noise(20, space.steps))
    np.testing.assert_allclose(np.linalg.norm(placed, axis=1), 1, atol=1e-3)
    assert ((placed @ placed.T).argmax(axis=1) == np.arange(20)).all()


def test_a_space_is_the_same_after_storing(space):
    again = PassageSpace.from_arrays(space.to_arrays("x/"), "x/")
    np.testing.assert_array_equal(again.place(noise(3, space.steps)), space.place(noise(3, space.steps)))


@pytest.mark.parametrize(("group", "skip"), [(group, skips[0]) for group, skips in enumerate(SKIPS)])
def test_what_followed_before_is_hinted_at(space, group, skip):
    hints, recalled = hints_of(space, planted(space.steps, skip))
    assert hints[group, 0].argmax() == 3
    assert hints[group, 0, 3] > LIKE
    assert recalled[0] > LIKE / 2 > recalled[1]
    everything_else = np.delete(hints[group].ravel(), 3)
    assert everything_else.max() < LIKE - 0.2


def test_what_follows_in_another_chunk_is_never_seen(space):
    outlines = list(noise(CHUNKS, STEPS))
    tails, heads = noise(CHUNKS, space.steps), noise(CHUNKS + 1, space.steps)[:CHUNKS]
    outlines[5][-space.steps :] = tails[0]
    outlines[6][: space.steps] = heads[3]
    hints, _ = hints_of(space, pool_of(outlines, tails, heads))
    assert hints.max() < LIKE - 0.2


@pytest.mark.parametrize("kept", [lambda steps: 2 * steps - 1, lambda steps: steps - 1, lambda steps: 0])
def test_chunks_without_room_give_no_hint(space, kept):
    short = [one[: kept(space.steps)] for one in noise(CHUNKS, STEPS)]
    hints, recalled = hints_of(space, pool_of(short, noise(CHUNKS, space.steps), noise(CHUNKS, space.steps)))
    assert (hints == -2).all()
    assert (recalled == -1).all()


def test_chunks_of_different_lengths_share_a_memory(space):
    sides = planted(space.steps, 0)
    keep = [STEPS, 3, 2 * space.steps, STEPS, 1, STEPS, STEPS, 9]
    parts = np.split(sides.outlines, sides.outline_offsets[1:-1])
    shortened = [part[:length] for part, length in zip(parts, keep, strict=True)]
    again = Sides(
        sides.tails, sides.heads, sides.long_tails, sides.long_heads, np.concatenate(shortened),
        np.cumsum([0, *keep]),
    )  # fmt: skip
    assert hints_of(space, again)[0][0, 0].argmax() == 3


def test_blocks_change_nothing(space, monkeypatch):
    sides = planted(space.steps, 3)
    whole = hints_of(space, sides)
    monkeypatch.setattr(recurrence, "_ROWS_AT_ONCE", 3)
    for ours, theirs in zip(hints_of(space, sides), whole, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)

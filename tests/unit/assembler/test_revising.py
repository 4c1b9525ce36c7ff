"""Edits of a sequence: what they touch is chosen anew, all else stays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter

from services.assembler.choosing import choose
from services.assembler.revising import revise
from services.assembler.stock import Stock
from shared.errors import EditImpossible
from shared.parameters import NO_LIMITS, End, Limits, Sequencing, Start
from shared.revisions import Edit, SeamWish
from shared.sound.rhythm import Rhythm
from shared.store.manifests import SequenceFacts
from tests.unit.assembler.revisable import (
    CHUNKS,
    SONGS,
    A,
    B,
    C,
    D,
    Matrix,
    N,
    order_of,
    sequence_of,
    stock_of,
)

EDIT: TypeAdapter[Edit] = TypeAdapter(Edit)


def revised(
    base: SequenceFacts,
    *edits: dict[str, Any],
    wish: Sequencing | None = None,
    stock: Stock | None = None,
    blended: bool = True,
) -> SequenceFacts:
    parsed = [EDIT.validate_python(edit) for edit in edits]
    return revise(stock or stock_of(), base, wish or Sequencing(chunks=8), parsed, blended=blended)


def of_the_default(length: int = 20) -> SequenceFacts:
    stock, wish = stock_of(), Sequencing(chunks=length)
    found = choose(stock.scorer, stock.pool, SONGS, stock.durations_s, wish, lambda step, total: None)
    return sequence_of(found.order.tolist())


ORDER = [0, 13, 26, 39, 2, 15, 28, 41]


def test_the_next_best_chunk_is_the_one_that_fits_both_neighbours() -> None:
    scorer = Matrix()
    found = revised(sequence_of(ORDER), {"edit": "swap", "position": 3}, stock=stock_of(scorer))
    free = [chunk for chunk in range(N) if chunk not in ORDER]
    fits = {chunk: scorer.matrix[26, chunk] + scorer.matrix[chunk, 2] for chunk in free}
    assert order_of(found)[3] == max(fits, key=lambda chunk: fits[chunk])
    assert [at for at in range(8) if order_of(found)[at] != ORDER[at]] == [3]


def test_only_what_changed_is_scored_and_the_rest_keeps_its_scores() -> None:
    scorer = Matrix()
    found = revised(sequence_of(ORDER), {"edit": "swap", "position": 3}, stock=stock_of(scorer))
    chunk = order_of(found)[3]
    assert [step.score for step in found.steps][1:3] == [0.01, 0.02]
    assert [step.score for step in found.steps][5:] == [0.05, 0.06, 0.07]
    expected = scorer.display(np.array([scorer.matrix[26, chunk], scorer.matrix[chunk, 2]]))
    assert [found.steps[3].score, found.steps[4].score] == pytest.approx(expected.tolist())
    assert not {0, 13, 2, 15, 28} & set(scorer.asked)


def test_swapping_again_and_again_never_comes_back_to_what_stood_there() -> None:
    now, seen = sequence_of(ORDER), [ORDER[3]]
    for _ in range(6):
        now = revised(now, {"edit": "swap", "position": 3})
        assert order_of(now)[3] not in seen
        seen.append(order_of(now)[3])
    assert {(name.song, name.chunk) for name in now.steps[3].passed} == {
        (SONGS[chunk // CHUNKS], chunk % CHUNKS) for chunk in seen[:-1]
    }


def test_a_chunk_is_swapped_for_the_one_that_is_named() -> None:
    found = revised(sequence_of(ORDER), {"edit": "swap", "position": 3, "by": {"song": B, "chunk": 9}})
    assert order_of(found)[3] == CHUNKS + 9
    assert '"Bea"' in found.edits[0].done
    assert found.edits[0].positions == [3]


def test_a_limit_that_holds_is_kept_by_a_swap_where_that_is_possible() -> None:
    # Nearly every step replays already; one more is above half of them.
    order = [0, 1, 2, 3, 4, 16, 28, 40, 8]
    scorer = Matrix()
    scorer.matrix[28, 29] = scorer.matrix[29, 8] = 50  # The best by far, and a replay too many.
    keeping = Limits(most_replay=0.5, longest_run_s=None, least_between_songs=None, least_songs=1)
    wish = Sequencing(chunks=9, limits=keeping)
    base = sequence_of(order, limits=keeping)
    found = revised(base, {"edit": "swap", "position": 7}, wish=wish, stock=stock_of(scorer))
    assert order_of(found)[7] != 29
    loose = wish.model_copy(update={"limits": keeping.model_copy(update={"most_replay": None})})
    assert (
        order_of(revised(base, {"edit": "swap", "position": 7}, wish=loose, stock=stock_of(scorer)))[7] == 29
    )


def test_a_swap_that_can_keep_no_limit_is_made_and_says_so() -> None:
    strict = Limits(most_replay=None, longest_run_s=None, least_between_songs=None, least_songs=4)
    order = [0, 13, 26, 39]
    every = [chunk for chunk in range(36, N) if chunk != 39]
    base = sequence_of(order)
    base = base.model_copy(
        update={
            "banned": [EDIT.validate_python({"edit": "ban", "song": D, "chunk": at - 36}) for at in every]
        }
    )
    found = revised(base, {"edit": "swap", "position": 3}, wish=Sequencing(chunks=4, limits=strict))
    assert order_of(found)[3] // CHUNKS != 3
    assert "limits.least_songs" in found.edits[0].done


def test_a_banned_song_leaves_and_never_comes_back() -> None:
    base = of_the_default()
    wish = Sequencing(chunks=20)
    found = revised(base, {"edit": "ban", "song": C}, wish=wish)
    assert C not in {step.song for step in found.steps}
    kept = [at for at, step in enumerate(base.steps) if step.song != C]
    assert [order_of(found)[at] for at in kept] == [order_of(base)[at] for at in kept]
    assert len(set(order_of(found))) == 20
    later = revised(found, {"edit": "swap", "position": 5}, {"edit": "lengthen", "chunks": 26}, wish=wish)
    assert C not in {step.song for step in later.steps}
    with pytest.raises(EditImpossible, match="banned"):
        revised(found, {"edit": "swap", "position": 5, "by": {"song": C, "chunk": 0}}, wish=wish)


def test_a_banned_chunk_gives_way_and_neighbouring_places_are_filled_together() -> None:
    scorer = Matrix()
    base = sequence_of([0, 26, 27, 41])
    wish = Sequencing(chunks=4, limits=Limits(least_songs=1, most_replay=None, least_between_songs=None))
    found = revised(base, {"edit": "ban", "song": C}, wish=wish, stock=stock_of(scorer))
    allowed = [chunk for chunk in range(N) if chunk // CHUNKS != 2 and chunk not in (0, 41)]
    total = {
        (x, y): scorer.matrix[0, x] + scorer.matrix[x, y] + scorer.matrix[y, 41]
        for x in allowed
        for y in allowed
        if x != y
    }
    x, y = order_of(found)[1:3]
    assert total[x, y] == max(total.values())
    one = revised(base, {"edit": "ban", "song": C, "chunk": 2}, wish=wish)
    assert order_of(one)[2] == 27
    assert order_of(one)[1] != 26


def test_a_pinned_section_stays_whatever_is_asked_for() -> None:
    pinned = revised(sequence_of(ORDER), {"edit": "pin", "first": 2, "last": 4})
    assert [step.pinned for step in pinned.steps] == [False] * 2 + [True] * 3 + [False] * 3
    impossible: list[dict[str, Any]] = [
        {"edit": "swap", "position": 3},
        {"edit": "remove", "position": 2},
        {"edit": "move", "position": 4, "to": 0},
        {"edit": "move", "position": 0, "to": 3},
        {"edit": "ban", "song": C},
    ]
    for edit in impossible:
        with pytest.raises(EditImpossible, match="pinned"):
            revised(pinned, edit)
    free = revised(pinned, {"edit": "unpin", "first": 3, "last": 3}, {"edit": "swap", "position": 3})
    assert order_of(free)[3] != ORDER[3]


def test_chunks_are_taken_out_and_moved() -> None:
    found = revised(
        sequence_of(ORDER), {"edit": "remove", "position": 1}, {"edit": "move", "position": 0, "to": 6}
    )
    assert order_of(found) == [26, 39, 2, 15, 28, 41, 0]
    assert found.steps[0].score is None


def test_a_mix_goes_on_by_the_same_rules_to_the_length_that_is_asked_for() -> None:
    base, wish = of_the_default(), Sequencing(chunks=20)
    found = revised(base, {"edit": "lengthen", "chunks": 30}, wish=wish)
    assert order_of(found)[:20] == order_of(base)
    assert len(set(order_of(found))) == 30
    replays = sum(
        after == before + 1 for before, after in zip(order_of(found), order_of(found)[1:], strict=False)
    )
    assert replays <= 15
    seconds = revised(base, {"edit": "lengthen", "duration_s": 100}, wish=wish)
    assert len(seconds.steps) == 25
    drawn = Sequencing(chunks=20, method="sample", seed=3)
    assert revised(base, {"edit": "lengthen", "chunks": 30}, wish=drawn) == revised(
        base, {"edit": "lengthen", "chunks": 30}, wish=drawn
    )


def test_a_mix_that_was_to_end_with_a_chunk_still_does() -> None:
    wish = Sequencing(chunks=8, end=End(song=D, chunk=5), start=Start(song=A))
    found = revised(sequence_of(ORDER), {"edit": "lengthen", "chunks": 12}, wish=wish)
    assert order_of(found)[:7] == ORDER[:7]
    assert order_of(found)[-1] == 41


def test_a_seam_keeps_its_manner_until_one_of_its_chunks_changes() -> None:
    seam = {"edit": "seam", "position": 4, "manner": "cut"}
    found = revised(sequence_of(ORDER), seam, {"edit": "seam", "position": 4, "nudge_ms": -250})
    assert found.steps[4].seam == SeamWish(manner="cut", nudge_s=-0.25)
    assert found.seam_wishes == {4: SeamWish(manner="cut", nudge_s=-0.25)}
    moved = revised(found, {"edit": "remove", "position": 1})
    assert moved.seam_wishes == {3: SeamWish(manner="cut", nudge_s=-0.25)}
    assert revised(found, {"edit": "swap", "position": 3}).seam_wishes == {}
    reset = revised(found, {"edit": "seam", "position": 4, "manner": "auto", "nudge_ms": 0})
    assert reset.seam_wishes == {}


def test_beats_are_counted_in_the_song_that_is_entered() -> None:
    beats = Rhythm(np.arange(0, 60, 0.5), np.zeros(120, np.bool_), 1.0, 0.0)
    by_beats = {"edit": "seam", "position": 4, "nudge_beats": 1.5, "nudge_ms": 10}
    found = revised(sequence_of(ORDER), by_beats, stock=stock_of(rhythms={A: beats}))
    assert found.steps[4].seam == SeamWish(nudge_s=0.76)
    with pytest.raises(EditImpossible, match="no beat is known"):
        revised(sequence_of(ORDER), by_beats)
    swap = {"edit": "seam", "position": 4, "manner": "bass_swap"}
    with pytest.raises(EditImpossible, match=r"bass swap needs the beat.*Dot"):
        revised(sequence_of(ORDER), swap, stock=stock_of(rhythms={A: beats}))
    known = revised(sequence_of(ORDER), swap, stock=stock_of(rhythms={A: beats, D: beats}))
    assert known.steps[4].seam == SeamWish(manner="bass_swap")


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ({"edit": "swap", "position": 8}, "position 8 is asked for, and the mix has 8 chunks"),
        ({"edit": "swap", "position": 1, "by": {"song": B, "chunk": 3}}, "in the mix already, at position 5"),
        ({"edit": "swap", "position": 1, "by": {"song": B, "chunk": 99}}, "has no chunk 99"),
        ({"edit": "swap", "position": 1, "by": {"song": "e" * 64, "chunk": 0}}, "not among those"),
        ({"edit": "ban", "song": "e" * 64}, "not among those"),
        ({"edit": "ban", "song": A, "chunk": 99}, "has no chunk 99"),
        ({"edit": "seam", "position": 8, "manner": "cut"}, "the mix has 7 seams"),
        ({"edit": "seam", "position": 1, "nudge_ms": 1500}, "lasts 4.0 s"),
        ({"edit": "lengthen", "chunks": 8}, "the mix has 8"),
        ({"edit": "lengthen", "chunks": 49}, "the pool has 48"),
        ({"edit": "lengthen", "duration_s": 20}, "last 32.0 s"),
        ({"edit": "lengthen", "duration_s": 500}, "last 192.0 s"),
    ],
)
def test_what_cannot_be_is_refused_with_what_was_found(edit: dict[str, Any], said: str) -> None:
    with pytest.raises(EditImpossible, match="Edit 0") as caught:
        revised(sequence_of(ORDER), edit)
    assert said in str(caught.value)


def test_where_the_song_plays_on_there_is_no_seam() -> None:
    with pytest.raises(EditImpossible, match="nothing is joined"):
        revised(sequence_of([0, 1, 2]), {"edit": "seam", "position": 1, "manner": "cut"})
    with pytest.raises(EditImpossible, match="joined plainly"):
        revised(sequence_of(ORDER), {"edit": "seam", "position": 1, "manner": "cut"}, blended=False)


def test_a_mix_of_nothing_but_what_is_banned_is_refused() -> None:
    with pytest.raises(EditImpossible, match="do not fill"):
        revised(sequence_of([0, 1, 2]), {"edit": "ban", "song": A})


def test_an_old_sequence_without_marks_can_be_revised() -> None:
    plain = sequence_of(ORDER).model_dump()
    for step in plain["steps"]:
        del step["pinned"], step["seam"], step["passed"]
    del plain["banned"], plain["edits"]
    assert (
        order_of(revised(SequenceFacts.model_validate(plain), {"edit": "remove", "position": 0})) == ORDER[1:]
    )


def test_a_mix_without_limits_knows_none_when_it_is_changed() -> None:
    in_force = NO_LIMITS.model_dump()
    assert in_force.pop("least_songs") == 1
    assert set(in_force.values()) == {None}
    assert set(in_force) | {"least_songs"} == set(Limits.model_fields)


def test_what_is_changed_keeps_a_mix_opening_with_an_intro_and_closing_with_an_ending() -> None:
    stock, wish = stock_of(formed=True), Sequencing(chunks=8)
    chunks = stock.chunks
    order = np.array([0, 5, 6, 17, 30, 31, 40, 47])
    base = sequence_of(order.tolist(), form=chunks.told(order))
    edits = [{"edit": "swap", "position": place} for place in (0, 3, 7)]
    found = revised(base, *edits, {"edit": "ban", "song": C}, wish=wish, stock=stock)
    numbers = [chunk % CHUNKS for chunk in order_of(found)]
    assert order_of(found)[0] != 0
    assert order_of(found)[-1] != 47
    assert (numbers[0], numbers[-1]) == (0, CHUNKS - 1)
    assert not {0, CHUNKS - 1} & set(numbers[1:-1])
    assert found.form is not None
    assert (found.form.intro, found.form.ending) == (True, True)
    longer = revised(base, {"edit": "lengthen", "chunks": 12}, wish=wish, stock=stock)
    numbers = [chunk % CHUNKS for chunk in order_of(longer)]
    assert (len(numbers), numbers[0], numbers[-1]) == (12, 0, CHUNKS - 1)
    assert not {0, CHUNKS - 1} & set(numbers[1:-1])

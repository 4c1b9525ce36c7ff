"""Edits: what they may be, and what is refused of a list of them by positions alone."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.errors import EditImpossible
from shared.revision_checks import check_edits
from shared.revisions import MAX_EDITS, Edits

EDITS: TypeAdapter[Edits] = TypeAdapter(Edits)
SONG, OTHER = "a" * 64, "b" * 64


def check(
    *edits: dict[str, Any], pinned: str = ".....", blended: bool = True, playing_on: Set[int] = frozenset()
) -> None:
    parsed = EDITS.validate_python(edits)
    marks = [mark == "P" for mark in pinned]
    check_edits(parsed, marks, songs={SONG}, blended=blended, playing_on=playing_on)


@pytest.mark.parametrize(
    "edit",
    [
        {"edit": "swap", "position": -1},
        {"edit": "swap", "position": 1, "with": "x"},
        {"edit": "ban", "song": "night"},
        {"edit": "pin", "first": 3, "last": 2},
        {"edit": "seam", "position": 0, "manner": "cut"},
        {"edit": "seam", "position": 1},
        {"edit": "seam", "position": 1, "manner": "spin"},
        {"edit": "seam", "position": 1, "nudge_ms": 4001},
        {"edit": "seam", "position": 1, "nudge_ms": float("nan")},
        {"edit": "lengthen"},
        {"edit": "lengthen", "chunks": 9, "duration_s": 60},
        {"edit": "shuffle"},
    ],
    ids=str,
)
def test_an_edit_that_means_nothing_is_none(edit: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        EDITS.validate_python([edit])


def test_a_list_of_edits_has_one_at_least_and_not_too_many() -> None:
    for number in (0, MAX_EDITS + 1):
        with pytest.raises(ValidationError):
            EDITS.validate_python([{"edit": "remove", "position": 0}] * number)


def test_each_edit_is_made_to_what_those_before_it_leave() -> None:
    check({"edit": "lengthen", "chunks": 8}, {"edit": "swap", "position": 7})
    check({"edit": "unpin", "first": 0, "last": 4}, {"edit": "swap", "position": 2}, pinned="PPPPP")
    check({"edit": "remove", "position": 0}, {"edit": "swap", "position": 2}, pinned="..P..")
    with pytest.raises(EditImpossible, match=r"Edit 1 \(`swap`\).*the mix has 4 chunks"):
        check({"edit": "remove", "position": 0}, {"edit": "swap", "position": 4})
    with pytest.raises(EditImpossible, match="position 1 is pinned"):
        check({"edit": "move", "position": 0, "to": 4}, {"edit": "swap", "position": 1}, pinned="..P..")
    with pytest.raises(EditImpossible, match="position 2 is pinned"):
        check({"edit": "pin", "first": 1, "last": 3}, {"edit": "remove", "position": 2})
    # How long it is then is not known here.
    check({"edit": "lengthen", "duration_s": 600}, {"edit": "swap", "position": 99})


def test_nothing_is_put_into_a_pinned_section_but_beside_it() -> None:
    for to in (1, 3):
        check({"edit": "move", "position": 0 if to == 3 else 4, "to": to}, pinned=".PP..")
    with pytest.raises(EditImpossible, match="inside of a pinned section"):
        check({"edit": "move", "position": 4, "to": 2}, pinned=".PP..")


def test_songs_that_are_not_in_the_pool_and_seams_of_plain_mixes_are_refused() -> None:
    check({"edit": "ban", "song": SONG})
    with pytest.raises(EditImpossible, match="not among those"):
        check({"edit": "ban", "song": OTHER})
    with pytest.raises(EditImpossible, match="joined plainly"):
        check({"edit": "seam", "position": 1, "manner": "cut"}, blended=False)
    with pytest.raises(EditImpossible, match="none would be left"):
        check({"edit": "remove", "position": 0}, pinned=".")


def test_where_the_song_plays_on_nothing_is_joined_until_another_chunk_may_stand_there() -> None:
    seam = {"edit": "seam", "position": 2, "manner": "cut"}
    check(seam, playing_on={1, 3})
    check({"edit": "swap", "position": 1}, seam, playing_on={2})
    with pytest.raises(EditImpossible, match="position 2 the song plays on"):
        check({"edit": "pin", "first": 0, "last": 3}, seam, playing_on={2})

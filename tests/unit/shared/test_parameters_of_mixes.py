"""What may be asked of a mix, before any song is looked at."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from shared.parameters import End, Sequencing

SONG = "a" * 64


def test_a_time_takes_the_place_of_the_number_of_chunks() -> None:
    assert (Sequencing().chunks, Sequencing().duration_s) == (30, None)
    timed = Sequencing(duration_s=90)
    assert (timed.chunks, timed.duration_s) == (None, 90)
    assert Sequencing.model_validate(timed.model_dump(mode="json")) == timed


def test_accept_above_is_the_walk_of_the_study() -> None:
    assert Sequencing().method == "beam"
    assert Sequencing(accept_above=0.99).method == "greedy"


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"chunks": 3, "duration_s": 9}, "either chunks or duration_s"),
        ({"chunks": None}, "either chunks or duration_s"),
        ({"method": "beam", "accept_above": 0.9}, "accept_above belongs to the method greedy"),
        ({"method": "greedy", "end": End(song=SONG)}, "greedy knows no end"),
        ({"method": "greedy", "must": (SONG,)}, "greedy knows no must"),
        ({"accept_above": 0.9, "duration_s": 9}, "greedy knows no duration_s"),
        ({"limits": {"most_replay": 2}}, "most_replay"),
        ({"temperature": 0}, "temperature"),
    ],
)
def test_what_does_not_fit_together_is_refused(asked: dict[str, Any], found: str) -> None:
    with pytest.raises(ValidationError, match=found):
        Sequencing(**asked)

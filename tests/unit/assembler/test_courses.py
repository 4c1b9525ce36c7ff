"""The course of a mix in words."""

from __future__ import annotations

import pytest

from services.assembler.courses import course_of, telling_steps


@pytest.mark.parametrize(
    ("titles", "told"),
    [
        ([], ""),
        (["Night"], "Night (1)"),
        (["Night", "Night", "Day", "Night"], "Night (2), Day (1), Night (1)"),
        (list("abbcde"), "… b (2), c (1), d (1), e (1)"),
        (["A title that goes on and on"], "A title that goes on and (1)"),
    ],
)
def test_the_last_songs_are_told_with_their_chunks(titles: list[str], told: str) -> None:
    assert course_of(titles) == told


def test_a_sequence_is_told_as_it_grows_and_a_title_is_asked_for_once() -> None:
    asked: list[str] = []
    told: list[tuple[int, int, str]] = []

    def title_of(song: str) -> str:
        asked.append(song)
        return song.upper()

    on_step = telling_steps(["a", "a", "b"], title_of, lambda *step: told.append(step))
    for placed in ((2,), (2, 0), (2, 0, 1)):
        on_step(placed, 2)
    assert told == [(1, 2, "B (1)"), (2, 2, "B (1), A (1)"), (2, 2, "B (1), A (2)")]
    assert asked == ["b", "a"]

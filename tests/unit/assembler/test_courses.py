"""The course of a mix in words."""

from __future__ import annotations

import pytest

from services.assembler.courses import course_of


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

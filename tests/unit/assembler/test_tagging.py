from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.assembler.tagging import MAX_TEXT, clean_text, metadata_arguments


@given(st.text(max_size=400))
def test_any_text_becomes_one_short_line_that_stays_as_it_is(text: str) -> None:
    cleaned = clean_text(text)
    assert len(cleaned) <= MAX_TEXT
    assert cleaned.isprintable()
    assert clean_text(cleaned) == cleaned


def test_lines_are_joined_and_letters_composed() -> None:
    assert clean_text(" a\r\n\tb\x00\x1b[31m\u202e cafe\u0301 ") == "a b[31m caf\u00e9"


def test_long_text_says_that_it_goes_on() -> None:
    assert clean_text("x" * 300) == "x" * (MAX_TEXT - 1) + "…"


def test_text_that_looks_like_an_option_stays_an_argument_of_its_own() -> None:
    assert metadata_arguments({"title": "-y /etc/passwd", "artist": ""}) == [
        "-metadata",
        "title=-y /etc/passwd",
    ]


def test_an_unknown_tag_is_refused() -> None:
    with pytest.raises(ValueError, match="lyrics"):
        metadata_arguments({"lyrics": "la"})

"""The course of a mix in words, for whoever watches it being made."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

LAST_SONGS = 4
"""So many are told: a note has one line."""
LONGEST_TITLE = 24


def course_of(titles: Sequence[str]) -> str:
    """Tell the songs of chunks in a row, each with how many chunks it plays on: `… Night (3), Day (1)`.

    Args:
        titles: of the song of each chunk, in order.
    """
    runs = [(title, len(list(run))) for title, run in groupby(titles)]
    told = ", ".join(f"{title[:LONGEST_TITLE]} ({count})" for title, count in runs[-LAST_SONGS:])
    return told if len(runs) <= LAST_SONGS else f"… {told}"

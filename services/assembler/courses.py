"""The course of a mix in words, for whoever watches it being made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import groupby

from services.assembler.sequencing import OnStep

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


def telling_steps(
    songs: Sequence[str], title_of: Callable[[str], str], tell: Callable[[int, int, str], None]
) -> OnStep:
    """Return what tells of a sequence as it grows.

    Args:
        songs: the song of each chunk of the pool.
        title_of: given a song; asked once for each that appears.
        tell: called with (chunks placed, chunks in the mix, the course so far); it may raise to stop.
    """
    title = lru_cache(maxsize=None)(title_of)

    def on_step(placed: tuple[int, ...], total: int) -> None:
        tell(min(len(placed), total), total, course_of([title(songs[chunk]) for chunk in placed]))

    return on_step

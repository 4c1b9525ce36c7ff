"""Chapters of a mix: one for each section, named after the song and where in it that lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.assembler.extras.sections import Section
from services.assembler.tagging import clean_text

__all__ = ["CHAPTERS_MAX", "Chapter", "chapters_of", "clock"]

CHAPTERS_MAX = 255
"""What a table of contents in ID3 can list."""

_TITLE_MAX = 120


@dataclass(frozen=True)
class Chapter:
    """One chapter.

    Attributes:
        start_s, end_s: in the mix.
        title: one line of visible text.
    """

    start_s: float
    end_s: float
    title: str


def chapters_of(sections: Sequence[Section], *, duration_s: float) -> list[Chapter]:
    """Return the chapters of a mix, end to end; past `CHAPTERS_MAX`, the last one holds the rest."""
    shown = sections[:CHAPTERS_MAX]
    ends = [*(section.start_s for section in shown[1:]), duration_s]
    return [
        Chapter(section.start_s, end, f"{song_name(section)} ({source_range(section)})")
        for section, end in zip(shown, ends, strict=True)
    ]


def song_name(section: Section) -> str:
    """Return what a song is called: cleaned, and never empty."""
    return clean_text(section.title, limit=_TITLE_MAX) or section.song[:12]


def source_range(section: Section) -> str:
    """Return where in its song a section lies, such as `1:02–1:17`."""
    return f"{clock(section.source_start_s)}–{clock(section.source_end_s)}"


def clock(time_s: float) -> str:
    """Return a time as minutes and seconds, such as `1:02`."""
    minutes, seconds = divmod(round(max(0.0, time_s)), 60)
    return f"{minutes}:{seconds:02d}"

"""What commands print: results on standard output, everything else on standard error."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

SHOWN_ID = 12
COLOURS = ("#2f8fd0", "#e0803a", "#3fa66b", "#b86bc9", "#c2a02a", "#d65a6a", "#5fb3b3", "#8c8c8c")
"""Of what is told apart, in turn; as in plots of experiments."""
MUTED = "#707070"
"""Of what stands behind the rest."""
PIPED_WIDTH = 200
"""Of tables that go into a file or another program, where no line should be folded."""
_FOLDED = ("title", "song", "what", "why", "")
"""Headings of columns that give way where the terminal is narrow."""
_STATE_STYLES = {
    "succeeded": "green",
    "ready": "green",
    "failed": "red",
    "rejected": "red",
    "running": "cyan",
}

console = Console(markup=False, highlight=False, emoji=False)
notes = Console(stderr=True, markup=False, highlight=False, emoji=False)


def note(text: str, *, style: str | None = None) -> None:
    """Tell something beside the result."""
    notes.print(text, style=style, soft_wrap=True)


def note_left_out(key: str) -> None:
    """Tell of a record that a list leaves out."""
    note(
        f"{key} cannot be read and is left out: it is damaged, or written by a later release. Take it from a "
        "backup, or update Segue.",
        style="yellow",
    )


def say(text: str) -> None:
    """Print a line of the result."""
    console.print(text, soft_wrap=True)


def print_json(document: Any) -> None:
    """Print a document for programs."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    print(text, flush=True)  # noqa: T201  # rich would fold long lines


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table: as wide as the terminal, or without folding where there is none."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold", no_wrap=heading not in _FOLDED)
    for row in rows:
        table.add_row(*(Text(cell, style=_STATE_STYLES.get(cell, "")) for cell in row))
    width = None if console.is_terminal else PIPED_WIDTH
    Console(width=width, markup=False, highlight=False, emoji=False).print(table)


def print_fields(document: dict[str, Any]) -> None:
    """Print a document as lines of name and value, its id first."""
    width = max((len(name) for name in document), default=0)
    for name in sorted(document, key=lambda name: name != "id"):
        say(f"{name:<{width}}  {_plain(document[name])}")


def short_id(identifier: str) -> str:
    """Return the part of an id that tables show."""
    return identifier[:SHOWN_ID]


def duration(seconds: float | None) -> str:
    """Return a length of time such as `0:07`, `3:25` or `1:02:03`."""
    if seconds is None:
        return "-"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def size(size_bytes: float) -> str:
    """Return a number of bytes such as `512 B`, `4.1 MB` or `2.0 GB`."""
    if size_bytes < 1000:
        return f"{size_bytes:.0f} B"
    for unit in ("kB", "MB", "GB"):
        size_bytes /= 1000
        if size_bytes < 999.95:
            return f"{size_bytes:.1f} {unit}"
    return f"{size_bytes / 1000:.1f} TB"


def moment(timestamp: str) -> str:
    """Return an ISO 8601 time as local time, to the minute."""
    return datetime.fromisoformat(timestamp).astimezone().strftime("%Y-%m-%d %H:%M")


def number(value: float | None, digits: int = 3) -> str:
    """Return a figure with so many decimals, or a dash."""
    return "-" if value is None else f"{value:.{digits}f}"


def counted(count: int, noun: str) -> str:
    """Return a count with its noun, such as `1 song` or `5 songs`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _plain(value: Any) -> str:
    match value:
        case None:
            return "-"
        case str():
            return value
        case {"type": _, "detail": str(detail)}:  # A problem document.
            return detail
        case [{"name": _, "done": _, "total": _}, *_]:  # The stages of a job.
            return ", ".join(f"{stage['name']} {stage['done']}/{stage['total']}" for stage in value)
        case [dict(), *_]:
            return f"{len(value)} (--json shows them)"
        case _:
            return json.dumps(value, ensure_ascii=False)

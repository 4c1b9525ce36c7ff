"""Text that goes into files: tags and cue sheets. What users and songs bring is data, shown and nothing else."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping

__all__ = ["MAX_COMMENT", "MAX_TEXT", "TAG_NAMES", "clean_text", "metadata_arguments", "songs_comment"]

TAG_NAMES = frozenset({"title", "artist", "album", "comment"})
MAX_TEXT = 200
MAX_COMMENT = 2000
UNSEEN = frozenset({"Cc", "Cf", "Cs"})
"""Unicode's control, format and surrogate characters: no reader sees them, and some turn text around."""


def clean_text(text: str, *, limit: int = MAX_TEXT) -> str:
    """Return text as one visible line of at most `limit` characters, composed (NFC)."""
    one_line = " ".join(text.split())
    visible = "".join(
        c for c in unicodedata.normalize("NFC", one_line) if unicodedata.category(c) not in UNSEEN
    )
    return visible if len(visible) <= limit else visible[: limit - 1].rstrip() + "…"


def songs_comment(titles: Iterable[str]) -> str:
    """Name the songs of a mix in one line, each once, in the order they first sound.

    Those that do not fit into a comment are counted.
    """
    names = list(dict.fromkeys(clean_text(title) for title in titles))
    line = "Made of " + "; ".join(names)
    if len(line) <= MAX_COMMENT:
        return line
    room = MAX_COMMENT - len("; and 10000 more")
    while len(line) > room:
        line = line[: line.rindex("; ")]
    return f"{line}; and {len(names) - line.count('; ') - 1} more"


def metadata_arguments(tags: Mapping[str, str]) -> list[str]:
    """Return ffmpeg's arguments for tags. Empty ones are left out.

    Raises:
        ValueError: a name is none of `TAG_NAMES`.
    """
    if unknown := tags.keys() - TAG_NAMES:
        raise ValueError(f"no such tags: {', '.join(sorted(unknown))}")
    arguments = []
    for name, text in sorted(tags.items()):
        if cleaned := clean_text(text, limit=MAX_COMMENT if name == "comment" else MAX_TEXT):
            arguments += ["-metadata", f"{name}={cleaned}"]
    return arguments

"""Names that come from outside: text to be shown, and nothing else."""

from __future__ import annotations

from shared.sound.decoding import clean_text

UNNAMED = "untitled"


def clean_name(name: str | None) -> str:
    """Return a file's name without folders, as one visible line (NFC, at most 200 characters)."""
    last = (name or "").replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    return clean_text(last) or UNNAMED

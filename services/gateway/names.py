"""Names that come from outside: text to be shown, and nothing else."""

from __future__ import annotations

import re

from shared.sound.decoding import clean_text

UNNAMED = "untitled"
_ID = re.compile(r"[0-9a-f]{32}")


def clean_name(name: str | None) -> str:
    """Return a file's name without folders, as one visible line (NFC, at most 200 characters)."""
    last = (name or "").replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    return clean_text(last) or UNNAMED


def is_id(name: str) -> bool:
    """Tell whether a name is the id of a job, an upload or a vote; artifacts have longer ones."""
    return _ID.fullmatch(name) is not None

"""Tags of a mix. What users and songs bring is text to be shown, and nothing else."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

__all__ = ["clean_text", "cleaned_tags", "metadata_arguments"]

TAG_NAMES = frozenset({"title", "artist", "album", "comment"})
MAX_TEXT = 200
MAX_COMMENT = 2000


def clean_text(text: str, *, limit: int = MAX_TEXT) -> str:
    """Return text as one visible line of at most `limit` characters, composed (NFC).

    Control and format characters are dropped: no reader sees them, and some turn text around.
    """
    seen = "".join(" " if c.isspace() else c for c in text if c.isspace() or c.isprintable())
    visible = " ".join(unicodedata.normalize("NFC", seen).split())
    return visible if len(visible) <= limit else visible[: limit - 1].rstrip() + "…"


def cleaned_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Return tags as text that can be shown, in the order of their names. Empty ones are left out.

    Raises:
        ValueError: a name is none of `TAG_NAMES`.
    """
    if unknown := tags.keys() - TAG_NAMES:
        raise ValueError(f"no such tags: {', '.join(sorted(unknown))}")
    cleaned = {
        name: clean_text(text, limit=MAX_COMMENT if name == "comment" else MAX_TEXT)
        for name, text in sorted(tags.items())
    }
    return {name: text for name, text in cleaned.items() if text}


def metadata_arguments(tags: Mapping[str, str]) -> list[str]:
    """Return ffmpeg's arguments for tags. Empty ones are left out.

    Raises:
        ValueError: a name is none of `TAG_NAMES`.
    """
    return [part for name, text in cleaned_tags(tags).items() for part in ("-metadata", f"{name}={text}")]

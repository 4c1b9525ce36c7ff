"""Icy metadata: what plays now, told between the bytes of a stream every so often.

After each `METAINT` bytes of sound comes one byte that counts what follows in units of 16, and then, where
the title has changed, `StreamTitle='...';` with zeros to fill the last unit.
"""

from __future__ import annotations

from shared.sound.decoding import clean_text

__all__ = ["METAINT", "IcyWriter", "stream_title"]

METAINT = 16_000
_UNIT = 16
_MOST_UNITS = 255


class IcyWriter:
    """Weave titles into one listener's stream."""

    def __init__(self, metaint: int = METAINT) -> None:
        self._metaint = metaint
        self._left = metaint
        self._told: str | None = None

    def weave(self, sound: bytes, title: str) -> bytes:
        """Return the next bytes of sound with the metadata that is due among them."""
        parts, at = [], 0
        while at < len(sound):
            part = sound[at : at + self._left]
            parts.append(part)
            at += len(part)
            self._left -= len(part)
            if self._left == 0:
                parts.append(self._metadata(title))
                self._left = self._metaint
        return b"".join(parts)

    def _metadata(self, title: str) -> bytes:
        if title == self._told:
            return b"\0"
        self._told = title
        # Players look for the quote and the semicolon that end it.
        shown = title.replace("'", "\N{RIGHT SINGLE QUOTATION MARK}").encode()
        most = _MOST_UNITS * _UNIT - len(b"StreamTitle='';")
        shown = shown[:most].decode(errors="ignore").encode()
        text = b"StreamTitle='" + shown + b"';"
        units = -(-len(text) // _UNIT)
        return bytes([units]) + text.ljust(units * _UNIT, b"\0")


def stream_title(title: str, artist: str | None) -> str:
    """Return how a song is named to players."""
    shown = clean_text(title) or "untitled"
    by = clean_text(artist) if artist else None
    return f"{by} - {shown}" if by else shown

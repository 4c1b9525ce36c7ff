"""What a listener may wish while a radio plays, and what it means for the programme. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shared.airing import Remark
from shared.radio import Entry

__all__ = ["Wish", "heard_at", "remark_of"]

RATE_HZ = 44_100
LEAD_S = 6.0
"""A change is planned so far ahead that a worker can make it until then; if not, twice as far."""
MOST_LEAD_S = 48.0


@dataclass(frozen=True)
class Wish:
    """Not to hear something: for a while, or never again.

    Attributes:
        song: id of the song.
        chunk: only this one of its chunks; None: all of it.
        ban: never again.
        lead_s: how far ahead of what is sent the change comes.
    """

    song: str
    chunk: int | None = None
    ban: bool = False
    lead_s: float = LEAD_S

    def later(self) -> Wish:
        """Return the wish for a change farther ahead."""
        return replace(self, lead_s=min(2 * self.lead_s, MOST_LEAD_S))


def heard_at(entries: Sequence[Entry], sample: int) -> Entry | None:
    """Return what sounds at a sample of the radio."""
    begun = [entry for entry in entries if entry.begins <= sample]
    return begun[-1] if begun else None


def remark_of(wish: Wish, entries: Sequence[Entry], sample: int) -> Remark:
    """Return what a wish means at a sample of the radio, for the block whose entries these are.

    If what sounds there is what the wish is about, it is left there; otherwise it is played to its end.
    """
    playing = heard_at(entries, sample) or entries[0]
    is_meant = playing.song == wish.song and wish.chunk in (None, playing.chunk)
    stop_s = playing.source_s + max(0, sample - playing.begins) / RATE_HZ
    return Remark(
        piece=playing.piece,
        stop_s=max(0.0, stop_s) if is_meant else None,
        song=wish.song,
        chunk=wish.chunk,
        ban=wish.ban,
    )

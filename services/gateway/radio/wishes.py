"""What listeners may wish while a radio plays, and what it means for the programme. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from shared.airing import Remark
from shared.errors import RadioBusy
from shared.radio import Entry

__all__ = ["Wish", "Wishes", "heard_at", "leaves_some", "remark_of"]

RATE_HZ = 44_100
LEAD_S = 6.0
"""A change is planned so far ahead that a worker can make it until then; if not, twice as far."""
MOST_LEAD_S = 48.0
MOST_WAITING = 100
"""Each wish costs a block that is made again."""


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

    def is_like(self, other: Wish) -> bool:
        """Tell whether two wishes want the same."""
        return replace(self, lead_s=0.0) == replace(other, lead_s=0.0)


class Wishes:
    """Wishes in the order in which they came, each once until it is heard."""

    def __init__(self) -> None:
        self._waiting: deque[Wish] = deque()
        self._granted: list[tuple[Wish, int]] = []

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, wish: Wish, frame: int) -> None:
        """Take a wish, at a frame of the radio. One that is on its way already changes nothing.

        Raises:
            RadioBusy: too many wait.
        """
        self._granted = [(granted, heard) for granted, heard in self._granted if heard > frame]
        known = [*self._waiting, *(granted for granted, _ in self._granted)]
        if any(wish.is_like(other) for other in known):
            return
        if len(self._waiting) >= MOST_WAITING:
            raise RadioBusy(f"{MOST_WAITING} wishes wait", instead="Wait until some are fulfilled.")
        self._waiting.append(wish)

    def first(self) -> Wish:
        """Return the one that waits longest; it stays until it is granted."""
        return self._waiting[0]

    def put_off(self) -> None:
        """Try the first again, farther ahead."""
        self._waiting[0] = self._waiting[0].later()

    def grant(self, frame: int) -> None:
        """Note that the first will be heard at a frame of the radio."""
        self._granted.append((self._waiting.popleft(), frame))


def heard_at(entries: Sequence[Entry], sample: int) -> Entry | None:
    """Return what sounds at a sample of the radio."""
    begun = [entry for entry in entries if entry.begins <= sample]
    return begun[-1] if begun else None


def leaves_some(chunks: Mapping[str, int], banned: set[tuple[str, int | None]]) -> bool:
    """Tell whether anything may still be played.

    Args:
        chunks: how many each song of the pool has.
        banned: songs and numbers of chunks; None: all of the song.
    """
    return any(
        (song, None) not in banned and any((song, chunk) not in banned for chunk in range(count))
        for song, count in chunks.items()
    )


def remark_of(wish: Wish, entries: Sequence[Entry], sample: int) -> Remark:
    """Return what a wish means at a sample of the radio, for the block whose entries these are.

    If what sounds there is what the wish is about, it is left there; otherwise it is played to its end.
    """
    playing = heard_at(entries, sample) or entries[0]
    is_meant = playing.song == wish.song and wish.chunk in (None, playing.chunk)
    # At another tempo it is some tenths of a second elsewhere: a wish need not be heard to the instant.
    stop_s = playing.source_s + max(0, sample - playing.begins) / RATE_HZ
    return Remark(
        piece=playing.piece,
        stop_s=max(0.0, stop_s) if is_meant else None,
        song=wish.song,
        chunk=wish.chunk,
        ban=wish.ban,
    )

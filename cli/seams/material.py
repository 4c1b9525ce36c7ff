"""What is listened to: the seams of a mix, by its report, and the same places in songs that play on.

A seam is held against two places where nothing was joined: where its first song was left, and where its
second was entered. There the songs play on, through the same gain, limiter and encoder, in a mix of whole
songs. So what comes before a seam comes before one of its natural places, too, and what comes after it after
the other: only a joint tells them apart, not what kind of place a seam is put at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.sound.seams import is_replay

__all__ = ["Seam", "Spot", "Whole", "Window", "natural_windows", "seams_of", "window_of"]

CONTINUES = "continues"
Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Spot:
    """A place in a song: its id, and seconds from its beginning."""

    song: str
    at_s: float


@dataclass(frozen=True)
class Seam:
    """A place of a mix where something was joined that is no replay.

    Attributes:
        mix: number of the mix among those that are looked at.
        at_s: where it lies in the mix: the middle of its fade.
        fade_s: length of the fade; 0 without one.
        fades_s: of the fade, how long each of its bands takes, low to high; none: all of it.
        before_s, after_s: how far away the nearest other seam or the mix's end is, on either side.
        left, entered: the same instant in both songs.
    """

    mix: int
    at_s: float
    fade_s: float
    fades_s: tuple[float, ...]
    before_s: float
    after_s: float
    left: Spot
    entered: Spot

    @property
    def same_song(self) -> bool:
        """Tell whether it joins two places of one song."""
        return self.left.song == self.entered.song


@dataclass(frozen=True)
class Window:
    """What is looked at around a place of a sound, in seconds; nothing beyond `before_s` and `after_s`."""

    at_s: float
    before_s: float
    after_s: float


@dataclass(frozen=True)
class Whole:
    """A mix of whole songs, one after another: where each lies in it.

    Attributes:
        spans: by song, for each stretch of it: where it begins in the song, where in the mix, where it ends
            there.
    """

    spans: dict[str, list[tuple[float, float, float]]]

    @classmethod
    def of(cls, report: Entry) -> Whole:
        """Read a mix's report."""
        spans: dict[str, list[tuple[float, float, float]]] = {}
        for entry in report["sequence"]:
            start_s = entry["source_start_s"] + _figure(entry, "enters_s")
            spans.setdefault(entry["song"], []).append((start_s, entry["mix_start_s"], entry["mix_end_s"]))
        return cls(spans)

    def window(self, spot: Spot, before_s: float, after_s: float) -> Window | None:
        """Return a place of a song in the mix, with its song alone around it; None: it is not there."""
        for start_s, mix_start_s, mix_end_s in self.spans.get(spot.song, []):
            at_s = mix_start_s + spot.at_s - start_s
            if mix_start_s < at_s < mix_end_s:
                return Window(at_s, min(before_s, at_s - mix_start_s), min(after_s, mix_end_s - at_s))
        return None


def seams_of(report: Entry, mix: int) -> list[Seam]:
    """Return the seams of a mix that are no replays, in order."""
    entries: Sequence[Entry] = report["sequence"]
    steps = [(entry["song"], entry["chunk"]) for entry in entries]
    joined = [number for number, entry in enumerate(entries) if _manner(entry) not in (None, CONTINUES)]
    ends = [0.0, *(entries[number]["mix_start_s"] for number in joined), entries[-1]["mix_end_s"]]
    return [
        Seam(
            mix,
            at_s,
            _figure(entries[number], "fade_s"),
            tuple(entries[number]["seam"].get("fades_s", ())),
            at_s - earlier_s,
            later_s - at_s,
            Spot(entries[number - 1]["song"], _left_s(entries[number - 1], entries[number])),
            Spot(
                entries[number]["song"],
                entries[number]["source_start_s"] + _figure(entries[number], "enters_s"),
            ),
        )
        for number, earlier_s, at_s, later_s in zip(joined, ends, ends[1:], ends[2:], strict=False)
        if not is_replay(steps[number - 1], steps[number])
    ]


def window_of(seam: Seam) -> Window:
    """Return what is looked at around a seam."""
    return Window(seam.at_s, seam.before_s, seam.after_s)


def natural_windows(seam: Seam, whole: Whole) -> list[tuple[str, Window]]:
    """Return by song where a seam's songs play on, at the same places, cut off at the same distances."""
    found = [
        (spot.song, whole.window(spot, seam.before_s, seam.after_s)) for spot in (seam.left, seam.entered)
    ]
    return [(song, window) for song, window in found if window is not None]


def _left_s(before: Entry, after: Entry) -> float:
    return float(before["source_end_s"] + _figure(after, "leaves_s"))


def _manner(entry: Entry) -> str | None:
    return entry["seam"]["manner"] if entry["seam"] else None


def _figure(entry: Entry, name: str) -> float:
    return float(entry["seam"][name]) if entry["seam"] else 0.0

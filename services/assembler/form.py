"""Where chunks lie in the form of their songs: beginnings and ends, sections, bars. Pure arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from shared.store.manifests import AnalysisFacts, FormFacts

__all__ = ["Form", "Spans", "sections_of"]

Doubles = NDArray[np.float64]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]

NEAR_BARS, NEAR_S = 0.5, 1.0
"""An edge is at a boundary no farther away than half a bar, or a second without a beat. A seam may move by as
much to meet it; a bar at 120 beats a minute lasts two seconds."""

APART_FROM = 4
"""What begins and ends a song is kept out of the midst of a mix where the song has so many chunks: a loop or
two has no inside."""


@dataclass(frozen=True)
class Spans:
    """Where each of n chunks lies in its song.

    Attributes:
        starts_s: float64, shape (n,): where it begins.
        stops_s: float64, shape (n,): where it ends.
        first: bool, shape (n,): whether nothing of its song comes before it.
        last: bool, shape (n,): whether nothing comes after it.
    """

    starts_s: Doubles
    stops_s: Doubles
    first: Mask
    last: Mask

    @property
    def durations_s(self) -> Doubles:
        """How long each is: float64, shape (n,)."""
        return self.stops_s - self.starts_s


@dataclass(frozen=True)
class Form:
    """What n chunks are in their songs.

    Attributes:
        first: bool, shape (n,): its song begins with it.
        last: bool, shape (n,): its song ends with it.
        apart: bool, shape (n,): whether it is one of these, in a song that has an inside.
        begins: float64, shape (n,): 1 where a section begins with it, else 0; NaN where that is not known.
        ends: float64, shape (n,): 1 where a section ends with it, else 0; NaN where that is not known.
        bars: float64, shape (n,): how many bars it lasts; NaN where no beat is sure.
    """

    first: Mask
    last: Mask
    apart: Mask
    begins: Doubles
    ends: Doubles
    bars: Doubles

    @classmethod
    def unknown(cls, chunks: int) -> Self:
        """Return the form of chunks of which nothing is known."""
        nowhere, unknown = np.zeros(chunks, np.bool_), np.full(chunks, np.nan)
        return cls(nowhere, nowhere, nowhere, unknown, unknown, unknown)

    @classmethod
    def of(
        cls,
        spans: Spans,
        song_of: Indices,
        songs: Sequence[str],
        analyses: Mapping[str, AnalysisFacts],
    ) -> Self:
        """Return the form of chunks, as far as their songs were analysed.

        Args:
            spans: where they lie.
            song_of: int64, shape (n,): the song of each, by its place in `songs`.
            songs: each once.
            analyses: by song.
        """
        chunks = len(song_of)
        begins, ends, bars = (np.full(chunks, np.nan) for _ in range(3))
        for place, song in enumerate(songs):
            found, own = analyses.get(song), song_of == place
            if found is None or not own.any():
                continue
            bar_s = _bar_s(found)
            near_s = NEAR_S if bar_s is None else NEAR_BARS * bar_s
            lines_s = np.array([*found.sections_s, spans.stops_s[own].max()])
            begins[own] = _distance(spans.starts_s[own], lines_s) <= near_s
            ends[own] = _distance(spans.stops_s[own], lines_s) <= near_s
            if bar_s is not None:
                bars[own] = (spans.stops_s[own] - spans.starts_s[own]) / bar_s
        whole = np.bincount(song_of, minlength=len(songs))[song_of] >= APART_FROM
        apart = (spans.first | spans.last) & whole
        return cls(spans.first, spans.last, apart, begins, ends, bars)

    def strays(self, last: int, among: Indices, goes_on: Mask, leaves_well: Doubles) -> Doubles:
        """Return how far steps are from going from a section's end to a section's beginning.

        Args:
            last: the chunk that is left.
            among: int64, shape (m,): those that may be entered.
            goes_on: bool, shape (m,): whether the song plays on into it, which breaks no section.
            leaves_well: float64, shape (n,): which begin a run that can be left where a section ends.

        Returns:
            float64, shape (m,): a third for each of these: a song is left in the midst of a section, one is
            entered so, it will be left so.
        """
        off = [1 - np.nan_to_num(known[among], nan=1.0) for known in (self.begins, leaves_well)]
        left = 1 - np.nan_to_num(self.ends[last], nan=1.0)
        return np.where(goes_on, 0.0, (off[0] + off[1] + left) / 3)

    def told(self, order: Indices, goes_on: Mask, durations_s: Doubles) -> FormFacts:
        """Tell the form of a mix.

        Args:
            order: int64, shape (length,): its chunks.
            goes_on: bool, shape (length - 1,): whether the song plays on into the chunk after each.
            durations_s: float64, shape (length,): how long each is.
        """
        left, entered = self.ends[order[:-1]][~goes_on], self.begins[order[1:]][~goes_on]
        runs = np.concatenate([[0], np.flatnonzero(~goes_on) + 1])
        bars = np.add.reduceat(self.bars[order], runs)
        beaten = ~np.isnan(bars)
        return FormFacts(
            intro=bool(self.first[order[0]]),
            ending=bool(self.last[order[-1]]),
            left_at_sections=_share(left),
            entered_at_sections=_share(entered),
            run_s=float(np.median(np.add.reduceat(durations_s, runs))),
            run_bars=float(np.median(bars[beaten])) if beaten.any() else None,
        )


def sections_of(analyses: Mapping[str, AnalysisFacts]) -> dict[str, list[float]]:
    """Return where the sections of songs begin, in seconds, by song."""
    return {song: found.sections_s for song, found in analyses.items()}


def _bar_s(found: AnalysisFacts) -> float | None:
    """Return how long a song's bars are; None without a sure beat."""
    if found.tempo_bpm is None:
        return None
    return 60 / found.tempo_bpm * (found.beats_per_bar or 4)


def _distance(edges_s: Doubles, lines_s: Doubles) -> Doubles:
    """Return how far edges are from the nearest of rising lines."""
    after = np.searchsorted(lines_s, edges_s).clip(1, len(lines_s) - 1)
    return np.minimum(np.abs(edges_s - lines_s[after - 1]), np.abs(lines_s[after] - edges_s))


def _share(known: Doubles) -> float | None:
    """Return the mean of what is known; None where nothing is."""
    return float(np.nanmean(known)) if (~np.isnan(known)).any() else None

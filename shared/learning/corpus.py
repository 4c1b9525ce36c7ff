"""What an approach learns from: the edges of several songs' chunks, in order, and whole songs as frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from shared.errors import NothingToLearn
from shared.sound.features import EDGE_FRAMES, LONG_STEP_HOPS, Edges
from shared.sound.mel import WINDOW_HOPS

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Cuts:
    """Places where songs were cut, each with the frames on its two sides.

    Attributes:
        tails: float16, shape (cuts, frames, bands): read backwards, index 0 is at the cut.
        heads: float16, shape (cuts, frames, bands): what follows the cut.
    """

    tails: NDArray[np.float16]
    heads: NDArray[np.float16]

    def __len__(self) -> int:
        return len(self.tails)


@dataclass(frozen=True)
class LongSpectra:
    """The long spectra of one song, at every `LONG_STEP_HOPS`th hop.

    Attributes:
        tails: float16, shape (places, LONG_BINS): of what comes before each place.
        heads: float16, the same shape: of what follows.
    """

    tails: NDArray[np.float16]
    heads: NDArray[np.float16]

    def __len__(self) -> int:
        return len(self.tails)

    def part(self, start: int, stop: int) -> LongSpectra:
        """Return the places [start, stop)."""
        return LongSpectra(self.tails[start:stop], self.heads[start:stop])


@dataclass(frozen=True)
class Corpus:
    """Chunks of several songs, song after song, each song's in order.

    Attributes:
        edges: the heads and tails of all n chunks.
        songs: int64, shape (n,), rising: the song of each chunk, from 0.
        frames: one array per song, float16, shape (hops, bands): log-mel frames of the whole song on
            the hop grid; of no hops where they are not at hand.
        longs: one per song, or none where they are not at hand.
    """

    edges: Edges
    songs: Indices
    frames: tuple[NDArray[np.float16], ...]
    longs: tuple[LongSpectra, ...] = ()

    def __len__(self) -> int:
        return len(self.songs)

    @property
    def song_count(self) -> int:
        """The number of songs."""
        return len(self.frames)

    def successors(self, distance: int = 1) -> Indices:
        """Return the pairs (i, i + distance) that lie within one song, int64, shape (pairs, 2)."""
        first = np.arange(len(self) - distance, dtype=np.int64)
        pairs = np.stack([first, first + distance], axis=1)
        return pairs[self.songs[pairs[:, 0]] == self.songs[pairs[:, 1]]]

    def false_successors(self, references: Indices, count: int, rng: np.random.Generator) -> Indices:
        """Draw successors that are false: of the reference's song, and none of i, i + 1, i + 2.

        Draws are independent, so a song of few chunks repeats some.

        Returns:
            int64, shape (references, count). A reference whose song holds no false successor gets -1.
        """
        first = np.searchsorted(self.songs, self.songs[references], side="left")
        end = np.searchsorted(self.songs, self.songs[references], side="right")
        barred = np.minimum(references + 3, end) - references
        free = end - first - barred
        drawn = (rng.random((len(references), count)) * np.maximum(free, 1)[:, None]).astype(np.int64)
        position = first[:, None] + drawn
        position += np.where(position >= references[:, None], barred[:, None], 0)
        return np.where(free[:, None] > 0, position, -1)

    def only_songs(self, songs: Indices) -> Corpus:
        """Return some of the songs, int64, rising, numbered anew."""
        chunks = np.flatnonzero(np.isin(self.songs, songs))
        return Corpus(
            self.edges.select(chunks),
            np.searchsorted(songs, self.songs[chunks]),
            tuple(self.frames[song] for song in songs),
            tuple(self.longs[song] for song in songs) if self.longs else (),
        )

    def only_channel(self, channel: int) -> Corpus:
        """Return the same chunks with one channel in the place of both, and without frames."""
        edges = self.edges
        both = [channel, channel]
        seen = replace(
            edges, tails=edges.tails[:, both], heads=edges.heads[:, both], points=edges.points[:, both]
        )
        return Corpus(seen, self.songs, tuple(frames[:0] for frames in self.frames))

    def parted(self, percent: int) -> tuple[Corpus, Corpus]:
        """Part every song at a percentage of its chunks and of its frames; return both sides."""
        starts = np.searchsorted(self.songs, np.arange(self.song_count))
        counts = np.bincount(self.songs, minlength=self.song_count)
        is_early = 100 * (np.arange(len(self)) - starts[self.songs]) < percent * counts[self.songs]
        # Where long spectra are kept, so that those of the late side begin with a place of their own.
        places = [len(frames) * percent // 100 // LONG_STEP_HOPS for frames in self.frames]
        at = [place * LONG_STEP_HOPS for place in places]
        early = tuple(frames[:end] for frames, end in zip(self.frames, at, strict=True))
        late = tuple(frames[start:] for frames, start in zip(self.frames, at, strict=True))
        longs = list(zip(self.longs, places, strict=False))
        early_longs = tuple(song.part(0, place) for song, place in longs)
        late_longs = tuple(song.part(place, len(song)) for song, place in longs)
        return self._only(is_early, early, early_longs), self._only(~is_early, late, late_longs)

    def random_cuts(
        self, per_song: int, rng: np.random.Generator, *, length: int = EDGE_FRAMES
    ) -> Iterator[Cuts]:
        """Cut songs at random hops, without putting a place back; yield song by song to bound memory.

        Args:
            per_song: cuts of one song; fewer where it has fewer places.
            rng: the source of places.
            length: frames on each side of a cut.
        """
        for frames in self.frames:
            places = np.arange(length - 1 + WINDOW_HOPS, len(frames) - length + 1)
            if len(places) and per_song:
                cuts = np.sort(rng.choice(places, size=min(per_song, len(places)), replace=False))
                span = np.arange(length)
                yield Cuts(frames[cuts[:, None] - WINDOW_HOPS - span], frames[cuts[:, None] + span])

    def _only(
        self,
        mask: NDArray[np.bool_],
        frames: tuple[NDArray[np.float16], ...],
        longs: tuple[LongSpectra, ...],
    ) -> Corpus:
        return Corpus(self.edges.select(np.flatnonzero(mask)), self.songs[mask], frames, longs)


def need_examples(found: int, needed: int) -> None:
    """Raise NothingToLearn where fewer examples were found than are needed."""
    if found < needed:
        raise NothingToLearn(examples=found, needed=needed)

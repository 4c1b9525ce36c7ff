"""A training set: the edges of several songs, split by song into training and held-out ones."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from shared.errors import NothingToLearn, TooFewSongs
from shared.learning.corpus import Corpus, LongSpectra
from shared.parameters import Parameters
from shared.sound.features import BANDS, LONG_BINS, Edges
from shared.store.arrays import Arrays

_LEAST_CHUNKS_HELD_OUT = 4
"""A shorter song has no chunk that is none of i, i + 1, i + 2."""


class SplitSettings(Parameters):
    """How many songs training never sees, and which."""

    seed: int = Field(0, ge=0, lt=2**31, description="Decides, with the song ids, which songs are held out.")
    held_out_share: float = Field(
        0.2, ge=0, le=0.9, description="Of five songs or more, at least two; of three or four, one song."
    )


@dataclass(frozen=True)
class SongEdges:
    """One cut of one song.

    Attributes:
        song: its id.
        title: for people.
        edges: of its chunks, in order.
        frames: float16, shape (hops, bands): the whole song's log-mel frames; None: not at hand.
        long: the whole song's long spectra; None: not at hand.
    """

    song: str
    title: str
    edges: Edges
    frames: NDArray[np.float16] | None = None
    long: LongSpectra | None = None


@dataclass(frozen=True)
class Dataset:
    """A corpus with the names of its songs, split by song.

    Attributes:
        corpus: all songs.
        song_ids: by song of the corpus. Two cuts of one song count as two songs here, on the same side.
        titles: by song of the corpus.
        held_out: bool, shape (songs,): the songs that training never sees.
    """

    corpus: Corpus
    song_ids: tuple[str, ...]
    titles: tuple[str, ...]
    held_out: NDArray[np.bool_]

    def training(self) -> Corpus:
        """Return what may be learned from."""
        return self.corpus.only_songs(np.flatnonzero(~self.held_out))

    def unseen(self) -> Corpus:
        """Return the held-out songs, perhaps none."""
        return self.corpus.only_songs(np.flatnonzero(self.held_out))

    def ids(self, *, held_out: bool) -> list[str]:
        """Return the ids of one side, each once."""
        return sorted(
            {song for song, out in zip(self.song_ids, self.held_out, strict=True) if out == held_out}
        )

    def to_arrays(self) -> Arrays:
        """Return the dataset as plain arrays."""
        lengths = [len(frames) for frames in self.corpus.frames]
        return {
            **{f"edges/{name}": array for name, array in self.corpus.edges.to_arrays().items()},
            "songs": self.corpus.songs,
            "frames": np.concatenate(self.corpus.frames),
            "frame_offsets": np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            "long_tails": np.concatenate([song.tails for song in self.corpus.longs]),
            "long_heads": np.concatenate([song.heads for song in self.corpus.longs]),
            "long_offsets": np.cumsum([0, *map(len, self.corpus.longs)]).astype(np.int64),
            "song_ids": np.array(self.song_ids),
            "titles": np.array(self.titles),
            "held_out": self.held_out,
        }

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Dataset:
        """Read a dataset back."""
        prefix = "edges/"
        edges = {
            name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)
        }
        frames = np.split(arrays["frames"], arrays["frame_offsets"][1:-1])
        ends = arrays["long_offsets"][1:-1]
        longs = (np.split(arrays[side], ends) for side in ("long_tails", "long_heads"))
        return cls(
            Corpus(
                Edges.from_arrays(edges),
                arrays["songs"],
                tuple(frames),
                tuple(LongSpectra(*both) for both in zip(*longs, strict=True)),
            ),
            tuple(str(song) for song in arrays["song_ids"]),
            tuple(str(title) for title in arrays["titles"]),
            arrays["held_out"],
        )


def build_dataset(songs: Sequence[SongEdges], settings: SplitSettings) -> Dataset:
    """Bring songs together and hold some out, the same whatever order they are listed in.

    Raises:
        TooFewSongs: no songs.
        NothingToLearn: not one transition.
    """
    if not songs:
        raise TooFewSongs(found=0, needed=1, purpose="Training")
    ordered = sorted(songs, key=lambda song: (song.song, len(song.edges)))
    counts = [len(song.edges) for song in ordered]
    if max(counts) < 2:
        raise NothingToLearn(examples=0, needed=1)
    unseen = held_out_songs(
        {
            song.song: max(len(other.edges) for other in ordered if other.song == song.song)
            for song in ordered
        },
        settings,
    )
    nothing, no_places = np.empty((0, BANDS), np.float16), np.empty((0, LONG_BINS), np.float16)
    no_long = LongSpectra(no_places, no_places)
    corpus = Corpus(
        Edges.concatenate([song.edges for song in ordered]),
        np.repeat(np.arange(len(ordered), dtype=np.int64), counts),
        tuple(nothing if song.frames is None else song.frames for song in ordered),
        tuple(song.long or no_long for song in ordered),
    )
    return Dataset(
        corpus,
        tuple(song.song for song in ordered),
        tuple(song.title for song in ordered),
        np.array([song.song in unseen for song in ordered]),
    )


def held_out_songs(chunks_by_song: dict[str, int], settings: SplitSettings) -> set[str]:
    """Choose the songs that training never sees, by a hash of their ids and the seed.

    Songs with too few chunks to be judged by are not chosen.

    Args:
        chunks_by_song: number of chunks by song id.
        settings: the share and the seed.
    """
    count = _held_out_count(len(chunks_by_song), settings.held_out_share)
    able = [song for song, chunks in chunks_by_song.items() if chunks >= _LEAST_CHUNKS_HELD_OUT]
    able.sort(key=lambda song: hashlib.sha256(f"{settings.seed}:{song}".encode()).digest())
    return set(able[:count])


def _held_out_count(songs: int, share: float) -> int:
    if share == 0 or songs < 3:
        return 0
    if songs < 5:
        return 1
    return min(max(2, round(share * songs)), songs - 1)

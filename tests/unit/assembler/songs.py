"""Songs in memory, for rendering."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np

from services.assembler.pieces import OpenSong, Piece
from shared.sound.samples import Int16


class ArraySong:
    """A decoded song, as `shared.sound.audio.AudioReader` shows one."""

    def __init__(self, samples: Int16, sample_rate_hz: int) -> None:
        self.samples = samples
        self.sample_rate_hz = sample_rate_hz
        self.n_samples, self.channels = samples.shape

    def read_range(self, start: int, stop: int) -> Int16:
        assert 0 <= start <= stop <= self.n_samples
        return self.samples[start:stop]


class Library:
    """Songs by name, and how many of them are open."""

    def __init__(self, songs: Mapping[str, ArraySong]) -> None:
        self.songs = songs
        self.open = 0
        self.most_open = 0

    def open_song(self, song: str, opened: ExitStack) -> ArraySong:
        return opened.enter_context(self._opened(song))

    @contextmanager
    def _opened(self, song: str) -> Iterator[ArraySong]:
        self.open += 1
        self.most_open = max(self.open, self.most_open)
        try:
            yield self.songs[song]
        finally:
            self.open -= 1


def opener(**songs: ArraySong) -> OpenSong:
    return Library(songs).open_song


def noise_song(
    duration_s: float, sample_rate_hz: int = 44_100, *, channels: int = 2, seed: int = 0
) -> ArraySong:
    rng = np.random.default_rng(seed)
    samples = rng.integers(-32_768, 32_767, (round(duration_s * sample_rate_hz), channels), endpoint=True)
    return ArraySong(samples.astype(np.int16), sample_rate_hz)


def pieces_of(song: ArraySong, name: str, *cuts: int) -> list[Piece]:
    edges = [0, *cuts, song.n_samples]
    return [Piece(name, *edges[k : k + 2], song.sample_rate_hz) for k in range(len(edges) - 1)]


def children_of(process_id: int) -> set[int]:
    """The processes that a process started and that are not gone, zombies among them."""
    tasks = Path(f"/proc/{process_id}/task").glob("*/children")
    return {int(child) for task in tasks for child in task.read_text().split()}

"""The chunks of a pool by the names that users know them by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from services.assembler.scoring import Pool
from shared.learning.corpus import Indices
from shared.revisions import ChunkName
from shared.sound.decoding import clean_text

__all__ = ["Names"]


class Names:
    """Names of a pool's chunks.

    Args:
        pool: the chunks.
        songs: the song of each of the pool's cuts.
        titles: by song.

    Attributes:
        songs: each once, in the pool's order.
        song_of: int64, shape (n,): the song of each chunk, by its place in `songs`.
    """

    def __init__(self, pool: Pool, songs: Sequence[str], titles: Mapping[str, str]) -> None:
        self._pool, self._titles = pool, titles
        self.songs = list(dict.fromkeys(songs))
        self.song_of: Indices = np.array([self.songs.index(song) for song in songs], np.int64)[pool.cuts]

    def of(self, chunk: int) -> ChunkName:
        """Return the name of a chunk."""
        return ChunkName(song=self.songs[self.song_of[chunk]], chunk=int(self._pool.numbers[chunk]))

    def indices(self, song: str, chunk: int | None = None) -> list[int]:
        """Return the chunks of a song, or those of a number: one of each of its cuts."""
        own = self.song_of == self.songs.index(song) if song in self.songs else np.zeros(0, np.bool_)
        if chunk is not None:
            own = own & (self._pool.numbers == chunk) if len(own) else own
        return [int(found) for found in np.flatnonzero(own)]

    def title(self, song: str) -> str:
        """Return what a song is called, in quotation marks."""
        return f'"{clean_text(self._titles.get(song, "")) or song[:12]}"'

    def called(self, chunk: int) -> str:
        """Return what a chunk is called."""
        name = self.of(chunk)
        return f"chunk {name.chunk} of {self.title(name.song)}"

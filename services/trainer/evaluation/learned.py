"""What a model keeps of the songs it has learned from, so that it can be judged without its dataset."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from services.trainer.datasets import Dataset
from services.trainer.evaluation.recordings import BROAD_BANDS, Fingerprint, fingerprint
from services.trainer.evaluation.trials import LearnedSong
from shared.store.arrays import Arrays

UNKNOWN: Fingerprint = np.zeros((0, BROAD_BANDS), np.int8)
"""The fingerprint of a song of which only the id is known: like no other."""


def learned_songs(dataset: Dataset) -> tuple[LearnedSong, ...]:
    """Return the training songs of a dataset, each once; a few kB of fingerprint a song."""
    found: dict[str, LearnedSong] = {}
    songs = zip(dataset.song_ids, dataset.titles, dataset.corpus.frames, dataset.held_out, strict=True)
    for song, title, frames, held_out in songs:
        if not held_out and song not in found:
            found[song] = LearnedSong(song, title, fingerprint(frames))
    return tuple(found.values())


def known_by_id(songs: Iterable[str]) -> tuple[LearnedSong, ...]:
    """Return songs of which nothing but their ids is known."""
    return tuple(LearnedSong(song, song[:12], UNKNOWN) for song in songs)


def to_arrays(songs: Iterable[LearnedSong]) -> Arrays:
    """Return songs as plain arrays."""
    songs = list(songs)
    prints = [song.fingerprint for song in songs]
    return {
        "songs": np.array([song.song for song in songs], dtype=np.str_),
        "titles": np.array([song.title for song in songs], dtype=np.str_),
        "fingerprints": np.concatenate([UNKNOWN, *prints]),
        "offsets": np.cumsum([0, *map(len, prints)]).astype(np.int64),
    }


def from_arrays(arrays: Arrays) -> tuple[LearnedSong, ...]:
    """Read songs back."""
    songs = zip(arrays["songs"], arrays["titles"], pairwise(arrays["offsets"]), strict=True)
    return tuple(
        LearnedSong(str(song), str(title), arrays["fingerprints"][start:stop])
        for song, title, (start, stop) in songs
    )

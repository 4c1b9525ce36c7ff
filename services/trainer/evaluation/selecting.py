"""Which songs are judged: none that a model has learned from, none twice, and all with as many chunks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from services.trainer.evaluation.recordings import (
    LEAST_LIKENESS,
    Fingerprint,
    find_repeats,
    fingerprint,
    likeness,
)
from services.trainer.evaluation.reports import LeftOut
from services.trainer.evaluation.trials import LearnedSong, Trial
from shared.errors import TooFewSongs
from shared.judging import LEAST_JUDGED_SONGS, Protocol

LEAST_CHUNKS, MOST_CHUNKS = 4, 47
"""Chunks of each song, where their number is left to be chosen."""


@dataclass(frozen=True, eq=False)
class Selection:
    """The songs that are judged, by id, the first `chunks_per_song` chunks of each."""

    trials: tuple[Trial, ...]
    chunks_per_song: int
    left_out: tuple[LeftOut, ...]


def select(
    trials: Sequence[Trial],
    learned: Sequence[LearnedSong],
    protocol: Protocol,
    *,
    check: Callable[[], None] = lambda: None,
) -> Selection:
    """Choose the songs to judge, the same whatever order they are listed in, and name the others.

    Raises:
        TooFewSongs: fewer than two are left.
    """
    # The cut or the recording with most chunks is the one that is kept.
    ordered = sorted(trials, key=lambda trial: (-len(trial), trial.song, trial.title))
    left_out: list[LeftOut] = []
    unseen = _unseen(ordered, learned, left_out, check)
    distinct = _distinct(unseen, left_out, check)
    chunks = protocol.chunks_per_song or best_chunks_per_song([len(trial) for trial in distinct])
    long_enough = []
    for trial in distinct:
        if len(trial) >= chunks:
            long_enough.append(trial)
        else:
            left_out.append(
                _because(trial, f"It has {len(trial)} chunks; {chunks} of every song are judged.")
            )
    if len(long_enough) < LEAST_JUDGED_SONGS:
        raise TooFewSongs(
            found=len(long_enough),
            needed=LEAST_JUDGED_SONGS,
            purpose=f"Judging, on songs of at least {chunks} chunks that no model has learned from,",
        )
    kept = sorted(long_enough, key=lambda trial: trial.song)
    return Selection(tuple(kept), chunks, tuple(sorted(left_out, key=lambda song: (song.title, song.song))))


def best_chunks_per_song(counts: Sequence[int]) -> int:
    """Return the number of chunks, from 4 to 47, that leaves the most chunks of songs with so many."""
    sizes = np.arange(LEAST_CHUNKS, MOST_CHUNKS + 1)
    chunks = [size * sum(count >= size for count in counts) for size in sizes]
    return int(sizes[np.argmax(chunks)])


def _unseen(
    trials: Sequence[Trial],
    learned: Sequence[LearnedSong],
    left_out: list[LeftOut],
    check: Callable[[], None],
) -> list[Trial]:
    """Drop what a model has learned from, under the same id or as the same recording."""
    ids = {song.song for song in learned}
    unseen = []
    for trial in trials:
        if trial.song in ids:
            left_out.append(_because(trial, "A model has learned from it."))
        else:
            unseen.append(trial)
    prints = [fingerprint(trial.frames) for trial in unseen]
    repeats = find_repeats(prints, [song.fingerprint for song in learned], check=check)
    kept = []
    for trial, repeat in zip(unseen, repeats, strict=True):
        if repeat is None:
            kept.append(trial)
        else:
            title = learned[repeat].title
            left_out.append(
                _because(trial, f"The same recording as {title}, which a model has learned from.")
            )
    return kept


def _distinct(trials: Sequence[Trial], left_out: list[LeftOut], check: Callable[[], None]) -> list[Trial]:
    """Keep the first of each recording."""
    kept: list[Trial] = []
    prints = [fingerprint(trial.frames) for trial in trials]
    kept_prints: list[Fingerprint] = []
    for trial, own in zip(trials, prints, strict=True):
        check()
        alike = likeness(own, kept_prints)
        same = [other for other in kept if other.song == trial.song]
        if same or alike.max(initial=-1) >= LEAST_LIKENESS:
            title = (same or [kept[int(alike.argmax())]])[0].title
            left_out.append(_because(trial, f"The same recording as {title}, which is judged in its place."))
        else:
            kept.append(trial)
            kept_prints.append(own)
    return kept


def _because(trial: Trial, reason: str) -> LeftOut:
    return LeftOut(song=trial.song, title=trial.title, reason=reason)

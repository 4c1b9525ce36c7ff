"""Choose what a radio plays next: pure over numbers, it knows neither songs nor sound.

A mix is planned as a whole; a radio has no end, so it is chosen chunk by chunk, from the few that follow
best, by a draw that its seed decides. What was played rests for an hour, or where the pool is smaller, for
three quarters of the time that all of it lasts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.assembler.sequencing import Score, Shortlist, all_scores
from shared.parameters import Limits

__all__ = ["REST_S", "Played", "Repertoire", "choose_next", "last_played_s", "note_played", "rest_s"]

Doubles = NDArray[np.float64]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]

REST_S = 3600.0
"""Nothing is played again so soon, if the pool allows."""

_PROMISED_S = 30.0
"""Seams move what is played by parts of a second: rests are planned so much longer."""
_LARGEST_SHARE = 0.75
"""Of a small pool, so much rests; from the remainder is chosen."""
_AMONG = 12
"""It is drawn among so many that follow best."""
_TEMPERATURE = 1.0
_WINDOW = 30
"""Steps over which shares are kept, as a mix of the usual length keeps them."""
_AHEAD = 3
_OVERLAP_S = 0.05
_LIMITS = Limits()


@dataclass(frozen=True)
class Repertoire:
    """The n chunks of a pool.

    Attributes:
        songs: int64, shape (n,): the song of each, from 0.
        numbers: int64, shape (n,): the number of each in its cut.
        starts_s: float64, shape (n,): where each begins in its song.
        stops_s: float64, shape (n,): where it ends.
    """

    songs: Indices
    numbers: Indices
    starts_s: Doubles
    stops_s: Doubles

    def __len__(self) -> int:
        return len(self.songs)

    def durations_s(self) -> Doubles:
        """Return how long each chunk is."""
        return self.stops_s - self.starts_s

    def continues(self, before: Indices, after: Indices) -> Mask:
        """Tell where a chunk begins in its song where another ends; shapes broadcast."""
        return (self.songs[before] == self.songs[after]) & (
            np.abs(self.stops_s[before] - self.starts_s[after]) < _OVERLAP_S
        )


@dataclass(frozen=True)
class Played:
    """What was played last and what is to come, in order.

    Attributes:
        chunks: int64, shape (m,): of the last steps at least.
        ends_s: when the last of them ends, on the radio's clock.
    """

    chunks: Sequence[int]
    ends_s: float


def rest_s(repertoire: Repertoire, usable: Mask) -> float:
    """Return how long what was played rests: an hour if the usable chunks last longer."""
    total_s = _lasts_s(repertoire, usable)
    longest_s = REST_S + _PROMISED_S
    return longest_s if total_s > longest_s + _PROMISED_S else _LARGEST_SHARE * total_s


def _lasts_s(repertoire: Repertoire, usable: Mask) -> float:
    """Return how long the usable chunks last together; what two cuts of a song share counts once."""
    songs, starts_s = repertoire.songs[usable], repertoire.starts_s[usable]
    # Songs are laid one behind another, so that one pass goes over all.
    laid_s = songs * (float(repertoire.stops_s.max()) + 1.0)
    order = np.lexsort((starts_s, songs))
    starts_s, stops_s = (starts_s + laid_s)[order], (repertoire.stops_s[usable] + laid_s)[order]
    before_s = np.concatenate([starts_s[:1], np.maximum.accumulate(stops_s)[:-1]])
    return float(np.maximum(stops_s - np.maximum(starts_s, before_s), 0.0).sum())


def last_played_s(repertoire: Repertoire) -> Doubles:
    """Return when each chunk was played last, where none was yet: float64, shape (n,)."""
    return np.full(len(repertoire), -np.inf)


def note_played(repertoire: Repertoire, last_s: Doubles, chunk: int, when_s: float) -> None:
    """Note that a chunk is played; with it all that hold the same stretch of its song, of other cuts too."""
    same = repertoire.songs == repertoire.songs[chunk]
    shared_s = np.minimum(repertoire.stops_s, repertoire.stops_s[chunk]) - np.maximum(
        repertoire.starts_s, repertoire.starts_s[chunk]
    )
    last_s[same & (shared_s > _OVERLAP_S)] = when_s
    last_s[chunk] = when_s


def choose_next(
    repertoire: Repertoire,
    played: Played,
    last_s: Doubles,
    *,
    usable: Mask,
    shunned: Mask,
    score: Score,
    shortlist: Shortlist | None,
    seed: int,
    number: int,
) -> int:
    """Choose the chunk that comes next.

    A chunk that is not usable never comes. The other rules hold as far as the pool allows, the first the
    longest: what rests, what is shunned, a mix's limits on runs, replays and seams between songs.

    Args:
        repertoire: the pool.
        played: what comes before.
        last_s: when each chunk was played last; see `note_played`.
        usable: bool, shape (n,): at least one.
        shunned: bool, shape (n,): chunks that should not come for a while.
        score: judges candidates.
        shortlist: names those that are scored; None: all that may come.
        seed: of the radio.
        number: of the chunk, counted from the radio's first.

    Returns:
        Its index.
    """
    luck = np.random.default_rng([seed, number]).gumbel(size=len(repertoire))
    allowed = _allowed(repertoire, played, last_s, usable=usable, shunned=shunned)
    if not played.chunks:
        return _opening(repertoire, allowed, luck)
    last = played.chunks[-1]
    candidates = np.flatnonzero(allowed) if shortlist is None else shortlist(last, allowed)
    scores = all_scores(score, last, candidates, number - 1).astype(np.float64)
    best = np.sort(np.argsort(-scores, kind="stable")[:_AMONG])
    # The largest of scores with Gumbel noise is a draw by their softmax.
    return int(candidates[best][(scores[best] / _TEMPERATURE + luck[candidates[best]]).argmax()])


def _opening(repertoire: Repertoire, allowed: Mask, luck: Doubles) -> int:
    """Return the chunk that a radio begins with: the first of some song, if one may come."""
    firsts = allowed & (repertoire.numbers == 0)
    return int(np.where(firsts if firsts.any() else allowed, luck, -np.inf).argmax())


def _allowed(repertoire: Repertoire, played: Played, last_s: Doubles, *, usable: Mask, shunned: Mask) -> Mask:
    """Return the chunks that may come, at least one: each rule holds unless nothing would be left."""
    rested = played.ends_s - last_s >= rest_s(repertoire, usable)
    if not (usable & rested).any():
        rested = last_s <= np.quantile(last_s[usable], 1 - _LARGEST_SHARE)
    allowed = usable
    for rule in (rested, ~shunned, *_limits(repertoire, played)):
        if (allowed & rule).any():
            allowed = allowed & rule
    return allowed


def _limits(repertoire: Repertoire, played: Played) -> list[Mask]:
    """Return what a mix's limits allow, over the last steps: bool, shape (n,) each."""
    if not played.chunks:
        return []
    recent = np.array(played.chunks[-_WINDOW:], np.int64)
    songs, durations_s = repertoire.songs, repertoire.durations_s()
    same = songs == songs[recent[-1]]
    others = np.flatnonzero(songs[recent] != songs[recent[-1]])
    run_s = durations_s[recent[others[-1] + 1 if len(others) else 0 :]].sum()
    steps = len(recent)
    replays = np.count_nonzero(repertoire.continues(recent[:-1], recent[1:]))
    changes = np.count_nonzero(songs[recent[:-1]] != songs[recent[1:]])
    on = repertoire.continues(recent[-1:], np.arange(len(songs)))
    assert _LIMITS.longest_run_s is not None
    assert _LIMITS.most_replay is not None
    assert _LIMITS.least_between_songs is not None
    return [
        ~same | (run_s + durations_s <= _LIMITS.longest_run_s),
        replays + on <= max(1.0, _LIMITS.most_replay * steps),
        changes + ~same + _AHEAD >= _LIMITS.least_between_songs * steps,
    ]

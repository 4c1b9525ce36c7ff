"""What may follow what in a mix: limits and wishes, over arrays. Knows neither songs nor scores.

A rule is judged with a look ahead: a chunk is refused as soon as counting shows that what is left of the
pool or of the mix cannot fulfil a rule any more, so that a search seldom ends in the middle.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from services.assembler.counting import longest_rows, most_after, most_changes, widest_gap
from services.assembler.paths import Chunks, Indices, Mask, Path, Wishes
from shared.parameters import Limits

__all__ = ["NEAR_S", "Rules", "in_force"]

TYPICAL_CHUNKS, TYPICAL_SONGS = 30, 8
"""A mix of so many chunks has at least so many songs, where nothing else is asked for."""

NEAR_S = 0.5
"""A mix is as long as was asked for when it is no farther off than this."""

_AHEAD = 3
"""Steps by which a share may be overdrawn on the way, so that what it asks for is not left to the end."""
_ROUNDING = 1e-9
_SLACK = 1.25
"""Chunks that are still to come to fill a time may be this much longer than the mean."""


class Rules:
    """The limits and wishes of one mix.

    Args:
        chunks: the pool.
        wishes: what is asked for.
        limits: those in force; see `in_force`.
        paced: keep to the shares of the limits, but for a few steps, all along the mix; otherwise they hold
            for the whole of it, and what they ask for may come at its end.
    """

    def __init__(self, chunks: Chunks, wishes: Wishes, limits: Limits, *, paced: bool = False) -> None:
        self._chunks, self._wishes, self._limits, self._paced = chunks, wishes, limits, paced
        self._songs = int(chunks.songs.max()) + 1
        self._rows = _rows(chunks, wishes, limits.longest_run_s, wishes.most_in_a_row)
        must = np.zeros(self._songs, np.bool_)
        must[[] if wishes.must is None else wishes.must] = True
        self._must = must
        self._near = chunks.traits.neighbours(limits)
        self._counts = np.bincount(chunks.songs[wishes.usable], minlength=self._songs)
        self._end_song = None if wishes.end is None else int(chunks.songs[wishes.end.argmax()])
        self._only_end = wishes.end if wishes.end is not None and wishes.end.sum() == 1 else None
        ends = wishes.usable if wishes.end is None else wishes.end
        self._shortest_s = float(chunks.durations_s[ends].min())
        self._mean_s = float(chunks.durations_s[wishes.usable].mean())

    @property
    def chunks(self) -> Chunks:
        """The pool."""
        return self._chunks

    @property
    def limits(self) -> Limits:
        """The limits in force."""
        return self._limits

    @property
    def length(self) -> int:
        """How many chunks the mix has, about so many where a time is asked for."""
        return self._wishes.length(self._chunks)

    def all_along(self) -> Rules:
        """Return the same rules, paced."""
        return Rules(self._chunks, self._wishes, self._limits, paced=True)

    def begin(self) -> Path:
        """Return the path of the first chunk."""
        start, chunks = self._wishes.start, self._chunks
        unused, visited = self._wishes.usable.copy(), np.zeros(self._songs, np.bool_)
        unused[start], visited[chunks.songs[start]] = False, True
        left = np.bincount(chunks.songs[unused], minlength=self._songs)
        length_s = float(chunks.durations_s[start])
        return Path((start,), (), 0.0, unused, left, visited, 1, length_s, 0, 0, length_s)

    def ended(self, path: Path) -> bool:
        """Say whether a path of one chunk is the whole mix already."""
        if self._wishes.duration_s is not None:
            return self._wishes.duration_s - path.total_s < min(NEAR_S, self._shortest_s / 2)
        return len(path.order) == self._wishes.chunks

    def extend(self, path: Path, chunk: int, score: float, merit: float | None = None) -> Path:
        """Return a path with one chunk more; `merit` is what it is chosen by, where that is not its score."""
        chunks, last = self._chunks, path.order[-1]
        song, length_s = chunks.songs[chunk], float(chunks.durations_s[chunk])
        same = bool(song == chunks.songs[last])
        unused, left, visited = path.unused.copy(), path.left.copy(), path.visited.copy()
        unused[chunk], visited[song] = False, True
        left[song] -= 1
        again = self._wishes.repeats_after
        if again is not None and len(path.order) >= again:
            # The wait of the chunk that came so many places before is over after this one.
            back = path.order[len(path.order) - again]
            unused[back] = self._wishes.usable[back]
            left[chunks.songs[back]] += 1
        return replace(
            path,
            order=(*path.order, chunk),
            scores=(*path.scores, score),
            merit=path.merit + (score if merit is None else merit),
            unused=unused,
            left=left,
            visited=visited,
            row=path.row + 1 if same else 1,
            row_s=path.row_s + length_s if same else length_s,
            between=path.between + (not same),
            replays=path.replays + bool(same and chunks.numbers[chunk] == chunks.numbers[last] + 1),
            total_s=path.total_s + length_s,
        )

    def followers(self, path: Path) -> tuple[Indices, Mask]:
        """Return the chunks that may follow, int64, rising, and which of them end the mix, bool."""
        among = np.flatnonzero(path.unused)
        if self._wishes.chunks is not None:
            after = self._wishes.chunks - len(path.order) - 1
            among = among[_all(self.verdicts(path, among, after), among)]
            return among, np.full(len(among), after == 0)
        assert self._wishes.duration_s is not None
        gaps_s = self._wishes.duration_s - path.total_s - self._chunks.durations_s[among]
        coming = np.maximum(1, gaps_s // (_SLACK * self._mean_s)).astype(np.int64)
        last = _all(self.verdicts(path, among, 0), among)
        on = _all(self.verdicts(path, among, coming), among) & (gaps_s >= self._shortest_s)
        ends = last & (np.abs(gaps_s) <= NEAR_S)
        if not (ends | on).any() and last.any():
            ends = last & (np.abs(gaps_s) == np.abs(gaps_s[last]).min())
        return among[ends | on], ends[ends | on]

    def obstacle(self, path: Path) -> str:
        """Name the rule for which nothing may follow a path: the one that alone is in the way, if one is."""
        among = np.flatnonzero(path.unused)
        if not len(among):
            return "songs"
        after = max(0, self._wishes.length(self._chunks) - len(path.order) - 1)
        verdicts = self.verdicts(path, among, after)
        if not verdicts:
            return "duration_s"
        alone = [
            name
            for name in verdicts
            if _all({other: verdict for other, verdict in verdicts.items() if other != name}, among).any()
        ]
        return min(alone or verdicts, key=lambda name: int(verdicts[name].sum()))

    def verdicts(self, path: Path, among: Indices, after: int | Indices) -> dict[str, Mask]:
        """Judge each chunk by each rule.

        Args:
            path: what comes before.
            among: int64, shape (m,): the chunks, all unused.
            after: how many chunks are still to come then, one number or, int64, shape (m,).

        Returns:
            By rule: bool, shape (m,): whether the chunk may follow. A rule that is off is left out.
        """
        chunks, limits, last = self._chunks, self._limits, path.order[-1]
        songs = chunks.songs[among]
        same = songs == chunks.songs[last]
        left = self._left(path, int(np.max(after, initial=0)))
        seams = len(path.order) + after
        verdicts: dict[str, Mask] = {}
        if limits.most_replay is not None:
            replays = path.replays + (same & (chunks.numbers[among] == chunks.numbers[last] + 1))
            verdicts["limits.most_replay"] = replays <= np.floor(limits.most_replay * seams + _ROUNDING)
            if self._paced:
                verdicts["limits.most_replay"] &= replays <= limits.most_replay * len(path.order) + _AHEAD
        if limits.longest_run_s is not None:
            row_s = path.row_s + chunks.durations_s[among]
            verdicts["limits.longest_run_s"] = ~same | (row_s <= limits.longest_run_s + _ROUNDING)
        if limits.least_between_songs is not None:
            reach = np.minimum(after, most_changes(left)[songs])
            needed = np.ceil(limits.least_between_songs * seams - _ROUNDING)
            verdicts["limits.least_between_songs"] = path.between + ~same + reach >= needed
            if self._paced:
                due = limits.least_between_songs * len(path.order) - _AHEAD
                verdicts["limits.least_between_songs"] &= path.between + ~same >= due
        if limits.twins_apart is not None:
            recent = chunks.twins[list(path.order[-limits.twins_apart :])]
            verdicts["limits.twins_apart"] = ~np.isin(chunks.twins[among], recent)
        verdicts |= {name: near[chunks.songs[last], songs] for name, near in self._near.items()}
        if self._wishes.most_in_a_row is not None:
            verdicts["most_in_a_row"] = ~same | (path.row + 1 <= self._wishes.most_in_a_row)
        if rows_rule := [name for name in ("most_in_a_row", "limits.longest_run_s") if name in verdicts]:
            rows = np.where(same, path.row + 1, 1)
            verdicts[rows_rule[0]] &= after <= most_after(left, self._rows, songs, rows)
        return verdicts | self._verdicts_on_songs(path, among, songs, after, left)

    def _left(self, path: Path, after: int) -> Indices:
        """Return how many chunks of each song can still come, at most: int64, shape (songs,)."""
        if self._wishes.repeats_after is None:
            return path.left
        return self._counts * self._wishes.times(after + 1)

    def _verdicts_on_songs(
        self, path: Path, among: Indices, songs: Indices, after: int | Indices, left_of: Indices
    ) -> dict[str, Mask]:
        """Judge by which songs appear, and by how the mix ends."""
        end, ending = self._end_song, np.broadcast_to(np.equal(after, 0), among.shape)
        missing = self._must & ~path.visited
        lacking = missing.sum() - missing[songs]
        found = path.visited.sum() + ~path.visited[songs]
        room = np.broadcast_to(after, among.shape).astype(np.int64)
        verdicts: dict[str, Mask] = {}
        if end is not None:
            # The last place is the end's: it brings a song only if the end's song is new.
            reserved = ~ending & (path.visited[end] | (songs == end))
            lacking = lacking - (~ending & bool(missing[end]) & (songs != end))
            verdicts["must"] = lacking <= room - ~ending
            room = room - reserved
            left = left_of[end] - (songs == end)
            kept = left > 0 if self._only_end is None else ~self._only_end[among]
            assert self._wishes.end is not None
            verdicts["end"] = np.where(ending, self._wishes.end[among], kept)
        elif self._must.any():
            verdicts["must"] = lacking <= room
        if self._limits.least_songs is not None:
            verdicts["limits.least_songs"] = found + room >= self._limits.least_songs
            if self._paced:
                share = self._limits.least_songs / self._wishes.length(self._chunks)
                due = np.minimum(self._limits.least_songs, share * (len(path.order) + 1 - _AHEAD))
                verdicts["limits.least_songs"] &= found >= np.floor(due)
        return verdicts


def in_force(limits: Limits, chunks: Chunks, wishes: Wishes) -> Limits:
    """Return the limits as far as the pool can meet them, by counting; `least_songs` is always a number.

    One song, for instance, has no seams between songs and is one run.
    """
    length, songs = wishes.length(chunks), int(chunks.songs.max()) + 1
    times = wishes.times(length)
    counts = times * np.bincount(chunks.songs[wishes.usable], minlength=songs)
    first, there = chunks.songs[[wishes.start]], int(np.count_nonzero(counts))
    asked = limits.least_songs or TYPICAL_SONGS * min(length, TYPICAL_CHUNKS) // TYPICAL_CHUNKS
    changes: dict[str, Any] = {"least_songs": max(1, min(asked, there, length))}
    # The start is judged as the chunks after it are: while it is still counted among those that are left.
    rows = _rows(chunks, wishes, limits.longest_run_s, None)
    if there == 1 or length - 1 > most_after(counts, rows, first, np.ones(1, np.int64))[0]:
        changes["longest_run_s"] = None
    if limits.least_between_songs is not None and length > 1:
        most = int(most_changes(counts)[first[0]])
        changes["least_between_songs"] = min(limits.least_between_songs, most / (length - 1)) or None
    if limits.twins_apart is not None:
        kinds = times * np.bincount(chunks.twins[wishes.usable], minlength=len(chunks))
        # A chunk is its own twin.
        asked = min(limits.twins_apart, wishes.repeats_after or limits.twins_apart)
        changes["twins_apart"] = widest_gap(kinds, length, asked) or None
    if int(wishes.usable.sum()) <= 2:
        changes["most_replay"] = None
    return limits.model_copy(update=changes)


def _all(verdicts: dict[str, Mask], among: Indices) -> Mask:
    found: Mask = np.logical_and.reduce([np.ones(len(among), np.bool_), *verdicts.values()])
    return found


def _rows(chunks: Chunks, wishes: Wishes, longest_s: float | None, most: int | None) -> Indices:
    """Return an upper bound of how many chunks of each song may come in a row: int64, shape (songs,)."""
    songs = int(chunks.songs.max()) + 1
    rows = np.full(songs, len(chunks), np.int64)
    if longest_s is not None:
        usable = wishes.usable
        rows = longest_rows(chunks.durations_s[usable], chunks.songs[usable], songs, longest_s)
    return rows if most is None else np.minimum(rows, most)

"""What may follow what in a mix: limits and wishes, over arrays. Knows neither songs nor scores.

A rule is judged with a look ahead: a chunk is refused as soon as counting shows that what is left of the
pool or of the mix cannot fulfil a rule any more, so that a search seldom ends in the middle.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from services.assembler.counting import most_after, most_changes
from services.assembler.endings import Ending
from services.assembler.musts import Ahead, Musts
from services.assembler.paths import Chunks, Indices, Mask, Path, Wishes
from services.assembler.relaxing import longest_rows_of
from services.assembler.runs import Runs, are_whole
from shared.parameters import Limits

__all__ = ["NEAR_S", "Rules"]

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
        limits: those in force; see `relaxing`.
        paced: keep to the shares of the limits, but for a few steps, all along the mix; otherwise they hold
            for the whole of it, and what they ask for may come at its end.
    """

    def __init__(self, chunks: Chunks, wishes: Wishes, limits: Limits, *, paced: bool = False) -> None:
        self._chunks, self._wishes, self._limits, self._paced = chunks, wishes, limits, paced
        self._songs = int(chunks.songs.max()) + 1
        self._rows = longest_rows_of(chunks, wishes, limits.longest_run_s, wishes.most_in_a_row)
        self._musts = Musts.of(wishes.must, chunks.songs)
        self._near = chunks.traits.neighbours(limits)
        self._counts = np.bincount(chunks.songs[wishes.usable], minlength=self._songs)
        self._ending = Ending.of(wishes, chunks.songs, self._songs, self._musts)
        ends = wishes.usable if wishes.end is None else wishes.end
        self._shortest_s = float(chunks.durations_s[ends].min())
        self._mean_s = float(chunks.durations_s[wishes.appearing].mean())
        runs = wishes.runs
        self._fewest = 1 if runs is None else runs.fewest(chunks.songs, wishes.appearing)
        self._usual = 0 if runs is None else runs.usual(chunks.songs, wishes.appearing)
        self._following = chunks.following
        nowhere = np.zeros(0, np.int64)
        self._arriving = nowhere if runs is None else runs.arriving(self._following, self._ending.end)

    @property
    def chunks(self) -> Chunks:
        """The pool."""
        return self._chunks

    @property
    def limits(self) -> Limits:
        """The limits in force."""
        return self._limits

    @property
    def runs(self) -> Runs | None:
        """How long a song is to play on; None: as long as fits best."""
        return self._wishes.runs

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
        run = 0.0 if self._wishes.runs is None else float(self._wishes.runs.shares[start])
        missing = self._musts.after(self._musts.missing(), start)
        return Path((start,), (), 0.0, unused, left, visited, 1, length_s, 0, 0, length_s, missing, run)

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
        left[song] -= unused[chunk]
        unused[chunk], visited[song] = False, True
        again = self._wishes.repeats_after
        if again is not None and len(path.order) >= again:
            # The wait of the chunk that came so many places before is over after this one.
            back = path.order[len(path.order) - again]
            unused[back] = self._wishes.usable[back]
            left[chunks.songs[back]] += unused[back]
        goes_on = bool(chunks.goes_on(last, np.array(chunk)))
        share = 0.0 if self._wishes.runs is None else float(self._wishes.runs.shares[chunk])
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
            replays=path.replays + goes_on,
            total_s=path.total_s + length_s,
            missing=self._musts.after(path.missing, chunk),
            run=path.run + share if goes_on else share,
        )

    def followers(self, path: Path) -> tuple[Indices, Mask]:
        """Return the chunks that may follow, int64, rising, and which of them end the mix, bool."""
        among = np.flatnonzero(self._ending.with_last(path.unused))
        if self._wishes.chunks is not None:
            after = self._wishes.chunks - len(path.order) - 1
            among = among if after == 0 else np.flatnonzero(path.unused)
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
        after = max(0, self._wishes.length(self._chunks) - len(path.order) - 1)
        among = np.flatnonzero(path.unused if after else self._ending.with_last(path.unused))
        if not len(among):
            return "songs"
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
        same, goes_on = songs == chunks.songs[last], chunks.goes_on(last, among)
        left = self._left(path, int(np.max(after, initial=0)))
        seams, rows = len(path.order) + after, np.where(same, path.row + 1, 1)
        ahead = self._musts.ahead(path, among, songs, rows, self._rows) if self._musts.count else None
        verdicts: dict[str, Mask] = {}
        if limits.most_replay is not None:
            replays = path.replays + goes_on
            verdicts["limits.most_replay"] = replays <= np.floor(limits.most_replay * seams + _ROUNDING)
            if self._paced:
                verdicts["limits.most_replay"] &= replays <= limits.most_replay * len(path.order) + _AHEAD
        if limits.longest_run_s is not None:
            row_s = path.row_s + chunks.durations_s[among]
            verdicts["limits.longest_run_s"] = ~same | (row_s <= limits.longest_run_s + _ROUNDING)
        if limits.least_between_songs is not None:
            reach = np.minimum(after, most_changes(left)[songs])
            reach = reach if ahead is None else np.minimum(reach, ahead.changes(after))
            needed = np.ceil(limits.least_between_songs * seams - _ROUNDING)
            verdicts["limits.least_between_songs"] = path.between + ~same + reach >= needed
            if self._paced:
                due = limits.least_between_songs * len(path.order) - _AHEAD
                verdicts["limits.least_between_songs"] &= path.between + ~same >= due
        if limits.twins_apart is not None:
            recent = chunks.twins[list(path.order[-limits.twins_apart :])]
            verdicts["limits.twins_apart"] = ~np.isin(chunks.twins[among], recent)
            if self._wishes.runs is not None:
                # What comes again within a run is its song's own doing.
                verdicts["limits.twins_apart"] |= goes_on
        verdicts |= {name: near[chunks.songs[last], songs] for name, near in self._near.items()}
        if self._wishes.most_in_a_row is not None:
            verdicts["most_in_a_row"] = ~same | (path.row + 1 <= self._wishes.most_in_a_row)
        if rows_rule := [name for name in ("most_in_a_row", "limits.longest_run_s") if name in verdicts]:
            verdicts[rows_rule[0]] &= after <= most_after(left, self._rows, songs, rows)
            if ahead is not None:
                # Where rows take no place more, `must` itself tells.
                verdicts[rows_rule[0]] &= (ahead.places <= after) | (ahead.places == ahead.groups)
        verdicts |= self._verdicts_on_songs(path, among, songs, after, ahead)
        if self._wishes.runs is not None:
            may_come = _all(verdicts, among)
            fit = self._runs_verdict(self._wishes.runs, path, among, after, may_come)
            # The mix may end in the midst of a run, and begin its last chunk so.
            verdicts["runs_bars"] = fit | np.equal(after, 0)
        return verdicts

    def _runs_verdict(
        self, runs: Runs, path: Path, among: Indices, after: int | Indices, may_come: Mask
    ) -> Mask:
        """Judge by how long runs are to be, and so that the last is as long where it can be."""
        last, unused = path.order[-1], path.unused
        goes_on = self._chunks.goes_on(last, among)
        songs = self._chunks.songs
        wanted = [songs[among] != songs[last], runs.filled(self._following, unused)[among]]
        if not isinstance(after, int):
            return runs.verdict(path.run, last, among, goes_on, may_come, wanted)
        most = max(self._usual, self._fewest)
        whole = [are_whole(places, self._fewest, most) for places in (after + 1, after)]
        wanted = [self._arriving[among] == after, *wanted]
        return runs.verdict(path.run, last, among, goes_on, may_come, wanted, (whole[0], whole[1]))

    def _left(self, path: Path, after: int) -> Indices:
        """Return how many chunks of each song can still come, at most: int64, shape (songs,)."""
        if self._wishes.repeats_after is None:
            return path.left
        return self._counts * self._wishes.times(after + 1)

    def _verdicts_on_songs(
        self, path: Path, among: Indices, songs: Indices, after: int | Indices, ahead: Ahead | None
    ) -> dict[str, Mask]:
        """Judge by what appears, and by how the mix ends."""
        ending = np.broadcast_to(np.equal(after, 0), among.shape)
        room = np.broadcast_to(after, among.shape).astype(np.int64)
        # A song that is come to stays for a run.
        songs_room = np.minimum(room, room // self._fewest + 1) if self._fewest > 1 else room
        found, verdicts = path.visited.sum() + ~path.visited[songs], dict[str, Mask]()
        brought = reserved = np.zeros(len(among), np.bool_)
        if self._ending.asked:
            at_end = self._ending.judge(path, among, ending, songs, self._musts.group_of[among])
            brought, reserved = at_end.brought, at_end.reserved
            verdicts["end"] = at_end.allowed
        if ahead is not None:
            last = ~ending & self._ending.asked
            verdicts["must"] = ahead.groups - brought <= room - last
            verdicts["must"] &= ahead.songs - brought <= songs_room - last
            if self._paced:
                due = self._due(path, self._musts.count)
                verdicts["must"] &= self._musts.count - ahead.groups >= due
            # What has to appear takes places, and need not bring another song.
            idle = ahead.groups - ahead.fresh - (brought & reserved)
            songs_room = np.minimum(songs_room, room - idle)
        if self._limits.least_songs is not None:
            verdicts["limits.least_songs"] = found + songs_room - reserved >= self._limits.least_songs
            if self._paced:
                verdicts["limits.least_songs"] &= found >= self._due(path, self._limits.least_songs)
        return verdicts

    def _due(self, path: Path, wanted: int) -> int:
        """Return how many of those that the mix needs it is to have after one chunk more, at least."""
        share = wanted / self._wishes.length(self._chunks)
        return int(min(wanted, share * (len(path.order) + 1 - _AHEAD - self._usual)) // 1)


def _all(verdicts: dict[str, Mask], among: Indices) -> Mask:
    found: Mask = np.logical_and.reduce([np.ones(len(among), np.bool_), *verdicts.values()])
    return found

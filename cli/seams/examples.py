"""What detectors learn from and are asked: places of several kinds, as features, each with its songs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cli.seams.features import features_of
from cli.seams.material import Seam, Spot, Whole, natural_windows, window_of
from cli.seams.spoiling import SPOILT, hard_join, level_matched
from cli.seams.windows import Heard, heard_at
from shared.sound.audio import AudioReader

__all__ = ["REACHES_S", "Examples", "Gathered", "Joint", "joints_between"]

REACHES_S = (0.5, 3.0)
"""How far a detector hears on either side."""

OTHER_SONG, SAME_SONG, LEVEL_MATCHED = "hard, another song", "hard, same song", "hard, same song, as loud"
SPOILT_SONG = "song spoilt"
"""A song that plays on, but with a step, a hole or a shift."""
JOINS = (OTHER_SONG, SAME_SONG, LEVEL_MATCHED, SPOILT_SONG)
OFF_S = 0.02
"""What is learned from is looked at up to so far off."""

_WAITING = 64
"""Places whose features are still to be worked out, at most."""

_LEAST_APART = 4
"""Chunks between two places of one song that are joined: nearer ones would be replays."""


@dataclass(frozen=True, eq=False)
class Examples:
    """Places as detectors see them.

    Attributes:
        kind: of each place: one of `JOINS`, a manner of joining, or what a seam was spoilt by. Natural places
            have the kind of what they are held against: `JOINS[0]`, or a manner.
        natural: whether nothing was joined there, bool, shape (n,).
        songs: numbers of the songs before and after, int64, shape (n, 2).
        features: by reach in seconds: float32, shape (n, features).
        names: of the features, by reach.
    """

    kind: NDArray[np.str_]
    natural: NDArray[np.bool_]
    songs: NDArray[np.int64]
    features: dict[float, NDArray[np.float32]]
    names: dict[float, list[str]]

    def __len__(self) -> int:
        return len(self.kind)


@dataclass
class Gathered:
    """Places as they are gathered, one after another.

    Args:
        pool: where their features are worked out.
    """

    pool: Executor
    songs: dict[str, int] = field(default_factory=dict)
    _rows: list[tuple[str, bool, int, int]] = field(default_factory=list)
    _features: list[Future[dict[float, dict[str, float]]]] = field(default_factory=list)

    def add(self, kind: str, heard: Heard, songs: tuple[str, str], *, natural: bool = False) -> None:
        """Take a place."""
        before, after = (self.songs.setdefault(song, len(self.songs)) for song in songs)
        self._rows.append((kind, natural, before, after))
        self._features.append(self.pool.submit(features_of, heard, REACHES_S))
        if len(self._features) > _WAITING:
            # What waits to be looked at is sound: no more of it is held.
            self._features[-_WAITING].result()

    def add_seams(
        self, manner: str, seams: Sequence[Seam], mix: AudioReader, rng: np.random.Generator, *, spoil: bool
    ) -> None:
        """Take the seams of a mix, and if wanted each again in every way of spoiling it."""
        for seam, heard in zip(seams, heard_at(mix, map(window_of, seams)), strict=True):
            songs = seam.left.song, seam.entered.song
            self.add(manner, heard, songs)
            for name, spoilt in SPOILT.items() if spoil else ():
                self.add(name, spoilt(heard, rng), songs)

    def add_natural(self, kind: str, seams: Iterable[Seam], whole: Whole, sound: AudioReader) -> None:
        """Take the natural places that seams are held against."""
        for seam in seams:
            found = natural_windows(seam, whole)
            heard = heard_at(sound, (window for _, window in found))
            for (song, _), each in zip(found, heard, strict=True):
                self.add(kind, each, (song, song), natural=True)

    def add_joins(
        self, joints: Iterable[Joint], whole: Whole, sound: AudioReader, rng: np.random.Generator
    ) -> None:
        """Take hard joins made of whole songs, the natural places on both sides, and these spoilt.

        Each is looked at a little off its place: a detector that knows the sample would look at nothing else,
        and miss what lies beside it, as what is done to fades does.
        """
        for joint in joints:
            windows = [whole.window(spot, joint.before_s, joint.after_s) for spot in joint.spots]
            heard = list(heard_at(sound, [window for window in windows if window is not None]))
            if len(heard) < len(windows):
                continue
            left, other, same = heard
            song, another = joint.spots[0].song, joint.spots[1].song
            for kind, joined, other_song in (
                (OTHER_SONG, hard_join(left, other), another),
                (SAME_SONG, hard_join(left, same), song),
                (LEVEL_MATCHED, level_matched(left, same), song),
            ):
                self.add(kind, joined.moved(rng.uniform(-OFF_S, OFF_S)), (song, other_song))
            for (natural, of), spoil in zip(
                ((left, song), (same, song), (other, another)), SPOILT.values(), strict=True
            ):
                self.add(OTHER_SONG, natural.moved(rng.uniform(-OFF_S, OFF_S)), (of, of), natural=True)
                spoilt = spoil(natural, rng).moved(rng.uniform(-OFF_S, OFF_S))
                self.add(SPOILT_SONG, spoilt, (of, of))

    def examples(self) -> Examples:
        """Return all places so far."""
        found = [each.result() for each in self._features]
        return Examples(
            np.array([row[0] for row in self._rows]),
            np.array([row[1] for row in self._rows]),
            np.array([row[2:] for row in self._rows]),
            {
                reach_s: np.array([list(each[reach_s].values()) for each in found], np.float32)
                for reach_s in REACHES_S
            },
            {reach_s: list(found[0][reach_s]) for reach_s in REACHES_S},
        )


@dataclass(frozen=True)
class Joint:
    """Places to be joined: one that is left, one of another song and one of its own to go on with.

    Attributes:
        spots: the three places.
        before_s, after_s: how far each is looked at.
    """

    spots: tuple[Spot, Spot, Spot]
    before_s: float
    after_s: float


def joints_between(
    boundaries_s: dict[str, list[float]], per_song: int, reaches: Sequence[Seam], rng: np.random.Generator
) -> list[Joint]:
    """Draw places to be joined, as many of each song as there are, but at most so many.

    Args:
        boundaries_s: by song, where its chunks meet.
        per_song: places of each song that are left.
        reaches: seams, by which it is drawn how far each joint is looked at.
        rng: draws.
    """
    joints = []
    long = {song: places for song, places in boundaries_s.items() if len(places) > _LEAST_APART}
    for song, places in long.items():
        others = [other for other in long if other != song]
        for number in rng.permutation(len(places))[:per_song] if others else ():
            away = np.flatnonzero(np.abs(np.arange(len(places)) - number) >= _LEAST_APART)
            if not len(away):
                continue
            other, reach = str(rng.choice(others)), reaches[int(rng.integers(len(reaches)))]
            spots = (
                Spot(song, places[number]),
                Spot(other, float(rng.choice(long[other]))),
                Spot(song, places[int(rng.choice(away))]),
            )
            joints.append(Joint(spots, reach.before_s, reach.after_s))
    return joints

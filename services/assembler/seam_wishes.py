"""From a change of a seam to how it is to be made: what was wished before, beats, bounds. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.assembler.joining import follows_in_song
from services.assembler.pieces import Piece
from shared.errors import EditImpossible
from shared.revision_checks import check_joined, check_seam
from shared.revisions import SeamChange, SeamWish
from shared.sound.rhythm import Rhythm
from shared.store.manifests import SequenceFacts

__all__ = ["Neighbour", "changed_seam", "seam_wished"]

_LARGEST_PART = 4
"""A seam moves by at most one in so many parts of either chunk: their other seams need room, too."""


class Neighbour:
    """One of the two chunks of a seam.

    Args:
        name: as users know it.
        duration_s: how long it is.
        rhythm: of its song; None: not known, or there is none.
    """

    def __init__(self, name: str, duration_s: float, rhythm: Rhythm | None) -> None:
        self.name, self.duration_s, self.rhythm = name, duration_s, rhythm

    @property
    def beat_s(self) -> float | None:
        """How long a beat is."""
        tempo_bpm = None if self.rhythm is None else self.rhythm.tempo_bpm
        return None if tempo_bpm is None else 60 / tempo_bpm


def seam_wished(
    before: SeamWish | None,
    change: SeamChange,
    leaving: Neighbour,
    coming: Neighbour,
    *,
    number: int = 0,
) -> SeamWish | None:
    """Return how a seam is to be made after a change; None: as usual.

    Args:
        before: how it was to be made; None: as usual.
        change: what is to be different; a nudge of any kind takes the place of both.
        leaving: the chunk before.
        coming: the one that begins there.
        number: the place of the edit in its list, for the error.

    Raises:
        EditImpossible: there is no beat to count in or to swap on, or no room to move.
    """
    if change.is_empty:
        return before

    def refuse(found: str, remedy: str) -> EditImpossible:
        return EditImpossible(number, "seam", found=found, remedy=remedy)

    old = before or SeamWish()
    manner = change.manner or old.manner
    if manner == "bass_swap":
        for side in (leaving, coming):
            if side.beat_s is None:
                raise refuse(
                    f"a bass swap needs the beat of both songs, and of {side.name} none is known",
                    "Choose another manner",
                )
    nudge_s = old.nudge_s
    if change.nudge_ms is not None or change.nudge_beats is not None:
        nudge_s = (change.nudge_ms or 0.0) / 1000
        if change.nudge_beats:
            if coming.beat_s is None:
                raise refuse(f"of {coming.name} no beat is known to count in", "Give `nudge_ms`")
            nudge_s += change.nudge_beats * coming.beat_s
    shortest = min(leaving, coming, key=lambda side: side.duration_s)
    most_s = shortest.duration_s / _LARGEST_PART
    if abs(nudge_s) > most_s:
        raise refuse(
            f"the seam would move by {nudge_s * 1000:+.0f} ms, and {shortest.name} lasts "
            f"{shortest.duration_s:.1f} s",
            f"Move it by {most_s * 1000:.0f} ms at most, a quarter of that",
        )
    wish = SeamWish(manner=manner, nudge_s=nudge_s)
    return None if wish == SeamWish() else wish


def changed_seam(
    sequence: SequenceFacts,
    pieces: Sequence[Piece],
    position: int,
    change: SeamChange,
    *,
    rhythms: Mapping[str, Rhythm],
    blended: bool,
) -> dict[int, SeamWish]:
    """Return how the seams of a sequence are to be made after a change of one, by their positions.

    Raises:
        EditImpossible: there is no such seam, or it cannot be made so.
    """
    check_seam(0, change, position, len(pieces), blended=blended)
    plays_on = follows_in_song(pieces[position - 1], pieces[position])
    check_joined(0, position, plays_on=plays_on and not change.is_empty)
    leaving, coming = (
        Neighbour(
            f"the chunk at position {place}",
            (pieces[place].stop - pieces[place].start) / pieces[place].sample_rate_hz,
            rhythms.get(pieces[place].song),
        )
        for place in (position - 1, position)
    )
    wish = seam_wished(sequence.steps[position].seam, change, leaving, coming)
    return sequence.seam_wishes | {position: wish or SeamWish()}

"""A seam: the two sounds that meet there, and what was done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from services.assembler.beatmatching import Pulse
from shared.sound.samples import Float32

__all__ = ["LARGEST_PART", "LEVELLED_S", "Seam", "SeamMade", "Side"]

LEVELLED_S = 0.5
"""On either side of a seam, loudness is compared over 0.4 s; what comes before settles the filter."""

LARGEST_PART = 4
"""A fade is left at most one in so many parts of a piece before its end, and is at most twice as long. At an
end of the mix it is as long as that at most, and the last piece ends no more earlier or later."""


@dataclass(frozen=True)
class SeamMade:
    """What was done where a piece begins, and how it came out.

    Attributes:
        manner: `continues` (the song plays on), `blend`, `bass_swap`, `cut` (a hard join) or `echo_out`.
        fade_s: length of the fade, or of the echo after its middle; 0 without one.
        fades_s: of a fade, how long the low, the middle and the high band take.
        leaves_s: how much later than at its end the piece before is left, in the middle of the fade.
        enters_s: how much later than at its beginning this piece is entered there.
        gain_db: what its level was changed by at its beginning, to meet the one before.
        step_lu: how much louder it is than what comes before, after that.
        correlations: of both sounds in the fade, in the low, the middle and the high band.
        jolt: the largest step of level, |ln(after / before)| of 20 ms each, at the fade's beginning, middle
            and end.
        timing: `bar` or `beat` where that goes on, `free` where one of the songs has no sure beat.
        vetoes: what speaks against it all the same; see `vetoes_of` and `keys_clash`.
        tempo_step: this song's tempo beside the other's, both as heard, folded by 2:1 and 3:2: 0.01 is 1 %
            faster; None: `free`.
        stretch: how much faster than by itself it is played where it is entered, for its beats to come as the
            other's do; 0.01 is 1 %.
        stretched_s: how long it takes to come back to its own tempo, from `HELD_S` behind the cut on.
    """

    manner: str
    fade_s: float = 0.0
    fades_s: tuple[float, ...] = ()
    leaves_s: float = 0.0
    enters_s: float = 0.0
    gain_db: float = 0.0
    step_lu: float = 0.0
    correlations: tuple[float, ...] = ()
    jolt: float = 0.0
    timing: str = "free"
    tempo_step: float | None = None
    stretch: float = 0.0
    stretched_s: float = 0.0
    vetoes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Side:
    """One of the two sounds of a seam.

    Attributes:
        around: returns what lies around a position of its song, float32, shape (2 * reach, channels), at the
            level it has in the mix; given position and reach in samples of the mix.
        cut: where its piece ends or begins, in samples of its song at the mix's rate.
        samples: the length of its piece.
        pulse: its beats near the cut; None: it has none that is sure.
    """

    around: Callable[[int, int], Float32]
    cut: int
    samples: int
    pulse: Pulse | None = None


@dataclass(frozen=True)
class Seam:
    """A seam that was made.

    Attributes:
        sound: the fade, float32, shape (2 * half, channels).
        leave: the middle of the fade, in samples of the one's song at the mix's rate.
        enter: the same, of the other's.
        settled: from where on the other's level goes back to its own, in samples of its song.
        made: what was done.
    """

    sound: Float32
    leave: int
    enter: int
    settled: int
    made: SeamMade

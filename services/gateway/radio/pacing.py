"""When the next frames of a stream are due: pure, over a clock that is told."""

from __future__ import annotations

from shared.sound.mp3 import SAMPLES_PER_FRAME

__all__ = ["Pacer"]

MOST_CAUGHT_UP_S = 5.0
"""After a stream had to wait, so much is sent at once, since players have played what they had."""


class Pacer:
    """Pace frames as they are played.

    Args:
        sample_rate_hz: of the stream.
        head_start_s: so much is sent at once at the beginning, for players to have something in hand.
    """

    def __init__(self, sample_rate_hz: int, *, head_start_s: float = 0.0) -> None:
        self._frame_s = SAMPLES_PER_FRAME / sample_rate_hz
        self._head_start_s = head_start_s
        self._began_s: float | None = None
        self._sent = 0

    def wait_s(self, now_s: float) -> float:
        """Return how long to wait before what comes next is sent."""
        if self._began_s is None:
            self._began_s = now_s - self._head_start_s
        due_s = self._began_s + self._sent * self._frame_s
        self._began_s += max(0.0, now_s - due_s - MOST_CAUGHT_UP_S)
        return max(0.0, due_s - now_s)

    def sent(self, frames: int) -> None:
        """Note what was sent."""
        self._sent += frames

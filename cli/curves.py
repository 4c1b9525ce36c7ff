"""A fit as it goes on: its losses as a line of small bars."""

from __future__ import annotations

import re
from itertools import pairwise

from rich.text import Text

from segue_client.documents import Stage

__all__ = ["Curve"]

WIDTH = 30
"""As wide as the bars above it; of more epochs, each bar is the mean of several."""
_BARS = "▁▂▃▄▅▆▇█"
_LOSS = re.compile(r"\bloss (\d+(?:\.\d+)?)")


class Curve:
    """The losses of a fit by epoch, as far as they were told: close events come as one."""

    def __init__(self) -> None:
        self._losses: dict[int, float] = {}

    def take(self, stage: Stage) -> None:
        """Take note of what a fit tells of its last epoch."""
        told = stage["progress"]
        loss = _LOSS.search(told["note"] or "") if told else None
        if told and loss:
            self._losses[int(told["done"])] = float(loss[1])

    @property
    def losses(self) -> list[float]:
        """The losses, in the order of their epochs."""
        return [loss for _, loss in sorted(self._losses.items())]

    def __rich__(self) -> Text:
        losses = self.losses
        return Text.assemble(
            bars_of(losses), " ", (f"loss {losses[0]:.3f} at first, {losses[-1]:.3f} now", "dim")
        )


def bars_of(figures: list[float]) -> str:
    """Return figures as bars from their lowest to their highest, at most `WIDTH` of them."""
    count = min(WIDTH, len(figures))
    edges = [len(figures) * at // count for at in range(count + 1)]
    means = [sum(figures[low:high]) / (high - low) for low, high in pairwise(edges)]
    lowest, highest = min(means), max(means)
    span = (highest - lowest) or 1.0
    return "".join(_BARS[round((mean - lowest) / span * (len(_BARS) - 1))] for mean in means)

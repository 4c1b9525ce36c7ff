"""What a process remembers of the store, within bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Memory"]

Key = TypeVar("Key")
Value = TypeVar("Value")


class Memory(dict[Key, Value], Generic[Key, Value]):
    """Values by key, all of which are forgotten once they weigh too much together.

    Args:
        most: what they may weigh, and one value more.
        weigh: returns what a value weighs.
    """

    def __init__(self, most: int, weigh: Callable[[Value], int]) -> None:
        super().__init__()
        self._most, self._weigh, self._held = most, weigh, 0

    def keep(self, key: Key, value: Value) -> None:
        """Remember a value."""
        if self._held > self._most:
            self.clear()
        self[key] = value
        self._held += self._weigh(value)

    def clear(self) -> None:
        """Forget everything."""
        super().clear()
        self._held = 0

"""Keys by name, and how far they are from each other."""

from __future__ import annotations

import re

__all__ = ["KEY_FORM", "key_name", "place_on_circle", "spelled"]

_SPELLED = {
    "major": ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"),
    "minor": ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B"),
}
"""The tonics in semitones from C, spelled as scores do: with the fewer signs."""

_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SIGNS = {"": 0, "#": 1, "b": -1}

KEY_FORM = r"^[A-G][#b]? (major|minor)$"
"""A key by name, however it is spelled."""

_FIFTH, _TO_RELATIVE_MAJOR = 7, 3


def key_name(tonic: int, mode: str) -> str:
    """Return the name of a key by its tonic, in semitones from C, and its mode, `major` or `minor`."""
    return f"{_SPELLED[mode][tonic % 12]} {mode}"


def spelled(key: str) -> str:
    """Return a key as scores spell it: `Db minor` is C# minor.

    Raises:
        ValueError: it is no key.
    """
    return key_name(*_parsed(key))


def place_on_circle(key: str) -> int:
    """Return where a key such as `A minor` stands on the circle of fifths: from 0, C major, to 11, F major.

    A minor key stands where its relative major does, with which it shares its notes.

    Raises:
        ValueError: it is no key.
    """
    tonic, mode = _parsed(key)
    # A fifth is 7 semitones, and 7 * 7 = 49 is 1 in twelves: so many semitones are as many times 7 fifths.
    return (tonic + (_TO_RELATIVE_MAJOR if mode == "minor" else 0)) * _FIFTH % 12


def _parsed(key: str) -> tuple[int, str]:
    if not re.match(KEY_FORM, key):
        raise ValueError(f"a key is named like `A minor` or `Eb major`, not {key}")
    tonic, mode = key.split(" ")
    return (_LETTERS[tonic[0]] + _SIGNS[tonic[1:]]) % 12, mode

"""One colour for each song of a mix, the same in every drawing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["COVER_PX", "Colour", "colours_of", "hex_of"]

COVER_PX = 1000
"""Width and height of the cover."""

Colour = tuple[float, float, float]
"""Of sRGB: red, green and blue, each in [0, 1]."""

_LIGHTNESS = (0.75, 0.66, 0.84)
_CHROMA = (0.135, 0.15, 0.105)
_PER_TURN = 8
"""So many songs have one lightness; then the next one follows."""

_FIRST_HUE_DEG = 25.0
_GOLDEN_ANGLE_DEG = 137.50776405
"""Neighbours differ much, and no hue comes back."""

_TO_LMS = np.array(
    [
        [1.0, 0.3963377774, 0.2158037573],
        [1.0, -0.1055613458, -0.0638541728],
        [1.0, -0.0894841775, -1.2914855480],
    ]
)
_TO_RGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)


def colours_of(songs: Sequence[str]) -> dict[str, Colour]:
    """Return a colour for each song, in the order given: sRGB, each part in [0, 1].

    Hues go around by the golden angle at even lightness, in the colour space Oklab (B. Ottosson, 2020), whose
    distances are those that are seen.
    """
    number = np.arange(len(songs))
    turn = number // _PER_TURN % len(_LIGHTNESS)
    hue = np.deg2rad(_FIRST_HUE_DEG + _GOLDEN_ANGLE_DEG * number)
    chroma = np.array(_CHROMA)[turn]
    lab = np.stack([np.array(_LIGHTNESS)[turn], chroma * np.cos(hue), chroma * np.sin(hue)], axis=1)
    return {song: (r, g, b) for song, (r, g, b) in zip(songs, _srgb(lab).tolist(), strict=True)}


def hex_of(colour: Colour) -> str:
    """Return a colour as `#rrggbb`."""
    return "#" + "".join(f"{round(255 * part):02x}" for part in colour)


def _srgb(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn Oklab, shape (n, 3), into sRGB; what no screen can show is cut off."""
    linear = np.clip((lab @ _TO_LMS.T) ** 3 @ _TO_RGB.T, 0, 1)
    encoded: NDArray[np.float64] = np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055
    )
    return np.clip(encoded, 0, 1)

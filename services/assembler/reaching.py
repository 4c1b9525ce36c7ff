"""Which songs a mix can come to where only neighbours by tempo or key follow each other. Pure arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from shared.errors import WishesContradict
from shared.parameters import Sequencing

__all__ = ["reach"]

Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]


def reach(
    near: Mapping[str, Mask],
    counts: Indices,
    lengths_s: NDArray[np.float64],
    named: Mapping[str, Sequence[int]],
    wish: Sequencing,
) -> Mask:
    """Return the songs that a mix can be made of: bool, shape (k,).

    Of several families of neighbours, that of the songs that are asked for is taken, else the largest.

    Args:
        near: by limit: which songs may follow each other, bool, shape (k, k).
        counts: int64, shape (k,): the chunks of each song that may appear.
        lengths_s: float64, shape (k,): how long these are together.
        named: by wish: the songs that are asked for.
        wish: what else is asked for.

    Raises:
        WishesContradict: songs that are asked for, or so much music, are not within reach.
    """
    there = counts > 0
    if not near:
        return there
    family = _families(list(near.values()), there)
    asked = [(name, song) for name, songs in named.items() for song in songs]
    sizes = np.bincount(family, weights=counts)
    first = family[asked[0][1]] if asked else int(sizes.argmax())
    for name, song in asked:
        if family[song] != first:
            raise WishesContradict(
                f"`{_parting(near, there, asked[0][1], song)}`",
                f"`{name}`",
                found="no chain of songs that are near enough leads from one that is asked for to the other",
                remedy="Allow more, or ask for other songs",
            )
    within: Mask = there & (family == first)
    _check_size(next(iter(near)), int(counts[within].sum()), float(lengths_s[within].sum()), wish)
    return within


def _families(near: Sequence[Mask], there: Mask) -> Indices:
    """Return the family of each song, from 0: songs that chains of neighbours connect."""
    graph = np.logical_and.reduce(near) & there & there[:, None]
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def _parting(near: Mapping[str, Mask], there: Mask, one: int, other: int) -> str:
    """Name the limit that parts two songs."""
    for name, mask in near.items():
        family = _families([mask], there)
        if family[one] != family[other]:
            return name
    return next(iter(near))


def _check_size(limit: str, chunks: int, seconds: float, wish: Sequencing) -> None:
    if wish.repeats_after is not None:
        if chunks > wish.repeats_after:
            return
        asked, needed, there = "repeats_after", f"more than {wish.repeats_after} chunks", f"{chunks}"
    elif wish.chunks is not None:
        if chunks >= wish.chunks:
            return
        asked, needed, there = "chunks", f"{wish.chunks} chunks", f"{chunks}"
    else:
        assert wish.duration_s is not None
        if seconds >= wish.duration_s:
            return
        asked, needed, there = "duration_s", f"{wish.duration_s:g} s", f"{seconds:.1f} s"
    raise WishesContradict(
        f"`{limit}`",
        f"`{asked}`",
        found=f"{needed} are needed, and songs that are near enough to each other have {there}",
        remedy="Allow more, ask for a shorter mix, or add songs",
    )

"""Look into the pool of a mix: as a map with its way through it, or for other chunks for a place. Pure."""

from __future__ import annotations

import numpy as np

from services.assembler.projecting import project, shown_of
from services.assembler.refilling import alternatives
from services.assembler.stock import Stock
from shared.parameters import Sequencing
from shared.sound.decoding import clean_text
from shared.store.manifests import SequenceFacts
from shared.store.views import Candidate, Candidates, MapPoint, MapSong, PoolMap

__all__ = ["MOST_CANDIDATES", "candidates_at", "map_of"]

MOST_CANDIDATES = 8
_DIGITS = 4


def map_of(stock: Stock, sequence: SequenceFacts) -> PoolMap:
    """Lay a pool out by what the model goes by, with the way that a mix takes through it.

    Where the model looks at nothing, as `random` does, chunks lie by how their ends and beginnings sound.
    """
    pool, names = stock.pool, stock.names
    order = [stock.index(step) for step in sequence.steps]
    shown = shown_of(len(pool), order)
    seen = [pool.prepared[name] for name in stock.scorer.space if name in pool.prepared]
    places, explained = project([side[shown] for side in seen or [pool.ends, pool.begins]])
    points = [
        MapPoint(
            x=round(float(x), _DIGITS),
            y=round(float(y), _DIGITS),
            song=int(names.song_of[chunk]),
            chunk=int(pool.numbers[chunk]),
            start_s=round(float(stock.spans.starts_s[chunk]), 3),
        )
        for chunk, (x, y) in zip(shown, places, strict=True)
    ]
    return PoolMap(
        approach=stock.facts.approach,
        chunks=len(pool),
        explained=list(explained),
        songs=[MapSong(id=song, title=_title(stock, song)) for song in names.songs],
        points=points,
        path=np.searchsorted(shown, order).tolist(),
    )


def candidates_at(
    stock: Stock, sequence: SequenceFacts, wish: Sequencing, position: int, *, most: int = MOST_CANDIDATES
) -> Candidates:
    """Return what else could stand at a place: what a swap would take, then what the next swaps would.

    Args:
        stock: what the mix was chosen from.
        sequence: its chunks.
        wish: what was asked of it.
        position: the place.
        most: so many, at most.

    Raises:
        ModelDiverged: a score is not a number.
    """
    order = [stock.index(step) for step in sequence.steps]
    passed = {
        chunk
        for name in sequence.steps[position].passed
        for chunk in stock.names.indices(name.song, name.chunk)
    }
    keeping = stock.keeping(wish, sequence.banned)
    found = alternatives(stock.score, keeping, order, position, passed | {order[position]}, most=most)
    return Candidates(
        position=position,
        candidates=[_candidate(stock, one.order, position, one.broken) for one in found],
    )


def _candidate(stock: Stock, order: list[int], position: int, broken: frozenset[str]) -> Candidate:
    chunk = order[position]
    name, last = stock.names.of(chunk), position == len(order) - 1
    return Candidate(
        song=name.song,
        title=_title(stock, name.song),
        chunk=name.chunk,
        cut=stock.facts.cuts[int(stock.pool.cuts[chunk])],
        start_s=float(stock.spans.starts_s[chunk]),
        duration_s=float(stock.durations_s[chunk]),
        before=stock.shown(order[position - 1], chunk, position - 1) if position else None,
        after=None if last else stock.shown(chunk, order[position + 1], position),
        breaks=sorted(broken),
    )


def _title(stock: Stock, song: str) -> str:
    return clean_text(stock.titles.get(song, "")) or song[:12]

"""A sequence out of a small pool, to be revised: four songs of twelve chunks, scored by a matrix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from services.assembler.form import Spans
from services.assembler.scoring import Pool
from services.assembler.stock import Stock
from shared.learning.approaches import Scorer
from shared.learning.corpus import Floats, Indices
from shared.parameters import Limits
from shared.sound.edges import Edges
from shared.sound.rhythm import Rhythm
from shared.store.arrays import Arrays
from shared.store.manifests import PoolFacts, SequenceFacts, Step

A, B, C, D = (letter * 64 for letter in "abcd")
SONGS = [A, B, C, D]
CUTS = ["1" * 64, "2" * 64, "3" * 64, "4" * 64]
CHUNKS = 12
N = CHUNKS * len(SONGS)


class Matrix(Scorer):
    """Scores of a matrix; remembers which rows it was asked for."""

    def __init__(self, seed: int = 0) -> None:
        self.matrix = np.random.default_rng(seed).normal(size=(N, N)).astype(np.float32)
        self.asked: list[int] = []

    def prepare(self, edges: Edges, songs: Indices | None = None) -> Arrays:
        return {}

    def scores(
        self, prepared: Arrays, reference: int, candidates: Indices, step: int | None = None
    ) -> Floats:
        self.asked.append(reference)
        return self.matrix[reference, candidates]


def stock_of(
    scorer: Scorer | None = None, rhythms: Mapping[str, Rhythm] | None = None, *, formed: bool = False
) -> Stock:
    """Return what a mix was chosen from; where it is formed, songs begin and end with chunks of theirs."""
    pool = Pool(np.repeat(np.arange(4), CHUNKS), np.tile(np.arange(CHUNKS), 4), {})
    facts = PoolFacts(approach="linear", cuts=CUTS, songs=SONGS, counts=[CHUNKS] * 4)
    titles = dict(zip(SONGS, ["Ann", "Bea", "Cid", "Dot"], strict=True))
    starts_s = 4.0 * pool.numbers
    spans = Spans(
        starts_s, starts_s + 4.0, formed & (pool.numbers == 0), formed & (pool.numbers == CHUNKS - 1)
    )
    return Stock(scorer or Matrix(), pool, facts, spans, titles, rhythms or {})


def sequence_of(order: list[int], **facts: Any) -> SequenceFacts:
    steps = [
        Step(
            song=SONGS[chunk // CHUNKS],
            cut=CUTS[chunk // CHUNKS],
            chunk=chunk % CHUNKS,
            score=place / 100 if place else None,
        )
        for place, chunk in enumerate(order)
    ]
    return SequenceFacts(steps=steps, **{"limits": Limits(least_songs=4), **facts})


def order_of(sequence: SequenceFacts) -> list[int]:
    return [SONGS.index(step.song) * CHUNKS + step.chunk for step in sequence.steps]

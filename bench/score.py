"""Scoring: one greedy step of the study's network over a pool, and all pairs of a pool at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from bench.material import Bench
from bench.measuring import Row, by_turns, median_s, timed, times_as_fast, within
from bench.models import shipped_scorer
from bench.pool import real_pool
from shared.learning.approaches import Network, Scorer, get_approach
from shared.learning.corpus import Floats, Indices
from shared.learning.networks import get_weights
from shared.learning.pairs import joined
from shared.sound.edges import Edges

AGREE_WITHIN = 1e-5
MOST_PREPARING_STEPS = 8


@dataclass(frozen=True)
class Seed:
    """The study's network with weights nobody has trained, and a pool for it."""

    network: Any
    scorer: Scorer
    tails: Floats
    heads: Floats

    @classmethod
    def of(cls, edges: Edges, songs: Indices) -> Seed:
        import keras

        keras.utils.set_random_seed(0)
        approach = get_approach("binary")
        assert isinstance(approach, Network)
        settings = approach.resolve({"preset": "seed"})
        constants = {"edge_size": np.array(min(edges.shortest_points, settings.max_edge_points))}
        network = approach.build(settings, constants)
        scorer = approach.scorer(settings, {**constants, **get_weights(network)})
        prepared = scorer.prepare(edges, songs)
        return cls(network, scorer, prepared["tails"], prepared["heads"])

    @cached_property
    def prepared(self) -> dict[str, Floats]:
        return {"tails": self.tails, "heads": self.heads}

    def pairs(self, reference: int, candidates: Indices) -> Floats:
        """Return the inputs of a step, float32, shape (m, 2 * edge_size, 1)."""
        return joined(self.tails[np.full(len(candidates), reference)], self.heads[candidates])

    def step(self, reference: int, candidates: Indices) -> Floats:
        return self.scorer.display(self.scorer.scores(self.prepared, reference, candidates))


def rows(bench: Bench) -> Iterator[Row]:
    """Compare with Keras, called as the study did and in batches; then measure whole matrices."""
    edges, songs = real_pool(bench, bench.size(1800, 24))
    yield from _greedy_step(bench, Seed.of(edges, songs))
    yield from _matrices(bench, edges, songs)


def _greedy_step(bench: Bench, seed: Seed) -> Iterator[Row]:
    everyone = np.arange(1, len(seed.tails))
    few = everyone[:: max(1, len(everyone) // 40)]
    preparing_s, _ = timed(lambda: seed.step(0, everyone))

    def one_by_one() -> Floats:
        asked = seed.pairs(0, few)
        return np.array([seed.network.predict(asked[at : at + 1], verbose=0)[0, 0] for at in range(len(few))])

    def in_batches() -> Floats:
        predicted: Floats = seed.network.predict(seed.pairs(0, everyone), batch_size=32, verbose=0)
        return predicted[:, 0]

    def ours() -> Floats:
        return seed.step(0, everyone)

    one_by_one()
    slow = by_turns(one_by_one, ours, min(bench.rounds, 3))
    batched = by_turns(in_batches, ours, min(bench.rounds, 2))
    step_s = min(slow.segue_s, batched.segue_s)
    name = f"score: a step of the study's network over {len(everyone)} candidates"
    yield Row(
        name,
        slow.segue_s,
        peer="Keras predict, one per candidate",
        peer_s=slow.peer_s * len(everyone) / len(few),
        goal=times_as_fast(100),
        agrees=_agree(slow.theirs, slow.ours[np.searchsorted(everyone, few)]),
        note=f"the peer's time is that of {len(few)} candidates, extrapolated",
    )
    yield Row(
        name,
        batched.segue_s,
        peer="Keras predict, batches of 32",
        peer_s=batched.peer_s,
        goal=times_as_fast(30),
        agrees=_agree(batched.theirs, batched.ours),
    )
    yield Row(
        "score: the first step on a pool, which prepares it",
        preparing_s,
        peer="Segue's later steps",
        peer_s=step_s,
        goal=times_as_fast(1 / (1 + MOST_PREPARING_STEPS)),
        note=f"{preparing_s / step_s - 1:.1f} steps of preparation",
    )


def _agree(theirs: Floats, ours: Floats) -> bool:
    """Say whether scores are the same, and so the choice, but among those that are the same."""
    close = bool(np.abs(theirs - ours).max() <= AGREE_WITHIN)
    return close and bool(theirs.max() - theirs[ours.argmax()] <= AGREE_WITHIN)


def _matrices(bench: Bench, edges: Edges, songs: Indices) -> Iterator[Row]:
    chunks = len(edges)
    for name, seconds in (("linear", 0.05), ("segue", 0.05)):
        scorer = shipped_scorer(name).without_background()
        prepared = scorer.prepare(edges, songs)
        matrix = scorer.dense(prepared, chunks)
        yield Row(
            f"score: all pairs of {chunks} chunks, {name}'s likelihoods",
            median_s(partial(scorer.dense, prepared, chunks), bench.rounds),
            goal=within(seconds),
            agrees=np.allclose(matrix[7], scorer.scores(prepared, 7, np.arange(chunks)), atol=1e-2),
        )
    yield from _compared(bench, edges, songs)


def _compared(bench: Bench, edges: Edges, songs: Indices) -> Iterator[Row]:
    scorer, chunks = shipped_scorer("segue"), len(edges)
    everyone = np.arange(chunks)
    prepared = scorer.prepare(edges, songs)

    def all_pairs() -> Floats:
        return scorer.dense(scorer.prepare(edges, songs), chunks)

    def thirty_steps() -> list[int]:
        walk = [0]
        for _ in range(min(30, chunks) - 1):
            left = np.setdiff1d(everyone, walk)
            walk.append(int(left[scorer.scores(prepared, walk[-1], left).argmax()]))
        return walk

    yield Row(
        f"score: all pairs of {chunks} chunks, segue with its comparison",
        median_s(all_pairs, min(bench.rounds, 3)),
        goal=within(15),
        agrees=np.array_equal(all_pairs()[7], scorer.scores(prepared, 7, everyone)),
        note="from edges; the best 120 of every row are compared",
    )
    yield Row(
        "score: 30 greedy steps of segue on a prepared pool",
        median_s(thirty_steps, bench.rounds),
        goal=within(0.5),
        agrees=len(set(thirty_steps())) == min(30, chunks),
        note="the comparison is the pool's, made once for all its mixes",
    )

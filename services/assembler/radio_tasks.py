"""The task that makes a block of a radio: it fetches, makes, stores."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from services.assembler import fetching
from services.assembler.airing import Indices, Repertoire
from services.assembler.broadcasting import OUTPUT, frames_of_block, make_block
from services.assembler.onair import Air, Station
from services.assembler.scoring import Pool
from shared.errors import GaveUp, QueueUnavailable, Unwanted
from shared.jobs.running import Work
from shared.jobs.starts import Starts
from shared.learning.approaches import Scorer
from shared.queue import Order
from shared.sound.rhythm import Rhythm
from shared.store.keys import Artifact, Kind
from shared.store.manifests import BlockFacts, CutFacts, PoolFacts, SongFacts
from shared.store.objects import to_json
from shared.store.specs import AnalysisSpec, BlockSpec, PoolSpec, SongSpec

__all__ = ["air_block", "found_rhythms", "station_of"]

LOOK_S = 0.25
"""How often to look whether analyses that a block waits for are there."""

_STATIONS: dict[tuple[str, str], Station] = {}
"""The one that this process made a block of last: its pool is not read again for the next."""


def air_block(work: Work) -> BlockFacts:
    """Make the block of a radio that is ordered, from the state of the one before."""
    spec, artifacts = work.order.spec, work.dispatcher.artifacts
    assert isinstance(spec, BlockSpec)
    if not work.dispatcher.is_wanted(work.artifact):
        # The next one, which a listener waits for, would have to wait until this is half made.
        raise Unwanted(f"no radio waits for {work.artifact} any more")
    former = None if spec.former is None else Artifact(work.tenant, Kind.BLOCK, spec.former)
    state = Air() if former is None else Air.model_validate_json(artifacts.read(former, "state.json"))
    if (work.tenant, spec.pool) not in _STATIONS:
        made_by = artifacts.get(Artifact(work.tenant, Kind.POOL, spec.pool)).spec
        assert isinstance(made_by, PoolSpec)
        facts, pool = fetching.pool(work, spec.pool)
        _STATIONS.clear()
        _STATIONS[work.tenant, spec.pool] = station_of(
            work, facts, pool, fetching.scorer(work, made_by.model)
        )
    made = make_block(
        _STATIONS[work.tenant, spec.pool],
        state,
        spec.remarks,
        lambda song, opened: fetching.open_song(work, song, opened),
        partial(found_rhythms, work, spec),
        work.folder / "block.mp3",
        seed=spec.airing.seed,
        frames=frames_of_block(spec.number),
        check=work.check,
    )
    work.attempt.put("block.mp3", made.audio, "audio/mpeg")
    work.attempt.put("programme.json", to_json(made.programme), "application/json")
    work.attempt.put("state.json", to_json(made.air), "application/json")
    return BlockFacts(
        number=spec.number,
        frames=made.frames,
        sample_rate_hz=OUTPUT.sample_rate_hz,
        bitrate_kbps=OUTPUT.bitrate_kbps or 0,
    )


def found_rhythms(
    work: Work, spec: BlockSpec, songs: Sequence[str], soon: Sequence[str]
) -> dict[str, Rhythm]:
    """Return the beats of songs, by song, once they are found.

    A block waits for them, for with fewer of them it would be another one. Those of songs that come soon are
    ordered, too. A song that cannot be analysed is left out: it need not end the radio.

    Raises:
        Unwanted, HandedBack: to be let through.
    """
    known = dict(spec.corrections)
    needed, later = (
        [AnalysisSpec(song=one, correction=known.get(one)) for one in ids] for ids in (songs, soon)
    )
    while True:
        unsettled = [one for one in needed if not _is_settled(work, one)]
        for one in later:
            _is_settled(work, one)
        if not unsettled:
            break
        work.check()
        time.sleep(LOOK_S)
    artifacts = [one.artifact(work.tenant) for one in needed]
    there = [(each, work.dispatcher.artifacts.find(each)) for each in artifacts]
    return dict(fetching.rhythm(work, each) for each, found in there if found and found.problem is None)


def _is_settled(work: Work, spec: AnalysisSpec) -> bool:
    """Tell whether an analysis is there or never will be; if it is neither, see to it that it is made."""
    dispatcher, artifact = work.dispatcher, spec.artifact(work.tenant)
    if dispatcher.artifacts.find(artifact) is not None:
        return True
    try:
        dispatcher.leases.want(work.order.job, [artifact])
        if dispatcher.offer(Order(tenant=work.tenant, job=work.order.job, spec=spec)):
            return False
        gave_up = isinstance(Starts(dispatcher.store, artifact).verdict(), GaveUp)
        return gave_up and artifact not in dispatcher.leases.running([artifact])
    except QueueUnavailable:
        return False


def station_of(work: Work, facts: PoolFacts, pool: Pool, scorer: Scorer) -> Station:
    """Return what a pool's radio is made of.

    Args:
        work: the task that asks; it may fetch manifests.
        facts: of the pool.
        pool: its chunks.
        scorer: judges their transitions.
    """
    artifacts = work.dispatcher.artifacts
    ids = list(dict.fromkeys(facts.songs))
    songs = [artifacts.get(SongSpec(song=one).artifact(work.tenant)).expect(SongFacts) for one in ids]
    starts, stops = _ranges(work, facts, pool)
    song_of = np.array([ids.index(song) for song in facts.songs], np.int64)[pool.cuts]
    rates_hz = np.array([song.sample_rate_hz for song in songs])[song_of]

    def score(reference: int, candidates: Indices, step: int) -> NDArray[np.float32]:
        return scorer.scores(pool.prepared, reference, candidates, step)

    return Station(
        songs=ids,
        repertoire=Repertoire(song_of, pool.numbers, starts / rates_hz, stops / rates_hz),
        starts=starts,
        stops=stops,
        rates_hz=[song.sample_rate_hz for song in songs],
        titles=[(song.title or key[:12], song.artist) for key, song in zip(ids, songs, strict=True)],
        measured={key: (song.loudness_lufs, song.peak) for key, song in zip(ids, songs, strict=True)},
        score=score,
        shortlist=scorer.shortlist(pool.prepared),
    )


def _ranges(work: Work, facts: PoolFacts, pool: Pool) -> tuple[Indices, Indices]:
    """Return where each chunk begins and ends, in samples of its song: int64, shape (n,) each."""
    starts, stops = np.empty(len(pool), np.int64), np.empty(len(pool), np.int64)
    for place, key in enumerate(facts.cuts):
        cut = work.dispatcher.artifacts.get(Artifact(work.tenant, Kind.CUT, key)).expect(CutFacts)
        own = pool.cuts == place
        boundaries = np.array(cut.boundaries, np.int64)
        starts[own], stops[own] = boundaries[pool.numbers[own]], boundaries[pool.numbers[own] + 1]
    return starts, stops

"""Fetch what the assembler's tasks work on: a pool with its scorer, the pieces and songs of a sequence."""

from __future__ import annotations

import os
from contextlib import ExitStack

import numpy as np

from services.assembler.form import Spans
from services.assembler.pieces import Piece, Song
from services.assembler.scoring import Pool
from services.assembler.stock import Stock
from shared.jobs.running import Work
from shared.learning.approaches import Scorer
from shared.settings import get_settings
from shared.sound.audio import open_audio
from shared.sound.rhythm import Rhythm
from shared.store.arrays import unpack_arrays
from shared.store.keys import Artifact, Kind
from shared.store.manifests import (
    AnalysisFacts,
    CutFacts,
    Manifest,
    ModelFacts,
    PoolFacts,
    SequenceFacts,
    SongFacts,
)
from shared.store.specs import ChosenSpec, MixSpec, SongSpec


def scorer(work: Work, model: str) -> Scorer:
    """Return the scorer of a model."""
    from shared.learning.approaches import get_approach
    from shared.learning.backend import configure_tensorflow
    from shared.learning.weights import load_scorer

    artifact = Artifact(work.tenant, Kind.MODEL, model)
    facts = work.dispatcher.artifacts.get(artifact).expect(ModelFacts)
    approach = get_approach(facts.approach)
    if not approach.scores_in_numpy:
        configure_tensorflow(get_settings().worker_threads or os.cpu_count() or 1)
    weights = work.dispatcher.artifacts.read(artifact, "weights.npz")
    return load_scorer(approach, facts.settings, weights, sha256=facts.weights_sha256)


def pool(work: Work, key: str) -> tuple[PoolFacts, Pool]:
    """Return a pool."""
    artifact = Artifact(work.tenant, Kind.POOL, key)
    facts = work.dispatcher.artifacts.get(artifact).expect(PoolFacts)
    return facts, Pool.from_arrays(unpack_arrays(work.dispatcher.artifacts.read(artifact, "pool.npz")))


def spans(work: Work, facts: PoolFacts, pool: Pool) -> Spans:
    """Return where each of a pool's chunks lies in its song."""
    artifacts, starts_s, stops_s = work.dispatcher.artifacts, np.empty(len(pool)), np.empty(len(pool))
    last = np.zeros(len(pool), np.bool_)
    for place, key in enumerate(facts.cuts):
        cut = artifacts.get(Artifact(work.tenant, Kind.CUT, key)).expect(CutFacts)
        own, edges_s = pool.cuts == place, np.array(cut.boundaries) / cut.sample_rate_hz
        numbers = pool.numbers[own]
        starts_s[own], stops_s[own], last[own] = (
            edges_s[numbers],
            edges_s[numbers + 1],
            numbers == cut.chunks - 1,
        )
    return Spans(starts_s, stops_s, pool.numbers == 0, last)


def pieces(work: Work, sequence: SequenceFacts) -> list[Piece]:
    """Return the ranges of songs that a sequence lays end to end."""
    artifacts, pieces = work.dispatcher.artifacts, []
    cuts = {
        key: artifacts.get(Artifact(work.tenant, Kind.CUT, key)).expect(CutFacts)
        for key in dict.fromkeys(step.cut for step in sequence.steps)
    }
    for step in sequence.steps:
        cut = cuts[step.cut]
        start, stop = cut.boundaries[step.chunk : step.chunk + 2]
        pieces.append(Piece(step.song, start, stop, cut.sample_rate_hz))
    return pieces


def chunk_payloads(work: Work, sequence: SequenceFacts) -> list[tuple[str, str]]:
    """Return where each chunk of a sequence lies: the key of its cut, and its payload there."""
    artifacts = work.dispatcher.artifacts
    cuts = (
        artifacts.get(Artifact(work.tenant, Kind.CUT, step.cut)).expect(CutFacts) for step in sequence.steps
    )
    return [(step.cut, cut.chunk_file(step.chunk)) for step, cut in zip(sequence.steps, cuts, strict=True)]


def songs(work: Work, sequence: SequenceFacts) -> dict[str, SongFacts]:
    """Return the songs of a sequence, in the order in which they first appear."""
    return {key: song(work, key) for key in dict.fromkeys(step.song for step in sequence.steps)}


def song(work: Work, key: str) -> SongFacts:
    """Return what is known of a song."""
    return work.dispatcher.artifacts.get(SongSpec(song=key).artifact(work.tenant)).expect(SongFacts)


def rhythms(work: Work, spec: MixSpec) -> dict[str, Rhythm]:
    """Return the beats of a mix's songs, by song."""
    return dict(rhythm(work, Artifact(work.tenant, Kind.ANALYSIS, key)) for key in spec.analyses)


def rhythm(work: Work, analysis: Artifact) -> tuple[str, Rhythm]:
    """Return the song that was analysed, and its beats."""
    artifacts = work.dispatcher.artifacts
    song = artifacts.get(analysis).expect(AnalysisFacts).song
    return song, Rhythm.from_arrays(unpack_arrays(artifacts.read(analysis, "rhythm.npz")))


def analyses(work: Work, spec: ChosenSpec) -> dict[str, AnalysisFacts]:
    """Return what was found of the songs that a mix is chosen from, by song, if it is chosen by that."""
    artifacts = work.dispatcher.artifacts
    found = (
        artifacts.get(Artifact(work.tenant, Kind.ANALYSIS, key)).expect(AnalysisFacts)
        for key in spec.analyses
    )
    return {facts.song: facts for facts in found}


def open_song(work: Work, song: str, opened: ExitStack) -> Song:
    """Open a song's audio in the store: only the ranges that are read are fetched."""
    artifact = SongSpec(song=song).artifact(work.tenant)
    file = opened.enter_context(work.dispatcher.artifacts.open(artifact, "audio.flac"))
    return opened.enter_context(open_audio(file))


def mix_and_sequence(work: Work, key: str) -> tuple[MixSpec, Manifest]:
    """Return how a mix was made, and the record of the sequence that it renders."""
    artifacts = work.dispatcher.artifacts
    mix = artifacts.get(Artifact(work.tenant, Kind.MIX, key)).spec
    assert isinstance(mix, MixSpec)
    return mix, artifacts.get(Artifact(work.tenant, Kind.SEQUENCE, mix.sequence))


def stock(work: Work, mix: MixSpec, spec: ChosenSpec) -> Stock:
    """Return what a mix was chosen from, for changes of it: how it was made, and how it was chosen."""
    facts, chunks = pool(work, spec.pool)
    return Stock(
        scorer=scorer(work, spec.model),
        pool=chunks,
        facts=facts,
        spans=spans(work, facts, chunks),
        titles={key: song(work, key).title or "" for key in dict.fromkeys(facts.songs)},
        rhythms=rhythms(work, mix),
        analyses=analyses(work, spec),
    )
